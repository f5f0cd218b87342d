"""Citing: a verbatim sentence with the key of its passage, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from ...evidence.passages import KEY_PATTERN
from .candidates import Candidate

_CITATION: Final = re.compile(rf"(?P<text>[^\n]+?) \[(?P<key>{KEY_PATTERN.pattern})\](?P<stop>\.?)(?=\s|\Z)")


def cite(text: str, key: str) -> str:
    """The sentence with its key before its final full stop, or at its end when it ends otherwise.

    Taking ` [key]` out gives the sentence back.
    """
    return f"{text[:-1]} [{key}]." if text.endswith(".") and not text.endswith("..") else f"{text} [{key}]"


def cited_sentences(text: str) -> list[tuple[str, str]]:
    """The sentences of a cited text, without their citations, each with its key."""
    return [(f"{match['text'].strip()}{match['stop']}", match["key"]) for match in _CITATION.finditer(text)]


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The sentences with those that they need, by place in their document, each once; documents as they came."""
    whole = {needed.text: needed for candidate in candidates for needed in candidate.chain()}
    documents = {candidate.document: number for number, candidate in reversed(list(enumerate(whole.values())))}
    return sorted(whole.values(), key=lambda candidate: (documents[candidate.document], candidate.place))


def paragraph(candidates: Sequence[Candidate]) -> str:
    """Cited sentences one after another."""
    return " ".join(cite(candidate.text, candidate.key) for candidate in candidates)


def by_document(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Neighbours from one document together."""
    return [list(group) for _, group in groupby(candidates, key=lambda candidate: candidate.document)]
