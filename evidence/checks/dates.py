"""Dates: each date of a sentence stands in a passage that it cites, whole or as part of a fuller one."""

from __future__ import annotations

from collections.abc import Sequence

from .calendar import Date, DateMention
from .facts import Facts
from .verdict import Checked, Finding


def check_dates(sentence: Facts, passages: Sequence[Facts]) -> Checked:
    """Whether each date of the sentence stands in one of the passages.

    `March 2025` stands where the passage says `12 March 2025`, and `12 March 2025` where it says `12 March` and speaks
    of 2025 elsewhere. What is relative (`last year`) is not judged, and a year alone is a number.
    """
    held = 0
    findings: list[Finding] = []
    for mention in sentence.dates:
        if any(_stands(mention, facts) for facts in passages):
            held += 1
        else:
            findings.append(_finding(mention, passages))
    return Checked(held, tuple(findings))


def _stands(mention: DateMention, facts: Facts) -> bool:
    stated = [reading for other in facts.dates for reading in other.readings]
    years = [int(quantity.readings[0].value) for quantity in facts.quantities if quantity.kind == "year"]
    stated += [Date(year) for year in years]
    if any(own.includes(other) for own in mention.readings for other in stated):
        return True
    if any(_with_year(own, other, years) for own in mention.readings for other in stated):
        return True
    return not facts.language.months and any(_in_digits(own, facts, years) for own in mention.readings)


def _with_year(own: Date, other: Date, years: Sequence[int]) -> bool:
    """Whether the passage gives day and month without the year, and the year elsewhere."""
    return (
        bool(own.year and own.month) and not other.year and own.year in years and own._replace(year=0).includes(other)
    )


def _in_digits(own: Date, facts: Facts, years: Sequence[int]) -> bool:
    """In a language whose months are not known, day and year must do."""
    days = {reading.value for quantity in facts.quantities for reading in quantity.readings}
    return (not own.year or own.year in years) and (not own.day or own.day in days) and not own.decade


def _finding(mention: DateMention, passages: Sequence[Facts]) -> Finding:
    candidates = [other for facts in passages for other in facts.dates]
    nearest = max(candidates, key=lambda other: _likeness(mention, other), default=None)
    found = nearest.text if nearest is not None and _likeness(mention, nearest) > 0 else ""
    reason = "date_other" if found else "date_missing"
    values = {"value": mention.text, **({"found": found} if found else {})}
    return Finding("date", "error", mention.text, mention.start, mention.end, reason, values)


def _likeness(one: DateMention, two: DateMention) -> int:
    """How many parts two dates share; a date of the same kind counts a little even when it shares none."""
    own, other = one.readings[0], two.readings[0]
    if bool(own.decade) != bool(other.decade):
        return 0
    shared = sum(a == b != 0 for a, b in zip(own, other, strict=True))
    return 2 * shared + (bool(own.month) and bool(other.month)) + bool(own.decade)
