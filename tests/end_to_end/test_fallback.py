"""A model that fails at some steps, with and without `--fallback extractive`: whole runs, a loopback server."""

from __future__ import annotations

import json

import pytest
from command import TOPIC, report_path, world
from servers.openai import Fault, play_every_role

import tertulia
from tertulia.errors import EngineError, SettingsError
from tertulia.events import Event, StoodIn
from tertulia.report_templates import render_markdown
from tertulia.settings import load_settings
from tertulia.verifying import verify

SMALL = ["--analysts", "1", "--turns", "1", "--yes"]
FORBIDDEN = Fault(403, "not today")


def cannot(*beginnings: str):
    """A model that plays every role but those whose prompts begin so."""

    def brain(body):
        system = str(body["messages"][0]["content"])
        return FORBIDDEN if system.startswith(beginnings) else play_every_role(body)

    return brain


def test_what_the_model_fails_at_is_quoted_and_the_report_says_what():
    with world(cannot("You write one section", "You write the title")) as place:
        result = place.run(*place.report_arguments, *SMALL, "--fallback", "extractive")
        assert result.returncode == 5, result.stderr
        assert "The extractive engine stood in for the model (section): " in result.stderr
        report = report_path(result.stdout)
        text, evidence = report.read_text("utf-8"), json.loads(report.with_name("evidence.json").read_text("utf-8"))
        assert verify(str(report.parent), load_settings()).passes(strict=False)
    assert [section["analyst"] for section in evidence["sections"]] == ["a1"]
    assert evidence["introduction"]
    noted = [(gap["analyst"], gap["what"]) for gap in evidence["gaps"]]
    assert noted == [("", "stand-in introduction"), ("a1", "stand-in section")]
    assert f"The section of the interview “{evidence['panel'][0]['role']}” was quoted from the sources without" in text
    assert "The introduction was quoted from the sources" in text
    assert "not today" not in text


async def test_a_model_that_is_gone_leaves_the_report_to_the_other_engine():
    events: list[Event] = []
    with world(lambda _: FORBIDDEN) as place:
        small = {**place.settings, "analysts": 2, "turns": 1, "language": "es", "fallback": "extractive"}
        report = await tertulia.write_report(TOPIC, on_event=events.append, **small)
        # Each step asked the model once, and then nobody but the other engine.
        assert len(place.model.asked) == 1 + 2 * 3 + 2
    assert {event.part for event in events if isinstance(event, StoodIn)} >= {"panel", "question", "answer", "section"}
    text = render_markdown(report)
    assert "El panel se propuso sin el modelo de lenguaje, que falló." in text
    assert "se citó de las fuentes sin el modelo de lenguaje, que falló." in text
    assert FORBIDDEN.message not in text


async def test_nothing_falls_back_unless_it_is_asked_to():
    events: list[Event] = []
    with world(cannot("You write one section")) as place:
        small = {**place.settings, "analysts": 2, "turns": 1}
        with pytest.raises(EngineError, match="Every interview failed"):
            await tertulia.write_report(TOPIC, on_event=events.append, **small)
    assert not [event for event in events if isinstance(event, StoodIn)]


def test_only_the_other_engine_can_be_named():
    with pytest.raises(SettingsError, match="--fallback"):
        load_settings({"fallback": "openai:x"}, environment={})
