"""What `tertulia verify` prints: what was checked, what does not hold and where, and the verdict in the last line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..evidence.reverification import Problem
from ..evidence.structure import KINDS, Finding, StructureReport
from ..settings import Settings
from ..verifying import BREAKING, EvidenceCheck, StructureCheck, verify
from .consoles import result
from .text import plain_line

_MOST_FINDINGS: Final = 20
_LONGEST_TEXT: Final = 100
_FATE: Final = {"mark": "marked in the report", "drop": "which should have been dropped", "keep": "kept without a mark"}


def verify_and_show(targets: Sequence[str], settings: Settings, *, strict: bool, as_json: bool) -> int:
    """Check what a person named, one after the other, and print what was found; as JSON one line for each.

    Returns the exit code: 0 when all of them pass, else 1.
    """
    failed = 0
    for place, target in enumerate(targets):
        check = verify(target, settings)
        passes = check.passes(strict=strict)
        failed += not passes
        if as_json:
            result(json.dumps({**check.to_dict(), "passes": passes}, ensure_ascii=False))
        else:
            lines = _evidence_lines(check) if isinstance(check, EvidenceCheck) else _structure_lines(check)
            result("\n".join([*([""] if place else []), *map(_indented, lines)]))
    if len(targets) > 1 and not as_json:
        result(f"\n{failed} of {len(targets)} {'does' if failed == 1 else 'do'} not pass.")
    return 1 if failed else 0


def _evidence_lines(check: EvidenceCheck) -> list[str]:
    found, lines = check.found, [f"{check.target}: “{check.run.get('topic', '')}”, run {check.run.get('id', '?')}"]
    if not found.problems:
        figures = check.report["counts"]
        lines.append(
            f"Checked again: {figures['documents']} documents, {figures['passages']} passages, "
            f"{figures['citations']} citations, {figures['sources']} sources, {figures['sentences']} sentences."
        )
        lines.append(
            f"Held against the evidence: {', '.join(check.files)}." if check.files else "No other file is beside it."
        )
    lines += _group("Does not hold", found.problems)
    lines += _group(
        f"Written and checked by tertulia {check.run.get('tertulia_version')}; today's checks say", found.notes
    )
    if found.failing:
        fate = "" if found.problems else f", {_FATE[check.report['summary']['unsupported']]}"
        lines += ["", f"Sentences that do not hold ({len(found.failing)}){fate}"]
        for claim in found.failing:
            lines += [f"  {claim['place']}: “{_cut(claim['sentence'])}”", f"    {_reasons(claim)}"]
    return [*lines, "", _evidence_verdict(check)]


def _group(heading: str, problems: Sequence[Problem]) -> list[str]:
    lines = [f"  {problem.path} {problem.message}" for problem in problems[:_MOST_FINDINGS]]
    return ["", f"{heading} ({len(problems)})", *lines, *_rest(len(problems))] if lines else []


def _rest(number: int) -> list[str]:
    return [f"  and {number - _MOST_FINDINGS} more; --json lists all"] if number > _MOST_FINDINGS else []


def _reasons(claim: Mapping[str, Any]) -> str:
    return "; ".join(finding["message"] for finding in claim["findings"] if finding["severity"] == "error")


def _evidence_verdict(check: EvidenceCheck) -> str:
    if check.found.problems:
        return "The report is not as it was written, or says what its evidence does not."
    if check.found.failing:
        return "The report is intact, and says which of its sentences do not hold."
    return "The report is intact, and every sentence holds."


def _structure_lines(check: StructureCheck) -> list[str]:
    counts, findings = check.structure.counts, check.structure.findings
    lines = [
        f"{check.target}: a report without evidence; only how it cites is checked.",
        (
            f"{counts['markers']} markers and {counts['links']} links, {counts['sources']} listed sources; "
            f"{counts['cited_sentences']} of {counts['sentences']} sentences cite, "
            f"{counts['cited_numeric_sentences']} of the {counts['numeric_sentences']} with a number."
        ),
    ]
    for kind, meaning in KINDS.items():
        of_kind = [finding for finding in findings if finding.kind == kind]
        if of_kind:
            severity = "error" if kind in BREAKING else "warning"
            lines += [
                "",
                f"{severity}: {meaning} ({len(of_kind)})",
                *map(_finding_line, of_kind[:_MOST_FINDINGS]),
                *_rest(len(of_kind)),
            ]
    return [*lines, "", _structure_verdict(check.structure)]


def _finding_line(finding: Finding) -> str:
    if finding.kind != "uncited_number":
        return f"  line {finding.line}: {finding.message}"
    # The heading says what is wrong with it; what the message adds is where else citations stand.
    _, _, more = finding.message.partition("; ")
    return f"  line {finding.line}: “{_cut(finding.text)}”{f' ({more})' if more else ''}"


def _structure_verdict(structure: StructureReport) -> str:
    broken = sum(finding.kind in BREAKING for finding in structure.findings)
    if broken:
        return (
            "A citation does not lead to its source."
            if broken == 1
            else f"{broken} citations do not lead to their source."
        )
    if not (structure.counts["markers"] or structure.counts["links"] or structure.counts["bare_addresses"]):
        return "The report cites nothing."
    return f"Every citation leads to a source{'' if structure.findings else ', and nothing is amiss'}."


def _indented(line: str) -> str:
    return " " * (len(line) - len(line.lstrip())) + plain_line(line)


def _cut(text: str) -> str:
    line = plain_line(text)
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"
