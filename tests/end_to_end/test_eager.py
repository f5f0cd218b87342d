"""`--eager` in a terminal: the first questions are asked, and searched for, before the panel is approved."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest
from command import WIKI, World, world
from servers.base import Request, Response
from servers.langsmith import LangSmithServer
from servers.mediawiki import MediaWikiServer
from servers.openai import play_every_role

ANALYSTS, TURNS = 2, 2
USUAL_CALLS = 1 + ANALYSTS * (2 * TURNS + 1) + 2
EAGER = ["--analysts", str(ANALYSTS), "--turns", str(TURNS), "--eager"]
PATIENCE = 60
# A terminal may be asked to mark what is pasted, just before.
PROMPT = r"\n(?:\x1b\[\?2004h)?> "


@contextmanager
def terminal(place: World, *arguments: str, **environment: str) -> Iterator[pexpect.spawn[str]]:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tertulia", *arguments],
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=PATIENCE,
        env={**place.environment, "TERM": "xterm", **environment},
    )
    try:
        yield child
    finally:
        child.close(force=True)


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def questions(place: World) -> int:
    return sum(str(body["messages"][0]["content"]).startswith("You are an analyst") for body in place.model.asked)


def read(child: pexpect.spawn[str], place: World, asked: int = ANALYSTS) -> None:
    """Wait at the prompt until so many questions were asked, and searches made for them as well as for the survey."""
    child.expect(PROMPT)
    until(lambda: questions(place) == asked and len(place.web.requests) >= ANALYSTS + 1)


def type_line(child: pexpect.spawn[str], text: str) -> None:
    """Type it. Between the prompt and what is typed nothing else was written."""
    child.sendline(text)
    child.expect_exact(text)
    assert child.before == ""


def ended(child: pexpect.spawn[str]) -> int | None:
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def evidence(stdout: str) -> dict[str, object]:
    (path,) = re.findall(r"(\S+/report\.md)", stdout)
    found: dict[str, object] = json.loads((Path(path).parent / "evidence.json").read_text("utf-8"))
    return found


def test_questions_are_asked_before_the_approval_is_typed_and_no_call_is_made_twice():
    """Nothing is written over the prompt meanwhile, and an approved panel costs the usual number of calls."""
    with world() as place, terminal(place, *place.report_arguments, *EAGER) as child:
        read(child, place)
        assert len(place.model.asked) == 1 + ANALYSTS
        type_line(child, "yes")
        assert ended(child) == 0
        assert len(place.model.asked) == USUAL_CALLS == len(evidence(child.before)["usage"])
        searches = [json.dumps(request.json()) for request in place.web.requests]
        assert len(searches) == len(set(searches))


@pytest.mark.long
def test_a_panel_that_is_left_and_taken_up_again_is_asked_for_again():
    """By the run's own request, without the flag. Who was only moved is not asked anew, and every call is counted."""
    with world() as place:
        with terminal(place, *place.report_arguments, *EAGER) as child:
            read(child, place)
            type_line(child, "q")
            assert ended(child) == 3
        (run,) = json.loads(place.run("runs", "--json").stdout)
        assert (run["status"], len(place.model.asked)) == ("awaiting_approval", 1 + ANALYSTS)
        assert run["input_tokens"] > 0
        with terminal(place, "resume", run["id"]) as child:
            read(child, place, asked=2 * ANALYSTS)
            type_line(child, "m 2 1")
            child.expect(PROMPT)
            type_line(child, "a")
            assert ended(child) == 0
            assert len(place.model.asked) == USUAL_CALLS + ANALYSTS == len(evidence(child.before)["usage"])
        assert json.loads(place.run("runs", "--json").stdout)[0]["input_tokens"] > run["input_tokens"]


@pytest.mark.long
def test_a_trace_holds_what_the_graph_did_and_nothing_loose():
    """Two trees, before and after the review; what was asked between them is in neither."""
    with world() as place, LangSmithServer() as collector:
        traced = {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "lsv2-test", "LANGSMITH_ENDPOINT": collector.url}
        with terminal(place, *place.report_arguments, *EAGER, **traced) as child:
            read(child, place)
            type_line(child, "yes")
            assert ended(child) == 0
        drawn = collector.drawn()
    assert "ORPHAN" not in drawn
    assert "NOT ENDED" not in drawn
    runs = collector.runs.values()
    assert len([run for run in runs if run.get("parent_run_id") is None]) == 2
    assert len([run for run in runs if run["run_type"] == "llm"]) == USUAL_CALLS - ANALYSTS


class StuckWiki(MediaWikiServer):
    """A wiki that answers until it is `stuck`: then the client waits in a thread, which cannot be broken off."""

    def __init__(self) -> None:
        super().__init__(WIKI)
        self.stuck, self.was_asked, self.released = threading.Event(), threading.Event(), threading.Event()

    def respond(self, request: Request) -> Response:
        if self.stuck.is_set():
            self.was_asked.set()
            self.released.wait(2 * PATIENCE)
        return super().respond(request)


@pytest.mark.long
@pytest.mark.parametrize(("key", "code"), [("c", 130), ("d", 3)])
def test_a_search_that_hangs_keeps_nobody_at_the_prompt(key: str, code: int):
    """Ctrl-C and Ctrl-D leave, and say how to go on, while the search still waits for its answer."""
    wiki = StuckWiki()

    def brain(body):
        if str(body["messages"][0]["content"]).startswith("You are an analyst"):
            wiki.stuck.set()
        return play_every_role(body)

    with wiki, world(brain) as place:
        try:
            with terminal(place, *place.report_arguments, *EAGER, TERTULIA_WIKIPEDIA_URL=wiki.address) as child:
                child.expect(PROMPT)
                assert wiki.was_asked.wait(PATIENCE)
                child.sendcontrol(key)
                assert ended(child) == code
                assert not wiki.released.is_set()
                assert len(re.findall(r"tertulia resume \w+", child.before)) == 1
                assert "Traceback" not in child.before
        finally:
            wiki.released.set()


@pytest.mark.long
def test_an_approved_run_is_interrupted_as_any_other():
    """Ctrl-C while an expert thinks."""
    asked, released = threading.Event(), threading.Event()

    def brain(body):
        if str(body["messages"][0]["content"]).startswith("You are an expert who"):
            asked.set()
            released.wait(2 * PATIENCE)
        return play_every_role(body)

    with world(brain) as place:
        try:
            with terminal(place, *place.report_arguments, *EAGER) as child:
                read(child, place)
                type_line(child, "yes")
                assert asked.wait(PATIENCE)
                child.sendcontrol("c")
                assert ended(child) == 130
                assert len(re.findall(r"Interrupted\..*tertulia resume \w+", child.before)) == 1
        finally:
            released.set()
        assert json.loads(place.run("runs", "--json").stdout)[0]["status"] == "interrupted"
