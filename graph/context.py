"""What nodes get from outside: who thinks, where facts come from, where evidence is kept, the clock and the limits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from langgraph.errors import NodeError
from langgraph.runtime import Runtime

from ..agents.budget import Budget
from ..agents.fallback import Part, hear_stand_ins
from ..agents.roles import Analyst, Engine, Reviewer
from ..agents.spending import Stopwatch, spending
from ..agents.usage import Usage, total_cost
from ..agents.waits import hear_waits
from ..errors import BudgetSpentError, EngineError, StorageError, explain
from ..events import Event, GapFound, StepDone, StoodIn, UsageReported, Waiting, stamp
from ..evidence.ledger import Ledger
from ..evidence.report import Report
from ..sources.base import Source
from .searches import Searches
from .seats import Seats
from .state import CAP_REACHED, STAND_IN, Gap
from .weighing import Weighing

if TYPE_CHECKING:
    from .ahead import Ahead


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What one interview knows of the rest of its run: the keys of the survey's passages, and the panel.

    It is the same in all its steps, and so it is no part of its state, which is stored at each of them.
    """

    survey: Sequence[str] = ()
    panel: Sequence[Analyst] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """The runtime context of one run. It is never checkpointed: `resume` builds it anew.

    `slots` bounds how many steps that call a model or a source run at once, in the whole run. `clock` returns
    aware UTC times. `judge` is the model that is asked for its opinion of each sentence, if one is. All model calls
    come out of `budget`. `surroundings` are those of the interview that is held. With `seats`, interviews may begin
    while the panel is still being written; `ahead` has what was asked while a person read it. `weighing`
    is what the figures of the evidence are looked up in, made while introduction and conclusion are written, and
    `assembled` takes the finished report: to make either again takes long. `unheard`, where somebody listens, is what
    the steps said and LangGraph has not passed on: it drops that when the run is stopped.
    """

    run: str
    engine: Engine
    sources: Mapping[str, Source]
    ledger: Ledger
    clock: Callable[[], datetime]
    slots: asyncio.Semaphore
    searches: Searches = field(default_factory=Searches)
    judge: Reviewer | None = None
    budget: Budget = field(default_factory=Budget)
    surroundings: Surroundings = field(default_factory=Surroundings)
    seats: Seats | None = None
    ahead: Ahead | None = None
    weighing: Weighing = field(default_factory=Weighing)
    assembled: list[Report] = field(default_factory=list)
    unheard: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=0))


@dataclass(frozen=True, slots=True)
class Step:
    """One node at work: its context, the calls it made so far, what the report must own up to, and a way to say what
    happens.
    """

    context: Context
    usage: list[Usage]
    gaps: list[Gap]
    _writer: Callable[[Any], None]
    _analyst: str
    _turn: int

    def emit(self, event: type[Event], **fields: Any) -> None:
        """Say what happened."""
        said = event(
            run=self.context.run, at=stamp(self.context.clock()), analyst=self._analyst, turn=self._turn, **fields
        )
        data = said.to_dict()
        self.context.unheard.append(data)
        self._writer(data)

    def note_stand_in(self, part: Part, reason: str) -> None:
        """Say that the fallback engine did a part, and have the report say so."""
        self.emit(StoodIn, part=part, reason=reason)
        self.gaps.append({"analyst": self._analyst, "what": f"{STAND_IN} {part}", "reason": reason})

    def leave_out(self, what: str, error: EngineError, *, is_gap: bool = False) -> None:
        """Say what is missing and why. What the cap did not allow is a gap of the report, all else if it `is_gap`."""
        reason = self.say_missing(what, error)
        if is_gap or reason == CAP_REACHED:
            self.gaps.append({"analyst": self._analyst, "what": what, "reason": reason})

    def say_missing(self, what: str, error: EngineError) -> str:
        """Say what is missing and why; returns the reason as the report has it."""
        reason = explain(error)
        self.emit(GapFound, what=what, reason=reason)
        return CAP_REACHED if isinstance(error, BudgetSpentError) else reason

    def report_usage(self, node: str) -> None:
        """Say what its calls used, by role and model."""
        for role, model in sorted({(call["role"], call["model"]) for call in self.usage}):
            calls = [call for call in self.usage if (call["role"], call["model"]) == (role, model)]
            self.emit(
                UsageReported,
                role=role,
                model=model,
                calls=len(calls),
                input_tokens=sum(call["input_tokens"] for call in calls),
                output_tokens=sum(call["output_tokens"] for call in calls),
                cached_tokens=sum(call.get("cached_tokens", 0) for call in calls),
                cost=total_cost(calls),
                estimated=any(call.get("estimated") for call in calls),
                node=node,
            )

    def now(self) -> str:
        """The time as ISO 8601, to the second."""
        return self.context.clock().isoformat(timespec="seconds")


@asynccontextmanager
async def step(runtime: Runtime[Context], node: str, *, analyst: str = "", turn: int = 0) -> AsyncIterator[Step]:
    """A node's surroundings: waits for a free slot, collects usage, reports it and the time when the work is done."""
    context = await context_of(runtime)
    watch, asked = Stopwatch(), time.monotonic()
    async with context.slots:
        began = time.monotonic()
        with spending(context.budget, node, analyst=analyst, turn=turn, watch=watch) as usage:
            current = Step(context, usage, [], runtime.stream_writer, analyst, turn)
            failed = True
            try:
                with (
                    hear_waits(lambda seconds, reason: current.emit(Waiting, seconds=round(seconds), reason=reason)),
                    hear_stand_ins(current.note_stand_in),
                ):
                    yield current
                failed = False
            finally:
                current.emit(
                    StepDone,
                    step=node,
                    seconds=round(time.monotonic() - began, 3),
                    waited=round(began - asked, 3),
                    calling=round(watch.seconds, 3),
                    failed=failed,
                )
                # Also of a step that failed or was stopped: its calls are paid, and counted in the run's sums.
                current.report_usage(node)


def require_storage(error: NodeError) -> None:
    """Let a handler pass on what kept its step from being stored: that is no fault of the step.

    The error is a new one. LangGraph takes the one that it gave to the handler for handled, also when it is raised
    again, and goes on without what the step should have sent out; the run then ends before its end, and for good.

    Raises:
        StorageError: the step failed for want of a place to keep it.
    """
    if isinstance(error.error, StorageError):
        raise StorageError(str(error.error), hint=error.error.hint) from error.error


async def context_of(runtime: Runtime[Context]) -> Context:
    """The context that the caller gave, or on a server, which gives none, one built from the environment."""
    given: object = runtime.context
    if isinstance(given, Context):
        return given
    from .hosted import hosted_context  # noqa: PLC0415 - only servers need it

    return await hosted_context(runtime)
