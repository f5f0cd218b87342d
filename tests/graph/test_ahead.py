"""First questions that are asked, and searched for, while a person reads the panel (`--eager`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from scripted import ScriptedEngine, ShelfSource, clock

from tertulia.agents.fallback import with_fallback
from tertulia.agents.prices import Rate
from tertulia.agents.roles import Analyst, Engine, PanelBrief, Question, QuestionBrief
from tertulia.agents.spending import paid_call
from tertulia.app import App, Outcome
from tertulia.errors import EngineUnavailableError, SourceUnavailableError
from tertulia.events import Event, RunStarted
from tertulia.evidence.documents import Document
from tertulia.graph.effects import Effects
from tertulia.graph.local import LocalBackend
from tertulia.reviewing import reviewed
from tertulia.settings import load_settings
from tertulia.sources.base import Query
from tertulia.storage.usage import UsageJournal

TEXTS = ["Bees live on roofs. The city counted 140 hives in 2025.", "Hives need water. A hive costs 200 euros."]
APPROVE = {"action": "approve"}
TOKENS = 11
Reply = Mapping[str, Any]
Hook = Callable[[str, Any], Awaitable[None]]


class Counter:
    """Counts what happens, and lets somebody wait for it."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Event()

    def add(self) -> None:
        self.count += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def reaches(self, count: int) -> None:
        async with asyncio.timeout(20):
            while self.count < count:
                await self._changed.wait()


class PaidEngine(ScriptedEngine):
    """Each analyst has a query of their own, each call that is answered uses 11 tokens. `hook` is awaited before."""

    def __init__(self, hook: Hook | None = None) -> None:
        super().__init__()
        self.hook = hook
        self.questions = Counter()
        self.at_once = self.most_at_once = 0

    async def _note(self, role: str, brief: Any) -> None:
        self.briefs.append((role, brief))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            async with paid_call(role, "scripted:1", Rate(), "prompt") as call:
                if self.hook is not None:
                    await self.hook(role, brief)
                call.settle({"input_tokens": TOKENS - 1, "output_tokens": 1}, "")
        finally:
            self.at_once -= 1

    async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
        """Feedback changes the first analyst only."""
        panel = await super().propose_panel(brief)
        return [panel[0], *brief.previous[1:]] if brief.previous else panel

    async def ask(self, brief: QuestionBrief) -> Question:
        question = await super().ask(brief)
        self.questions.add()
        return {**question, "queries": {"shelf": [f"{brief.analyst['role']}, {brief.analyst['name']}"]}}

    def asked(self) -> list[str]:
        """For whom a first question was asked, in alphabetical order."""
        return sorted(f"{b.analyst['name']}, {b.analyst['role']}" for b in self.calls("question") if not b.turns)


class Shelf(ShelfSource):
    """A shelf of one run that tells when it has answered. It never does where `is_stuck` says so of the query."""

    def __init__(self, answered: Counter) -> None:
        super().__init__("shelf", TEXTS)
        self.closed = False
        self.is_stuck: Callable[[Query], bool] = lambda _: False
        self._answered = answered

    async def search(self, query: Query) -> list[Document]:
        try:
            found = await super().search(query)
            if self.is_stuck(query):
                await asyncio.Event().wait()
            return found
        finally:
            self._answered.add()


class Scripted(App):
    """The real use cases; engine and source are played by hand."""

    def __init__(self, hook: Hook | None = None, **settings: Any) -> None:
        given = {"model": "openai:x", "sources": "shelf", "analysts": 3, "turns": 1, "eager": True}
        super().__init__(load_settings({**given, **settings}), clock=clock)
        self.engine = PaidEngine(hook)
        self.second: Engine | None = None
        self.searches = Counter()
        self.shelves: list[Shelf] = []
        self.is_stuck: Callable[[Query], bool] = lambda _: False
        self.told: list[str] = []
        self.hear: Callable[[Event], None] = lambda _: None

    def _open(self, request: Mapping[str, Any]) -> Effects:
        self.shelves.append(Shelf(self.searches))
        self.shelves[-1].is_stuck = self.is_stuck
        engine = self.engine.engine()
        return Effects(with_fallback(engine, self.second) if self.second else engine, {"shelf": self.shelves[-1]})

    async def write(self, *readings: Reading, approve: bool = False) -> Outcome:
        run = await self.start("bees", approve=approve)
        return await self.go_on(run.id, *readings)

    async def go_on(self, run: str, *readings: Reading) -> Outcome:
        left = list(readings)

        async def read(review: Mapping[str, Any]) -> Reply | None:
            return await left.pop(0).reply(self)

        def listen(event: Event) -> None:
            self.told.append(event.type)
            self.hear(event)

        outcome = await self.advance(run, reviewer=read, on_event=listen)
        assert not left
        return outcome

    @property
    def queries(self) -> list[str]:
        """What was searched for, the survey's query left out, in alphabetical order."""
        return sorted(query.text for shelf in self.shelves for query in shelf.queries if query.text != "bees")

    def calls(self, run: str) -> list[Any]:
        """The calls in the journal."""
        return UsageJournal(self.runs.path, run).load()


class Reading:
    """One panel is read until so many questions, and as many searches, were answered in all; then comes the reply.

    With 0 questions the reply was there before, as from the command line.
    """

    def __init__(self, questions: int, reply: Reply | None, searches: int | None = None) -> None:
        self._questions = questions
        self._searches = questions if searches is None else searches
        self._reply = reply

    async def reply(self, app: Scripted) -> Reply | None:
        if self._questions:
            await app.engine.questions.reaches(self._questions)
            # The survey's is one more.
            await app.searches.reaches(1 + self._searches)
        return self._reply


def names(*numbers: int) -> list[str]:
    return [f"Person {number}, Role {number} v1" for number in numbers]


def printed(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without what differs from run to run."""
    return {name: value for name, value in report.items() if name not in {"run", "usage"}}


async def test_what_is_asked_while_a_person_reads_is_not_asked_again():
    """Each analyst is asked for once, each search is made once, and nothing is told before the interviews."""
    app = Scripted()
    seen: list[str] = []

    class Look(Reading):
        async def reply(self, app: Scripted) -> Reply | None:
            reply = await super().reply(app)
            seen.extend(app.told)
            return reply

    outcome = await app.write(Look(3, APPROVE))
    assert outcome.run.status == "done"
    assert "panel_proposed" in seen
    assert not {"interview_started", "question_asked", "search_started"} & set(seen)
    assert app.engine.asked() == names(1, 2, 3)
    assert app.queries == ["Role 1 v1, Person 1", "Role 2 v1, Person 2", "Role 3 v1, Person 3"]
    assert app.told.count("question_asked") == app.told.count("search_done") == 3
    assert all(shelf.closed for shelf in app.shelves)


async def test_the_report_is_the_one_that_patience_gives():
    """The same report, the same calls and the same events, in whatever order."""
    eager, patient = Scripted(turns=2), Scripted(turns=2, eager=False)
    first = await eager.write(Reading(3, APPROVE))
    second = await patient.write(Reading(0, APPROVE))
    one, two = eager.report(first.run.id), patient.report(second.run.id)
    assert printed(one) == printed(two)
    assert one["usage"] == two["usage"]
    assert sorted(eager.told) == sorted(patient.told)
    assert (first.run.input_tokens, first.run.cost) == (second.run.input_tokens, second.run.cost)


EDITED = {"action": "edit", "analyst": {"id": "a2", "name": "Zoe"}}


@pytest.mark.parametrize("read_again", [True, False])
async def test_who_is_changed_is_asked_anew_and_nobody_else(read_again: bool):
    """While the changed panel is read, too; or by the interview, where it is approved at once."""
    app = Scripted()
    outcome = await app.write(Reading(3, EDITED), Reading(4 if read_again else 0, APPROVE))
    assert outcome.run.status == "done"
    assert app.engine.asked() == [*names(1, 2, 3), "Zoe, Role 2 v1"]
    first = [interview["turns"][0]["question"] for interview in app.report(outcome.run.id)["interviews"]]
    assert first == ["Person 1 asks 1?", "Zoe asks 1?", "Person 3 asks 1?"]


async def test_feedback_leaves_questions_to_those_whom_it_does_not_touch():
    """Also one that is still being asked while the panel is proposed again."""
    again = asyncio.Event()

    async def hook(role: str, brief: Any) -> None:
        if role == "panel" and brief.feedback:
            again.set()
        if role == "question" and brief.analyst["id"] == "a3":
            await again.wait()

    app = Scripted(hook)
    reply = {"action": "revise", "feedback": "more on costs"}
    outcome = await app.write(Reading(2, reply), Reading(4, APPROVE))
    assert outcome.run.status == "done"
    assert app.engine.asked() == ["Person 1, Role 1 v1", "Person 1, Role 1 v2", *names(2, 3)]
    assert len(app.queries) == len(set(app.queries)) == 4
    assert app.told.count("question_asked") == 3


async def test_a_place_in_the_panel_is_no_change():
    app = Scripted()
    await app.write(Reading(3, {"action": "move", "id": "a3", "to": 1}), Reading(0, APPROVE))
    assert app.engine.asked() == names(1, 2, 3)


async def test_a_question_that_fails_ahead_is_asked_again():
    """It is no failure of the run, and the report lacks nothing."""
    failed = Counter()

    async def hook(role: str, brief: Any) -> None:
        if role == "question" and brief.analyst["id"] == "a2" and not failed.count:
            failed.add()
            raise EngineUnavailableError("The model is away.")

    app = Scripted(hook)
    outcome = await app.write(Reading(2, APPROVE))
    assert failed.count == 1
    assert outcome.run.status == "done"
    assert app.report(outcome.run.id)["gaps"] == []
    assert app.engine.asked() == names(1, 2, 2, 3)


async def test_the_fallback_engine_asks_nothing_ahead():
    """What the model could not ask then it is asked again, and no part of the report is the other engine's."""

    async def hook(role: str, brief: Any) -> None:
        if role == "question" and len(app.engine.calls("question")) == 1:
            raise EngineUnavailableError("The model is away.")

    app = Scripted(hook, analysts=1)
    second = PaidEngine()
    app.second = second.engine("extractive")

    class StoodIn(Reading):
        async def reply(self, app: Scripted) -> Reply | None:
            await second.questions.reaches(1)
            return APPROVE

    outcome = await app.write(StoodIn(0, APPROVE))
    assert outcome.run.status == "done"
    assert "stood_in" not in app.told
    assert app.engine.asked() == names(1, 1)


async def test_a_search_that_fails_ahead_is_made_again():
    """A source that did not answer then is not left in peace when the interviews come."""
    app = Scripted(analysts=1)

    async def hook(role: str, brief: Any) -> None:
        if role == "question":
            app.shelves[-1].failure = SourceUnavailableError("The shelf is away.")

    app.engine.hook = hook

    class Mended(Reading):
        async def reply(self, app: Scripted) -> Reply | None:
            reply = await super().reply(app)
            app.shelves[-1].failure = None
            return reply

    outcome = await app.write(Mended(1, APPROVE))
    assert outcome.run.status == "done"
    assert app.report(outcome.run.id)["gaps"] == []
    assert app.queries == ["Role 1 v1, Person 1"] * 2


def one_at_a_time(answered_with: type[Event]) -> Scripted:
    """A run with a single slot, in which the first analyst's question is answered when such an event was told."""
    told = asyncio.Event()

    async def hook(role: str, brief: Any) -> None:
        if role == "question" and brief.analyst["id"] == "a1":
            await told.wait()

    def hear(event: Event) -> None:
        if isinstance(event, answered_with) and app.engine.calls("question"):
            told.set()

    app = Scripted(hook, concurrency=1)
    app.hear = hear
    return app


class Impatient(Reading):
    """Replies when the first question is being asked."""

    async def reply(self, app: Scripted) -> Reply | None:
        async with asyncio.timeout(20):
            while not app.engine.calls("question"):  # noqa: ASYNC110 - it only yields
                await asyncio.sleep(0)
        return await super().reply(app)


async def test_what_is_under_way_at_the_approval_goes_on():
    """Its interview waits for it; with a single slot, too, where nothing is ever asked at the same time."""
    app = one_at_a_time(RunStarted)
    async with asyncio.timeout(20):
        outcome = await app.write(Impatient(0, APPROVE))
    assert outcome.run.status == "done"
    assert app.engine.asked() == names(1, 2, 3)
    assert len(app.queries) == 3
    assert app.engine.most_at_once == 1


async def test_nothing_more_is_begun_once_the_person_replied():
    """Neither a question that had no slot yet, nor the searches of one that was being asked: they might be in vain."""
    app = one_at_a_time(RunStarted)
    gone = (Impatient(0, {"action": "remove", "id": number}) for number in ("a1", "a2"))
    async with asyncio.timeout(20):
        outcome = await app.write(*gone, Reading(0, APPROVE))
    assert outcome.run.status == "done"
    assert app.engine.asked() == names(1, 3)
    assert app.queries == ["Role 3 v1, Person 3"]


async def begun_ahead(**request: Any) -> list[str]:
    """For whom a backend asks when it is told that a person reads the panel of such a run."""
    app = Scripted()
    backend = LocalBackend(app.runs, lambda run, request: app._open(request), clock=clock, concurrency=4)
    run = await backend.submit({"topic": "bees", "size": 2, "turn_limit": 1, **request})
    async for _ in backend.events(run):
        pass
    await backend.prepare(run)
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))
    asked = app.engine.asked()
    await backend.release(run)
    assert all(shelf.closed for shelf in app.shelves)
    return asked


@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        ({"eager": True}, names(1, 2)),
        ({"eager": True, "max_tokens": 1_000_000}, []),
        ({"eager": True, "max_cost": 100.0}, []),
        ({}, []),
    ],
    ids=str,
)
async def test_nothing_is_asked_ahead_under_a_cap_or_unasked(request_: dict[str, Any], asked: list[str]):
    """A cap is held by setting whole interviews aside, which nobody does ahead. Runs of old are not eager."""
    assert await begun_ahead(**request_) == asked


@pytest.mark.parametrize("replies", [[APPROVE], [{"action": "remove", "id": "a1"}, APPROVE], [None]], ids=str)
async def test_nothing_is_asked_where_no_person_reads(replies: list[Reply | None]):
    """Replies of the command line are there at once: who is removed was not asked for; nor is, where the run pauses."""
    app = Scripted()
    await app.write(*(Reading(0, reply) for reply in replies))
    expected = {1: names(1, 2, 3), 2: names(2, 3)}[len(replies)] if replies[-1] else []
    assert app.engine.asked() == expected


async def test_an_approved_run_keeps_nothing_ahead():
    app = Scripted()
    outcome = await app.write(approve=True)
    assert outcome.run.status == "done"
    assert app.engine.asked() == names(1, 2, 3)


async def test_what_was_asked_in_vain_is_counted():
    """The analyst is removed, one while the question is still being asked: the evidence and the run's sums have it."""
    section = asyncio.Event()

    async def hook(role: str, brief: Any) -> None:
        if role == "section":
            section.set()
        if role == "question" and brief.analyst["id"] == "a3":
            await section.wait()

    app = Scripted(hook)
    gone = ({"action": "remove", "id": number} for number in ("a2", "a3"))
    outcome = await app.write(*(Reading(2, reply) for reply in gone), Reading(0, APPROVE))
    usage = app.report(outcome.run.id)["usage"]
    # A panel, three questions, an answer, a section, an introduction and a conclusion.
    assert len(usage) == len(app.engine.briefs) == len(app.calls(outcome.run.id)) == 8
    asked = [(call["node"], call["analyst"], call["turn"]) for call in usage if call["role"] == "question"]
    assert sorted(asked) == [("ask", "a1", 1), ("ask", "a2", 1), ("ask", "a3", 1)]
    assert outcome.run.input_tokens + outcome.run.output_tokens == 8 * TOKENS


async def test_a_pause_forgets_what_was_asked_and_knows_what_it_cost():
    """What is still under way is cancelled. Who comes back later asks again."""
    broken_off: list[str] = []

    async def hook(role: str, brief: Any) -> None:
        if role == "question" and brief.analyst["id"] == "a3" and not broken_off:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                broken_off.append(brief.analyst["id"])
                raise

    class Leaves(Reading):
        async def reply(self, app: Scripted) -> Reply | None:
            reply = await super().reply(app)
            async with asyncio.timeout(20):
                while len(app.queries) < 2:  # noqa: ASYNC110 - it only yields
                    await asyncio.sleep(0)
            return reply

    app = Scripted(hook)
    app.is_stuck = lambda query: query.text == "Role 2 v1, Person 2"
    paused = await app.write(Leaves(2, None, searches=1))
    assert paused.run.status == "awaiting_approval"
    assert broken_off == ["a3"]
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert all(shelf.closed for shelf in app.shelves)
    assert paused.run.input_tokens + paused.run.output_tokens == 3 * TOKENS

    later = Scripted()
    outcome = await later.go_on(paused.run.id, Reading(3, APPROVE, searches=2))
    assert outcome.run.status == "done"
    assert later.engine.asked() == names(1, 2, 3)
    assert len(later.report(paused.run.id)["usage"]) == 3 + len(later.engine.briefs)


async def test_a_run_that_is_interrupted_while_a_person_reads_leaves_nothing_open():
    asked = asyncio.Event()

    async def hook(role: str, brief: Any) -> None:
        if role == "question":
            asked.set()
            await asyncio.Event().wait()

    class Reader(Reading):
        async def reply(self, app: Scripted) -> Reply | None:
            await asyncio.Event().wait()
            return None

    app = Scripted(hook)
    task = asyncio.create_task(app.write(Reader(0, None)))
    async with asyncio.timeout(20):
        await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert all(shelf.closed for shelf in app.shelves)
    assert app.runs.list()[0].status == "awaiting_approval"


class Unable:
    """A backend that cannot prepare anything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def prepare(self, run: str) -> None:
        raise self._error


async def test_a_review_does_not_depend_on_what_is_asked_meanwhile():
    """An error of ours is left to the step that will meet it again; a fault of the program ends the review at once."""
    left: list[str] = []

    async def read() -> Reply:
        await asyncio.sleep(0)
        return APPROVE

    async def read_for_ever() -> Reply:
        try:
            await asyncio.Event().wait()
        finally:
            left.append("the review")
        return APPROVE

    unable: Any = Unable(EngineUnavailableError("The model is away."))
    assert await reviewed(unable, "run1", read()) == APPROVE
    broken: Any = Unable(RuntimeError("a fault"))
    with pytest.raises(RuntimeError, match="a fault"):
        await reviewed(broken, "run1", read_for_ever())
    await asyncio.sleep(0)
    assert left == ["the review"]
