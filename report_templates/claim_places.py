"""Where a sentence stands in its cited text, and where a mark at its end goes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What a sentence may begin with and is none of its words: signs of quotes, headings, list items and tables; markers.
_LEAD = re.compile(r"(?:[\s>|#]|\[[a-z0-9]{4,12}\]|(?:[-*+]|\d+[.)])(?:\s|$))*")


@dataclass(frozen=True, slots=True)
class Place:
    """`text[start:end]` is the sentence with its markers; `mark` is where its mark goes, before a final full stop."""

    start: int
    mark: int
    end: int


def place_of(claim: Mapping[str, Any], text: str) -> Place | None:
    """The place of a claim in the cited Markdown of its place; nothing when the claim has none, as in old reports."""
    start, end = claim.get("start", -1), claim.get("end", -1)
    if not 0 <= start < end <= len(text):
        return None
    if is_row(claim, text):
        end = start + len(text[start:end].rstrip("| \t"))
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    if start >= end:
        return None
    return Place(start, end - 1 if _stops(text[start:end]) else end, end)


def is_row(claim: Mapping[str, Any], text: str) -> bool:
    """Whether a claim is the row of a table."""
    return text.startswith("|", claim.get("start", -1)) or " | " in claim["sentence"]


def _stops(sentence: str) -> bool:
    return sentence.endswith(".") and not sentence.endswith("..")
