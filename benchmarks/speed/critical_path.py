"""The longest chain of requests that need each other's answers, computed from the simulator's log.

What counts as needed, for one report:

- the survey: the slowest of its searches;
- an analyst's persona: in a streamed panel until its group of tokens was to be sent, else until the panel's end. A
  panel that was asked for again comes after the first one;
- each turn: the question, the slowest of its sources, the answer; then the section, and its repair. A call that was
  repeated comes after the first one;
- a source: its slowest search. In the wiki a search that is repeated with other words or for more pages comes after the
  first one, and after the search come the texts that it found and that had still to be asked for, all at once;
- the longer one of introduction and conclusion, each with its repair.

What does not count: all work of the program itself; waiting for one of the few connections that Wikipedia is asked
with, for a slot, or for a place at a model with a cap; and texts that were already there, or under way, when a search
found them, even where it had to wait for the rest of their way. All durations are those of the latency model, not what
a busy machine made of them. So no program is faster than this, and one without any work of its own may be slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Seconds by which the moments of a log may be off.
ROUNDING = 0.001

Line = Mapping[str, Any]
Chain = list[tuple[str, float]]
"""What is done one after the other, and how many seconds each takes."""


def critical_path(log: Sequence[Line]) -> Chain:
    """The chain of one report; `log` holds the lines of that report only."""
    models = [line for line in log if line["kind"] == "model"]
    searches = [line for line in log if line["kind"] != "model"]
    panels = sorted(_of(models, "panel"), key=lambda line: line["begun"])
    survey = ("survey", _sources([line for line in searches if not line["analyst"]], searches, panels[0]["begun"]))
    analysts = dict.fromkeys(line["analyst"] for line in models if line["analyst"])
    interviews = [
        [("panel", _persona(panels, analyst)), *_interview(analyst, models, searches)] for analyst in analysts
    ]
    ends = [[(role, _seconds(_of(models, role, f"repair of {role}")))] for role in ("introduction", "conclusion")]
    return [survey, *_longest(interviews), *_longest(ends)]


def seconds(chain: Chain) -> float:
    """How long a chain takes."""
    return sum(took for _, took in chain)


def _persona(panels: Sequence[Line], analyst: str) -> float:
    """From the first request for a panel until an analyst's persona has come."""
    *earlier, last = panels
    streamed = last.get("analysts", {}).get(analyst)
    return _seconds(earlier) + (streamed["seconds"] if streamed else last["seconds"])


def _interview(analyst: str, models: Sequence[Line], searches: Sequence[Line]) -> Chain:
    own = [line for line in models if line["analyst"] == analyst]
    chain: Chain = []
    for turn in sorted({line["turn"] for line in own if line["role"] in {"question", "answer"}}):
        questions, answers = (
            [line for line in _of(own, role) if line["turn"] == turn] for role in ("question", "answer")
        )
        asked = [line for line in searches if (line["analyst"], line["turn"]) == (analyst, turn)]
        needed_by = min((line["begun"] for line in answers), default=float("inf"))
        chain += [
            (f"question {turn}", _seconds(questions)),
            (f"sources {turn}", _sources(asked, searches, needed_by)),
            (f"answer {turn}", _seconds(answers)),
        ]
    repairs = _of(own, "repair of section")
    return [*chain, ("section", _seconds(_of(own, "section"))), *([("repair", _seconds(repairs))] if repairs else [])]


def _sources(asked: Sequence[Line], searches: Sequence[Line], needed_by: float) -> float:
    """The slowest source of one question, whose answer was begun at `needed_by`."""
    web = max((line["seconds"] for line in asked if line["kind"] == "web"), default=0.0)
    wiki = [line for line in asked if line["kind"] == "wiki" and "found" in line]
    once, again = (
        [line["seconds"] for line in wiki if bool(line.get("again")) is repeated] for repeated in (False, True)
    )
    texts = [line["seconds"] for line in searches if "titles" in line and _had_to_be_asked_for(line, wiki, needed_by)]
    return max(web, max(once, default=0.0) + max(again, default=0.0) + max(texts, default=0.0))


def _had_to_be_asked_for(text: Line, wiki: Iterable[Line], needed_by: float) -> bool:
    """Whether a text was asked for after one of these searches had found it and came before the answer was begun."""
    return _is_over(text, needed_by) and any(
        not {*text["titles"]}.isdisjoint(line["found"]) and _is_over(line, text["begun"]) for line in wiki
    )


def _is_over(line: Line, moment: float) -> bool:
    return bool(line["begun"] + line["seconds"] <= moment + ROUNDING)


def _of(lines: Iterable[Line], *roles: str) -> list[Line]:
    return [line for line in lines if line["role"] in roles]


def _seconds(lines: Iterable[Line]) -> float:
    return sum(line["seconds"] for line in lines)


def _longest(chains: Iterable[Chain]) -> Chain:
    return max(chains, key=seconds, default=[])
