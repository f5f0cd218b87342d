"""Figures: the numbers of a sentence, each with what tells what it is a number of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from .checks.facts import Facts, find_facts
from .checks.hedges import hedge_of
from .checks.quantity import Quantity
from .checks.ranges import DASHES
from .checks.vocabulary import vocabulary
from .languages import base_language, language_data
from .words import WORD_PATTERN, stem, terms

_SMALL: Final = 12
_LONGEST_COUNTED: Final = 3
_LEAST_UNLIKELY_LABEL: Final = 1000
_SEVERING: Final = re.compile(r"[;:()\[\]—–]|\s-\s")
_BORDER: Final = re.compile(rf"{_SEVERING.pattern}|,(?=\s)")
_YEAR_IN_BRACKETS: Final = re.compile(r"\s*\((?:1\d|20)\d\d\)")
_COMMA: Final = re.compile(r",(?=\s)")
_INNER_COMMAS: Final = 2
# Right before a number these say that who stands before them is who counted, not what was counted.
_COUNTING: Final = frozenset(
    """counts count counted lists list listed reports report reported estimates estimate estimated says say records
    contabiliza contabilizan cuenta cuentan estima estiman calcula calculan registra registran recoge recogen compta
    compten calculen estimen comptabilitza recull recullen conta contan rexistra rexistran recolle recollen""".split()  # noqa: SIM905
)
_FEWEST_COUNTED: Final = 3
# What may stand between a number and what it counts: `12 of the sections`, `600 millones de personas`.
_OF_THE: Final = frozenset("of the its their these de del d ' ’ la las el los els les dos das os as sus seus".split())  # noqa: SIM905
# What is left of `a < b` when both are equal but for how a computer writes them.
_ALMOST: Final = 1 - 1e-9
# Words of having, counting and saying: they tell nothing about what a figure is a figure of.
_NEUTRAL: Final = {
    "en": """count counts counted list lists listed offer offers include includes included contain contains hold holds
        comprise comprises reach reaches number numbers total totals amount amounts estimate estimated report
        reported according say says show shows project projected expect expected forecast predict predicted valued
        currently today roughly approximately nearly almost exactly exist exists""",
    "es": """contar cuenta cuentan ofrecer ofrece ofrecen incluir incluye incluyen contener contiene contienen reunir
        reúne reúnen prevé prevista previsto espera sumar suma suman alcanzar alcanza alcanzan total existir
        existen cifra cifras estimar estima registrar registra actualmente hoy aproximadamente casi número""",
    "ca": """comptar compta compten oferir ofereix ofereixen inclou inclouen conté contenen reuneix aplega apleguen
        preveu sumar suma sumen arriba total existir existeixen xifra estima registra actualment avui
        aproximadament gairebé número nombre""",
    "gl": """contar conta contan ofrecer ofrece inclúe inclúen contén conteñen reunir reúne prevé sumar suma suman
        acada total existir existen cifra estima rexistra actualmente hoxe aproximadamente case número""",
    "eu": """ditu dituzte ditugu dauzka dute zenbatu zenbatzen biltzen eskaintzen guztira gutxi gorabehera inguru gaur
        egun kopurua daude dago""",
}


# Most sets here are empty, and a new empty one takes as much memory as one of four.
_NONE: Final[frozenset[Any]] = frozenset()


class Span(NamedTuple):
    """What a stated value admits: everything between `low` and `high`, and the stated points themselves."""

    points: tuple[float, ...]
    low: float
    high: float

    def admits(self, other: Span) -> bool:
        """Whether a value that the other states may be meant by this one."""
        return any(point in self.points or self.low < point < self.high for point in other.points)


class Scope(NamedTuple):
    """When, where and of which a sentence speaks, as far as numbers and dates tell."""

    years: frozenset[int]
    months: frozenset[tuple[int, int]]
    places: frozenset[str]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a sentence states of something.

    `value` is the number as it is written, with its hedge and unit, at `start` to `end` of `sentence`. `spans` are its
    readings by kind of unit ("" for what is counted). `counted` are the terms of what is counted, `head` and `tail` the
    terms before and after the number in its clause; `words` all terms of the sentence. `names` are the capitalised
    words of the sentence, `inner_names` those of the clause that do not begin it. `small` says that it is spelled out
    and at most twelve: a writer's way of counting what follows.
    """

    sentence: str
    language: str
    value: str
    start: int
    end: int
    spans: tuple[tuple[str, Span], ...]
    counted: tuple[str, ...]
    head: frozenset[str]
    tail: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]
    inner_names: frozenset[str]
    scope: Scope
    small: bool

    @property
    def core(self) -> frozenset[str]:
        """The terms of the clause: what the number is said of."""
        return self.head | self.tail

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its units."""
        return frozenset(kind for kind, _ in self.spans)

    def admits(self, other: Figure) -> bool:
        """Whether both may mean one value: equal, one a rounding of the other, or within its bounds or range."""
        return any(
            one.admits(two) or two.admits(one)
            for kind, one in self.spans
            for other_kind, two in other.spans
            if kind == other_kind
        )

    def ratio(self, other: Figure) -> float:
        """How many times the one is the other in the nearest readings of one kind, at least 1; infinite for none."""
        return min(
            (_ratio(one, two) for kind, one in self.spans for other_kind, two in other.spans if kind == other_kind),
            default=float("inf"),
        )


def find_figures(sentence: str, language: str) -> list[Figure]:
    """The figures of a sentence in order: numbers with a unit, or with a word for what they count.

    Years, dates, ordinals, times, the numbers of names and versions and the words for one are none.
    """
    code = base_language(language)
    # To read a sentence closely takes long, and most of them state no number, or only years.
    if not vocabulary(code).may_state(sentence):
        return []
    facts = find_facts(sentence, code)
    numbers = [quantity for quantity in facts.quantities if quantity.kind == "number" and not _is_one(quantity)]
    if not numbers:
        return []
    reader = _Reader(facts, numbers)
    return [figure for run in _runs(facts, numbers) if (figure := reader.read(run))]


def _is_one(number: Quantity) -> bool:
    """Whether a number in words is more often an article."""
    return number.spelled and not number.units and number.readings[0].value <= 1


@cache
def _neutral(language: str) -> frozenset[str]:
    return frozenset(terms(_NEUTRAL.get(language, ""), language))


def _runs(facts: Facts, numbers: Sequence[Quantity]) -> Iterator[list[Quantity]]:
    """Each number; the two ends of a range together."""
    run: list[Quantity] = []
    for number in numbers:
        if run and _is_range(facts, run[-1], number):
            run.append(number)
            continue
        if run:
            yield run
        run = [number]
    if run:
        yield run


def _is_range(facts: Facts, one: Quantity, other: Quantity) -> bool:
    if other.first - one.last != 2:
        return False
    between = facts.tokens[one.last + 1]
    return between.text in DASHES or between.folded in facts.language.ranges


class _Reader:
    """Reads the figures of one sentence."""

    def __init__(self, facts: Facts, numbers: Sequence[Quantity]) -> None:
        self.facts = facts
        self.text = facts.text
        self.code = facts.language.code
        self.numbers = numbers
        self.stopwords = language_data(self.code).stopwords
        self.words = self._terms(self.text)
        self.names = frozenset(self._names(self.text)) or _NONE

    def read(self, run: Sequence[Quantity]) -> Figure | None:
        """The figure that these numbers state; None when nothing says of what."""
        first, last = run[0], run[-1]
        counted = () if last.units else self._counted(last)
        if not last.units and (not counted or self._is_label(first)):
            return None
        start, end, senses = first.start, last.end, [""] * len(run)
        if len(run) == 1:
            hedge = hedge_of(self.facts, first)
            senses = [hedge.sense]
            start, end = _hedged(self.text, first, hedge.text)
        clause, tail = self._head(start), self._tail(end)
        head = _without_insertion(clause)
        said_of = self._terms(tail)
        by_whom = len(said_of) >= _FEWEST_COUNTED and not _COUNTING.isdisjoint(clause.casefold().split()[-1:])
        return Figure(
            sentence=self.text,
            language=self.code,
            value=self.text[start:end],
            start=start,
            end=end,
            spans=_spans(run, senses[0]),
            counted=counted,
            head=self._terms(head) & self.names if by_whom else self._terms(head),
            tail=said_of,
            words=self.words,
            names=self.names,
            inner_names=frozenset(self._names(head)[self._begins_with_name(head) :] + self._names(tail)) or _NONE,
            scope=self._scope(start - len(clause), end + len(tail)),
            small=last.spelled and last.readings[0].value <= _SMALL,
        )

    def _counted(self, number: Quantity) -> tuple[str, ...]:
        """The terms of what a number counts: right after it, or after `of the`."""
        tokens = self.facts.tokens
        place = number.last + 1
        while place < len(tokens) and tokens[place].folded in _OF_THE:
            place += 1
        found: list[str] = []
        for token in tokens[place : place + _LONGEST_COUNTED]:
            word = token.text.casefold()
            if token.kind != "word" or word in self.stopwords or len(word) < 2:
                break
            found.append(stem(word, self.code))
        return tuple(found)

    def _is_label(self, number: Quantity) -> bool:
        """Whether a number belongs to the name before it: `Debian 11 packages`."""
        if number.first < 2 or number.readings[0].value >= _LEAST_UNLIKELY_LABEL:
            return False
        before = self.facts.tokens[number.first - 1]
        return before.kind == "word" and before.text[0].isupper()

    def _head(self, end: int) -> str:
        """The clause before the number."""
        return _SEVERING.split(self.text[:end])[-1]

    def _tail(self, start: int) -> str:
        """The clause after the number, up to the next number; a year in brackets belongs to it."""
        stop = min((number.start for number in self.numbers if number.start >= start), default=len(self.text))
        text = self.text[start:stop]
        year = _YEAR_IN_BRACKETS.match(text)
        border = _BORDER.search(text, year.end() if year else 0)
        return text[: border.start()] if border else text

    def _terms(self, text: str) -> frozenset[str]:
        neutral_words = _neutral(self.code)
        return frozenset(term for term in terms(text, self.code) if not term[0].isdigit() and term not in neutral_words)

    def _names(self, text: str) -> list[str]:
        """The terms of the words of a text that have a capital or a digit among letters."""
        return [
            stem(word.casefold(), self.code)
            for word in WORD_PATTERN.findall(text)
            if not word.islower() and not word[0].isdigit() and len(word) > 1 and word.casefold() not in self.stopwords
        ]

    def _begins_with_name(self, head: str) -> bool:
        """Whether the first name of the clause is only the first word of the sentence."""
        first = WORD_PATTERN.search(self.text)
        opening = WORD_PATTERN.search(head)
        if not first or not opening or first[0] != opening[0] or first[0].isupper():
            return False
        return not first[0].islower() and first[0].casefold() not in self.stopwords

    def _scope(self, start: int, end: int) -> Scope:
        """The scope of the clause from `start` to `end`; where it names no year, that of the sentence counts."""
        readings = [reading for date in self.facts.dates for reading in date.readings]
        decades = [
            (date.start, reading.decade) for date in self.facts.dates for reading in date.readings if reading.decade
        ]
        years = [(year.start, int(year.readings[0].value)) for year in self.facts.years()] + decades
        own = frozenset(year for place, year in years if start <= place < end)
        others = [q for q in self.facts.quantities if q.kind in {"ordinal", "century", "time"}]
        bare = [q for q in self.numbers if not q.units]
        labels = [q for q in bare if self._is_label(q) or not self._counted(q)]
        return Scope(
            own or frozenset(year for _, year in years) or _NONE,
            frozenset((reading.month, reading.day) for reading in readings if reading.month) or _NONE,
            frozenset(f"{q.kind} {q.readings[0].value}" for q in (*others, *labels)) or _NONE,
        )


def _without_insertion(head: str) -> str:
    """The words before a number without what two commas set apart: `INAP, the institute that …, lists`."""
    pieces = _COMMA.split(head)
    return f"{pieces[0]} {pieces[-1]}" if len(pieces) > _INNER_COMMAS else head


def _hedged(text: str, number: Quantity, hedged: str) -> tuple[int, int]:
    """Where the number begins and ends with the words that bound it."""
    before = number.end - len(hedged)
    if text[max(0, before) : number.end] == hedged:
        return before, number.end
    return number.start, number.start + len(hedged)


def _spans(run: Sequence[Quantity], sense: str) -> tuple[tuple[str, Span], ...]:
    """What a number, or the two ends of a range, admits in each reading."""
    if len(run) > 1:
        sizes = [(a.unit.kind, (a.size, b.size)) for a in run[0].readings for b in run[-1].readings if a.unit == b.unit]
        return tuple((kind, Span(ends, min(ends), max(ends))) for kind, ends in sizes)
    found = []
    for reading in run[0].readings:
        half = float(reading.step * reading.unit.factor) / 2 * _ALMOST
        low = reading.size if sense == "more" else float("-inf") if sense == "less" else reading.size - half
        high = reading.size if sense == "less" else float("inf") if sense == "more" else reading.size + half
        found.append((reading.unit.kind, Span((reading.size,), low, high)))
    return tuple(found)


def _ratio(one: Span, other: Span) -> float:
    return min(
        (max(a, b) / min(a, b) if a > 0 < b else float("inf") for a in one.points for b in other.points),
        default=float("inf"),
    )
