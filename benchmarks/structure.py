"""How published reports cite: `python benchmarks/structure.py REPORTS.jsonl…` prints one row for each file.

Each line of a file is an object whose `article` is a report in Markdown. Shares are of reports, but for the sentences.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tertulia.evidence.structure import StructureReport, check_structure

COLUMNS = ("reports", "seconds", "duplicates", "unused", "dangling", "gaps", "numeric", "cited", "mean")


def main(names: list[str]) -> None:
    """Print the table."""
    width = max((len(Path(name).stem) for name in names), default=0)
    print(" " * width, *(f"{column:>10}" for column in COLUMNS))
    for name in names:
        lines = Path(name).read_text("utf-8").split("\n")
        articles = [json.loads(line)["article"] for line in lines if line.strip()]
        start = time.perf_counter()
        reports = [check_structure(article) for article in articles]
        seconds = time.perf_counter() - start
        print(Path(name).stem.ljust(width), *(f"{cell:>10}" for cell in row(reports, seconds)))


def row(reports: list[StructureReport], seconds: float) -> list[str]:
    """The cells of one file: `cited` is the share of all its numeric sentences, `mean` that of its reports' shares."""
    counts = [report.counts for report in reports]
    numeric = sum(count["numeric_sentences"] for count in counts)
    cited = sum(count["cited_numeric_sentences"] for count in counts)
    own = [
        count["cited_numeric_sentences"] / count["numeric_sentences"] for count in counts if count["numeric_sentences"]
    ]
    flags = ("duplicate_sources", "unused_sources", "dangling_labels", "missing_numbers")
    shares = [sum(count[flag] > 0 for count in counts) / max(1, len(counts)) for flag in flags]  # type: ignore[literal-required]
    ends = [cited / max(1, numeric), sum(own) / max(1, len(own))]
    return [
        str(len(reports)),
        f"{seconds:.1f}",
        *(f"{share:.0%}" for share in shares),
        str(numeric),
        *(f"{share:.0%}" for share in ends),
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
