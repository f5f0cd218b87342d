"""How a Markdown report that any tool wrote cites: its structure alone, no evidence is needed and none is judged."""

from .findings import KINDS, Finding
from .report import StructureReport, check_structure

__all__ = ["KINDS", "Finding", "StructureReport", "check_structure"]
