"""Stored reports whose every text is hostile: titles, addresses, passages, model output, personas, reasons of gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any

from stored_report import at, leaves, small_report

# What code makes and looks up: were these hostile, the report would be another one, not one with hostile texts.
_MADE_BY_CODE = {"id", "key", "document", "document_id", "analyst", "citation", "citations", "place", "unsupported"}
_MADE_BY_CODE |= {"engine", "schema", "verdict", "severity", "status"}


@cache
def _sample() -> dict[str, Any]:
    report = small_report()
    first, second = list(report["citations"])[:2]
    report["disagreements"] = [
        {
            "subject": "Hives",
            "statements": [
                {"sentence": f"It is {n}.", "value": f"{n}", "citation": key, "source": report["citations"][key]}
                for n, key in ((140, first), (160, second))
            ],
        }
    ]
    report["claims"][0]["judgement"] = {"status": "partly", "reason": "It says less."}
    report["claims"][1] |= {"holds": False, "findings": report["claims"][1]["findings"] or [_FINDING]}
    return report


_FINDING = {"check": "number", "severity": "error", "text": "1", "start": 0, "end": 1, "message": "It says 2."}


def places() -> list[tuple[str | int, ...]]:
    """Where a text stands in a report that somebody else wrote."""
    return [
        path
        for path in leaves(_sample())
        if isinstance(at(_sample(), path), str) and not _MADE_BY_CODE & set(map(str, path))
    ]


def poisoned(texts: Sequence[str], turn: int, *, engine: str = "openai:x") -> dict[str, Any]:
    """The sample with another of the texts in every place; over as many turns as texts, each comes to each place."""
    report = deepcopy(_sample())
    key = next(iter(report["citations"]))
    for number, path in enumerate(places()):
        text = texts[(turn + number) % len(texts)].replace("KEY", key)
        at(report, path[:-1])[path[-1]] = text if number % 2 else f"It counts hives [{key}]. {text}"
    report["run"]["engine"] = engine
    return report


def all_poisoned(texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every turn of the texts through the places, written by a model and quoted in turn.

    Cited text stands in places of odd and of even number, so each text comes to both ways of printing it.
    """
    return (poisoned(texts, turn, engine=("openai:x", "extractive")[turn % 2]) for turn in range(len(texts)))
