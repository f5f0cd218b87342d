"""A small report as it is stored, built from its texts and documents as a run builds one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tertulia.evidence.building import build_report
from tertulia.evidence.documents import Document, make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import split_passages
from tertulia.version import VERSION

ASSOCIATION = """# Hives on roofs

City beekeepers put hives on roofs because roofs are warm and quiet. The association of Valladolid counted 140 hives on
roofs in 2025. Most roofs carry two hives.

## What a hive costs

A new hive costs 180 euros with its bees. A used hive costs 90 euros, but a veterinarian must inspect it.
"""
CITY = "The city of Valladolid counted 160 hives on roofs in 2025. It stopped using pesticides in parks in 2019."
UNCITED = "Lavender flowers from June to August."


def documents() -> list[Document]:
    """A file, a page and a page that no sentence cites."""
    at = "2026-11-21T10:00:00+01:00"
    return [
        make_document(
            url="bees/hives.md",
            title="Hives on roofs",
            source="documents",
            kind="md",
            text=ASSOCIATION,
            retrieved_at=at,
            language="en",
        ),
        make_document(
            url="https://city.example/bees",
            title="Bees in the city",
            source="web",
            kind="page",
            text=CITY,
            retrieved_at=at,
            published="2026-02-01",
            site="city.example",
        ),
        make_document(
            url="https://city.example/flowers",
            title="Flowers",
            source="web",
            kind="page",
            text=UNCITED,
            retrieved_at=at,
        ),
    ]


def small_report(**changes: Any) -> dict[str, Any]:
    """A report of four sentences that hold and one that does not, as JSON gives it back."""
    kept = documents()
    passages = [passage for document in kept for passage in split_passages(document)]
    roofs, costs, city, _ = (passage.key for passage in passages)
    parts: dict[str, Any] = {
        "run": {
            "id": "k3fzx2bd",
            "topic": "Bees in the city",
            "language": "en",
            "engine": "openai:a-model",
            "created_at": "2026-11-21T10:00:00+01:00",
            "finished_at": "2026-11-21T10:01:00+01:00",
            "tertulia_version": VERSION,
        },
        "title": "Hives have climbed onto the roofs",
        "introduction": f"Roofs are warm and quiet [{roofs}].",
        "sections": [
            {
                "analyst": "a1",
                "title": "How many hives there are",
                "text": f"The city counted 160 hives on roofs in 2025 [{city}]. "
                f"The association of Valladolid counted 140 of them [{roofs}].\n\n"
                f"- A new hive costs 250 euros [{costs}].",
            }
        ],
        "conclusion": f"A used hive costs 90 euros [{costs}].",
        "panel": [
            {
                "id": "a1",
                "name": "Ana",
                "affiliation": "A newspaper",
                "role": "Figures",
                "description": "Counts.",
                "locked": True,
            }
        ],
        "interviews": [
            {
                "analyst": "a1",
                "turns": [
                    {
                        "number": 1,
                        "question": "How many hives are there?",
                        "queries": {"web": ["hives roofs Valladolid"]},
                        "shown": [city, roofs],
                        "answer": f"The city counted 160 [{city}].",
                    }
                ],
                "reason": "turn limit",
            }
        ],
        "ledger": Ledger.of(kept, passages),
        "gaps": [{"analyst": "a1", "what": "source wikipedia", "reason": "it did not answer"}],
        "usage": [{"role": "writer", "model": "a-model", "input_tokens": 900, "output_tokens": 90}],
        "invented": 0,
        "judgements": {
            "conclusion": {"A used hive costs 90 euros.": {"status": "supported", "reason": "The passage says it."}}
        },
    }
    report: dict[str, Any] = json.loads(json.dumps(build_report(**{**parts, **changes})))
    return report


Path = tuple[str | int, ...]


def leaves(data: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every string, number and truth value."""
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(value, (*path, key))
    else:
        yield path


def changed(data: Any, path: Path, value: Any) -> Any:
    """The data with another value in one place; the rest is shared."""
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = changed(data[path[0]], path[1:], value)
    return copy


def at(data: Any, path: Path) -> Any:
    """What stands in a place."""
    for step in path:
        data = data[step]
    return data
