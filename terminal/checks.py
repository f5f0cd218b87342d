"""What the checks say of each sentence of a report, as `tertulia show RUN --checks` prints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from textwrap import wrap
from typing import Any

from .text import plain_line

_INDENT = " " * 4


def check_lines(report: Mapping[str, Any], width: int) -> Iterator[str]:
    """The figures, then each sentence in the order of the report with its verdict and what was found, in lines."""
    summary = report["summary"]
    yield from wrap(
        f"{summary['sentences']} sentences: {summary['cited']} cite, {summary['verified']} are verified, "
        f"{summary['failing']} do not hold. {summary['repaired']} were repaired before printing, "
        f"{summary['dropped']} left out.",
        width,
    )
    titles = {section["analyst"]: section["title"] for section in report["sections"]}
    for place, claims in groupby(report["claims"], key=lambda claim: claim["place"]):
        yield ""
        yield from wrap(plain_line(titles.get(place, str(place).capitalize())), width)
        for claim in claims:
            yield from _claim_lines(claim, width)


def _claim_lines(claim: Mapping[str, Any], width: int) -> Iterator[str]:
    verdict = claim["verdict"] if claim["holds"] else f"{claim['verdict']}, does not hold"
    numbers = "".join(f"[{number}]" for number in claim["sources"])
    text = f"{verdict}: {claim['sentence']}{f' {numbers}' if numbers else ''}"
    yield from wrap(plain_line(text), width, initial_indent="- ", subsequent_indent="  ")
    for note in _notes(claim):
        yield from wrap(plain_line(note), width, initial_indent=_INDENT, subsequent_indent=_INDENT)


def _notes(claim: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"{finding['severity']}: {finding['message']}" for finding in claim["findings"])
    if claim["figure"] and claim["sites"] == 1:
        yield "its figure stands in one place only"
    if judgement := claim.get("judgement"):
        yield f"the model's opinion: {judgement['status']}. {judgement['reason']}"
