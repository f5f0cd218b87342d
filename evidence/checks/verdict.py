"""Verdict: what the checks say of one sentence, with reasons that a person understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .vocabulary import vocabulary

Status = Literal["supported", "partly", "unsupported", "uncited"]
Check = Literal["citation", "number", "date", "quotation", "name", "overlap"]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a sentence that does not stand in its passages.

    `text` is `sentence[start:end]`. `reason` is a key of the messages and `values` fill it: `value` is what the
    sentence says, `found` what the passage says instead.
    """

    check: Check
    severity: Severity
    text: str
    start: int
    end: int
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)

    def message(self, language: str = "en") -> str:
        """The reason as a sentence; in English where there are no words for the language."""
        messages = vocabulary(language).messages or vocabulary("en").messages
        return messages[self.reason].format_map(self.values)

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON-ready data."""
        return {**asdict(self), "values": dict(self.values)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks say of a sentence.

    `supported`: no check found an error, which is not to say that the passage proves the sentence. `partly`: some of
    what was checked stands in the passages and some does not. `unsupported`: nothing of it does. `uncited`: the
    sentence cites nothing, which is an error only where a citation is needed. `held` counts what was found.
    """

    status: Status
    findings: list[Finding] = field(default_factory=list)
    held: int = 0

    @property
    def holds(self) -> bool:
        """Whether the sentence can be printed without a mark: no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready data."""
        return {
            "status": self.status,
            "findings": [finding.to_dict() for finding in self.findings],
            "held": self.held,
        }


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found: how many things stand in the passages, and those that do not."""

    held: int = 0
    findings: tuple[Finding, ...] = ()
