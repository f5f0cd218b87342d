"""What a run costs and the caps that hold: whole runs against a server that counts, with caps of about half the usual.

`COST_RUNS=50` tries fifty caps; otherwise there are three.
"""

from __future__ import annotations

import json
import os
import random
import re
from dataclasses import dataclass, field

import pytest
import yaml
from command import TOPIC, report_path, world
from servers.brain import play_every_role
from servers.openai import OpenAIServer

import tertulia
from tertulia.agents import language_model
from tertulia.agents.prices import Rate
from tertulia.app import App
from tertulia.errors import BudgetSpentError
from tertulia.events import PanelApproved
from tertulia.report_templates import render_markdown
from tertulia.settings import load_settings

RUNS = int(os.environ.get("COST_RUNS", "3"))
# What a run of 3 analysts and 2 turns uses here without a cap, within a hundred; `test_without_a_cap` holds it.
USUAL = 22_360


@dataclass
class Counted:
    """Plays every role and keeps what each call used, as the server counts it."""

    calls: list[int] = field(default_factory=list)

    def __call__(self, body):
        reply = play_every_role(body)
        prompt = "\n\n".join(str(message["content"] or "") for message in body["messages"])
        self.calls.append(len(prompt) // 4 + len(reply) // 4)
        return reply


def front_matter(report: str) -> dict:
    return yaml.safe_load(report.split("---")[1])


async def test_without_a_cap_a_run_makes_its_calls_and_stays_under_the_estimate():
    counted, events = Counted(), []
    with world(counted) as place:
        report = await tertulia.write_report(TOPIC, **place.settings, on_event=events.append)
    assert len(counted.calls) == 18
    assert sum(counted.calls) == pytest.approx(USUAL, abs=100)
    used = sum(call["input_tokens"] + call["output_tokens"] for call in report["usage"])
    assert used == sum(counted.calls)
    assert [call["cost"] for call in report["usage"]] == [0] * 18
    (approved,) = [event for event in events if isinstance(event, PanelApproved)]
    after = used - next(c["input_tokens"] + c["output_tokens"] for c in report["usage"] if c["node"] == "propose_panel")
    assert after <= approved.estimate["tokens_at_most"]
    assert (approved.estimate["cost"], approved.estimate["cost_at_most"]) == (0, 0)


@pytest.mark.parametrize("seed", range(RUNS))
async def test_a_cap_of_about_half_lands_softly(seed: int):
    """At most one call beyond the cap by the server's count, and a readable report that says what is missing."""
    chance = random.Random(seed)
    cap, concurrency = int(USUAL * chance.uniform(0.35, 0.75)), chance.choice([1, 2, 8])
    counted = Counted()
    with world(counted) as place:
        report = await tertulia.write_report(TOPIC, **place.settings, max_tokens=cap, concurrency=concurrency)
    assert sum(counted.calls) <= cap + max(counted.calls)
    assert sum(counted.calls) == sum(call["input_tokens"] + call["output_tokens"] for call in report["usage"])
    # Not so careful that the cap is not used.
    assert sum(counted.calls) > cap / 2
    (row,) = App(load_settings()).runs.list()
    assert (row.status, row.input_tokens + row.output_tokens) == ("partial", sum(counted.calls))
    assert report["sections"]
    assert report["sources"]
    assert "cap reached" in {gap["reason"] for gap in report["gaps"]}
    missing = {analyst["id"] for analyst in report["panel"]} - {section["analyst"] for section in report["sections"]}
    assert missing <= {gap["analyst"] for gap in report["gaps"]}
    text = render_markdown(report)
    assert "the cap on cost was reached" in text
    assert front_matter(text)["tokens"] == sum(counted.calls)


async def test_a_cap_on_cost_holds_like_one_on_tokens(monkeypatch: pytest.MonkeyPatch):
    """The server stands for a paid one."""
    rate = Rate("gpt-5.4-mini", "openai")
    monkeypatch.setattr(language_model, "rate_of", lambda *_: rate)
    with world() as place:
        report = await tertulia.write_report(TOPIC, **place.settings, max_cost=0.015)
    costs = [call["cost"] for call in report["usage"]]
    assert 0.0075 < sum(costs) <= 0.015 + max(costs)
    (row,) = App(load_settings()).runs.list()
    assert (row.status, row.cost) == ("partial", pytest.approx(sum(costs)))


async def test_a_cap_that_is_too_small_is_refused_before_a_call():
    with world() as place:
        with pytest.raises(BudgetSpentError, match=r"too small|does not allow") as refused:
            await tertulia.write_report(TOPIC, **place.settings, max_tokens=3_000)
        assert not place.model.asked
    assert re.search(r"at least --max-tokens \d+000\.", refused.value.hint)


@pytest.mark.long
def test_the_command_says_what_the_cap_left_out_and_goes_on_with_a_higher_one():
    with world() as place:
        first = place.run(*place.report_arguments, "--yes", "--max-tokens", "12000")
        assert first.returncode == 5, first.stderr
        assert re.search(r"Estimate: about \d+,000 tokens, for free; at most \d+,000 tokens", first.stderr)
        report = report_path(first.stdout)
        evidence = json.loads((report.parent / "evidence.json").read_text("utf-8"))
        spent = sum(call["input_tokens"] + call["output_tokens"] for call in evidence["usage"])
        assert spent == front_matter(report.read_text("utf-8"))["tokens"]
        run = evidence["run"]["id"]

        again = place.run("resume", run, "--retry-failed", "--max-tokens", "60000")
        listed = json.loads(place.run("runs", "--json").stdout)[0]
        whole = json.loads((report.parent / "evidence.json").read_text("utf-8"))
    assert again.returncode == 0, again.stderr
    # The model on loopback says the same of all that it is shown, which then is left out.
    assert {gap["reason"] for gap in whole["gaps"]} <= {"nothing new"}
    assert [interview["reason"] for interview in whole["interviews"]] == ["turn limit"] * 3
    # What was spent before the cap was raised still counts.
    assert listed["input_tokens"] + listed["output_tokens"] > spent
    assert len(whole["usage"]) > len(evidence["usage"])
    assert whole["usage"][0] == evidence["usage"][0]


def test_a_cap_on_cost_needs_a_price(monkeypatch: pytest.MonkeyPatch):
    with OpenAIServer() as server:
        arguments = ["report", TOPIC, "--yes", "--model", "openai:no-such-model", "--max-cost", "1"]
        with world() as place:
            refused = place.run(*arguments, OPENAI_API_KEY="sk-test")
        assert not server.requests
    assert refused.returncode == 2
    assert "price of openai:no-such-model" in refused.stderr
    assert "--max-tokens" in refused.stderr
