"""Forecasts: made from the limits that the roles keep to, and wider than what they can become."""

from __future__ import annotations

import pytest

from tertulia.agents.forecast import ROLES, SHOWN, Forecast, estimate
from tertulia.agents.language_model import interviewer, planner, writer
from tertulia.agents.prices import FREE, Rate
from tertulia.graph.interview import ANSWER_PASSAGES
from tertulia.graph.report import build_graph


def test_the_limits_are_those_of_the_roles() -> None:
    assert SHOWN["propose_panel"] == (planner._PASSAGES, planner._PASSAGE_LENGTH)
    assert SHOWN["ask"] == (interviewer._PASSAGES, interviewer._PASSAGE_LENGTH)
    assert SHOWN["answer"][0] == ANSWER_PASSAGES
    assert SHOWN["write_section"][0] == writer._PASSAGES


def test_every_node_that_is_forecast_exists() -> None:
    from tertulia.graph.interview import build_interview

    assert set(ROLES) <= set(build_graph().nodes) | set(build_interview().nodes)


@pytest.mark.parametrize("node", ROLES)
def test_the_widest_is_wider_than_what_is_likely(node: str) -> None:
    for turn in (1, 2, 10):
        assert Forecast.widest().prompt(node, turn=turn) > Forecast().prompt(node, turn=turn)
        assert Forecast.widest().reply(node) > Forecast().reply(node)


def test_what_was_seen_takes_the_place_of_what_was_supposed() -> None:
    supposed = Forecast(passages=20, length=900)
    seen = supposed.learned(prompt=6_800, answer=300, section=500)
    assert seen.prompt("write_section") < supposed.prompt("write_section")
    assert seen.prompt("write_introduction") < supposed.prompt("write_introduction")
    assert supposed.learned() == supposed


def test_an_estimate_grows_with_panel_and_turns_and_says_when_a_price_is_not_known() -> None:
    roles = ("planner", "interviewer", "expert", "writer", "reviewer")
    rates = dict.fromkeys(roles, Rate("gpt-5.4-mini", "openai"))
    small, large = (estimate([], size=size, turns=size, rates=rates) for size in (1, 4))
    assert small["tokens"] < small["tokens_at_most"] < large["tokens_at_most"]
    assert 0 < small["cost"] < small["cost_at_most"] < large["cost_at_most"]
    assert estimate([], size=1, turns=1, rates={**rates, "writer": None})["cost_at_most"] is None
    assert estimate([], size=1, turns=1, rates=dict.fromkeys(roles, FREE))["cost"] == 0
