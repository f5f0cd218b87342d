"""Checks: whether what a sentence states stands in the passages that it cites. No model, no I/O."""

from .claim import check_claim, needs_citation, states_figures
from .verdict import Check, Checked, Finding, Severity, Status, Verdict

__all__ = [
    "Check",
    "Checked",
    "Finding",
    "Severity",
    "Status",
    "Verdict",
    "check_claim",
    "needs_citation",
    "states_figures",
]
