"""A model that fails at some steps, with and without `--fallback extractive`: the real command, a loopback server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command import report_path, world
from servers.openai import Fault, play_every_role

SMALL = ["--analysts", "2", "--turns", "1", "--yes"]
FORBIDDEN = Fault(403, "not today")


def cannot(*beginnings: str):
    """A model that plays every role but those whose prompts begin so."""

    def brain(body):
        system = str(body["messages"][0]["content"])
        return FORBIDDEN if system.startswith(beginnings) else play_every_role(body)

    return brain


def test_what_the_model_fails_at_is_quoted_and_the_report_says_what():
    with world(cannot("You write one section", "You write the title")) as place:
        result = place.run(*place.report_arguments, *SMALL, "--analysts", "1", "--fallback", "extractive")
        assert result.returncode == 5, result.stderr
        assert "The extractive engine stood in for the model (section): " in result.stderr
        report = report_path(result.stdout)
        text, evidence = report.read_text("utf-8"), json.loads(report.with_name("evidence.json").read_text("utf-8"))
        assert place.run("verify", str(report.parent)).returncode == 0
    assert [section["analyst"] for section in evidence["sections"]] == ["a1"]
    assert evidence["introduction"]
    noted = [(gap["analyst"], gap["what"]) for gap in evidence["gaps"]]
    assert noted == [("", "stand-in introduction"), ("a1", "stand-in section")]
    assert f"The section of the interview “{evidence['panel'][0]['role']}” was quoted from the sources without" in text
    assert "The introduction was quoted from the sources" in text
    assert "not today" not in text


def test_a_model_that_is_gone_leaves_the_report_to_the_other_engine():
    with world(lambda _: FORBIDDEN) as place:
        result = place.run(*place.report_arguments, *SMALL, "--language", "es", "--fallback", "extractive", "--json")
        assert result.returncode == 5, result.stderr
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        stood_in = [line["part"] for line in lines if line["type"] == "stood_in"]
        # Each step asked the model once, and then nobody but the other engine.
        assert len(place.model.asked) == 1 + 2 * 3 + 2
        (report,) = [path for path in lines[-1]["files"] if path.endswith("report.md")]
        text = Path(report).read_text("utf-8")
    assert {"panel", "question", "answer", "section"} <= set(stood_in)
    assert "El panel se propuso sin el modelo de lenguaje, que falló." in text
    assert "se citó de las fuentes sin el modelo de lenguaje, que falló." in text


@pytest.mark.parametrize("flags", [[], ["--fallback", "gpt"]], ids=["without it", "with another word"])
def test_nothing_falls_back_unless_it_is_asked_to(flags):
    with world(cannot("You write one section")) as place:
        result = place.run(*place.report_arguments, *SMALL, *flags)
    assert result.returncode == (2 if flags else 1)
    assert "stood in" not in result.stderr
    assert ("--fallback" if flags else "Every interview failed") in result.stderr
