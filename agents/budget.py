"""What a run may spend, and who may still spend: each model call is admitted before it is made and settled after it.

A cap is hard: never more than one call beyond it, whatever is in flight at the same time. Of calls in flight the most
they can use is set aside, and a call is admitted only if what it is expected to use fits beside that. One that does
not fit waits while others are in flight, because they will use less than was set aside, and is refused when there are
none. A reserve is kept for the sections of the interviews that are going on, and for introduction and conclusion;
what makes new things to write about (panel, questions, answers, repairs, opinions) is admitted only beside it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import BudgetSpentError
from ..evidence.passages import Excerpt
from .forecast import CHARACTERS_PER_TOKEN, ROLES, Forecast
from .prices import Rate
from .usage import Usage

COMPOSING: Final = ("write_introduction", "write_conclusion")
# What is set aside for a call in flight: a token has at least two bytes, and a reply is not longer than this, or
# twice the longest that was seen.
_BYTES_PER_TOKEN: Final = 2
_LONGEST_REPLY: Final = 4_096
# What a form and the marks of a chat add to a prompt, in tokens.
_AROUND: Final = 50
# What is forecast before the first call may be too much by this share: a token is more often four characters.
_SURELY: Final = 0.6
_UNLIMITED: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, and what they cost in USD."""

    tokens: float = 0
    cost: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.tokens + other.tokens, self.cost + other.cost)

    def share(self, part: float) -> Amount:
        """A part of it."""
        return Amount(self.tokens * part, self.cost * part)

    def fits(self, limit: Amount) -> bool:
        """Whether this is within the limit. A billionth of a dollar is nothing: sums of prices are not exact."""
        return self.tokens <= limit.tokens and self.cost <= limit.cost + 1e-9


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that asks to be made: for which node, analyst and turn, and how long its prompt is."""

    node: str
    analyst: str
    turn: int
    characters: int
    bytes: int
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class _Owed:
    """What an interview that goes on still needs: its section about so many turns, and this turn's question, answer."""

    turns: int
    steps: tuple[str, ...] = ()


_WHOLE: Final = _Owed(1, ("ask", "answer"))


class Budget:
    """The budget of one run. Without a cap it only counts.

    `max_cost` is in USD and `max_tokens` counts input and output; `rates` are the prices of each role's model (None
    when not known). `spent` are the calls that were made before this process, `sections` those that are written;
    `record` is told of every new call, and waited for before the reply is used.
    """

    def __init__(
        self,
        *,
        max_cost: float | None = None,
        max_tokens: int | None = None,
        rates: Mapping[str, Rate | None] | None = None,
        spent: Iterable[Usage] = (),
        sections: int = 0,
        record: Callable[[Usage], Awaitable[None]] | None = None,
    ) -> None:
        self.calls = list(spent)
        self.limit = Amount(
            _UNLIMITED if max_tokens is None else max_tokens, _UNLIMITED if max_cost is None else max_cost
        )
        self.record = record
        self.rates = rates or {}
        self._forecast = Forecast()
        self._spent = sum((_amount(call) for call in self.calls), Amount())
        self._flying: list[Amount] = []
        self._settled = asyncio.Event()
        self._owed: dict[str, _Owed] = {}
        self._sections = sections
        self._composing: set[str] = set(COMPOSING)
        self._longest: dict[str, int] = {}
        self._replies: dict[str, int] = {}
        self._density = 0.0

    @property
    def capped(self) -> bool:
        """Whether there is a limit."""
        return min(self.limit.tokens, self.limit.cost) < _UNLIMITED

    @property
    def spent(self) -> Amount:
        """What all calls so far used. Of a call that was in flight when a run was killed nothing is known."""
        return self._spent

    def expect(self, survey: Sequence[Excerpt]) -> None:
        """Learn from the survey how long prompts will be."""
        self._forecast = Forecast.from_survey(survey)

    def require_report(self, *, proposed: bool) -> None:
        """Refuse a cap that is surely too small for an interview, and a panel if one is `proposed`, before it is spent.

        Raises:
            BudgetSpentError: the hint names the smallest cap that would do.
        """
        panel = self._expected("propose_panel") if proposed else Amount()
        if not (self._spent + (panel + self._interview(_WHOLE)).share(_SURELY)).fits(self.limit):
            raise self.too_small(panel)

    def too_small(self, more: Amount | None = None) -> BudgetSpentError:
        """That the cap does not allow a report, and which one would."""
        needed = self._spent + (more or Amount()) + self._interview(_WHOLE)
        return self._refusal("The cap is too small for a report", needed)

    async def begin_interview(self, analyst: str) -> None:
        """Wait until one more whole interview fits beside those that go on, and set aside what it needs.

        So the cap gives fewer interviews, but whole ones. The first may use what introduction and conclusion would
        need: a section is worth more than both.

        Raises:
            BudgetSpentError: it does not fit, and no interview is going on that could leave more.
        """
        while not (needed := self._spent + self._before_interview()).fits(self.limit):
            if not self._owed:
                raise self._refusal("The cap leaves no room for another interview", needed)
            await self._settled.wait()
        self._owed[analyst] = _WHOLE

    def continue_interview(self, analyst: str, turn: int) -> None:
        """Set aside what the section of an interview needs that an earlier process began."""
        self._owed.setdefault(analyst, _Owed(max(1, turn)))

    def end_interview(self, analyst: str, *, written: bool = False) -> None:
        """Nothing more is needed for this analyst."""
        self._owed.pop(analyst, None)
        self._sections += written
        self._wake()

    def end_composing(self, node: str) -> None:
        """Introduction or conclusion is written, or left out."""
        self._composing.discard(node)

    async def admit(self, wanted: Wanted) -> Amount:
        """Wait until a call fits, and set aside the most it can use.

        Raises:
            BudgetSpentError: it does not fit, and nothing is in flight that could leave more.
        """
        most = self._most(wanted)
        while not self._fits(wanted):
            if not self._flying:
                raise self._refusal("The cap does not allow another call", self._needed(wanted))
            await self._settled.wait()
        self._flying.append(most)
        if wanted.analyst in self._owed:
            self._owed[wanted.analyst] = _after(self._owed[wanted.analyst], wanted)
        return most

    def settle(self, admitted: Amount, wanted: Wanted, usage: Usage | None) -> None:
        """A call is over: what it used takes the place of what was set aside. Without usage it used nothing."""
        self._flying.remove(admitted)
        if usage is not None:
            self.calls.append(usage)
            self._spent += _amount(usage)
            self._learn(wanted, usage)
        self._wake()

    def _wake(self) -> None:
        """Let those who wait look again."""
        self._settled.set()
        self._settled = asyncio.Event()

    def _fits(self, wanted: Wanted) -> bool:
        return not self.capped or self._needed(wanted).fits(self.limit)

    def _needed(self, wanted: Wanted) -> Amount:
        """What is spent if this call is made, and all that must still be possible then."""
        total = sum(self._flying, self._spent)
        return total + self._likely(wanted) + self._reserve_beside(wanted)

    def _before_interview(self) -> Amount:
        if self._owed or self._sections:
            return self._reserve(composing=True, more=1) + self._interview(_WHOLE)
        return self._interview(_WHOLE).share(_SURELY)

    def _reserve_beside(self, wanted: Wanted) -> Amount:
        if wanted.node in COMPOSING:
            return Amount()
        if wanted.node == "write_section":
            return self._reserve(owed=False, composing=self._sections > 0 or len(self._owed) > 1)
        if wanted.node == "propose_panel":
            return self._interview(_WHOLE).share(_SURELY)
        # The first answer is tried even if it may turn out not to fit: without it there is no report.
        only = len(self._owed) == 1 and not self._sections and wanted.turn == 1
        return self._reserve(but=wanted).share(_SURELY if only else 1.0)

    def _reserve(
        self, *, owed: bool = True, composing: bool | None = None, but: Wanted | None = None, more: int = 0
    ) -> Amount:
        """What the interviews that go on need, and introduction and conclusion.

        `but` is a call that is about to be made: its interview then needs what comes after it. `more` is how many
        interviews are about to begin.
        """
        total = Amount()
        for analyst, left in self._owed.items() if owed else ():
            total += self._interview(_after(left, but) if but and but.analyst == analyst else left)
        if composing is None:
            composing = self._sections > 0 or len(self._owed) != 1
        for node in sorted(self._composing) if composing else ():
            total += self._expected(node, sections=self._sections + len(self._owed) + more)
        return total

    def _interview(self, owed: _Owed) -> Amount:
        steps = [self._expected(step, turn=owed.turns) for step in owed.steps]
        return sum(steps, self._expected("write_section", turn=owed.turns))

    def _expected(self, node: str, *, turn: int = 1, sections: int = 1) -> Amount:
        """What a call that is still to come is expected to use, from calls of its kind, else from the survey."""
        if node in self._longest:
            characters = self._longest[node]
        else:
            answer, section = (self._reply_length(kind) for kind in ("answer", "write_section"))
            known = self._forecast.learned(prompt=self._longest.get("answer", 0), answer=answer, section=section)
            characters = known.prompt(node, turn=turn, sections=sections)
        return self._priced(self._tokens(characters), self._reply(node), self.rates.get(ROLES.get(node, "")))

    def _likely(self, wanted: Wanted) -> Amount:
        return self._priced(self._tokens(wanted.characters), self._reply(wanted.node), wanted.rate)

    def _most(self, wanted: Wanted) -> Amount:
        reply = max(_LONGEST_REPLY, 2 * max(self._replies.values(), default=0))
        return self._priced(wanted.bytes // _BYTES_PER_TOKEN + _AROUND, reply, wanted.rate)

    def _priced(self, given: int, told: int, rate: Rate | None) -> Amount:
        return Amount(given + told, rate.cost(given, told) if rate is not None and self.limit.cost < _UNLIMITED else 0)

    def _tokens(self, characters: int) -> int:
        return int(characters * (self._density or 1 / CHARACTERS_PER_TOKEN)) + _AROUND

    def _reply(self, node: str) -> int:
        return self._replies.get(node) or self._forecast.reply(node)

    def _reply_length(self, node: str) -> int:
        """The characters of the longest reply of a kind, 0 before the first."""
        return int(self._replies.get(node, 0) / (self._density or 1 / CHARACTERS_PER_TOKEN))

    def _learn(self, wanted: Wanted, usage: Usage) -> None:
        node, given = wanted.node, usage["input_tokens"]
        self._longest[node] = max(self._longest.get(node, 0), wanted.characters)
        self._replies[node] = max(self._replies.get(node, 0), usage["output_tokens"])
        if wanted.characters and not usage.get("estimated"):
            self._density = max(self._density, given / wanted.characters)

    def _refusal(self, what: str, needed: Amount) -> BudgetSpentError:
        short_of_tokens = needed.tokens > self.limit.tokens
        cap, enough = (
            (f"--max-tokens {self.limit.tokens:.0f}", f"--max-tokens {-(-needed.tokens // 1000) * 1000:.0f}")
            if short_of_tokens
            else (f"--max-cost {self.limit.cost:g}", f"--max-cost {_rounded_up(needed.cost)}")
        )
        return BudgetSpentError(f"{what} ({cap}).", hint=f"It would take at least {enough}.")


def _amount(usage: Usage) -> Amount:
    return Amount(usage["input_tokens"] + usage["output_tokens"], usage.get("cost") or 0.0)


def _after(owed: _Owed, made: Wanted) -> _Owed:
    """What an interview needs once this call is made."""
    if made.node == "ask":
        return _Owed(max(owed.turns, made.turn), ("answer",))
    if made.node == "answer":
        return _Owed(max(owed.turns, made.turn))
    return owed


def _rounded_up(cost: float) -> str:
    """A price as a person would give it: two digits, never less."""
    for digits in range(2, 7):
        rounded = -(-cost * 10**digits // 1) / 10**digits
        if rounded <= cost * 1.1:
            break
    return f"{rounded:.{digits}f}"
