"""First questions that are asked, and searched for, while a person reads the panel (`--eager`)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..agents.fallback import hear_stand_ins
from ..agents.roles import Analyst, Question
from ..agents.spending import spending
from ..agents.usage import Usage
from ..tracing import untraced
from .context import Context, Surroundings
from .interview import make_queries, next_question, question_brief
from .state import InterviewState, InterviewTask

Persona = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked ahead, and the model calls that it took."""

    question: Question
    usage: Sequence[Usage]


class Ahead:
    """The first questions of one run, by persona: who is changed is somebody else, who is only moved is not.

    Whatever fails here is no failure: the interview asks, and searches, again. A call that was begun is brought to its
    end, also when its analyst is changed: it is paid for, and so it must be counted.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._questions: dict[Persona, asyncio.Task[Asked | None]] = {}
        self._under_way: set[asyncio.Task[Any]] = set()
        self._read: frozenset[Persona] = frozenset()

    def begin(self, tasks: Sequence[InterviewTask]) -> None:
        """Ask for every analyst of a panel who was not asked for before. Returns at once."""
        self._read = frozenset(_persona(task["analyst"]) for task in tasks)
        # There is no step of the graph that these calls could belong to in a trace.
        with untraced():
            for task in tasks:
                persona = _persona(task["analyst"])
                if persona not in self._questions:
                    self._questions[persona] = self._start(self._ask(persona, task))
                # Also for a question of before: what was searched already is answered at once.
                self._start(self._search(persona, task["language"]))

    def stop(self) -> None:
        """Begin nothing more: the person has replied, and what comes of it must not wait behind guesses."""
        self._read = frozenset()

    async def take(self, analyst: Analyst) -> Asked | None:
        """What was asked ahead for an analyst, once it is answered; None if nothing was asked, or if it failed."""
        persona = _persona(analyst)
        asked = await self._asked(persona)
        self._questions.pop(persona, None)
        return asked

    async def close(self) -> None:
        """Forget everything, and cancel what is still under way."""
        self.stop()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _ask(self, persona: Persona, task: InterviewTask) -> Asked | None:
        context = replace(self._context, surroundings=Surroundings(task["survey"], task["panel"]))
        own: InterviewState = {
            "topic": task["topic"],
            "language": task["language"],
            "turn_limit": task["turn_limit"],
            "analyst": task["analyst"],
        }
        stand_ins: list[str] = []
        async with context.slots:
            if persona not in self._read:
                self._questions.pop(persona, None)
                return None
            with (
                spending(context.budget, "ask", analyst=task["analyst"]["id"], turn=1) as usage,
                hear_stand_ins(lambda part, _: stand_ins.append(part)),
            ):
                question = await next_question(context, question_brief(context, own))
        # The fallback engine asks only where the model fails at the interview, too.
        return None if stand_ins else Asked(question, usage)

    async def _search(self, persona: Persona, language: str) -> None:
        asked = await self._asked(persona)
        if asked is not None:
            queries = asked.question["queries"]
            await asyncio.gather(*(self._look(persona, name, queries[name], language) for name in queries))

    async def _look(self, persona: Persona, source: str, texts: Sequence[str], language: str) -> None:
        """Search one source, so that the run's single flight knows what it answers."""
        searches, place = self._context.searches, self._context.sources[source]
        async with self._context.slots:
            if persona in self._read:
                found = (searches.search(place, query) for query in make_queries(texts, language))
                await asyncio.gather(*found, return_exceptions=True)

    async def _asked(self, persona: Persona) -> Asked | None:
        task = self._questions.get(persona)
        if task is None:
            return None
        # Waited for, not awaited: an interview that is cancelled leaves the question to `close`.
        await asyncio.wait({task})
        return None if task.cancelled() or task.exception() is not None else task.result()

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task


def _persona(analyst: Analyst) -> Persona:
    return analyst["name"], analyst["affiliation"], analyst["role"], analyst["description"]
