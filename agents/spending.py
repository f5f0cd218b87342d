"""Model calls and whose they are: a step says that it spends, and each call made for it comes out of its budget."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from .budget import COMPOSING, Budget, Wanted
from .forecast import CHARACTERS_PER_TOKEN
from .prices import Rate
from .usage import Usage, collect_usage, report_usage


@dataclass(slots=True)
class Stopwatch:
    """The seconds that went by in calls to models; calls that were made at the same time count each."""

    seconds: float = 0.0


_account: ContextVar[_Account | None] = ContextVar("tertulia_account", default=None)


@dataclass(frozen=True, slots=True)
class _Account:
    """On whose behalf calls are made."""

    budget: Budget
    node: str
    analyst: str
    turn: int
    watch: Stopwatch


@dataclass(slots=True)
class PaidCall:
    """One call that was admitted. `settle` says what it used; without it, it used nothing."""

    role: str
    model: str
    rate: Rate | None
    characters: int
    usage: Usage | None = field(default=None)

    def settle(self, counted: Mapping[str, Any] | None, reply: str) -> None:
        """Note what the provider counted (LangChain's usage metadata); without that, three characters are a token."""
        given, told = (int((counted or {}).get(key) or 0) for key in ("input_tokens", "output_tokens"))
        estimated = not given and not told
        if estimated:
            given, told = (-(-length // CHARACTERS_PER_TOKEN) for length in (self.characters, len(reply)))
        cached = int(((counted or {}).get("input_token_details") or {}).get("cache_read") or 0)
        self.usage = {
            "role": self.role,
            "model": self.model,
            "input_tokens": given,
            "output_tokens": told,
            "cached_tokens": cached,
            "cost": None if self.rate is None else self.rate.cost(given, told, cached),
            "estimated": estimated,
        }

    def settle_from_cache(self) -> None:
        """Note a reply that had been given before: it used nothing."""
        self.usage = {
            "role": self.role,
            "model": self.model,
            "input_tokens": 0,
            "output_tokens": 0,
            "cost": 0.0,
            "from_cache": True,
        }


@contextmanager
def spending(
    budget: Budget, node: str, *, analyst: str = "", turn: int = 0, watch: Stopwatch | None = None
) -> Iterator[list[Usage]]:
    """Calls made in this block, and in tasks started there, are this node's, come out of this budget and are timed."""
    token = _account.set(_Account(budget, node, analyst, turn, watch or Stopwatch()))
    if node == "write_section" or (node in {"ask", "answer"} and turn > 1):
        budget.continue_interview(analyst, turn)
    try:
        with collect_usage() as calls:
            yield calls
    finally:
        _account.reset(token)
        if node in COMPOSING:
            budget.end_composing(node)


def whose_call() -> tuple[str, int]:
    """For which analyst, and in which turn of the interview, a call is made; "" and 0 where it is for none."""
    account = _account.get()
    if account is None:
        return "", 0
    return account.analyst, account.turn if account.node in {"ask", "answer"} else 0


@asynccontextmanager
async def paid_call(role: str, model: str, rate: Rate | None, prompt: str) -> AsyncIterator[PaidCall]:
    """One call to a model: admitted by the budget that it comes out of, if there is one, and noted when it is settled.

    Raises:
        BudgetSpentError: the budget does not allow it.
    """
    account = _account.get()
    call = PaidCall(role, model, rate, len(prompt))
    if account is None:
        yield call
        _note(call, None)
        return
    budget = account.budget
    wanted = Wanted(account.node, account.analyst, account.turn, len(prompt), len(prompt.encode()), rate)
    admitted = await budget.admit(wanted)
    began = time.monotonic()
    try:
        yield call
    finally:
        account.watch.seconds += time.monotonic() - began
        _note(call, account)
        budget.settle(admitted, wanted, call.usage)
    if call.usage is not None and budget.record is not None:
        await budget.record(call.usage)


def _note(call: PaidCall, account: _Account | None) -> None:
    if call.usage is None:
        return
    if account is not None:
        call.usage |= {"node": account.node, "analyst": account.analyst, "turn": account.turn}
    report_usage(call.usage)
