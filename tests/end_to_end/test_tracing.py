"""LangSmith: one trace per run when its variables are set, nothing otherwise, and no waiting for a dead endpoint."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from command import TOPIC, World, world
from servers.base import Request, Response
from servers.langsmith import LangSmithServer


def traced(endpoint: str) -> dict[str, str]:
    return {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "lsv2-test",
        "LANGSMITH_ENDPOINT": endpoint,
        "LANGSMITH_PROJECT": "mills",
    }


def test_a_trace_without_content_holds_names_times_and_counts():
    """No word of the topic, of a page, a prompt or a reply is sent; the tree and its tokens are."""
    with world() as place, LangSmithServer() as collector:
        result = place.run(
            *place.report_arguments, "--analysts", "2", "--turns", "1", "--yes", "--trace",
            **{**traced(collector.url), "LANGSMITH_TRACING": "false"}, TERTULIA_TRACE_CONTENT="off",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        runs = collector.runs
        sent = b" ".join(collector.bodies)
    assert len(runs) > 20
    assert any(run.get("extra", {}).get("metadata", {}).get("usage_metadata") for run in runs.values())
    for word in (b"Orvania", b"barley", b"tidal", b"Tidal", b"Ana Ruiz", b"openai:x", b"tvly-test"):
        assert word not in sent, sent[max(0, sent.find(word) - 200) :][:400]


def test_the_flag_wins_over_the_environment():
    with world() as place, LangSmithServer() as collector:
        small = [*place.report_arguments, "--analysts", "1", "--turns", "1", "--yes"]
        assert place.run(*small, "--no-trace", **traced(collector.url)).returncode == 0
        assert collector.requests == []
        keyless = place.run(*small, "--trace")
        assert keyless.returncode == 2
        assert "LANGSMITH_API_KEY" in keyless.stderr


SEVERAL = """
import asyncio, json, sys
import tertulia

async def write(topics):
    settings = {**json.loads(sys.argv[1]), "analysts": 1, "turns": 1}
    wanted = {"Open mills": True, "Hidden mills": False, "Silent mills": None}
    runs = (tertulia.write_report(topic, **settings, trace=wanted[topic]) for topic in topics)
    await asyncio.gather(*runs)

async def main():
    await write(["Silent mills"])
    await write(["Open mills", "Hidden mills"])
    await write(["Hidden mills"])
    await write(["Silent mills"])

asyncio.run(main())
"""


def test_each_run_of_a_process_is_traced_as_it_was_asked_to_be():
    """Before and after one that is traced, and beside it; LangSmith itself reads its environment once."""
    with world() as place, LangSmithServer() as collector:
        environment = {**place.environment, **traced(collector.url), "OPENAI_API_KEY": "none"}
        del environment["LANGSMITH_TRACING"]
        command = [sys.executable, "-c", SEVERAL, json.dumps(place.settings)]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
        sent = b" ".join(collector.bodies)
        roots = [run for run in collector.runs.values() if not run.get("parent_run_id")]
    assert len(roots) == 1
    assert b"Open mills" in sent
    assert b"Hidden mills" not in sent
    assert b"Silent mills" not in sent


def test_without_its_variables_nothing_is_sent():
    with world() as place, LangSmithServer() as collector:
        result = place.run(
            *place.report_arguments, "--analysts", "1", "--turns", "1", "--yes",
            LANGSMITH_ENDPOINT=collector.url, LANGSMITH_API_KEY="lsv2-test",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert collector.requests == []


class Slow(LangSmithServer):
    """Answers, but long after anybody waits."""

    released = threading.Event()

    def respond(self, request: Request) -> Response:
        self.released.wait(60)
        return super().respond(request)


class Cut(LangSmithServer):
    """Hangs up in the middle of every answer."""

    def respond(self, request: Request) -> Response:
        return replace(super().respond(request), cut=True)


def quoted(place: World, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A report without a model, from one page."""
    home.mkdir()
    (home / "mills.md").write_text("# Mills\n\nThe mills of Orvania ground 300 sacks of barley a year.\n", "utf-8")
    small = ["--model", "extractive", "--source", "documents", "--docs", str(home / "mills.md"), "--analysts", "1"]
    return place.run(
        "report", TOPIC, *small, "--turns", "1", "--yes", "--output", str(home / "report"),
        TERTULIA_HOME=str(home / "home"), **more,
    )  # fmt: skip


def body(home: Path) -> str:
    """The report without what differs from run to run."""
    text = (home / "report" / "report.md").read_text("utf-8")
    return re.sub(r"\A---\n.*?\n---\n|run \w{8}\.", "", text, flags=re.DOTALL).replace(str(home), "")


@pytest.mark.long
def test_a_dead_endpoint_costs_a_line_and_not_the_report(tmp_path: Path):
    """Whatever is wrong with it: the report is what it is without a trace, one line tells, and the process ends.

    How long the end takes is measured by benchmarks/tracing.py. Without what bounds it, the hanging one takes minutes.
    """
    with ExitStack() as stack, world() as place:
        hanging = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        servers = {str(status): stack.enter_context(LangSmithServer(status)) for status in (401, 413, 429, 500)}
        servers |= {"slow": stack.enter_context(Slow()), "cut": stack.enter_context(Cut())}
        stack.callback(Slow.released.set)
        endpoints = {name: server.url for name, server in servers.items()}
        endpoints |= {
            "refused": "http://127.0.0.1:9",
            "unresolvable": "http://nobody.invalid",
            "hangs": f"http://127.0.0.1:{hanging.getsockname()[1]}",
        }
        homes = {name: tmp_path / name for name in ("plain", *endpoints)}
        with ThreadPoolExecutor(4) as pool:
            results = {
                name: pool.submit(quoted, place, home, **(traced(endpoints[name]) if name in endpoints else {}))
                for name, home in homes.items()
            }
            said = {name: result.result() for name, result in results.items()}
    for name in endpoints:
        assert said[name].returncode == 0, (name, said[name].stderr)
        lines = said[name].stderr.splitlines()
        assert len(lines) == len(said["plain"].stderr.splitlines()) + 1, (name, lines)
        assert sum(line.startswith("The trace could not be sent whole: ") for line in lines) == 1, (name, lines)
        assert body(homes[name]) == body(homes["plain"])
    for server in servers.values():
        assert server.requests


def test_a_share_of_traces_is_the_whole_of_each_or_nothing(tmp_path: Path):
    """None at 0: nothing is sent, no link and no warning; what is no share is refused before anything is paid for."""
    with world() as place, LangSmithServer() as collector:
        none = quoted(place, tmp_path / "none", **traced(collector.url), LANGSMITH_TRACING_SAMPLING_RATE="0")
        assert none.returncode == 0, none.stderr
        assert collector.requests == []
        assert "race" not in none.stderr
        wrong = quoted(place, tmp_path / "wrong", **traced(collector.url), LANGSMITH_TRACING_SAMPLING_RATE="many")
        assert wrong.returncode == 2
        assert "LANGSMITH_TRACING_SAMPLING_RATE" in wrong.stderr


def test_the_project_of_the_settings_wins_over_that_of_the_environment():
    with world() as place, LangSmithServer() as collector:
        named = place.run("demo", **traced(collector.url), TERTULIA_TRACE_PROJECT="barley")
        assert named.returncode == 0, named.stderr
        assert {run["session_name"] for run in collector.runs.values()} == {"barley"}
        asked = [request.query["name"] for request in collector.requests if request.path.startswith("/sessions")]
        assert asked == ["barley"]
