"""One step of the benchmark, in a process of its own, so that its processor time and memory are its own.

python benchmarks/documents/working.py load HOME FOLDER             brings the index up to date; figures as JSON
python benchmarks/documents/working.py search HOME FOLDER QUERIES   asks a file of queries; times and overlap as JSON
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tertulia.settings import Settings
from tertulia.sources import Query, index_ranking
from tertulia.sources.documents import DocumentsSource

# More passages than any index has; SQLite counts no further than 2**63.
EVERYTHING = 10**12

FIRST = 20


def load(source: DocumentsSource, home: Path) -> dict[str, Any]:
    begun, used = time.monotonic(), _cpu()
    report = asyncio.run(source.load())
    wall, cpu = time.monotonic() - begun, _cpu() - used
    return {
        "documents": report.documents,
        "passages": report.passages,
        "reused": report.reused,
        "skipped": len(report.skipped),
        "wall": round(wall, 2),
        "cpu": round(cpu, 2),
        "memory": _peak(),
        "parser_memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "database": sum(path.stat().st_size for path in (home / "documents").iterdir()),
    }


def search(source: DocumentsSource, queries: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Each query once, in a process that has asked others but never the same; then what it would find unbounded."""

    async def ask(query: dict[str, Any], limit: int) -> list[str]:
        return [document.url for document in await source.search(Query(query["text"], query["language"], limit))]

    async def timed() -> list[float]:
        times = []
        for query in queries:
            begun = time.monotonic()
            await ask(query, query["limit"])
            times.append(round(1000 * (time.monotonic() - begun), 2))
        return times

    async def all_first() -> list[list[str]]:
        return [await ask(query, FIRST) for query in queries]

    asyncio.run(source.load())
    used = _cpu()
    times = asyncio.run(timed())
    cpu, memory = _cpu() - used, _peak()
    found = asyncio.run(all_first())
    index_ranking.MOST_SCORED = EVERYTHING  # type: ignore[misc]
    unbounded = asyncio.run(all_first())
    overlaps = [_overlap(*pair) for pair in zip(found, unbounded, strict=True)]
    return {"times": times, "cpu": round(1000 * cpu / len(queries), 1), "memory": memory, "overlaps": overlaps}


def _overlap(found: Sequence[str], unbounded: Sequence[str]) -> float:
    return len(set(found) & set(unbounded)) / len(unbounded) if unbounded else 1.0


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak() -> int:
    """MB. Not RUSAGE_SELF where it can be helped: that holds the peak of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().split("\n") if line.startswith("VmHWM")) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(step: str, home: str, folder: str, *more: str) -> None:
    source = DocumentsSource(Settings(home=Path(home), docs=(Path(folder),)), lambda: datetime.now(UTC))
    print(json.dumps(load(source, Path(home)) if step == "load" else search(source, json.loads(_read(*more)))))


def _read(path: str) -> str:
    return Path(path).read_text("utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
