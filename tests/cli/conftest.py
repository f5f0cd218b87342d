"""The command line as users meet it: a process of its own, on small documents that are made here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pexpect
import pytest

DOCUMENTS = {
    "hives.md": """# Hives on roofs

City beekeepers put hives on roofs because roofs are warm and quiet. A hive on a roof gives 12 kilograms of honey
in a good year. The association of Valladolid counted 140 hives on roofs in 2025. Most roofs carry two hives, and the
owner of the roof signs a paper once a year.

## What a hive costs

A new hive costs 180 euros with its bees. A used hive costs 90 euros, but it must be inspected by a veterinarian. The
association lends tools to beginners for the first two years.
""",
    "flowers.md": """# Flowers in parks

Bees of the city live on flowers in parks. The park service planted lavender and thyme on 30 hectares in 2024.
Lavender flowers from June to August, and thyme from April to June. Parks that are mown only twice a year hold three
times as many wild bees as parks that are mown every week.

## Pesticides

The city stopped using pesticides in parks in 2019. Private gardens still use them, and the association asks their
owners to spray after sunset, when bees are in their hives.
""",
    "training.md": """# Training for beekeepers

The association trains beginners from January to May. The course has 40 hours, half of them beside open hives. In 2025
the course had 64 students, and 51 of them passed. Students learn how to look for mites, how to feed bees in winter and
how to catch a swarm.

## Swarms

The fire brigade called the association for 37 swarms in 2025. A trained beekeeper catches a swarm in less than an hour.
""",
}


@pytest.fixture
def documents() -> Path:
    """A folder with three documents about bees in a city."""
    folder = Path("bees")
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def small_report(documents: Path) -> Callable[..., list[str]]:
    """The arguments of a small report on the documents."""
    given = ["--docs", str(documents), "--source", "documents", "--analysts", "2", "--turns", "1"]
    return lambda *more: ["report", "Bees in the city", *given, *more]


@pytest.fixture
def tertulia() -> Callable[..., subprocess.CompletedProcess[str]]:
    """`tertulia …` without a terminal, with nothing to read."""

    def run(
        *arguments: str, environment: dict[str, str] | None = None, folder: str = "."
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tertulia", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=folder,
            env=os.environ | (environment or {}),
        )

    return run


@pytest.fixture
def terminal(small_report: Callable[..., list[str]]) -> Iterator[Callable[..., pexpect.spawn[str]]]:
    """Start a command, or a small report, in a terminal of 80 columns and 24 lines."""
    children: list[pexpect.spawn[str]] = []

    def start(*arguments: str, command: Sequence[str] = (), **environment: str) -> pexpect.spawn[str]:
        program, *given = command or [sys.executable, "-m", "tertulia", *(arguments or small_report())]
        child = pexpect.spawn(
            program,
            given,
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=30,
            env={**os.environ, "TERM": "xterm", **environment},
        )
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)
