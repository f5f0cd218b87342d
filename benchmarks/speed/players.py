"""What the simulated model writes: for each role a reply of a fixed number of tokens, made of sentences of the prompt.

Four characters are a token. A reply is whole sentences, filled up with spaces to its length, so that counts are exact.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pages import THEMES, number_of, town_in
from servers.brain import PASSAGE

# Tokens that each role writes; the planner writes as many for each analyst.
TOKENS = {"panel": 100, "question": 60, "answer": 250, "section": 500, "introduction": 200, "conclusion": 150}
REPAIR_TOKENS = 40  # for each sentence
VARIATION = 0.2
CHARACTERS = 4  # of a token
THEMES_OF_A_QUERY, THEMES_OF_A_TITLE = 3, 2
SENTENCES_OF_A_PASSAGE = 2  # in an answer
LONGEST_SENTENCE = 240  # characters, with its key

_ROLES = {
    "You plan a research report": "panel",
    "You are an analyst who": "question",
    "You are an expert who": "answer",
    "You write one section": "section",
    "You write the title and the introduction": "introduction",
    "You write the conclusion": "conclusion",
    "You correct sentences": "repair",
}
# What a question and its queries are known by: the analyst's own word and the turn.
_MARK = re.compile(r"\b([a-z]{6})(\d+)\b")
WATCHER = "Watcher "
# A sentence of the pages with its key. The example of a citation that a prompt gives is none: it would need a repair.
_CITED = re.compile(r"The [^\n|.]*?\[[a-z0-9]{6}\]\.")
_SENTENCE = re.compile(r"The [^.\n]*\.")
_FILLER = "Looks at what is known, at what is not, and at who says so. " * 40


@dataclass(frozen=True, slots=True)
class Said:
    """A reply: who spoke, for which analyst and turn of which report, and what.

    `ends` says for each analyst of a panel after how many characters its object is closed.
    """

    role: str
    report: str
    analyst: str
    turn: int
    text: str
    ends: dict[str, int] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        return len(self.text) // CHARACTERS


class Players:
    """Plays every role. It remembers what it wrote, to know what a repair is of."""

    def __init__(self) -> None:
        self._written: list[Said] = []

    def reply(self, body: dict[str, Any]) -> Said:
        """The reply to a chat completion. Raises ValueError for a prompt that nobody plays."""
        system, user = (str(message["content"]) for message in body["messages"][:2])
        role = next((name for opening, name in _ROLES.items() if system.startswith(opening)), "")
        report = town_in(user)
        match role:
            case "panel":
                said = Said(role, report, "", 0, *_panel(user, roles_first=_names_roles(system, body)))
            case "question":
                analyst = _found(rf"Your focus: ({WATCHER}[a-z]+)", user)
                turn = int(_found(r"This is turn (\d+)", user))
                said = Said(role, report, analyst, turn, _question(report, analyst, turn))
            case "answer":
                analyst, turn = asked_by(_found(r"([a-z]{6}\d+)\?", user.rpartition("\nQuestion: ")[2]))
                said = Said(role, report, analyst, turn, _answer(user, analyst, turn))
            case "section":
                analyst = _found(rf"This section: ({WATCHER}[a-z]+)", user)
                said = Said(role, report, analyst, 0, _section(user, analyst))
            case "introduction" | "conclusion":
                said = Said(role, report, "", 0, _composed(user, role))
            case "repair":
                said = self._repair(user, report)
            case _:
                raise ValueError(f"a prompt that nobody plays: {system[:80]}")
        self._written.append(said)
        return said

    def _repair(self, user: str, report: str) -> Said:
        """Corrections to nothing: each sentence goes. Whose they are, who wrote the first of them last knows."""
        first = _found(r"Sentence 1: (.*)", user).rstrip(".").partition(" [")[0]
        count = len(re.findall(r"^Sentence \d+: ", user, re.MULTILINE))
        text = json.dumps({"sentences": [{"id": number, "text": ""} for number in range(1, count + 1)]})
        of = next((said for said in reversed(self._written) if said.report == report and first in said.text), None)
        role = f"repair of {of.role}" if of else "repair"
        return Said(role, report, of.analyst if of else "", 0, _fitted(text, count * REPAIR_TOKENS))


def asked_by(text: str) -> tuple[str, int]:
    """Whose question or query this is and of which turn; "" and 0 for nobody's."""
    found = _MARK.search(text)
    return (f"{WATCHER}{found[1]}", int(found[2])) if found else ("", 0)


def tokens(role: str, analyst: str = "") -> int:
    """How many tokens a role writes; by up to a fifth more or less, always the same for the same analyst."""
    share = 1 + VARIATION * (number_of(analyst) % 201 - 100) / 100 if analyst else 1.0
    return round(TOKENS[role] * share)


def role_of(number: int) -> str:
    """The role of an analyst of a panel, by place from 1."""
    return f"{WATCHER}{_word(number)}"


def _panel(user: str, *, roles_first: bool) -> tuple[str, dict[str, int]]:
    size = int(_found(r"Choose exactly (\d+)", user))
    length = size * tokens("panel") * CHARACTERS
    roles = [role_of(number) for number in range(1, size + 1)]
    text = f'{{"roles": {json.dumps(roles)}, "analysts": [' if roles_first else '{"analysts": ['
    room = (length - len(text)) // size
    ends = {}
    for number, role in enumerate(roles, 1):
        one = {"name": f"Person {_word(number).capitalize()}", "affiliation": "a house", "role": role}
        bare = json.dumps({**one, "description": ""})
        text += json.dumps({**one, "description": _FILLER[: room - len(bare) - 2].strip()})
        ends[role] = len(text)
        text += ", " if number < size else "]}"
    return _fitted(text, size * tokens("panel")), ends


def _names_roles(system: str, body: dict[str, Any]) -> bool:
    """Whether the form that is asked for has all roles first."""
    form = json.dumps([body.get("response_format"), body.get("tools")])
    return '"roles"' in form or '"roles"' in system


def _question(report: str, analyst: str, turn: int) -> str:
    """A question, with a query for each source: a few words as people type them, and the likely title of an article."""
    mark = f"{analyst.removeprefix(WATCHER)}{turn}"
    themes = random.Random(f"{report} {mark}").sample(THEMES, THEMES_OF_A_QUERY)
    web, wikipedia = (" ".join([*themes[:count], report, mark]) for count in (THEMES_OF_A_QUERY, THEMES_OF_A_TITLE))
    form = {
        "reason": "",
        "done": False,
        "question": f"And what of {mark}?",
        "queries": {"web": [web], "wikipedia": [wikipedia]},
    }
    return _fitted(json.dumps(form, separators=(",", ":")), tokens("question", analyst))


def _answer(user: str, analyst: str, turn: int) -> str:
    """Two sentences of each passage, the best passages first, as far as there is room."""
    told: list[str] = []
    for passage in PASSAGE.finditer(user):
        told += _chosen(_cited(passage), f"{analyst} {turn}")[:SENTENCES_OF_A_PASSAGE]
    return _filled(told, tokens("answer", analyst))


def _section(user: str, analyst: str) -> str:
    """What the interview's answers say, and where that is not enough, other sentences of the passages."""
    told = _chosen(_CITED.findall(user.partition("</interview>")[0]), analyst)
    more = _chosen((sentence for passage in PASSAGE.finditer(user) for sentence in _cited(passage)), analyst)
    heading = f"# What the {analyst.lower()} sees\n\n"
    return _filled([*told, *more], tokens("section", analyst), heading)


def _composed(user: str, role: str) -> str:
    sentences = _chosen(_CITED.findall(user), role)
    return _filled(sentences, tokens(role), "# What is known\n\n" if role == "introduction" else "")


def _cited(passage: re.Match[str]) -> list[str]:
    """The sentences of a passage, each with its key."""
    return [f"{sentence[:-1]} [{passage['key']}]." for sentence in _SENTENCE.findall(passage["text"])]


def _chosen(sentences: Iterable[str], seed: str) -> list[str]:
    """Each once, in an order of its own: else everybody who sees the same passages would say the same."""
    found = list(dict.fromkeys(sentences))
    random.Random(seed).shuffle(found)
    return found


def _filled(sentences: Sequence[str], count: int, text: str = "") -> str:
    """As many sentences as have room in so many tokens. Raises ValueError when there are too few to fill them."""
    for sentence in dict.fromkeys(sentences):
        if len(text) + len(sentence) + 1 <= count * CHARACTERS:
            text += f"{sentence} "
    if len(text) + LONGEST_SENTENCE < count * CHARACTERS:
        raise ValueError(f"a prompt with too few sentences for {count} tokens: {len(text)} characters")
    return _fitted(text, count)


def _fitted(text: str, count: int) -> str:
    """So many tokens, the last of them spaces. Raises ValueError for a text that is longer."""
    if len(text) > count * CHARACTERS:
        raise ValueError(f"more than {count} tokens: {text[:200]}")
    return text.ljust(count * CHARACTERS)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise ValueError(f"a prompt without {pattern!r}: {text[:200]!r}")
    return found[1]


def _word(seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chance.choice("bdfglmnprst") + chance.choice("aeiou") for _ in range(3))
