"""Imports run one way: cli and web, api and terminal, app, graph, the four rooms of agents and evidence, the ground."""

from __future__ import annotations

from pathlib import Path

import pytest
from house.tree import ROOT, imports, modules

LAYERS = [
    {"errors", "event_schema", "events", "home", "redaction", "settings", "tracing", "version"},
    {"examples", "report_templates"},
    {"agents", "evidence", "sources", "storage"},
    {"graph"},
    {"app", "doctor", "exporting", "recording", "requesting", "reviewing", "verifying"},
    {"api", "terminal"},
    {"cli", "web"},
    {"__init__", "__main__"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}


def room(dotted: str) -> str:
    """The part of the house that a path or an import belongs to."""
    return dotted.lstrip(".").split(".")[0]


def test_every_module_has_a_room() -> None:
    """A new module or folder at the root is placed in a layer when it is made."""
    assert sorted({path.with_suffix("").parts[0] for path in modules()} - set(HEIGHT)) == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_imports_run_one_way(path: Path) -> None:
    """A module imports from its own layer and from those below."""
    own = HEIGHT[path.with_suffix("").parts[0]]
    inside = [(name, line) for name, line in imports(path) if name.startswith(".")]
    upward = [f"{path}:{line} imports {name}" for name, line in inside if HEIGHT.get(room(name), own + 1) > own]
    assert upward == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_imports_inside_the_package_are_relative(path: Path) -> None:
    """The root is the package: `from ..evidence`, never `from tertulia.evidence`."""
    assert [f"{path}:{line}" for name, line in imports(path) if name.split(".")[0] == "tertulia"] == []


def test_agents_know_nothing_of_the_graph_library() -> None:
    """Who thinks does not know how work flows."""
    agents = [path for path in modules() if path.parts[0] == "agents"]
    assert agents
    found = [f"{path}:{line}" for path in agents for name, line in imports(path) if name.split(".")[0] == "langgraph"]
    assert found == []


def test_evidence_is_only_code() -> None:
    """What decides whether a report can be trusted asks no model and opens no connection."""
    outside = {"httpx", "requests", "socket", "urllib.request", "aiosqlite", "sqlite3", "langchain", "langchain_core"}
    evidence = [path for path in modules() if path.parts[0] == "evidence"]
    assert evidence
    assert [f"{path}: {name}" for path in evidence for name, _ in imports(path) if name in outside] == []


def test_the_parser_sees_relative_imports(tmp_path: Path) -> None:
    """The tests above would pass if imports were not read: hold the reader to a known module."""
    names = {name for name, _ in imports(Path("evidence/report.py"))}
    assert {".agents.roles", ".agents.usage", "typing"} <= names
    assert (ROOT / "evidence/report.py").is_file()
