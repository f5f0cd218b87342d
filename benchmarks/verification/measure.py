"""How well the checks find what is wrong: `python benchmarks/verification/measure.py attribution.jsonl`.

Each line of the file is an object with `claim`, `evidence` (a list of texts) and `support` (Complete or anything else),
as in ExpertQA. What is printed is what docs/verification.md shows:

1. against the human labels: is a claim that a check flags one whose support is not Complete?
2. against alterations of our own: sentences copied out of their evidence, as they are and with one thing changed.

The same file gives the same tables.
"""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alterations import ALTERATIONS

from tertulia.evidence.checks import Finding, Verdict, check_claim
from tertulia.evidence.sentences import split_sentences

SEED = 20261121
READABLE_WORDS = 40
"""Evidence with fewer words is an address or a title: nothing can be checked against it."""

# How the answers of the data set speak of what they cite; a report of ours has markers there.
MENTIONS = re.compile(r"\(?\bpassages? (?:IDs? )?\d+(?:(?:,| and|, and) \d+)*\)?", re.IGNORECASE)
ADDRESS = re.compile(r"https?://\S+")

CHECKS: dict[str, Callable[[Finding], bool]] = {
    "number": lambda finding: finding.check == "number" and finding.severity == "error",
    "date": lambda finding: finding.check == "date",
    "quotation": lambda finding: finding.check == "quotation" and finding.severity == "error",
    "name": lambda finding: finding.check == "name" and finding.severity == "error",
    "any of these": lambda finding: finding.severity == "error",
    "number, warning": lambda finding: finding.check == "number" and finding.severity == "warning",
    "name, warning": lambda finding: finding.check == "name" and finding.severity == "warning",
    "overlap, warning": lambda finding: finding.check == "overlap",
}


@dataclass(frozen=True)
class Row:
    """A claim with its evidence, whether people found it wholly supported, and what the checks say."""

    evidence: list[str]
    complete: bool
    verdict: Verdict

    @property
    def readable(self) -> bool:
        """Whether the evidence has text to check against."""
        return sum(len(ADDRESS.sub(" ", text).split()) for text in self.evidence) >= READABLE_WORDS


def main(path: str) -> None:
    """Print both tables."""
    data = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    begun = time.process_time()
    rows = [
        Row(
            item["evidence"],
            item["support"] == "Complete",
            check_claim(MENTIONS.sub(" ", item["claim"]), item["evidence"], language="en"),
        )
        for item in data
    ]
    seconds = time.process_time() - begun
    readable = [row for row in rows if row.readable]
    print(f"{len(rows)} claims in {seconds:.1f} s; {len(readable)} with at least {READABLE_WORDS} words of evidence\n")
    print_labels("all claims", rows)
    print_labels("claims with readable evidence", readable)
    print_alterations([text for row in readable for text in row.evidence])


def print_labels(name: str, rows: list[Row]) -> None:
    """Precision and recall of each check for "support is not Complete"."""
    lacking = sum(not row.complete for row in rows)
    print(f"{name}: {lacking} of {len(rows)} ({lacking / len(rows):.1%}) are not wholly supported\n")
    print("| check | flagged | not Complete | precision | 95 % interval | recall |")
    print("|---|---|---|---|---|---|")
    for check, flags in CHECKS.items():
        flagged = [row for row in rows if any(map(flags, row.verdict.findings))]
        right = sum(not row.complete for row in flagged)
        low, high = wilson(right, len(flagged))
        share = f"{right / len(flagged):.3f}" if flagged else "–"
        print(f"| {check} | {len(flagged)} | {right} | {share} | {low:.3f} to {high:.3f} | {right / lacking:.3f} |")
    print()


def wilson(right: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927, "Probable inference, the law of succession")."""
    if not total:
        return 0.0, 1.0
    z = 1.96
    share = right / total
    middle = share + z * z / (2 * total)
    spread = z * (share * (1 - share) / total + z * z / (4 * total * total)) ** 0.5
    return (middle - spread) / (1 + z * z / total), (middle + spread) / (1 + z * z / total)


def print_alterations(texts: list[str]) -> None:
    """False alarms on copied sentences, and how many of those with one thing changed are found."""
    source = random.Random(SEED)
    sentences = list(dict.fromkeys(copied(texts)))
    alarms = [pair for pair in sentences if not check_claim(pair[0], [pair[1]], language="en").holds]
    print(f"copied sentences: {len(sentences)}, of which flagged: {len(alarms)}\n")
    print("| one thing changed | sentences | found by its check | found by any check |")
    print("|---|---|---|---|")
    for check, alter in ALTERATIONS.items():
        changed = [(new, text) for old, text in sentences if (new := alter(old, source))]
        verdicts = [check_claim(new, [text], language="en") for new, text in changed]
        own = sum(any(map(CHECKS[check], verdict.findings)) for verdict in verdicts)
        anything = sum(not verdict.holds for verdict in verdicts)
        print(f"| {check} | {len(changed)} | {share_of(own, changed)} | {share_of(anything, changed)} |")


def copied(texts: list[str]) -> Iterator[tuple[str, str]]:
    """Each sentence of the texts, with its text."""
    for text in texts:
        for sentence in split_sentences(ADDRESS.sub(" ", text), "en"):
            yield sentence.text, text


def share_of(part: int, whole: list[tuple[str, str]]) -> str:
    """A count and its share."""
    return f"{part} ({part / len(whole):.1%})" if whole else "0"


if __name__ == "__main__":
    main(*sys.argv[1:])
