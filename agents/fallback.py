"""An engine with another behind it: what the first fails at for good the second does, and it is said (`--fallback`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from ..errors import BudgetSpentError, EngineError, TertuliaError, explain
from .roles import (
    Analyst,
    AnswerBrief,
    ComposeBrief,
    Engine,
    Expert,
    Interviewer,
    Opening,
    PanelBrief,
    Planner,
    Question,
    QuestionBrief,
    Seat,
    Section,
    SectionBrief,
    Writer,
)

Part = Literal["panel", "question", "answer", "section", "introduction", "conclusion"]
"""What another engine did in place of the one that was chosen."""

Listener = Callable[[Part, str], None]
Brief = TypeVar("Brief")
Done = TypeVar("Done")

_listener: ContextVar[Listener | None] = ContextVar("tertulia_stand_ins", default=None)


@contextmanager
def hear_stand_ins(listener: Listener) -> Iterator[None]:
    """Call `listener` with each part that was done by the second engine in this block, and why the first did not."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def with_fallback(engine: Engine, second: Engine) -> Engine:
    """The engine with `second` behind it. It keeps its name: that is who was asked first, each time.

    A call that the run's cap does not allow is no failure, and corrections are left to the first engine: a sentence
    that is not corrected stays, and is marked.
    """
    return replace(
        engine,
        planner=_Planner(engine.planner, second.planner),
        stream_panel=_stream_panel(engine, second),
        interviewer=_Interviewer(engine.interviewer, second.interviewer),
        expert=_Expert(engine.expert, second.expert),
        writer=_Writer(engine.writer, second.writer),
    )


def _stream_panel(engine: Engine, second: Engine) -> Callable[[PanelBrief, Seat], Awaitable[list[Analyst]]] | None:
    """The first engine's, with the second's whole panel behind it. Who was seated before that stays where they sit."""
    stream = engine.stream_panel
    if stream is None:
        return None

    async def stream_panel(brief: PanelBrief, seat: Seat) -> list[Analyst]:
        return await _either("panel", lambda asked: stream(asked, seat), second.planner.propose_panel, brief)

    return stream_panel


async def _either(
    part: Part,
    first: Callable[[Brief], Awaitable[Done]],
    second: Callable[[Brief], Awaitable[Done]],
    brief: Brief,
    *,
    is_done: Callable[[Done], object] = lambda _: True,
) -> Done:
    """What the first does, else what the second does; when neither can, the first one's error.

    `is_done` says whether the second had anything to say.
    """
    try:
        return await first(brief)
    except BudgetSpentError:
        raise
    except EngineError as error:
        try:
            done = await second(brief)
        except TertuliaError:
            raise error from None
        if not is_done(done):
            raise
        if listener := _listener.get():
            listener(part, explain(error))
        return done


@dataclass(frozen=True, slots=True)
class _Planner:
    first: Planner
    second: Planner

    async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
        return await _either("panel", self.first.propose_panel, self.second.propose_panel, brief)


@dataclass(frozen=True, slots=True)
class _Interviewer:
    first: Interviewer
    second: Interviewer

    async def ask(self, brief: QuestionBrief) -> Question:
        return await _either("question", self.first.ask, self.second.ask, brief)


@dataclass(frozen=True, slots=True)
class _Expert:
    first: Expert
    second: Expert

    async def answer(self, brief: AnswerBrief) -> str:
        return await _either("answer", self.first.answer, self.second.answer, brief)


@dataclass(frozen=True, slots=True)
class _Writer:
    first: Writer
    second: Writer

    async def write_section(self, brief: SectionBrief) -> Section:
        first, second = self.first.write_section, self.second.write_section
        return await _either("section", first, second, brief, is_done=lambda section: section["text"])

    async def write_introduction(self, brief: ComposeBrief) -> Opening:
        first, second = self.first.write_introduction, self.second.write_introduction
        return await _either("introduction", first, second, brief, is_done=lambda opening: opening["text"])

    async def write_conclusion(self, brief: ComposeBrief) -> str:
        first, second = self.first.write_conclusion, self.second.write_conclusion
        return await _either("conclusion", first, second, brief, is_done=bool)
