"""How often the harness kills: a little in `make test`, a lot in `make test-durability`; and its figures at the end.

DURABILITY="kills=200 writes=400 approvals=100 firsts=50 doubles=40 replays=200" sets the numbers, all or some.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from durability.harness import Home, Place, Reference, References, uninterrupted

# Without the variable only a few runs live, each through everything: test_one_run.py, and six replays.
SHORT = {"kills": 1, "writes": 1, "approvals": 1, "firsts": 1, "doubles": 1, "replays": 6}
collect_ignore = [] if os.environ.get("DURABILITY") else ["test_kills.py"]


def _numbers() -> dict[str, int]:
    asked = dict(word.split("=", 1) for word in os.environ.get("DURABILITY", "").split())
    if unknown := set(asked) - set(SHORT):
        raise pytest.UsageError(f"DURABILITY knows {', '.join(SHORT)}, not {', '.join(sorted(unknown))}")
    return SHORT | {name: int(number) for name, number in asked.items()}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `kills`, `writes`, … runs once for each: it gets the numbers from 0."""
    for name, number in _numbers().items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, range(number))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with Place() as place:
        yield place


@pytest.fixture(scope="module")
def references(place: Place, tmp_path_factory: pytest.TempPathFactory) -> References:
    """The uninterrupted run of each engine, made when it is first asked for."""
    made: dict[str, Reference] = {}

    def reference(engine: str) -> Reference:
        if engine not in made:
            made[engine] = uninterrupted(Home(place, tmp_path_factory.mktemp(engine)), place.request(engine))
        return made[engine]

    return reference


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Note a figure for the summary: they are added up, and of those that begin with "most" the highest is told."""
    return lambda name, figure: record_property(f"durability: {name}", figure)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, figure in getattr(report, "user_properties", []):
                if name.startswith("durability: most"):
                    figures[name] = max(figures[name], int(figure))
                elif name.startswith("durability: "):
                    figures[name] += int(figure)
    if figures:
        terminalreporter.section("durability")
        for name, figure in sorted(figures.items()):
            terminalreporter.line(f"{figure:6} {name.removeprefix('durability: ')}")
