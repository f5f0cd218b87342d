"""How long a run will still take, from how long its own steps took so far; nothing is said before there is a basis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ..events import StepDone

TURN: Final = ("ask", "search", "answer")
"""The steps of a turn, in their order."""
END: Final = ("write_section", "check_section")
"""The steps after the last turn of an interview."""
COMPOSING: Final = ("write_introduction", "check_introduction")
"""The steps after the last interview; the conclusion is written at the same time."""
# A step that did not occur yet is taken to last as long as one that is like it.
_LIKE: Final = {
    "write_introduction": "write_section",
    "check_introduction": "check_section",
    "write_section": "answer",
    "check_section": "ask",
}
_SOON: Final = 10
_MINUTE: Final = 60
_HOUR: Final = 3600


@dataclass(slots=True)
class Pace:
    """What the steps of a run lasted: their sums in seconds, with the time they waited for a slot, and how many."""

    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, event: StepDone) -> None:
        """Learn from a step that is over; one that failed says nothing about the next."""
        if not event.failed:
            self.sums[event.step] = self.sums.get(event.step, 0.0) + event.waited + event.seconds
            self.counts[event.step] = self.counts.get(event.step, 0) + 1

    def mean(self, step: str) -> float | None:
        """How long such a step takes, in seconds; None before it, or one that is like it, occurred."""
        if count := self.counts.get(step):
            return self.sums[step] / count
        return self.mean(_LIKE[step]) if step in _LIKE else None

    def left(self, steps: Iterable[str], spent: float) -> float | None:
        """What these steps will take, when the first of them began `spent` seconds ago; never less than nothing."""
        means = [self.mean(step) for step in steps]
        known = [mean for mean in means if mean is not None]
        if len(known) < len(means):
            return None
        return max(0.0, known[0] - spent) + sum(known[1:]) if known else 0.0


def interview_steps(turn: int, step: str, limit: int) -> list[str]:
    """The steps of an interview from this one on, when it may have `limit` turns and `turn` questions were asked."""
    limit = max(limit, turn)
    steps = [*TURN * limit, *END]
    if step in END:
        return steps[3 * limit + END.index(step) :]
    return steps[3 * (turn if step == "ask" else turn - 1) + TURN.index(step) :]


def roughly(seconds: float) -> str:
    """A guessed duration as one says it, rounded up: a few seconds, about 40 s, about 3 min, about 1 h 20 min."""
    if seconds <= _SOON:
        return "a few seconds"
    if seconds <= _MINUTE - 10:
        return f"about {math.ceil(seconds / 10) * 10} s"
    minutes = math.ceil(seconds / 60)
    if minutes <= _HOUR // 60 - 1:
        return f"about {minutes} min"
    hours, rest = divmod(math.ceil(minutes / 10) * 10, 60)
    return f"about {hours} h {rest} min" if rest else f"about {hours} h"
