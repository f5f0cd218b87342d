"""A model, Tavily and Wikipedia, each spoken to by its real client: the full report, and what it costs."""

from __future__ import annotations

import json
import re

import pytest
from command import TOPIC, report_path, world


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One full run for all tests here: three analysts, two turns, approved by --yes."""
    folder = tmp_path_factory.mktemp("full")
    arguments = ["--analysts", "3", "--turns", "2", "--yes", "--output", str(folder / "report")]
    with world() as place:
        yield (
            place,
            place.run(*place.report_arguments, *arguments, HOME=str(folder), TERTULIA_HOME=str(folder / "home")),
        )


def test_the_report_is_written_and_its_path_is_all_that_stdout_says(finished):
    _, result = finished
    assert (result.returncode, result.stderr.count("Traceback")) == (0, 0), result.stderr
    report = report_path(result.stdout)
    names = sorted(path.name for path in report.parent.iterdir())
    assert names == ["evidence.json", "interviews", "report.html", "report.md"]
    assert len(list((report.parent / "interviews").iterdir())) == 3


def test_it_makes_no_model_call_more_than_agreed(finished):
    """1 for the panel, 3 x (2 x 2 + 1 section), 2 for introduction and conclusion."""
    place, _ = finished
    assert len(place.model.asked) == 1 + 3 * (2 * 2 + 1) + 2


def test_each_citation_leads_to_a_source_and_each_source_is_cited(finished):
    _, result = finished
    text = report_path(result.stdout).read_text("utf-8").split("---\n", 2)[2]
    body, _, sources = text.rpartition("\n## Sources")
    cited = {int(number) for number in re.findall(r"\[(\d+)\]", body)}
    listed = [int(number) for number in re.findall(r"^- \[(\d+)\]", sources, re.MULTILINE)]
    assert cited == set(listed)
    assert listed == list(range(1, len(listed) + 1))
    assert "mills.example" in sources
    assert "wikipedia" in sources.lower()


def test_the_evidence_holds_each_passage_where_it_says(finished):
    _, result = finished
    evidence = json.loads((report_path(result.stdout).parent / "evidence.json").read_text("utf-8"))
    texts = {document["id"]: document["text"] for document in evidence["documents"]}
    for passage in evidence["passages"]:
        assert texts[passage["document_id"]][passage["start"] : passage["end"]] == passage["text"]
    assert evidence["run"]["topic"] == TOPIC
    assert evidence["run"]["engine"] == "openai:x"
    assert sum(call["input_tokens"] for call in evidence["usage"]) > 0


def test_the_same_search_is_not_sent_twice(finished):
    """Whoever asks, identical queries of a run go out once."""
    place, _ = finished
    queries = [request.json()["query"] for request in place.web.requests]
    assert len(queries) == len(set(queries))
