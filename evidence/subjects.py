"""Subjects: a short phrase for what several figures are figures of, in the words of one of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from .cognates import has_cognate
from .figures import Figure
from .languages import language_data
from .words import WORD_PATTERN, stem

_LONGEST: Final = 9
_MOST_NAMES: Final = 3
_MOST_COMPARED: Final = 12
# Where a phrase would need the words before it: `in its catalogue`, `en su catálogo`.
_REFERRING: Final = frozenset(
    """its their his her this these those that such which who su sus este esta estos estas ese esa que cuyo cuya seu
    seva seus seves llur llurs aquest aquesta seu súa seus súas este esta bere beren""".split()  # noqa: SIM905
)
# Function words that do not end a phrase's reach; with others, such as verbs, it ends.
_JOINING: Final = frozenset(
    """of in for the a an on at by to with and de del la las el los lo en para por a al con y e un una les els l d dels
    per i amb na no nas nos da do das dos o os as eta""".split()  # noqa: SIM905
)
_NAME_JOINTS: Final = frozenset({" ", " de ", " of ", " del ", " de la ", " d'", "-", " & "})


class _Word(NamedTuple):
    text: str
    term: str
    start: int
    end: int


def subject_of(figures: Sequence[Figure], language: str) -> str:
    """What the figures are figures of: "electoral sections (Spain)".

    The phrase around the number as long as its words are shared, then the names and years that they share beside it;
    worded in `language` where one of the figures is.
    """
    own = [figure for figure in figures if figure.language == language] or list(figures)
    # A few tell what all share.
    compared = figures[:_MOST_COMPARED]
    subjects = [_subject(one, [other for other in compared if other is not one]) for one in own[:_MOST_COMPARED]]
    return max(subjects, key=len)


def _subject(figure: Figure, others: Sequence[Figure]) -> str:
    """The subject in the words of one figure."""
    shared = frozenset(term for term in figure.words if _is_shared(term, figure, others))
    phrase = _phrase(figure, shared)
    beside = [name for name in _names(figure, shared) if name.casefold() not in phrase.casefold()][:_MOST_NAMES]
    beside += [str(year) for year in sorted(_years(figure, others)) if str(year) not in phrase]
    if not phrase:
        return ", ".join(beside)
    return f"{phrase} ({', '.join(beside)})" if beside else phrase


def _is_shared(term: str, figure: Figure, others: Sequence[Figure]) -> bool:
    return any(
        term in other.words or (other.language != figure.language and has_cognate(term, other.words))
        for other in others
    )


def _years(figure: Figure, others: Sequence[Figure]) -> frozenset[int]:
    """The years of the figure, when another one has them too."""
    return figure.scope.years if any(figure.scope.years == other.scope.years for other in others) else frozenset()


def _phrase(figure: Figure, shared: Collection[str]) -> str:
    """The longest run of shared words after the number, when it counts something, or else before it."""
    after = [run for run in _runs(figure, figure.end, len(figure.sentence), shared) if run]
    if figure.counted and after:
        return _text(figure, after[0])
    before = list(_runs(figure, 0, figure.start, shared))
    return max((_text(figure, run) for run in (*before, *after)), key=len, default="")


def _runs(figure: Figure, start: int, end: int, shared: Collection[str]) -> Iterator[list[_Word]]:
    """Runs of shared and joining words that begin and end with a shared one, at most nine words long."""
    run: list[_Word] = []
    for word in _words(figure, start, end):
        apart = run and re.search(r"[^\s'’]", figure.sentence[run[-1].end : word.start])
        known = word.term in shared or word.text.isdigit()
        fits = (known or (run and word.text.casefold() in _JOINING)) and word.text.casefold() not in _REFERRING
        if run and (apart or not fits or len(run) >= _LONGEST):
            yield _trimmed(run, shared)
            run = []
        if word.term in shared or (run and fits):
            run.append(word)
    if run:
        yield _trimmed(run, shared)


def _trimmed(run: list[_Word], shared: Collection[str]) -> list[_Word]:
    while run and run[-1].term not in shared and not run[-1].text.isdigit():
        run.pop()
    return run


def _words(figure: Figure, start: int, end: int) -> Iterator[_Word]:
    for match in WORD_PATTERN.finditer(figure.sentence, start, end):
        yield _Word(match[0], stem(match[0].casefold(), figure.language), match.start(), match.end())


def _text(figure: Figure, run: Sequence[_Word]) -> str:
    return " ".join(figure.sentence[run[0].start : run[-1].end].split()) if run else ""


def _names(figure: Figure, shared: frozenset[str]) -> list[str]:
    """The names that are shared, as the sentence writes them; a common word that only begins the sentence is none."""
    stopwords = language_data(figure.language).stopwords
    found: list[tuple[int, int]] = []
    for word in _words(figure, 0, len(figure.sentence)):
        if word.term not in figure.names & figure.core & shared or word.text.casefold() in stopwords:
            continue
        if found and figure.sentence[found[-1][1] : word.start] in _NAME_JOINTS:
            found[-1] = (found[-1][0], word.end)
        else:
            found.append((word.start, word.end))
    return list(dict.fromkeys(" ".join(figure.sentence[start:end].split()) for start, end in found))
