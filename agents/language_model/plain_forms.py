"""Forms that a model filled in without JSON: lines with labels, a numbered list of people, a lone question.

Some small models never write JSON, however they are asked. What they write instead is read where it cannot be
misunderstood; each value has to pass the form and its check like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

from .forms import AnalystForm, NextQuestion, Panel, RevisedPanel

_MARKS: Final = r"^[ \t]*(?:[-*+•]|\d{1,2}[.)])?[ \t]*"
_LABELLED: Final = re.compile(
    _MARKS + r"[*_\"]*(?P<label>[A-Za-z]+)[*_\"]*[ \t]*:[*_\"]*[ \t]*(?P<value>\S.*?)[*_\",]*[ \t]*$", re.MULTILINE
)
# `1. Ana Ruiz (a university): Cost of repair. Wants to know …`
_PERSON: Final = re.compile(
    r"^[ \t]*(?:[-*+•]|\d{1,2}[.)])[ \t]*(?P<who>[^\n:–—]{3,120}?)[ \t]*(?::|[–—]|[ ]-)[ \t]+"
    r"(?P<role>[^\n.:]{3,80})[.:]?[ \t]*(?P<description>.*)$",
    re.MULTILINE,
)
_EMPHASIS: Final = re.compile(r"\*\*|__")
_QUESTION: Final = re.compile(
    r"(?:(?<=[.!?:])\s|^)[\s\"“«*-]*(?P<question>¿?[^.!?:\n\"“«*-][^.!?:\n]{8,240}\?)", re.MULTILINE
)


def plain_values(text: str, form: type[BaseModel]) -> Iterator[dict[str, Any]]:
    """What a reply without JSON says for a form, if it is clear; nothing for forms that need their structure."""
    if issubclass(form, Panel | RevisedPanel):
        people = _labelled_people(text) or _listed_people(text)
        if people:
            yield {"analysts": people}
    elif issubclass(form, NextQuestion):
        labelled = {m["label"].casefold(): m["value"] for m in _LABELLED.finditer(text)}
        known = {label: value for label, value in labelled.items() if label in ("question", "reason", "done")}
        questions = [match["question"].strip() for match in _QUESTION.finditer(text)]
        if "question" in known or "done" in known:
            yield known
        elif len(questions) == 1:
            yield {"question": questions[0]}


def _labelled_people(text: str) -> list[dict[str, str]]:
    """The people in lines such as `Name: …` and `Role: …`; each `Name:` begins the next one."""
    people: list[dict[str, str]] = []
    for match in _LABELLED.finditer(text):
        label = match["label"].casefold()
        if label == "name":
            people.append({})
        if people and label in AnalystForm.model_fields:
            people[-1].setdefault(label, match["value"])
    return people


def _listed_people(text: str) -> list[dict[str, str]]:
    """The people of a list; what follows a name after a comma or in parentheses is where they work."""
    people = []
    for match in _PERSON.finditer(_EMPHASIS.sub("", text)):
        name, _, affiliation = match["who"].replace("(", ",", 1).partition(",")
        people.append(
            {
                "name": name.strip(),
                "affiliation": affiliation.strip(" ()"),
                "role": match["role"].strip(),
                "description": match["description"].strip(),
            }
        )
    return people
