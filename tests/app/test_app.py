"""The use cases, over real files and a real database, with the extractive engine."""

from __future__ import annotations

import asyncio
import contextvars
import shutil
import sqlite3
import threading
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph.state import CompiledStateGraph
from whose_turn import is_free

from tertulia.agents.extractive.interviewer import ExtractiveInterviewer
from tertulia.agents.roles import Question, QuestionBrief
from tertulia.app import App
from tertulia.errors import EngineError, SourceSettingsError, UsageError
from tertulia.events import (
    AnswerGiven,
    Event,
    PanelApproved,
    QuestionAsked,
    RunEnded,
    RunPaused,
    SectionWritten,
    StepDone,
)
from tertulia.exporting import export_files
from tertulia.settings import load_settings
from tertulia.sources.documents import DocumentsSource
from tertulia.storage.events import load_events
from tertulia.storage.runs import Runs

NOTE = """# Tidal mills of {place}

The tidal mills of {place} ground barley twice a day behind oak gates. A tidal mill of {place} had one miller and two
helpers. The council of {place} paid for the repair of each tidal mill.

## Repair

Each tidal mill of {place} was repaired by local carpenters. The gates of a tidal mill were made of oak from {place}.
"""


def write_notes(folder: Path, place: str) -> None:
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.md").write_text(NOTE.format(place=f"{place}{'abc'[number]}"), "utf-8")


def make_app(docs: str = "docs") -> App:
    return App(load_settings({"docs": [docs], "sources": "documents", "model": "extractive", "analysts": 2}))


async def later(_: Mapping[str, Any]) -> None:
    return None


async def approve(_: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"action": "approve"}


async def test_a_run_that_goes_on_elsewhere_reads_the_documents_it_began_with(monkeypatch, tmp_path):
    """Another folder with documents of the same name changes nothing."""
    write_notes(tmp_path / "one" / "docs", "Orvania")
    write_notes(tmp_path / "two" / "docs", "Elsewhere")
    monkeypatch.chdir(tmp_path / "one")
    run = await make_app().start("Tidal mills")
    assert (await make_app().advance(run.id, reviewer=later)).exit_code == 3
    monkeypatch.chdir(tmp_path / "two")
    outcome = await make_app().advance(run.id, reviewer=approve)
    assert outcome.exit_code == 0
    texts = [document["text"] for document in make_app().report(run.id)["documents"]]
    assert texts
    assert all("Orvania" in text and "Elsewhere" not in text for text in texts)


async def test_a_listener_that_raises_ends_the_run_and_nothing_is_lost(tmp_path):
    """Its error is what the caller sees; the run can be gone on with."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)

    def listen(event: Event) -> None:
        if isinstance(event, PanelApproved):
            raise RuntimeError("the listener is broken")

    with pytest.raises(RuntimeError, match="the listener is broken"):
        await app.advance(run.id, reviewer=later, on_event=listen)
    assert app.runs.get(run.id).status in {"interrupted", "failed"}
    assert (await make_app().advance(run.id, reviewer=later)).exit_code == 0


@pytest.mark.parametrize("raises", [PanelApproved, QuestionAsked, AnswerGiven, SectionWritten])
async def test_what_a_listener_that_raises_is_not_told_is_kept_all_the_same(raises):
    """The steps that said it are done, and not done again: nothing else would say so."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)

    def listen(event: Event) -> None:
        if isinstance(event, raises):
            raise OSError("the listener is gone")

    with pytest.raises(OSError, match="the listener is gone"):
        await app.advance(run.id, reviewer=later, on_event=listen)
    assert (await app.advance(run.id, reviewer=later)).exit_code == 0
    kept = load_events(app.runs.path, run.id)
    done = {(event["step"], event["analyst"], event["turn"]) for event in kept if event["type"] == "step_done"}
    for interview in app.report(run.id)["interviews"]:
        turns = {
            (step, interview["analyst"], turn["number"]) for turn in interview["turns"] for step in ("ask", "answer")
        }
        assert turns <= done
        types = {event["type"] for event in kept if event["analyst"] == interview["analyst"]}
        assert {"interview_started", "answer_given", "section_written", "interview_done"} <= types


async def test_a_listener_that_changes_what_it_is_told_changes_no_run():
    """It may leave names out for a log of its own."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    panel: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, PanelApproved):
            panel.extend(analyst["name"] for analyst in event.panel)
            for analyst in event.panel:
                analyst["name"] = "somebody"
        if isinstance(event, QuestionAsked):
            for texts in event.queries.values():
                texts.clear()

    assert (await app.advance(run.id, reviewer=later, on_event=listen)).exit_code == 0
    assert [analyst["name"] for analyst in app.report(run.id)["panel"]] == panel


async def test_what_was_said_before_an_interruption_is_told_and_kept(monkeypatch):
    """Also what LangGraph had not passed on yet: the step is done, and nothing would say so when the run goes on."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    told: list[Event] = []
    task = asyncio.create_task(app.advance(run.id, reviewer=later, on_event=told.append))
    ask = ExtractiveInterviewer.ask

    async def ask_and_interrupt(interviewer: ExtractiveInterviewer, brief: QuestionBrief) -> Question:
        question = await ask(interviewer, brief)
        task.cancel()
        return question

    monkeypatch.setattr(ExtractiveInterviewer, "ask", ask_and_interrupt)
    with pytest.raises(asyncio.CancelledError):
        await task
    # The other analyst may have asked meanwhile.
    first = next(event for event in told if isinstance(event, QuestionAsked)).analyst
    assert [type(event) for event in told if event.analyst == first][-2:] == [QuestionAsked, StepDone]
    assert isinstance(told[-1], RunPaused)
    assert load_events(app.runs.path, run.id) == [event.to_dict() for event in told]


async def test_a_graph_that_keeps_nothing_is_not_asked_again(monkeypatch):
    """It would do, and pay, the same once more."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    passes: list[Any] = []

    async def keep_nothing(_: Any, given: Any, *__: Any, **___: Any) -> Any:
        passes.append(given)
        for nothing in ():
            yield nothing

    monkeypatch.setattr(CompiledStateGraph, "astream", keep_nothing)
    with pytest.raises(EngineError, match="stopped before its end"):
        await app.advance(run.id, reviewer=later)
    assert len(passes) == 1


async def test_sources_that_were_chosen_for_a_run_stay_its_sources():
    """Its questions are for them: a key that is set or missing when it goes on changes nothing."""
    write_notes(Path("docs"), "Orvania")
    started = {"docs": ["docs"], "model": "extractive", "tavily_api_key": "tvly-test"}
    run = await App(load_settings(started)).start("Tidal mills")
    assert run.request["sources"] == ["documents", "wikipedia", "web"]
    with pytest.raises(SourceSettingsError, match="TAVILY_API_KEY is not set"):
        await make_app().advance(run.id, reviewer=later)


async def test_a_run_that_is_stopped_while_its_end_is_written_down_is_done(monkeypatch):
    """The thread that writes cannot be stopped: what is told must not contradict it."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    told: list[Event] = []
    task = asyncio.create_task(app.advance(run.id, reviewer=later, on_event=told.append))
    loop, stopped, save = asyncio.get_running_loop(), threading.Event(), Runs.save_report

    def count_down(rounds: int) -> None:
        loop.call_soon(count_down, rounds - 1) if rounds else stopped.set()

    def save_and_stop(runs: Runs, *given: Any) -> None:
        loop.call_soon_threadsafe(task.cancel)
        loop.call_soon_threadsafe(count_down, 100)
        assert stopped.wait(20)
        save(runs, *given)

    monkeypatch.setattr(Runs, "save_report", save_and_stop)
    with pytest.raises(asyncio.CancelledError):
        await task
    row = app.runs.get(run.id)
    assert (row.status, row.detail) == ("done", "")
    last = told[-1]
    assert isinstance(last, RunEnded)
    assert (last.status, last.exit_code) == ("done", 0)


async def test_a_run_that_is_stopped_searches_no_more(monkeypatch):
    """What is under way ends before its source is closed, and nothing of it stays behind."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    task = asyncio.create_task(app.advance(run.id, reviewer=later))
    happened: list[str] = []

    async def search(*_: Any) -> Any:
        task.cancel()
        try:
            await asyncio.Event().wait()
        finally:
            happened.append("the search ended")

    async def close(_: Any) -> None:
        happened.append("the source was closed")

    monkeypatch.setattr(DocumentsSource, "search", search)
    monkeypatch.setattr(DocumentsSource, "close", close)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert happened == ["the search ended", "the source was closed"]


async def test_the_loop_goes_on_while_a_run_waits_for_another_process_to_write():
    """That process ends its write only because the loop does: a loop that waited for it would wait in vain."""
    write_notes(Path("docs"), "Ria")
    app = make_app()
    first, second = await app.start("Tidal mills of Ria", approve=True), await app.start("Tidal mills", approve=True)
    await app.advance(first.id, reviewer=later)
    with closing(sqlite3.connect(app.runs.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        running = asyncio.create_task(app.advance(second.id, reviewer=later))
        while is_free(app.runs.path):  # noqa: ASYNC110 - it only yields
            await asyncio.sleep(0)
        assert {run.id for run in app.runs.list()} == {first.id, second.id}
        assert await app.panel(second.id) == []
        assert App(app.settings).report(first.id)["sections"]
        other.rollback()
    assert (await running).run.status == "done"


async def test_a_run_that_ends_leaves_what_another_has_opened(monkeypatch):
    """It was loaded for that run, and is what it begins with."""
    write_notes(Path("docs"), "Ria")
    app = make_app()
    first, second = await app.start("Tidal mills of Ria", approve=True), await app.start("Tidal mills", approve=True)
    opened, closed = [], []
    open_effects, close = app._open, DocumentsSource.close
    monkeypatch.setattr(app, "_open", lambda request: opened.append(request) or open_effects(request))

    async def closing(source: DocumentsSource) -> None:
        closed.append(source)
        await close(source)

    monkeypatch.setattr(DocumentsSource, "close", closing)
    await app.advance(first.id, reviewer=later)
    assert len(set(closed)) == 1
    await app.advance(second.id, reviewer=later)
    assert (len(set(closed)), opened) == (2, [])


async def test_what_was_opened_for_a_run_is_closed_when_it_is_amended(monkeypatch):
    write_notes(Path("docs"), "Ria")
    app = make_app()
    run = await app.start("Tidal mills of Ria", approve=True)
    closed = []

    async def closing(source: DocumentsSource) -> None:
        closed.append(source)

    monkeypatch.setattr(DocumentsSource, "close", closing)
    await app.amend(run.id, {"max_tokens": 60_000})
    assert len(closed) == 1


async def test_a_finished_run_is_not_run_again():
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    events: list[Event] = []
    await app.advance(run.id, reviewer=later)
    outcome = await app.advance(run.id, reviewer=later, on_event=events.append)
    assert (outcome.exit_code, events) == (0, [])


async def test_what_cannot_begin_leaves_no_run():
    app = make_app("missing")
    with pytest.raises(UsageError):
        await app.start("Tidal mills")
    assert app.runs.list() == []


async def test_two_tasks_of_one_app_do_not_work_on_the_same_run():
    """The second is told so, whatever it wants; the first goes on as if it were alone."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills")
    refused: list[str] = []

    async def disturb(_: Mapping[str, Any]) -> Mapping[str, Any]:
        """Called while the run is advanced, and so by its holder; then from tasks of their own."""
        own = contextvars.Context()
        tries = [
            asyncio.create_task(app.advance(run.id, reviewer=approve)),
            asyncio.create_task(app.advance(run.id, reviewer=approve), context=own),
            asyncio.create_task(app.amend(run.id, {}), context=own),
            asyncio.create_task(asyncio.to_thread(app.delete, run.id)),
            asyncio.create_task(asyncio.to_thread(app.delete, run.id), context=own),
        ]
        refused.extend(type(got).__name__ for got in await asyncio.gather(*tries, return_exceptions=True))
        return {"action": "approve"}

    assert (await app.advance(run.id, reviewer=disturb)).exit_code == 0
    assert refused == ["RunBusyError"] * 5
    app.delete(run.id)


async def test_who_holds_a_run_works_on_it():
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    with app.hold(run.id), app.hold(run.id):
        assert (await app.advance(run.id, reviewer=later)).exit_code == 0
    with app.hold(run.id):
        app.delete(run.id)


async def test_a_deleted_run_is_gone_and_its_files_stay():
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    await app.advance(run.id, reviewer=later)
    (report, *_) = app.export(run.id, output="out")
    app.delete(run.id)
    assert app.runs.list() == []
    assert report.is_file()
    with pytest.raises(UsageError, match="no run"):
        app.report(run.id)


async def test_exporting_again_gives_the_same_bytes():
    """From the stored run, without a model, the network or the documents."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    await app.advance(run.id, reviewer=later)
    first = {path.name: path.read_bytes() for path in app.export(run.id, output="one")}
    shutil.rmtree("docs")
    second = {path.name: path.read_bytes() for path in make_app().export(run.id, output="two")}
    assert first == second


async def test_exporting_changes_nothing_of_a_run_that_goes_on_meanwhile(monkeypatch):
    """It notes where the files are, not how the run stood when it began to write them."""
    write_notes(Path("docs"), "Orvania")
    app = make_app()
    run = await app.start("Tidal mills", approve=True)
    await app.advance(run.id, reviewer=later)

    def export_slowly(*given: Any, **more: Any) -> Any:
        written = export_files(*given, **more)
        app.runs.update(run.id, now=run.updated_at, status="interrupted", detail="another process")
        return written

    monkeypatch.setattr("tertulia.app.export_files", export_slowly)
    (report, *_) = app.export(run.id, output="out")
    row = app.runs.get(run.id)
    assert (row.status, row.detail, row.output) == ("interrupted", "another process", str(report.parent))
