"""One case of the benchmark, in a process of its own: writes the reports, and prints what only this process can tell.

python benchmarks/speed/writing.py BASE_URL ANALYSTS REPORTS      the rest comes from the environment
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sqlite3
import sys
import threading
import time
from contextlib import closing
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from pathlib import Path
from typing import Any

import pages

TURNS = 2


class ImportClock:
    """The processor time that imports take, while this is in use, of all threads. Looking for files is not counted."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = threading.local()
        self._lock = threading.Lock()

    def watch(self) -> None:
        for loader in (SourceFileLoader, ExtensionFileLoader):
            loader.exec_module = self._timed(loader.exec_module)  # type: ignore[method-assign]
        ExtensionFileLoader.create_module = self._timed(ExtensionFileLoader.create_module)  # type: ignore[method-assign]

    def _timed(self, load: Any) -> Any:
        def timed(loader: Any, module: Any) -> Any:
            if getattr(self._depth, "inside", False):
                return load(loader, module)
            self._depth.inside, begun = True, time.thread_time()
            try:
                return load(loader, module)
            finally:
                self._depth.inside = False
                with self._lock:
                    self.seconds += time.thread_time() - begun

        return timed


def write_reports(base_url: str, analysts: int, reports: int) -> dict[str, Any]:
    """The figures of this process; a report that failed has no sections."""
    import langchain_openai  # noqa: F401, PLC0415

    import tertulia.graph.local  # noqa: F401, PLC0415 - what is imported here is not the run's
    from tertulia import write_report  # noqa: PLC0415

    async def all_of_them() -> list[Any]:
        written = (
            write_report(
                f"Places in {pages.town(number)}",
                model="openai:simulated",
                base_url=base_url,
                analysts=analysts,
                turns=TURNS,
                sources=("web", "wikipedia"),
                concurrency=256,
                language="en",
            )
            for number in range(reports)
        )
        return await asyncio.gather(*written, return_exceptions=True)

    imports = ImportClock()
    imports.watch()
    used, begun = _cpu(), time.monotonic()
    done = asyncio.run(all_of_them())
    wall, cpu = time.monotonic() - begun, _cpu() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    written = [report for report in done if not isinstance(report, BaseException)]
    return {
        "sections": min((len(report["sections"]) for report in written), default=0) if len(written) == reports else 0,
        "runs": [report["run"]["id"] for report in written],
        "wall": round(wall, 2),
        "cpu": round(cpu - imports.seconds, 2),
        "cpu_analyst": round((cpu - imports.seconds) / analysts / reports, 3),
        "cpu_imports": round(imports.seconds, 2),
        "memory": memory,
        **{name: round(size / 1024 / analysts / reports, 1) for name, size in _kept().items()},
        "failures": [f"{type(failure).__name__}: {failure}" for failure in done if isinstance(failure, BaseException)],
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _kept() -> dict[str, int]:
    """The bytes of the checkpoints, and of the whole database."""
    path = Path(os.environ["TERTULIA_HOME"]) / "tertulia.db"
    total = 0
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for lengths, table in (("length(checkpoint) + length(metadata)", "checkpoints"), ("length(value)", "writes")):
            total += connection.execute(f"SELECT coalesce(sum({lengths}), 0) FROM {table}").fetchone()[0]
    return {"checkpoints": total, "database": path.stat().st_size}


if __name__ == "__main__":
    print(json.dumps(write_reports(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
