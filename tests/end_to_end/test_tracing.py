"""LangSmith: one trace per run when its variables are set, nothing otherwise, and no waiting for a dead endpoint."""

from __future__ import annotations

import socket
import time

import pytest
from command import report_path, world
from servers.langsmith import LangSmithServer


def traced(endpoint: str) -> dict[str, str]:
    return {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_API_KEY": "lsv2-test",
        "LANGSMITH_ENDPOINT": endpoint,
        "LANGSMITH_PROJECT": "mills",
    }


def test_a_run_is_one_trace_with_readable_names():
    """One root; each node and analyst by name; run, analyst, engine and version to filter by; the link is printed."""
    with world() as place, LangSmithServer() as collector:
        result = place.run(*place.report_arguments, "--analysts", "2", "--turns", "1", "--yes", **traced(collector.url))
        assert result.returncode == 0, result.stderr
        runs = collector.runs
        tree = collector.tree()
        shown = place.run("show", next(iter(runs.values()))["extra"]["metadata"]["run"], "--trace")
    roots = [run for run in runs.values() if "." not in run["dotted_order"]]
    assert [run["name"] for run in roots] == ["tertulia: Tidal mills in Orvania"]
    assert len({run["trace_id"] for run in runs.values()}) == 1
    assert all(run.get("parent_run_id") in runs for run in runs.values() if run not in roots)

    names = [name.strip() for name in tree]
    assert {"survey", "propose_panel", "review_panel", "collect_sections", "assemble"} <= set(names)
    assert {"ask, turn 1", "search web, turn 1", "search wikipedia, turn 1", "answer, turn 1"} <= set(names)
    assert {"write_section", "check_section", "write_introduction", "write_conclusion"} <= set(names)
    interviews = [run for run in runs.values() if run["name"].startswith("interview: ")]
    assert {run["extra"]["metadata"]["analyst"] for run in interviews} == {"a1", "a2"}
    metadata = roots[0]["extra"]["metadata"]
    assert metadata["engine"] == "openai:x"
    assert metadata["run"] == metadata["thread_id"]
    models = [run for run in runs.values() if run["run_type"] == "llm"]
    assert len(models) == len(place.model.asked)
    assert any(line.endswith(f"/r/{roots[0]['id']}") for line in result.stderr.split()), result.stderr
    assert shown.stdout.strip().endswith(f"/r/{roots[0]['id']}")
    scores = {entry["key"]: entry["score"] for entry in collector.feedback if entry["run_id"] == roots[0]["id"]}
    assert set(scores) == {"citation_coverage", "verified_share"}
    assert all(0 < score <= 1 for score in scores.values())


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


def test_without_its_variables_nothing_is_sent():
    with world() as place, LangSmithServer() as collector:
        result = place.run(
            *place.report_arguments, "--analysts", "1", "--turns", "1", "--yes",
            LANGSMITH_ENDPOINT=collector.url, LANGSMITH_API_KEY="lsv2-test",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        assert collector.requests == []


@pytest.mark.parametrize("kind", ["refused", "hangs", "unauthorised", "failing"])
def test_a_dead_endpoint_costs_two_seconds_at_most(kind: str):
    """The report is written as always; the exit waits no longer than allowed, compared with an untraced run."""
    hanging = socket.create_server(("127.0.0.1", 0))
    try:
        port = hanging.getsockname()[1]
        with world() as place, LangSmithServer(401) as refusing, LangSmithServer(500) as failing:
            endpoint = {
                "refused": "http://127.0.0.1:9",
                "hangs": f"http://127.0.0.1:{port}",
                "unauthorised": refusing.url,
                "failing": failing.url,
            }[kind]
            arguments = [*place.report_arguments, "--analysts", "1", "--turns", "1", "--yes"]
            started = time.monotonic()
            assert place.run(*arguments).returncode == 0
            plain = time.monotonic() - started
            started = time.monotonic()
            result = place.run(*arguments, **traced(endpoint))
            with_trace = time.monotonic() - started
    finally:
        hanging.close()
    assert result.returncode == 0, result.stderr
    assert report_path(result.stdout).is_file()
    assert "Traceback" not in result.stderr
    assert "Failed to" not in result.stderr
    assert result.stderr.count("The trace could not be sent") == 1
    # Two seconds of waiting, and as much again for what tracing itself costs on a busy machine.
    assert with_trace - plain < 4
