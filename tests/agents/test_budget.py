"""The budget: no interleaving of calls goes more than one call beyond the cap, and writing has its reserve."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.agents.budget import Budget
from tertulia.agents.prices import FREE, Rate
from tertulia.agents.spending import paid_call, spending
from tertulia.agents.usage import Usage, collect_usage, total_cost, total_tokens
from tertulia.errors import BudgetSpentError

PAID = Rate("gpt-5.4-mini", "openai")
LONG_REPLY = 4_096

NODES = ["propose_panel", "ask", "answer", "write_section", "check_section", "judge_section", "write_introduction"]
# Node, analyst, characters of the prompt, how much of the most it uses, tokens of the reply, and how long it takes.
CALLS = st.tuples(
    st.sampled_from(NODES),
    st.integers(1, 4),
    st.integers(1, 10_000),
    st.floats(0.5, 1),
    st.integers(1_000, LONG_REPLY),
    st.integers(1, 9),
)
SHARES = st.floats(0.05, 0.9)


async def call(budget: Budget, node: str, *, analyst: str = "", turn: int = 0, prompt: int = 3_000, **used) -> Usage:
    """One call of a node. `used` are the tokens that the provider counts."""
    with spending(budget, node, analyst=analyst, turn=turn) as calls:
        async with paid_call("writer", "openai:x", used.pop("rate", PAID), "a" * prompt) as paid:
            for _ in range(used.pop("steps", 0)):
                await asyncio.sleep(0)
            paid.settle({"input_tokens": prompt // 4, "output_tokens": 100, **used}, "")
    return calls[-1]


async def spend(budget: Budget, wanted) -> None:
    """All these calls at once, eight at a time, each with its share of the most its prompt can be."""
    slots = asyncio.Semaphore(8)

    async def one(node: str, analyst: int, prompt: int, share: float, told: int, steps: int) -> None:
        async with slots:
            given = int(prompt / 2 * share)
            with suppress(BudgetSpentError):
                await call(
                    budget, node, analyst=f"a{analyst}", turn=1, prompt=prompt, steps=steps,
                    input_tokens=given, output_tokens=told,
                )  # fmt: skip

    await asyncio.gather(*(one(*each) for each in wanted))


@given(st.lists(CALLS, min_size=9, max_size=40), SHARES)
def test_no_interleaving_spends_more_than_one_call_beyond_a_cap_on_tokens(wanted, share):
    """Calls use far more than is expected of them, and together far more than the cap."""
    cap = int(share * sum(prompt / 2 * used + told for _, _, prompt, used, told, _ in wanted))
    budget = Budget(max_tokens=cap)
    asyncio.run(spend(budget, wanted))
    largest = max((total_tokens([made]) for made in budget.calls), default=0)
    assert total_tokens(budget.calls) <= cap + largest


@pytest.mark.long
@given(st.lists(CALLS, min_size=9, max_size=40), SHARES)
def test_no_interleaving_spends_more_than_one_call_beyond_a_cap_on_cost(wanted, share):
    rates = dict.fromkeys(("planner", "interviewer", "expert", "writer", "reviewer"), PAID)
    cap = share * sum(PAID.cost(int(prompt / 2 * used), told) for _, _, prompt, used, told, _ in wanted)
    budget = Budget(max_cost=cap, rates=rates)
    asyncio.run(spend(budget, wanted))
    largest = max((made["cost"] for made in budget.calls), default=0)
    assert total_cost(budget.calls) <= cap + largest + 1e-9


async def test_calls_that_fit_only_one_after_another_are_all_made():
    """Eight at once could use more than the cap, so they wait for each other; none is refused."""
    budget = Budget(max_tokens=20_000)
    await asyncio.gather(*(call(budget, "write_conclusion", steps=3) for _ in range(8)))
    assert total_tokens(budget.calls) == 8 * (750 + 100)


async def test_what_does_not_fit_is_refused_and_costs_nothing():
    budget = Budget(max_tokens=1_500)
    await call(budget, "write_conclusion", prompt=3_000)
    with pytest.raises(BudgetSpentError, match=r"--max-tokens 1500\)") as refused:
        await call(budget, "write_conclusion", prompt=3_000)
    assert "at least --max-tokens 2000" in refused.value.hint
    assert len(budget.calls) == 1


async def test_a_call_that_fails_without_a_count_leaves_what_was_set_aside():
    budget = Budget(max_tokens=6_000)
    for _ in range(3):
        with pytest.raises(OSError, match="gone"), spending(budget, "write_conclusion"):
            async with paid_call("writer", "openai:x", FREE, "a" * 3_000):
                raise OSError("gone")
    await call(budget, "write_conclusion")
    assert len(budget.calls) == 1


async def test_a_reserve_is_kept_for_the_section_that_an_interview_will_need():
    """A question that leaves too little for the answer and the section is not asked; the section is written."""
    budget = Budget(max_tokens=19_000)
    await budget.begin_interview("a1")
    await call(budget, "ask", analyst="a1", turn=1)
    await call(budget, "answer", analyst="a1", turn=1, prompt=15_000)
    with pytest.raises(BudgetSpentError):
        await call(budget, "ask", analyst="a1", turn=2, prompt=9_000)
    await call(budget, "write_section", analyst="a1", turn=1, prompt=15_000)


async def test_an_interview_waits_for_those_that_go_on_and_begins_with_what_they_leave():
    budget = Budget(max_tokens=22_000)
    await budget.begin_interview("a1")
    second = asyncio.create_task(budget.begin_interview("a2"))
    await call(budget, "ask", analyst="a1", turn=1)
    assert not second.done()
    await call(budget, "answer", analyst="a1", turn=1)
    await call(budget, "write_section", analyst="a1", turn=1)
    budget.end_interview("a1", written=True)
    await second


async def test_an_interview_that_nothing_can_make_room_for_is_refused():
    budget = Budget(max_tokens=26_000)
    await budget.begin_interview("a1")
    second = asyncio.create_task(budget.begin_interview("a2"))
    await call(budget, "ask", analyst="a1", turn=1, prompt=40_000)
    await call(budget, "answer", analyst="a1", turn=1, prompt=20_000)
    budget.end_interview("a1")
    with pytest.raises(BudgetSpentError):
        await second


async def test_a_cap_that_is_surely_too_small_is_refused_before_the_first_call():
    with pytest.raises(BudgetSpentError, match="too small for a report"):
        Budget(max_tokens=2_000).require_report(proposed=True)
    Budget(max_tokens=50_000).require_report(proposed=True)
    Budget().require_report(proposed=True)


async def test_what_earlier_processes_spent_counts():
    spent: Usage = {"role": "writer", "model": "x", "input_tokens": 5_000, "output_tokens": 500}
    with pytest.raises(BudgetSpentError):
        await call(Budget(max_tokens=6_000, spent=[spent]), "write_conclusion")
    await call(Budget(max_tokens=6_000), "write_conclusion")


async def test_every_call_is_recorded_with_its_step_and_its_price():
    recorded: list[Usage] = []

    async def record(usage: Usage) -> None:
        await asyncio.sleep(0)
        recorded.append(usage)

    details = {"input_token_details": {"cache_read": 400}}
    await call(Budget(record=record), "answer", analyst="a2", turn=3, **details)
    assert recorded == [
        {
            "role": "writer",
            "model": "openai:x",
            "input_tokens": 750,
            "output_tokens": 100,
            "cached_tokens": 400,
            "cost": pytest.approx(PAID.cost(750, 100, 400)),
            "estimated": False,
            "node": "answer",
            "analyst": "a2",
            "turn": 3,
        }
    ]


async def test_without_a_budget_a_call_is_only_counted():
    with collect_usage() as calls:
        async with paid_call("writer", "openai:x", None, "a" * 9) as paid:
            paid.settle(None, "four")
    assert [(c["input_tokens"], c["output_tokens"], c["estimated"], c["cost"]) for c in calls] == [(3, 2, True, None)]


def test_a_sum_of_costs_is_unknown_when_one_of_them_is():
    known: Usage = {"role": "writer", "model": "x", "input_tokens": 1, "output_tokens": 1, "cost": 0.5}
    old: Usage = {"role": "writer", "model": "x", "input_tokens": 1, "output_tokens": 1}
    assert total_cost([known, known]) == 1.0
    assert total_cost([known, old]) is None
    assert total_cost([]) == 0
