"""The engine that needs no language model: it selects sentences, it never writes one."""

from __future__ import annotations

from ..roles import Engine
from .expert import ExtractiveExpert
from .interviewer import ExtractiveInterviewer
from .planner import ExtractivePlanner
from .writer import ExtractiveWriter

__all__ = ["extractive_engine"]


def extractive_engine() -> Engine:
    """The extractive engine: every sentence verbatim from a passage, the same for the same evidence."""
    return Engine("extractive", ExtractivePlanner(), ExtractiveInterviewer(), ExtractiveExpert(), ExtractiveWriter())
