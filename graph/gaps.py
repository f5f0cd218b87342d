"""What a report lacks, as its state tells: each gap for as long as it holds."""

from __future__ import annotations

from .state import COMPOSED, NOTHING_NEW, STAND_IN, Gap, ReportState


def standing_gaps(state: ReportState) -> list[Gap]:
    """Everything the report lacks: sources that failed, interviews that failed or found nothing, sections that were put
    together from answers.

    What the fallback engine did is among it, under the analyst it was done for.
    """
    roles = {analyst["id"]: analyst["role"] for analyst in state["panel"]}
    printed = {section["analyst"] for section in state["sections"]}
    held = state.get("interviews", {})
    # What failed once and is there from another try is no gap.
    written = {place for place in COMPOSED if state.get(place)}
    gaps: list[Gap] = []
    for gap in state.get("gaps", []):
        if gap["what"].startswith(STAND_IN):
            gaps += [gap] if gap["analyst"] in printed | {""} else []
        elif gap["what"] not in written:
            gaps.append({**gap, "analyst": ""})
    for analyst_id, role in roles.items():
        reason = state.get("failed", {}).get(analyst_id, "")
        if analyst_id in held and (unwritten := held[analyst_id].get("unwritten")):
            gaps.append({"analyst": analyst_id, "what": f"section {role}", "reason": unwritten})
        elif analyst_id in state.get("retold", []):
            gaps.append({"analyst": analyst_id, "what": f"section {role}", "reason": NOTHING_NEW})
        if analyst_id not in printed:
            text = held[analyst_id]["section"]["text"] if analyst_id in held else ""
            # A section of which every sentence stands in an earlier one is not printed again.
            empty = NOTHING_NEW if text.strip() else "nothing found"
            gaps.append({"analyst": analyst_id, "what": f"interview {role}", "reason": reason or empty})
    return gaps


def all_gaps(state: ReportState) -> list[Gap]:
    """The same in order, each thing once, as a report has them."""
    gaps = sorted(standing_gaps(state), key=lambda gap: gap["reason"])
    unique = {(gap["analyst"], gap["what"]): gap for gap in gaps}
    return [unique[key] for key in sorted(unique)]
