"""Several models in one run, and a run that goes on with another model: whole runs, a loopback server."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
import yaml
from command import TOPIC, report_path, world
from servers.openai import Fault, play_every_role

import tertulia
from tertulia.app import App
from tertulia.errors import EngineError, EngineSettingsError
from tertulia.settings import load_settings

SMALL = ["--analysts", "1", "--turns", "1", "--yes"]


def knows_all_but_typo(body):
    """A server that does not know the model `typo`."""
    return Fault(404, "The model `typo` does not exist") if body["model"] == "typo" else play_every_role(body)


async def test_each_role_asks_its_own_model_and_the_report_names_them():
    with world() as place:
        models = {"planner_model": "openai:p", "writer_model": "openai:w"}
        report = await tertulia.write_report(TOPIC, **place.settings, **models, analysts=1, turns=1)
        asked = Counter(body["model"] for body in place.model.asked)
    # The planner once; one question and one answer; a section, an introduction and a conclusion.
    assert asked == {"p": 1, "x": 2, "w": 3}
    assert report["run"]["engine"] == "openai:x (planner openai:p, writer openai:w)"
    assert {(call["role"], call["model"]) for call in report["usage"]} == {
        ("planner", "openai:p"), ("interviewer", "openai:x"), ("expert", "openai:x"), ("writer", "openai:w")
    }  # fmt: skip


async def nobody(_: Mapping[str, Any]) -> None:
    """A reviewer who decides later."""


@pytest.mark.long
def test_a_run_with_a_wrong_model_goes_on_with_the_one_that_resume_names():
    """The hint says how; the request is changed, so that a later resume needs no flag. A model that did nothing is not
    named in the report.
    """
    with world(knows_all_but_typo) as place:
        wrong = [*place.report_arguments, *SMALL, "--model", "openai:typo"]
        failed = place.run(*wrong)
        assert failed.returncode == 2
        run = re.findall(r"`tertulia resume (\w+) --model PROVIDER:MODEL`", failed.stderr)[0]
        assert len(place.model.asked) == 1

        with pytest.raises(EngineSettingsError, match="no key for Anthropic"):
            asyncio.run(App(load_settings()).amend(run, {"model": "anthropic:x"}))
        assert App(load_settings()).runs.get(run).request["model"] == "openai:typo"

        finished = place.run("resume", run, "--model", "openai:x")
        assert finished.returncode == 0, finished.stderr
        row = App(load_settings()).runs.get(run)
        assert (row.request["model"], row.engine, row.topic) == ("openai:x", "openai:x", TOPIC)
        front_matter = report_path(finished.stdout).read_text("utf-8").split("---")[1]
    assert yaml.safe_load(front_matter)["engine"] == "openai:x"


async def test_a_report_that_two_models_wrote_names_both():
    """One proposed the panel, another held the interviews."""

    async def approve(_: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"action": "approve"}

    with world() as place:
        app = App(load_settings({**place.settings, "analysts": 1, "turns": 1}))
        run = (await app.start(TOPIC)).id
        assert (await app.advance(run, reviewer=nobody)).run.status == "awaiting_approval"
        await app.amend(run, {"model": "openai:other"})
        assert (await app.advance(run, reviewer=approve)).run.status == "done"
        assert Counter(body["model"] for body in place.model.asked) == {"x": 1, "other": 5}
    assert app.report(run)["run"]["engine"] == "openai:x, then openai:other"


async def test_a_wrong_model_of_one_role_costs_what_that_role_did():
    """The interviews that broke off at their sections are held again, and the panel is not proposed again."""
    with world(knows_all_but_typo) as place:
        app = App(load_settings({**place.settings, "writer_model": "openai:typo", "analysts": 1, "turns": 1}))
        run = (await app.start(TOPIC, approve=True)).id
        with pytest.raises(EngineError, match="does not know the model openai:typo") as caught:
            await app.advance(run, reviewer=nobody)
        assert f"tertulia resume {run}" in caught.value.hint
        assert "-model" in caught.value.hint
        await app.amend(run, {"writer_model": "openai:w"})
        assert (await app.advance(run, reviewer=nobody)).run.status == "done"
        planned = [body for body in place.model.asked if body["messages"][0]["content"].startswith("You plan")]
        assert len(planned) == 1
    assert app.report(run)["run"]["engine"] == "openai:x (writer openai:typo), then openai:x (writer openai:w)"
