"""What LangSmith is shown of a run, as trees: `traces/*.txt`. RENEW_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from command import world
from servers.langsmith import LangSmithServer
from servers.openai import Fault, play_every_role

FOLDER = Path(__file__).parent / "traces"
SMALL = ["--analysts", "2", "--turns", "1"]

CANCEL = """
import asyncio, sys
from tertulia.app import App
from tertulia.settings import load_settings

async def cancel(_):
    return {"action": "cancel"}

asyncio.run(App(load_settings()).advance(sys.argv[1], reviewer=cancel))
"""


def traced(collector: LangSmithServer) -> dict[str, str]:
    return {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "lsv2-test", "LANGSMITH_ENDPOINT": collector.url}


def check(name: str, collector: LangSmithServer) -> None:
    """Compare with the stored tree, or store it."""
    drawn, path = connected(collector), FOLDER / f"{name}.txt"
    if os.environ.get("RENEW_SNAPSHOTS") == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(drawn, "utf-8")
    assert drawn == path.read_text("utf-8")


def connected(collector: LangSmithServer) -> str:
    """The tree, in which nothing is loose."""
    drawn = collector.drawn()
    assert "ORPHAN" not in drawn
    assert "NOT ENDED" not in drawn, drawn
    return drawn


def failing(*openings: str, mention: str = ""):
    """A model that is refused where the system prompt begins so and the prompt mentions something."""

    def brain(body):
        system, user = (str(message["content"]) for message in body["messages"][:2])
        fails = system.startswith(openings) and mention in system + user
        return Fault(403, "not today") if fails else play_every_role(body)

    return brain


def test_a_run_is_one_tree():
    """What to find it by, its scores and its link are there, too."""
    with world() as place, LangSmithServer() as collector:
        result = place.run(*place.report_arguments, *SMALL, "--yes", **traced(collector))
        assert result.returncode == 0, result.stderr
        check("run", collector)
        runs = collector.runs.values()
        (root,) = [run for run in runs if run.get("parent_run_id") is None]
        metadata = root["extra"]["metadata"]
        shown = place.run("show", metadata["run"], "--trace").stdout
    assert {run["trace_id"] for run in runs} == {root["id"]}
    assert metadata["engine"] == "openai:x"
    assert metadata["run"] == metadata["thread_id"]
    assert {"topic", "language", "version"} <= set(metadata)
    calls = [run for run in runs if run["run_type"] == "llm"]
    assert len(calls) == len(place.model.asked)
    assert {run["extra"]["metadata"]["model"] for run in calls} == {"openai:x"}
    assert all(run["extra"]["metadata"]["run"] == metadata["run"] for run in runs)
    assert any(line.endswith(f"/r/{root['id']}") for line in result.stderr.split()), result.stderr
    assert shown.strip().endswith(f"/r/{root['id']}")
    assert all(0 < entry["score"] <= 1 for entry in collector.feedback)


def test_an_interview_that_fails_says_where_and_why():
    with (
        world(failing("You are an expert who", mention="tell about Tidal mill,")) as place,
        LangSmithServer() as collector,
    ):
        result = place.run(*place.report_arguments, *SMALL, "--yes", **traced(collector))
        assert result.returncode == 5, result.stderr
        check("failed-interview", collector)


@pytest.mark.long
def test_a_pause_and_what_comes_after_it_are_two_trees_of_one_thread():
    """Paused twice: one run is approved by another process, the other is cancelled by one."""
    with world() as place, LangSmithServer() as approved, LangSmithServer() as cancelled:
        for collector, ending in ((approved, "approve"), (cancelled, "cancel")):
            paused = place.run(*place.report_arguments, *SMALL, **traced(collector))
            assert paused.returncode == 3, paused.stderr
            run = json.loads(place.run("runs", "--json").stdout)[0]["id"]
            if ending == "approve":
                assert place.run("resume", run, "--yes", **traced(collector)).returncode == 0
            else:
                environment = {**place.environment, **traced(collector)}
                subprocess.run([sys.executable, "-c", CANCEL, run], env=environment, check=True)
            roots = [run for run in collector.runs.values() if run.get("parent_run_id") is None]
            assert len(roots) == len({root["trace_id"] for root in roots}) == 2
            assert {root["extra"]["metadata"]["thread_id"] for root in roots} == {run}
            assert {one["extra"]["metadata"]["thread_id"] for one in collector.runs.values()} == {run}
        check("pause-and-resume", approved)
        check("cancelled", cancelled)


@pytest.mark.long
def test_an_interrupted_run_ends_its_trace():
    """Ctrl-C while an expert thinks."""
    asked, released = threading.Event(), threading.Event()

    def brain(body):
        if str(body["messages"][0]["content"]).startswith("You are an expert who"):
            asked.set()
            released.wait(60)
        return play_every_role(body)

    with world(brain) as place, LangSmithServer() as collector:
        process = place.start(*place.report_arguments, "--analysts", "1", "--turns", "1", "--yes", **traced(collector))
        try:
            assert asked.wait(60)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=60)
        finally:
            released.set()
            process.kill()
        assert process.returncode == 130, stderr
        check("interrupted", collector)


@pytest.mark.long
def test_what_the_fallback_did_follows_the_call_that_failed():
    with world(failing("You write")) as place, LangSmithServer() as collector:
        arguments = [*place.report_arguments, "--analysts", "1", "--turns", "1", "--yes", "--fallback", "extractive"]
        result = place.run(*arguments, **traced(collector))
        assert result.returncode == 5, result.stderr
        check("fallback", collector)


@pytest.mark.long
def test_a_cap_shows_where_it_ended_the_run():
    """How far it comes depends on the length of the prompts, so this tree is no snapshot."""
    with world() as place, LangSmithServer() as collector:
        arguments = [*place.report_arguments, "--yes", "--max-tokens", "12000"]
        result = place.run(*arguments, **traced(collector))
        assert result.returncode == 5, result.stderr
        drawn = connected(collector)
    calls = [run for run in collector.runs.values() if run["run_type"] == "llm"]
    assert len(calls) == len(place.model.asked)
    assert "error: BudgetSpentError" in drawn, drawn
