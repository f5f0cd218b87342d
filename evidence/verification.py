"""Verification: the sentences of a cited text, each held against the passages that it cites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from .claims import CitedSentence, sentences_with_citations
from .languages import SUPPORTED, base_language, detect_language
from .ledger import Ledger
from .passages import Excerpt

if TYPE_CHECKING:
    from .checks import Verdict

# Characters; what a page calls a heading may be all of its text.
_LONGEST_HEADING = 200
# What a heading is held to: it has no citations of its own, and the words of a title are written like names.
_TITLE_CHECKS = frozenset({"number", "date", "quotation"})


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a text and what the checks say of it."""

    cited: CitedSentence
    verdict: Verdict

    @property
    def holds(self) -> bool:
        """Whether nothing in it was found wrong, and it cites what it must."""
        return self.verdict.holds


def check_text(text: str, ledger: Ledger, *, language: str, topic: str) -> list[CheckedSentence]:
    """Every sentence of clean cited Markdown with its verdict, in reading order."""
    return [
        CheckedSentence(cited, _check_cited(cited, ledger.excerpts(cited.citations), language, topic))
        for cited in sentences_with_citations(text, language)
    ]


def title_holds(title: str, excerpts: Sequence[Excerpt], *, language: str, topic: str) -> bool:
    """Whether the numbers, dates and quotations of a heading stand in what its text cites, or in the topic."""
    from .checks import check_claim, states_figures  # noqa: PLC0415 - as below

    # Few titles state anything that could be wrong, and to read all that a report cites takes long.
    if not excerpts or not states_figures(title, language):
        return True
    passages = [*(excerpt.text for excerpt in excerpts), topic]
    languages = [*(excerpt.document.language or language for excerpt in excerpts), language]
    titles = [title for excerpt in excerpts for title in _titles(excerpt)]
    verdict = check_claim(title, passages, language=language, passage_languages=languages, titles=titles, topic=topic)
    return not any(found.severity == "error" and found.check in _TITLE_CHECKS for found in verdict.findings)


def _check_cited(cited: CitedSentence, excerpts: Sequence[Excerpt], language: str, topic: str) -> Verdict:
    """The verdict on a sentence. Of a row the head of its table may say the unit: with it, it may hold."""
    verdict = _check(cited.sentence, excerpts, language, topic)
    if verdict.holds or not cited.head:
        return verdict
    whole = _check(f"{cited.sentence} | {cited.head}", excerpts, language, topic)
    own = [found for found in whole.findings if found.end <= len(cited.sentence)]
    return replace(whole, findings=own) if whole.holds else verdict


def _check(sentence: str, excerpts: Sequence[Excerpt], language: str, topic: str) -> Verdict:
    """The verdict with each passage read in its document's language, unless it holds when it is read otherwise.

    A document may quote another language, and a sentence may be quoted from one: before it is found wrong, passages are
    read in the language that they seem to be in, and in the sentence's.
    """
    said = [_told_language(excerpt, language) for excerpt in excerpts]
    verdict = _verdict(sentence, excerpts, said, language, topic)
    if verdict.holds or not excerpts:
        return verdict
    seeming = [detect_language(excerpt.text, default=code) for excerpt, code in zip(excerpts, said, strict=True)]
    # One whose number words are not known would excuse any number.
    own = [code if code in SUPPORTED else told for code, told in zip(seeming, said, strict=True)]
    for languages in (own, [language] * len(excerpts)):
        if languages != said and (other := _verdict(sentence, excerpts, languages, language, topic)).holds:
            return other
    return verdict


def _told_language(excerpt: Excerpt, language: str) -> str:
    """The language of a document. That of a table is told by a few names: one without number words here is a guess."""
    told = excerpt.document.language or language
    return language if excerpt.document.kind == "csv" and base_language(told) not in SUPPORTED else told


def _verdict(
    sentence: str, excerpts: Sequence[Excerpt], languages: Sequence[str], language: str, topic: str
) -> Verdict:
    cited = [(e.text, code, _titles(e)) for e, code in zip(excerpts, languages, strict=True)]
    return _known_verdict(sentence, tuple(cited), language, topic)


def _titles(excerpt: Excerpt) -> tuple[str, ...]:
    """What stands over a passage: the title of its document, and the heading of its part, if it is as short as one."""
    title, heading = excerpt.document.title, excerpt.passage.heading
    return (title, heading) if 0 < len(heading) <= _LONGEST_HEADING else (title,)


# A sentence is checked when its section is written, and again as it is printed.
@lru_cache(maxsize=2048)
def _known_verdict(
    sentence: str, cited: tuple[tuple[str, str, tuple[str, ...]], ...], language: str, topic: str
) -> Verdict:
    from .checks import check_claim  # noqa: PLC0415 - no run checks anything before its first request to a model

    return check_claim(
        sentence,
        [text for text, _, _ in cited],
        language=language,
        passage_languages=[code for _, code, _ in cited],
        titles=[title for *_, titles in cited for title in titles],
        topic=topic,
    )
