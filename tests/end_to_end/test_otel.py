"""Traces through OpenTelemetry: one connected trace with the names of its conventions, without a LangSmith key."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from command import report_path, world
from servers.langsmith import LangSmithServer
from servers.openai import Fault, play_every_role
from servers.otel import OtelCollector

SMALL = ["--analysts", "1", "--turns", "1", "--yes", "--trace"]


def collected(endpoint: str) -> dict[str, str]:
    return {"LANGSMITH_TRACING_MODE": "otel", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}


def test_a_run_is_one_connected_trace_with_the_conventions_of_generative_ai():
    """No key is needed; each span has a parent that was sent, and each call its model, its tokens and its words."""
    with world() as place, OtelCollector() as collector:
        result = place.run(*place.report_arguments, *SMALL, **collected(collector.url))
        assert result.returncode == 0, result.stderr
        spans = collector.spans
    assert "race" not in result.stderr
    (root,) = [span for span in spans if not span["parent"]]
    ids = {span["id"] for span in spans}
    assert len(ids) == len(spans)
    assert all(span["parent"] in ids for span in spans if span is not root)
    assert {span["trace"] for span in spans} == {root["trace"]}
    assert {span["service"] for span in spans} == {"tertulia"}
    assert all(root["start"] <= span["start"] <= span["end"] <= root["end"] for span in spans)

    assert root["name"] == "invoke_agent tertulia"
    assert 0 < root["attributes"]["tertulia.citation_coverage"] <= 1
    assert 0 < root["attributes"]["tertulia.verified_share"] <= 1
    names = {span["name"] for span in spans}
    assert {"survey", "search web, turn 1", "answer, turn 1", "invoke_agent Orvania", "chat x"} <= names
    assert len({span["attributes"]["gen_ai.conversation.id"] for span in spans}) == 1

    calls = [span for span in spans if span["name"] == "chat x"]
    assert len(calls) == len(place.model.asked)
    for call in calls:
        attributes = call["attributes"]
        assert call["kind"] == "client"
        assert attributes["gen_ai.operation.name"] == "chat"
        assert attributes["gen_ai.provider.name"] == "openai"
        assert attributes["gen_ai.request.model"] == "x"
        assert attributes["gen_ai.usage.input_tokens"] > attributes["gen_ai.usage.output_tokens"] > 0
        assert [said["role"] for said in json.loads(attributes["gen_ai.input.messages"])] == ["system", "user"]
        assert json.loads(attributes["gen_ai.output.messages"])[0]["parts"][0]["content"]
        assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    (expert,) = [call for call in calls if call["attributes"]["tertulia.role"] == "expert"]
    assert expert["attributes"]["tertulia.step"] == "expert, turn 1"
    assert (expert["attributes"]["tertulia.analyst"], expert["attributes"]["tertulia.turn"]) == ("a1", 1)


def test_without_content_the_tokens_are_there_and_no_word_is():
    with world() as place, OtelCollector() as collector:
        environment = {**collected(collector.url), "TERTULIA_TRACE_CONTENT": "off"}
        result = place.run(*place.report_arguments, *SMALL, **environment)
        assert result.returncode == 0, result.stderr
        spans, sent = collector.spans, b" ".join(collector.bodies)
    assert sum("gen_ai.usage.input_tokens" in span["attributes"] for span in spans) == len(place.model.asked)
    for word in (b"Orvania", b"barley", b"tidal", b"Tidal", b"Ana Ruiz", b"openai:x", b"tvly-test"):
        assert word not in sent, sent[max(0, sent.find(word) - 200) :][:400]


@pytest.mark.long
def test_a_call_that_fails_is_a_span_that_says_so():
    """LangSmith gets the same run at the same time, when both are asked for."""

    def brain(body):
        is_conclusion = str(body["messages"][0]["content"]).startswith("You write the conclusion")
        return Fault(403, "not today") if is_conclusion else play_every_role(body)

    with world(brain) as place, OtelCollector() as collector, LangSmithServer() as langsmith:
        both = {
            **collected(collector.url), "LANGSMITH_TRACING_MODE": "hybrid",
            "LANGSMITH_ENDPOINT": langsmith.url, "LANGSMITH_API_KEY": "lsv2-test",
        }  # fmt: skip
        result = place.run(*place.report_arguments, *SMALL, **both)
        assert result.returncode == 5, result.stderr
        failed = {span["name"]: span for span in collector.spans if span["failed"]}
        runs = langsmith.runs.values()
        assert len(runs) == len(collector.spans)
    assert set(failed) == {"chat x", "write_conclusion"}
    assert failed["chat x"]["attributes"]["error.type"] == "OpenAIPermissionDeniedError"
    assert {run["name"] for run in runs if run.get("error")} == {"writer", "write_conclusion"}


@pytest.mark.long
def test_a_dead_collector_costs_a_line_and_not_the_report(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as hanging, OtelCollector(503) as failing, world() as place:
        for endpoint in (f"http://127.0.0.1:{hanging.getsockname()[1]}", failing.url):
            arguments = ["demo", "--output", str(tmp_path / "report")]
            result = place.run(*arguments, TERTULIA_TRACE="true", **collected(endpoint))
            assert result.returncode == 0, result.stderr
            assert report_path(result.stdout).exists()
            assert result.stderr.count("The trace could not be sent whole: ") == 1
            assert "Traceback" not in result.stderr
        assert failing.requests
