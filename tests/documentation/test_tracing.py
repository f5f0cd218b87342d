"""docs/tracing.md: its first commands give a trace, its tree is the tested one, its names are those that are sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from servers.langsmith import LangSmithServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tracing.md").read_text("utf-8")


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A line of the page, with the interpreter of the tests."""
    before, arguments = re.fullmatch(r"\$ ((?:\w+=\S+ )*)tertulia (.*)", command).groups()
    named = dict(pair.split("=", 1) for pair in before.split())
    return subprocess.run(
        [sys.executable, "-m", "tertulia", *arguments.split()],
        env={**environment, **named}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_the_way_from_zero_ends_with_the_link_of_a_trace():
    demo, runs, show = re.search(r"```console\n(.*?)```", PAGE, re.DOTALL)[1].splitlines()
    with LangSmithServer() as collector:
        environment = {**os.environ, "LANGSMITH_API_KEY": "lsv2-test", "LANGSMITH_ENDPOINT": collector.url}
        first = run(demo, environment)
        assert first.returncode == 0, first.stderr
        printed = re.search(r"^Trace: (http\S+)$", first.stderr, re.MULTILINE)[1]
        assert {one["session_name"] for one in collector.runs.values()} == {"tertulia"}
        listed = run(f"{runs} --json", environment)
        (found,) = json.loads(listed.stdout)
        assert run(show.replace("RUN", found["id"]), environment).stdout.strip() == printed


def test_the_tree_is_the_one_that_is_tested():
    shown = re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1]
    assert shown == (ROOT / "tests" / "end_to_end" / "traces" / "run.txt").read_text("utf-8")


def test_each_attribute_that_is_named_is_one_that_is_sent():
    spans = (ROOT / "tracing" / "spans.py").read_text("utf-8")
    others = {"tertulia.citation_coverage", "tertulia.verified_share", "tertulia.toml"}
    named = set(re.findall(r"`((?:gen_ai|tertulia)\.[a-z_.]+)`", PAGE)) - others
    assert named
    assert [name for name in sorted(named) if f'"{name}"' not in spans] == []
