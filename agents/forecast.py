"""How much a run will use, before it is used: the length of each kind of prompt and reply, from what the survey found.

Prompts are forecast from the limits that the roles keep to (passages shown, words asked for); tests hold the numbers
here against theirs. A token is counted as three characters, as prompts are measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import TypedDict

from ..evidence.passages import MAXIMUM_LENGTH, TARGET_LENGTH, Excerpt
from .prices import Rate

CHARACTERS_PER_TOKEN: Final = 3

ROLES: Final[Mapping[str, str]] = {
    "propose_panel": "planner",
    "ask": "interviewer",
    "answer": "expert",
    "write_section": "writer",
    "write_introduction": "writer",
    "write_conclusion": "writer",
    "check_section": "reviewer",
    "check_introduction": "reviewer",
    "check_conclusion": "reviewer",
    "judge_section": "judge",
}
"""Who is asked by which node of the graph."""

# Characters of a prompt's instructions with what of the form the provider counts, rounded up.
_INSTRUCTIONS: Final = {
    "propose_panel": 3_300,
    "ask": 4_000,
    "answer": 2_400,
    "write_section": 3_200,
    "write_introduction": 1_900,
    "write_conclusion": 2_000,
    "judge_section": 2_600,
}
_REPAIR: Final = 2_700
# How many passages a prompt shows at most, and how many characters of each.
SHOWN: Final[Mapping[str, tuple[int, int]]] = {
    "propose_panel": (30, 350),
    "ask": (8, 300),
    "answer": (14, MAXIMUM_LENGTH),
    "write_section": (40, MAXIMUM_LENGTH),
    "judge_section": (40, MAXIMUM_LENGTH),
}
_REPAIRED: Final = (9, MAXIMUM_LENGTH)
_TITLES: Final = 24
_TITLE: Final = 70
# What stands around a passage: its key, title, site and date; usually, and at most.
_AROUND: Final = 130
_WIDEST_AROUND: Final = 560
_QUESTION: Final = 400
_EARLIER_ANSWER: Final = 600
# Tokens of a reply that keeps to the length it was asked for.
_REPLIES: Final = {
    "propose_panel": 500,
    "ask": 250,
    "answer": 450,
    "write_section": 900,
    "write_introduction": 400,
    "write_conclusion": 350,
    "judge_section": 1_200,
}
_CORRECTIONS: Final = 400


class Estimate(TypedDict):
    """What a run will use from its approval on: tokens, and USD, None when a price is not known.

    Likely, and at most if the model keeps to the lengths it is asked for and no reply has to be asked for again.
    """

    tokens: int
    tokens_at_most: int
    cost: float | None
    cost_at_most: float | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """What prompts are made of: how many passages there are to be shown, and their length with what stands around.

    `answer` and `section` are characters; `slack` is how much longer replies may be than is usual.
    """

    passages: int = 40
    length: int = TARGET_LENGTH + _AROUND
    answer: int = 1_300
    section: int = 2_600
    slack: float = 1.0

    @classmethod
    def from_survey(cls, survey: Sequence[Excerpt]) -> Forecast:
        """What is likely, as far as a first look at the sources tells."""
        if not survey:
            return cls()
        length = sum(len(excerpt.text) for excerpt in survey) // len(survey)
        return cls(passages=len(survey), length=length + _AROUND)

    @classmethod
    def widest(cls) -> Forecast:
        """The most that fits into the limits of prompts and replies."""
        return cls(passages=1_000, length=MAXIMUM_LENGTH + _WIDEST_AROUND, answer=2_600, section=5_200, slack=2.5)

    def learned(self, *, prompt: int = 0, answer: int = 0, section: int = 0) -> Forecast:
        """The same with what was seen, in characters: the longest prompt for an answer, answer and section."""
        shown = prompt - _INSTRUCTIONS["answer"] - _QUESTION
        length = max(1, shown) // min(SHOWN["answer"][0], self.passages) if prompt else self.length
        return replace(self, length=length, answer=answer or self.answer, section=section or self.section)

    def prompt(self, node: str, *, turn: int = 1, sections: int = 3) -> int:
        """The characters of a node's prompt. `turn` counts the turn that is held, or those that a section tells."""
        match node:
            case "ask":
                more = min(_TITLES, self.passages) * _TITLE + (turn - 1) * (self.answer + _QUESTION)
            case "answer":
                more = _QUESTION + (turn - 1) * (_EARLIER_ANSWER + _QUESTION)
            case "write_section":
                more = turn * (self.answer + _QUESTION)
            case "write_introduction" | "write_conclusion":
                return _INSTRUCTIONS[node] + sections * (self.section + _QUESTION)
            case _:
                more = 0
        most, longest = SHOWN.get(node, _REPAIRED)
        if node == "write_section":
            most = min(most, turn * SHOWN["answer"][0])
        shown = min(most, self.passages) * min(self.length, longest + _WIDEST_AROUND)
        return _INSTRUCTIONS.get(node, _REPAIR) + more + shown

    def reply(self, node: str) -> int:
        """The tokens of a node's reply."""
        return int(_REPLIES.get(node, _CORRECTIONS) * self.slack)


def estimate(
    survey: Sequence[Excerpt], *, size: int, turns: int, rates: Mapping[str, Rate | None], judged: bool = False
) -> Estimate:
    """What a run with `size` analysts and `turns` questions each will use once its panel is approved."""
    likely, widest = Forecast.from_survey(survey), Forecast.widest()
    tokens, cost = _use(likely, _calls(size, turns, judged=judged), size, rates)
    repairs = [("check_section", 1)] * size + [("check_introduction", 1), ("check_conclusion", 1)]
    most_tokens, most_cost = _use(widest, [*_calls(size, turns, judged=judged), *repairs], size, rates)
    return {"tokens": tokens, "tokens_at_most": most_tokens, "cost": cost, "cost_at_most": most_cost}


def _calls(size: int, turns: int, *, judged: bool) -> list[tuple[str, int]]:
    """The nodes that will call a model, each with its turn."""
    asked = [(node, turn) for node in ("ask", "answer") for turn in range(1, turns + 1)]
    interview = [*asked, ("write_section", turns), *([("judge_section", 1)] if judged else [])]
    return [*(interview * size), ("write_introduction", 1), ("write_conclusion", 1)]


def _use(
    forecast: Forecast, calls: Sequence[tuple[str, int]], size: int, rates: Mapping[str, Rate | None]
) -> tuple[int, float | None]:
    tokens, costs = 0, 0.0
    known = True
    for node, turn in calls:
        given = forecast.prompt(node, turn=turn, sections=size) // CHARACTERS_PER_TOKEN
        told = forecast.reply(node)
        rate = rates.get(ROLES[node])
        tokens += given + told
        known = known and rate is not None
        costs += rate.cost(given, told) if rate is not None else 0.0
    return tokens, costs if known else None
