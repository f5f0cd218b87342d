"""tertulia: a topic becomes a cited report.

    import asyncio, tertulia
    report = asyncio.run(tertulia.write_report("Open data in Spain", docs=["notes/"]))

Names are imported when they are first used, so that `import tertulia` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .agents.roles import Analyst, Engine
    from .api import load_report, report_events, write_report
    from .app import Reviewer
    from .errors import EngineError, NoEvidenceError, SourceError, StorageError, TertuliaError, UsageError
    from .events import Event
    from .evidence.documents import Document, make_document
    from .evidence.report import Report
    from .graph.report import build_graph
    from .settings import Settings, load_settings
    from .sources.base import Query, Source

_HOMES: Final = {
    "Analyst": "agents.roles",
    "Document": "evidence.documents",
    "Engine": "agents.roles",
    "EngineError": "errors",
    "Event": "events",
    "NoEvidenceError": "errors",
    "Query": "sources.base",
    "Report": "evidence.report",
    "Reviewer": "app",
    "Settings": "settings",
    "Source": "sources.base",
    "SourceError": "errors",
    "StorageError": "errors",
    "TertuliaError": "errors",
    "UsageError": "errors",
    "build_graph": "graph.report",
    "load_report": "api",
    "load_settings": "settings",
    "make_document": "evidence.documents",
    "report_events": "api",
    "write_report": "api",
}

__all__ = [
    "Analyst",
    "Document",
    "Engine",
    "EngineError",
    "Event",
    "NoEvidenceError",
    "Query",
    "Report",
    "Reviewer",
    "Settings",
    "Source",
    "SourceError",
    "StorageError",
    "TertuliaError",
    "UsageError",
    "build_graph",
    "load_report",
    "load_settings",
    "make_document",
    "report_events",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
