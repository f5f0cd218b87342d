"""How fast a run is, on a simulator: `make bench`, or one case of it.

    make bench                                   all cases: several minutes
    make bench ARGS="3 8 --json found.json"      these numbers of analysts, and the figures with every request as JSON
    make bench ARGS="3 --reports 10"             ten reports of three analysts at once

Each case is a process of its own, so that its processor time and memory are its own, and so is the simulator.
`span` is from the first request to the last answer; `critical` the longest chain of requests that need each
other's answers, computed from the log.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SIZES = (3, 8, 32, 64)
TURNS = 2
COLUMNS = (
    *("analysts", "reports", "sections", "wall", "span", "critical", "ratio", "calls", "tokens_in", "tokens_out"),
    *("web", "wiki", "peak", "cpu", "cpu_per_analyst", "memory_mb", "checkpoint_kb"),
)


def measure(analysts: int, reports: int) -> dict[str, Any]:
    """One case: a simulator, a process that writes the reports, and the figures of both."""
    simulator = subprocess.Popen(
        [sys.executable, str(HERE / "simulator.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert simulator.stdout is not None
    addresses = json.loads(simulator.stdout.readline())
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "TERTULIA_HOME": f"{home}/t",
            "OPENAI_API_KEY": "none",
            "TAVILY_API_KEY": "tvly-test",
            "TAVILY_API_BASE_URL": addresses["web"],
            "TERTULIA_WIKIPEDIA_URL": addresses["wiki"],
        }
        case = [sys.executable, __file__, "--case", addresses["model"], str(analysts), "--reports", str(reports)]
        try:
            done = subprocess.run(
                case, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=600
            )
        finally:
            log, _ = simulator.communicate()
    if done.returncode:
        said = done.stderr.strip().rpartition("\n")[2]
        print(f"{analysts} | {reports} | failed: {said}", flush=True)
        return {"analysts": analysts, "reports": reports, "failed": said}
    return {"analysts": analysts, "reports": reports, **json.loads(done.stdout), **_figures(json.loads(log), reports)}


def _figures(log: list[dict[str, Any]], reports: int) -> dict[str, Any]:
    models = [line for line in log if line["kind"] == "model"]
    span = max(line["ended"] for line in log) - min(line["begun"] for line in log)
    # The analysts of several reports have the same names here: their chains are not told apart.
    critical = critical_path(log) if reports == 1 else None
    changes = sorted([(line["begun"], 1) for line in log] + [(line["ended"], -1) for line in log])
    running = peak = 0
    for _, change in changes:
        running += change
        peak = max(peak, running)
    return {
        "span": round(span, 2),
        "critical": round(critical, 2) if critical else "",
        "ratio": round(span / critical, 3) if critical else "",
        "calls": len(models),
        "tokens_in": sum(line["tokens_in"] for line in models),
        "tokens_out": sum(line["tokens_out"] for line in models),
        "web": sum(line["kind"] == "web" for line in log),
        "wiki": sum(line["kind"] == "wiki" for line in log),
        "peak": peak,
        "log": log if reports == 1 else [],
    }


def critical_path(log: list[dict[str, Any]]) -> float:
    """The longest chain of needed work: survey, panel, one interview's turns and section, introduction or conclusion.

    A text of the wiki is asked for after its search. Both together take as long as a search of the web, so of a turn's
    searches only the longest counts.
    """
    models = [line for line in log if line["kind"] == "model"]
    searches = [line for line in log if line["kind"] == "web" or line.get("search")]
    panel = max(line["seconds"] for line in models if line["role"] == "panel")
    interviews = []
    for analyst in {line["analyst"] for line in models if line["analyst"]}:
        own = [line for line in models if line["analyst"] == analyst]
        seconds = sum(line["seconds"] for line in own)
        for turn in {line["turn"] for line in own if line["role"] == "answer"}:
            seconds += _longest(line for line in searches if line["query"].startswith(f"{analyst} {turn}"))
        interviews.append(seconds)
    survey = _longest(line for line in searches if not line["query"].startswith("Watcher"))
    composed = _longest(line for line in models if line["role"] in {"introduction", "conclusion"})
    return survey + panel + max(interviews) + composed


def _longest(lines: Iterable[dict[str, Any]]) -> float:
    return max((line["seconds"] for line in lines), default=0.0)


def write_reports(base_url: str, analysts: int, reports: int) -> dict[str, Any]:
    """The case itself, in a process of its own: the figures that only it can tell."""
    import langchain_openai  # noqa: F401, PLC0415

    import tertulia.graph.local  # noqa: F401, PLC0415 - what is imported here is not the run's
    from tertulia import write_report  # noqa: PLC0415

    async def one(number: int) -> int:
        report = await write_report(
            f"Places in town {number}" if reports > 1 else "Places in town",
            model="openai:simulated",
            base_url=base_url,
            analysts=analysts,
            turns=TURNS,
            sources=("web", "wikipedia"),
            concurrency=256,
            language="en",
        )
        return len(report["sections"])

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(one(number) for number in range(reports)))

    used, begun = _cpu(), time.monotonic()
    sections = asyncio.run(all_of_them())
    wall, cpu = time.monotonic() - begun, _cpu() - used
    return {
        "sections": min(sections),
        "wall": round(wall, 2),
        "cpu": round(cpu, 2),
        "cpu_per_analyst": round(cpu / analysts / reports, 3),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "checkpoint_kb": round(_checkpoint_bytes() / 1024 / analysts / reports, 1),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _checkpoint_bytes() -> int:
    connection = sqlite3.connect(Path(os.environ["TERTULIA_HOME"]) / "tertulia.db")
    total = 0
    for lengths, table in (("length(checkpoint) + length(metadata)", "checkpoints"), ("length(value)", "writes")):
        total += connection.execute(f"SELECT coalesce(sum({lengths}), 0) FROM {table}").fetchone()[0]
    connection.close()
    return int(total)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", nargs="*", type=int, help="analysts; without any, all cases")
    parser.add_argument("--reports", type=int, default=1, help="reports at once in one process")
    parser.add_argument("--json", default="", help="write the figures, the versions and every request here")
    parser.add_argument("--case", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        print(json.dumps(write_reports(given.case, given.sizes[0], given.reports)))
        return
    cases = [(size, given.reports) for size in given.sizes] or [*((size, 1) for size in SIZES), (3, 10), (3, 50)]
    results = []
    print(" | ".join(COLUMNS), flush=True)
    for analysts, reports in cases:
        results.append(measure(analysts, reports))
        if "failed" not in results[-1]:
            print(" | ".join(str(results[-1][column]) for column in COLUMNS), flush=True)
    if given.json:
        versions = {
            name: version(name) for name in ("tertulia", "langgraph", "langchain-core", "langchain-openai", "openai")
        }
        found = {"python": platform.python_version(), "versions": versions, "cpus": os.cpu_count(), "cases": results}
        Path(given.json).write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
