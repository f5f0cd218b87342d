"""Numbers: each number of a sentence stands in a passage that it cites, whatever the locale, script or language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final, NamedTuple

from ..languages import language_data
from .facts import Facts
from .hedges import hedge_of
from .quantity import Quantity, Reading
from .verdict import Checked, Finding
from .vocabulary import CURRENCIES

# Units that a number without one never stands for, unless the text speaks of the unit elsewhere.
_STRICT: Final = CURRENCIES | {"percent", "permille", "point"}
_FARTHEST_ROUNDING: Final = 0.1
_FRACTION_ROUNDING: Final = Fraction(1, 2)
_PLAIN_ROUNDING: Final = 0.03
_FARTHEST: Final = 1000
_SMALL: Final = 12
# Up to this, or with so few digits before the zeros, numbers are written in words.
_SPELLED: Final = 100
_SPELLED_DIGITS: Final = 2
_SCALES: Final = frozenset(map(Fraction, (10**3, 10**6, 10**9, 10**12)))
# Words before a year that count nothing: `in 2019`, `the 2024 report`, `entre 2018 y 2019`, `o 2019`, `des de 2019`.
_BEFORE_A_YEAR: Final = frozenset(
    """a after al and ao around as before between by circa da de del dende des desde do during durant durante e early el
    els en entre fins for from hasta i in its la las late les los mid o of on or os ou since that the this till to tras
    until y ( , – - /""".split()  # noqa: SIM905
)
_ACRONYM: Final = range(2, 6)
_OPPOSITE: Final = {"more": "less", "less": "more"}


class _Place(NamedTuple):
    """A quantity and the text it stands in."""

    quantity: Quantity
    facts: Facts


def check_numbers(sentence: Facts, passages: Sequence[Facts], titles: Sequence[Facts] = ()) -> Checked:
    """Whether each number of the sentence stands in one of the passages, with a unit that is not another one.

    A number that the passage gives more exactly stands when the sentence says that it is rounded. What would have to be
    computed (a sum, a share, a difference) does not stand. Ones and firsts in words are not checked, and another number
    up to twelve in words is only a warning unless the passage counts the same thing otherwise. Of titles and headings
    only years count, for what tells when, and the numbers of names (`Release 15.18`).
    """
    places = [_Place(quantity, facts) for facts in passages for quantity in (*facts.quantities, *facts.years())]
    years = _title_years(titles)
    unread = any(not facts.language.counting for facts in passages)
    held = 0
    findings: list[Finding] = []
    for quantity in sentence.quantities:
        if not states_number(quantity, sentence):
            continue
        place = _Place(quantity, sentence)
        known = [*places, *years] if _tells_when(place) else places
        finding = None if _is_named(place, titles) else _judge(place, known)
        if finding is None:
            held += 1
        else:
            mild = unread and _may_be_in_words(place, places)
            findings.append(replace(finding, severity="warning") if mild else finding)
    return Checked(held, tuple(findings))


def _is_named(place: _Place, titles: Sequence[Facts]) -> bool:
    """Whether a number is that of a name which stands in a title, after the same word: `Release 15.18`.

    In the title the word has a capital and nothing is counted there: the 10 of `Top 10 cities` is no name's.
    """
    word = _word_before(place).casefold()
    if not word or word in language_data(place.facts.language.code).stopwords:
        return False
    return any(
        other.text == place.quantity.text
        and (before := _word_before(_Place(other, facts))).casefold() == word
        and before[0].isupper()
        and not _counts_something(_Place(other, facts))
        for facts in titles
        for other in facts.quantities
    )


def _title_years(titles: Sequence[Facts]) -> list[_Place]:
    """The years of titles, without the numbers of norms: `RFC 2026`."""
    years = [_Place(year, facts) for facts in titles for year in facts.years()]
    return [year for year in years if not (_word_before(year).isupper() and len(_word_before(year)) in _ACRONYM)]


def _tells_when(place: _Place) -> bool:
    """Whether the year of a title may be meant: not by a plain number, nor where `2019 inhabitants` are counted."""
    quantity = place.quantity
    if quantity.kind != "year":
        return quantity.kind != "number"
    if not quantity.text.isdecimal():
        return True  # with an ending that says when: `2019an`
    before = place.facts.tokens[quantity.first - 1].folded if quantity.first else ""
    return not before or before in _BEFORE_A_YEAR or not _counts_something(place)


def _counts_something(place: _Place) -> bool:
    """Whether a content word follows right after a number."""
    tokens, following = place.facts.tokens, place.quantity.last + 1
    if following >= len(tokens) or tokens[following].kind != "word":
        return False
    return tokens[following].text.casefold() not in language_data(place.facts.language.code).stopwords


def _word_before(place: _Place) -> str:
    """The word right before a number, or ""."""
    before = place.facts.tokens[place.quantity.first - 1] if place.quantity.first else None
    return before.text if before is not None and before.kind == "word" else ""


def states_number(quantity: Quantity, sentence: Facts) -> bool:
    """Whether a quantity says something: not `one`, not `first`, not the number of a list item."""
    if _is_one(quantity):
        return False
    after = sentence.tokens[quantity.last + 1].text if quantity.last + 1 < len(sentence.tokens) else ""
    if quantity.first == 0 and ((quantity.spelled and quantity.kind == "ordinal") or _is_list_number(quantity, after)):
        return False  # `Second, …`, `2. The portal …`; Galician `Segundo` is also `According to`
    before = sentence.tokens[quantity.first - 1].text if quantity.first else ""
    if before == "(" and after == ")" and len(quantity.text) == 1:
        return False
    # `…: 1.` is what is left where a list was cut into sentences.
    return not (before == ":" and after == "." and quantity.last + 2 == len(sentence.tokens) and quantity.text == "1")


def _is_one(quantity: Quantity) -> bool:
    """`one`, `un` and `first` are articles and ordering words more often than numbers."""
    return quantity.spelled and quantity.kind in {"number", "ordinal"} and quantity.readings[0].value <= 1


def _is_list_number(quantity: Quantity, after: str) -> bool:
    return after in {".", ")"} and quantity.text.isdecimal() and len(quantity.text) < 3


def _judge(place: _Place, others: Sequence[_Place]) -> Finding | None:
    """The finding about one number, None when it stands."""
    same = [other for other in others if _equal(place, other)]
    if same:
        return _direction(place, same)
    if place.quantity.kind == "century" and _century_has_year(place.quantity, others):
        return None
    hedge = hedge_of(place.facts, place.quantity)
    rounded = [other for other in others if _rounds(place, other, hedge.sense)]
    if rounded:
        return None
    if not hedge.sense and (plain := _rounded_plainly(place, others)):
        return _finding(place, "number_rounded", plain)
    small = is_small_count(place.quantity)
    swapped = next((other for other in others if not small and _swapped(place, other)), None)
    if swapped is not None:
        return _finding(place, "number_unit", swapped.quantity.text)
    nearest = _nearest(place, others)
    mild = small and (nearest is None or not _alike(place, nearest))
    found = nearest.quantity.text if nearest else ""
    return _finding(place, "number_other" if found else "number_missing", found, mild=mild)


def _may_be_in_words(place: _Place, others: Sequence[_Place]) -> bool:
    """Whether passages in a language without number words here may state a number in words, or with one behind digits.

    Nobody spells a year or a number of many digits, and where the same is counted otherwise there is no need to guess.
    """
    value, kind = place.quantity.readings[0].value, place.quantity.kind
    if any(max(a.value, b.value) / min(a.value, b.value) in _SCALES for a, b in _positive_pairs(place, others)):
        return True
    nearest = _nearest(place, others)
    if nearest is not None and (_alike(place, nearest) or {*place.quantity.units} & {*nearest.quantity.units}):
        return False
    digits = str(value.numerator).rstrip("0")
    return kind != "year" and value.denominator == 1 and (value <= _SPELLED or len(digits) <= _SPELLED_DIGITS)


def _positive_pairs(place: _Place, others: Sequence[_Place]) -> Iterator[tuple[Reading, Reading]]:
    pairs = (pair for other in others for pair in _pairs(place.quantity, other.quantity))
    return ((a, b) for a, b in pairs if a.value > 0 < b.value)


def is_small_count(quantity: Quantity) -> bool:
    """Whether a number in words may be the writer's own count of what a passage lists: `these three parts`."""
    return quantity.spelled and quantity.readings[0].value <= _SMALL and not quantity.units


def _rounded_plainly(place: _Place, others: Sequence[_Place]) -> str:
    """A number of a passage that rounds to this one, which does not say that it is rounded."""
    if place.quantity.spelled:
        return ""
    size = place.quantity.readings[0].size
    for other in others:
        near = any(abs(reading.size - size) <= size * _PLAIN_ROUNDING for reading in other.quantity.readings)
        if near and _rounds(place, other, "about"):
            return other.quantity.text
    return ""


def _finding(place: _Place, reason: str, found: str, *, value: str = "", mild: bool = False) -> Finding:
    quantity = place.quantity
    values = {"value": value or quantity.text, **({"found": found} if found else {})}
    return Finding(
        "number", "warning" if mild else "error", quantity.text, quantity.start, quantity.end, reason, values
    )


def _equal(place: _Place, other: _Place) -> bool:
    """Whether two quantities have a reading in common."""
    one, two = place.quantity, other.quantity
    if (one.kind == "time") != (two.kind == "time") or (one.kind == "century") != (two.kind == "century"):
        return False
    if one.kind == "time":
        return any(a.value == b.value for a, b in _pairs(one, two))
    return any(_same_reading(a, b, place, other) for a, b in _pairs(one, two)) and _signs_agree(place, other)


def _pairs(one: Quantity, two: Quantity) -> Iterator[tuple[Reading, Reading]]:
    return ((a, b) for a in one.readings for b in two.readings)


def _same_reading(one: Reading, two: Reading, place: _Place, other: _Place) -> bool:
    if one.unit.kind == two.unit.kind:
        return one.size == two.size and one.base == two.base
    if "fraction" in {one.unit.kind, two.unit.kind}:
        return _same_share(one, two)
    return one.value == two.value and _may_lack_unit(one, two, place, other)


def _same_share(one: Reading, two: Reading) -> bool:
    """`half` is 50 % and 0.5; `a third` is 33 %."""
    share, number = (one, two) if one.unit.kind == "fraction" else (two, one)
    if number.unit.kind == "percent":
        exact = (share.value * 100).denominator == 1
        return abs(share.value * 100 - number.value) <= (0 if exact else _FRACTION_ROUNDING)
    return not number.unit.kind and share.value == number.value


def _may_lack_unit(one: Reading, two: Reading, place: _Place, other: _Place) -> bool:
    """Whether a number without a unit may stand for one that has it."""
    if one.unit.kind and two.unit.kind:
        return False
    kind = one.unit.kind or two.unit.kind
    bare = other.facts if one.unit.kind else place.facts
    return kind not in _STRICT or bare.mentions(kind)


def _signs_agree(place: _Place, other: _Place) -> bool:
    """Whether neither says minus where the other does not; a word such as `fell` says it too."""
    one, two = place.quantity.sign, other.quantity.sign
    if -1 not in (one, two) or one == two:
        return True
    if 0 not in (one, two):
        return False
    unsigned = place.facts if one == 0 else other.facts
    return not unsigned.words.isdisjoint(unsigned.language.fall)


def _direction(place: _Place, same: Sequence[_Place]) -> Finding | None:
    """A finding when the sentence says `more than` and every place where the number stands says `less than`."""
    hedge = hedge_of(place.facts, place.quantity)
    opposite = _OPPOSITE.get(hedge.sense)
    if opposite is None:
        return None
    hedges = [hedge_of(other.facts, other.quantity) for other in same]
    if any(other.sense != opposite for other in hedges):
        return None
    return _finding(place, "number_direction", hedges[0].text, value=hedge.text)


def _rounds(place: _Place, other: _Place, sense: str) -> bool:
    """Whether the other quantity rounds to this one in this sense."""
    one, two = place.quantity, other.quantity
    if not sense or one.kind not in {"number", "fraction"} or two.kind not in {"number", "fraction"}:
        return False
    return _signs_agree(place, other) and any(_near(a, b, sense, place, other) for a, b in _pairs(one, two))


def _near(one: Reading, two: Reading, sense: str, place: _Place, other: _Place) -> bool:
    if one.unit.kind == "fraction" and two.unit.kind == "percent":
        one, two = Reading.of(one.value * 100, Fraction(5)), Reading.of(two.value, two.step)
    elif one.unit.kind != two.unit.kind:
        if not _may_lack_unit(one, two, place, other):
            return False
        one, two = Reading.of(one.value, one.step), Reading.of(two.value, two.step)
    if abs(two.size - one.size) > one.size * _FARTHEST_ROUNDING:
        return False
    difference, step = two.base - one.base, one.step * one.unit.factor
    if sense == "about":
        return abs(difference) <= step / 2
    return 0 <= difference < step if sense == "more" else -step < difference <= 0


def _century_has_year(century: Quantity, others: Sequence[_Place]) -> bool:
    """Whether a passage that names no century names a year of this one."""
    if any(other.quantity.kind == "century" for other in others):
        return False
    years = [int(other.quantity.readings[0].value) for other in others if other.quantity.kind == "year"]
    return any((year - 1) // 100 + 1 == century.readings[0].value for year in years)


def _swapped(place: _Place, other: _Place) -> bool:
    """Whether the other has the same digits in another unit."""
    kinds = place.quantity.kind, other.quantity.kind
    if "time" in kinds or "century" in kinds:
        return False
    return any(a.value == b.value and a.unit != b.unit for a, b in _pairs(place.quantity, other.quantity))


def _nearest(place: _Place, others: Sequence[_Place]) -> _Place | None:
    """What the passages say instead: a number of the same kind and unit, best of the same thing, not stated already."""
    comparable = [
        other for other in others if not _is_one(other.quantity) and _comparable(place.quantity, other.quantity)
    ]
    stated = {quantity.readings[0].base for quantity in place.facts.quantities}
    return min(
        comparable,
        key=lambda other: (other.quantity.readings[0].base in stated, *_distance(place, other)),
        default=None,
    )


def _comparable(one: Quantity, two: Quantity) -> bool:
    if "year" in (one.kind, two.kind) or "time" in (one.kind, two.kind) or "century" in (one.kind, two.kind):
        return one.kind == two.kind
    kinds = {reading.unit.kind for reading in one.readings} & {reading.unit.kind for reading in two.readings}
    return bool(kinds) and _ratio(one, two) <= _FARTHEST


def _distance(place: _Place, other: _Place) -> tuple[bool, float]:
    return not _alike(place, other), _ratio(place.quantity, other.quantity)


def _alike(place: _Place, other: _Place) -> bool:
    """Whether both numbers count the same thing, as far as the words after them tell."""
    return not _counted(place).isdisjoint(_counted(other))


def _ratio(one: Quantity, two: Quantity) -> float:
    """How many times the one is the other, at least 1."""
    a, b = one.readings[0].size, two.readings[0].size
    return max(a, b) / min(a, b) if a and b else _FARTHEST + float(a != b)


def _counted(place: _Place) -> set[str]:
    """The beginnings of the two words after a number: what is counted."""
    following = place.facts.tokens[place.quantity.last + 1 : place.quantity.last + 3]
    return {token.folded[:5] for token in following if token.kind == "word" and len(token.folded) > 3}
