"""Repetitions: what one section says, a later one does not say again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..agents.roles import Section
from .claims import CitedSentence
from .cutting import cut_sentences
from .words import fold

_SHORTEST: Final = 4
"""Sentences and list items of fewer words may stand twice: "Madrid", "It depends."."""


def drop_repetitions(sections: Sequence[Section], language: str) -> list[Section]:
    """The sections without sentences, and without whole tables, that stand before them already.

    Case, accents, spaces, punctuation and citations make no difference. Paragraphs, lists and headings that are left
    empty go; a section may be left without text.
    """
    seen: set[str] = set()

    def repeated(sentences: Sequence[CitedSentence]) -> list[CitedSentence]:
        found = [sentence for sentence in sentences if _is_repeated(sentence, seen)]
        seen.update(_folded(sentence) for sentence in sentences)
        return found

    return [{**section, "text": cut_sentences(section["text"], language, repeated)} for section in sections]


def _is_repeated(sentence: CitedSentence, seen: set[str]) -> bool:
    folded = _folded(sentence)
    long_enough = sentence.block.kind == "row" or len(folded.split()) >= _SHORTEST
    return long_enough and folded in seen


def _folded(sentence: CitedSentence) -> str:
    return " ".join(re.findall(r"\w+", fold(sentence.sentence)))
