"""How a run stands, as its state tells; and what takes it back to its approved panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from langgraph.types import StateSnapshot

from ..agents.roles import Analyst
from ..errors import UsageError
from .gaps import standing_gaps
from .state import CAP_REACHED, COMPOSED, SCHEMA_VERSION, STAND_IN, ReportState

AGAIN: Final[ReportState] = {"failure": "", "decision": "approved", "early": False}
"""What takes a run back to its approved panel, to send out what is missing."""

RETRIED: Final[ReportState] = {**AGAIN, "report": ""}
"""The same for a run that is finished. Its introduction and conclusion are composed anew where its sections change."""


def outcome_of(snapshot: StateSnapshot) -> str:
    """ "" while there is something left to do; else done, cancelled, no_evidence, or why the run failed."""
    values = snapshot.values
    if values.get("report"):
        return "done"
    if values.get("decision") == "cancelled":
        return "cancelled"
    return str(values.get("failure", ""))


def is_partial(values: ReportState) -> bool:
    """Whether a finished report lacks something that a retry, or a higher cap, may bring."""
    if any(values.get("failed", {}).values()):
        return True
    if any(held.get("unwritten") for held in values.get("interviews", {}).values()):
        return True
    return any(
        gap["what"].startswith(STAND_IN) or gap["what"] in COMPOSED or gap["reason"] == CAP_REACHED
        for gap in standing_gaps(values)
    )


def require_version(snapshot: StateSnapshot) -> None:
    """Raises UsageError for a state of a version that this one does not know."""
    found = snapshot.values.get("schema_version", SCHEMA_VERSION)
    if found != SCHEMA_VERSION:
        raise UsageError(
            f"This run was started by another version of tertulia (state {found}; this one knows {SCHEMA_VERSION}).",
            hint="Finish it with the version that began it, or start it again.",
        )


def proposed_panel(snapshot: StateSnapshot) -> Sequence[Analyst]:
    """A panel that was finished while interviews went on, and that no checkpoint has yet: a kill came before it."""
    results = [task.result or {} for task in snapshot.tasks if task.name == "propose_panel"]
    return next((result["panel"] for result in results if "panel" in result), [])
