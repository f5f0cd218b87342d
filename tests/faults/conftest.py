"""The table of a long version: each fault, how often it was met, and how the runs that met it ended."""

from __future__ import annotations

from collections import Counter
from typing import Any

from servers.faults import FAULTS

STATUSES = ("done", "partial", "failed")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for key in ("passed", "failed") for report in terminalreporter.stats.get(key, [])]
    runs = [value for report in reports for name, value in getattr(report, "user_properties", []) if name == "run"]
    if not runs:
        return
    terminalreporter.section("what the model did, and how the runs ended")
    terminalreporter.write_line(f"{'fault':24}{'times':>7}" + "".join(f"{status:>9}" for status in STATUSES))
    for fault in FAULTS:
        met = [run for run in runs if fault in run["faults"]]
        terminalreporter.write_line(_line(fault, sum(run["faults"].get(fault, 0) for run in met), met))
    terminalreporter.write_line(_line("all", sum(sum(run["faults"].values()) for run in runs), runs))
    requests = sum(run["requests"] for run in runs)
    terminalreporter.write_line(f"{len(runs)} runs, {requests} requests, {sum(run['gaps'] for run in runs)} gaps named")
    for run in runs:
        if run["problems"]:
            terminalreporter.write_line(f"{run['name']}: {'; '.join(run['problems'])}")


def _line(name: str, times: int, runs: list[dict[str, Any]]) -> str:
    ended = Counter(run["status"] for run in runs)
    return f"{name:24}{times:>7}" + "".join(f"{ended[status]:>9}" for status in STATUSES)
