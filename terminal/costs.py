"""Money and tokens as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_CENT: Final = 0.01


def money(cost: float) -> str:
    """A sum in USD: cents, or as many digits as a smaller sum needs."""
    return f"{cost:.2f}" if cost >= _CENT or not cost else f"{cost:.6f}".rstrip("0")


def estimate_line(estimate: Mapping[str, Any]) -> str:
    """What a run will use (`agents.forecast.Estimate`), as a sentence."""
    likely, most = (
        f"{tokens:,} tokens{_cost(cost)}"
        for tokens, cost in (
            (round(estimate["tokens"], -3), estimate["cost"]),
            (round(estimate["tokens_at_most"], -3), estimate["cost_at_most"]),
        )
    )
    return f"Estimate: about {likely}; at most {most}, if replies keep to their lengths."


def _cost(cost: float | None) -> str:
    if cost is None:
        return ", at a price that is not known"
    return f", {money(cost)} USD" if cost else ", for free"
