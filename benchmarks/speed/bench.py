"""How fast a run is, on a simulator: `make bench`, or one case of it.

    make bench                                   all cases: several minutes
    make bench ARGS="3 8 --json found.json"      these numbers of analysts, and the figures with every request as JSON
    make bench ARGS="3 --reports 10"             ten reports of three analysts at once
    make bench ARGS="8 --svg timeline.svg"       and the timeline of the first case's run as a picture
    make bench ARGS="8 --page 60000 --cap 16"    with longer pages, and a model that works on 16 requests at once

Each case is a process of its own, so that its processor time and memory are its own, and so is the simulator. Columns:

- `sections`: of the report that has fewest of them: as many as analysts, else something is wrong; 0 if one failed;
- `wall`: from the call to the last report, in seconds, as all times; `span`: from the first request to the last answer;
- `critical`: the longest chain of needed requests (see `critical_path`), of the report where it is longest; `ratio`: a
  report's own span by its own critical path, for several reports the median, and `worst` the largest (a report that
  failed has none);
- `calls`, `tokens_in`, `tokens_out`: of models; `searches`: questions to the web and the wiki; `requests`: all of them,
  texts of the wiki included; `peak`: requests under way at once;
- `cpu`: processor time of the program in seconds, without imports, from the call to the last report; `cpu_analyst`: for
  each analyst;
- `memory`: the peak in MB, imports included; `checkpoints` and `database`: kB for each analyst that LangGraph's
  checkpoints take, and the whole database file;
- `simulator`: the simulator's processor time for each request in milliseconds; `late`: by how many milliseconds it
  answered later than its latency model says, in the median. Where that is much, the other figures say little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from critical_path import critical_path, seconds

HERE = Path(__file__).parent
SIZES = (3, 8, 32, 64)
CASES = (*((size, 1) for size in SIZES), (3, 10), (3, 50))
TIMEOUT = 900
COLUMNS = (
    *("analysts", "reports", "sections", "wall", "span", "critical", "ratio", "worst", "calls", "tokens_in"),
    *("tokens_out", "searches", "requests", "peak", "cpu", "cpu_analyst", "memory", "checkpoints", "database"),
    *("simulator", "late"),
)
_LAST = {"introduction", "conclusion"}
PACKAGES = ("tertulia", "langgraph", "langgraph-checkpoint-sqlite", "langchain-core", "langchain-openai", "openai")


@dataclass(frozen=True)
class Simulation:
    """How the simulator is to be."""

    cap: int = 0
    pace: float = 1.0
    page: int = 6_000

    @property
    def arguments(self) -> list[str]:
        return ["--cap", str(self.cap), "--pace", str(self.pace), "--page", str(self.page)]


def measure(analysts: int, reports: int, simulation: Simulation, svg: str = "") -> dict[str, Any]:
    """One case: a simulator, a process that writes the reports, and the figures of both."""
    case = {"analysts": analysts, "reports": reports, "load_before": _load()}
    simulator = subprocess.Popen(
        [sys.executable, str(HERE / "simulator.py"), *simulation.arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
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
        command = [sys.executable, str(HERE / "writing.py"), addresses["model"], str(analysts), str(reports)]
        try:
            done = subprocess.run(
                command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=TIMEOUT
            )
            problem = done.stderr.strip().rpartition("\n")[2] if done.returncode else ""
        except subprocess.TimeoutExpired:
            problem = f"not finished after {TIMEOUT} s"
        finally:
            told = json.loads(simulator.communicate()[0])
        if problem:
            return {**case, "failures": [problem, *told["failures"]], "log": told["log"]}
        written = json.loads(done.stdout)
        if not told["log"]:
            return {**case, **written}
        if svg and written["runs"]:
            Path(svg).write_text(_timeline(written["runs"][0], environment), "utf-8")
    failures = [*written.pop("failures"), *told["failures"]]
    return {**case, **written, **figures(told["log"]), **_simulator(told), "failures": failures, "log": told["log"]}


def _timeline(run: str, environment: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "tertulia", "show", run, "--timeline", "--svg"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd="/").stdout


def figures(log: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the log tells: counts, spans and critical paths."""
    models = [line for line in log if line["kind"] == "model"]
    reports = dict.fromkeys(line["report"] for line in log)
    logs = [[line for line in log if line["report"] == report] for report in reports]
    # Of a report that failed there is no path to its end.
    by_report = [_report(own) for own in logs if any(line.get("role") in _LAST for line in own)]
    ratios = [report["ratio"] for report in by_report]
    return {
        "span": round(_span(log), 2),
        "critical": max((report["critical"] for report in by_report), default=None),
        "ratio": round(median(ratios), 3) if ratios else None,
        "worst": max(ratios, default=None),
        "calls": len(models),
        "tokens_in": sum(line["tokens_in"] for line in models),
        "tokens_out": sum(line["tokens_out"] for line in models),
        "searches": sum("query" in line for line in log),
        "requests": len(log),
        "peak": _peak(log),
        "each_report": by_report,
    }


def _report(log: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    chain = critical_path(log)
    span, critical = _span(log), seconds(chain)
    return {
        "report": log[0]["report"],
        "span": round(span, 3),
        "critical": round(critical, 3),
        "ratio": round(span / critical, 3),
        "chain": [[name, round(took, 4)] for name, took in chain],
    }


def _span(log: Sequence[Mapping[str, Any]]) -> float:
    return max(line["ended"] for line in log) - min(line["begun"] for line in log)


def _peak(log: Sequence[Mapping[str, Any]]) -> int:
    running = peak = 0
    for _, change in sorted([(line["begun"], 1) for line in log] + [(line["ended"], -1) for line in log]):
        running += change
        peak = max(peak, running)
    return peak


def _simulator(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the simulator cost, and how late it was, all in milliseconds but its whole processor time."""
    late = sorted(1000 * (line["ended"] - line["begun"] - line["seconds"]) for line in told["log"])
    return {
        "simulator": round(1000 * told["cpu"] / len(late), 2),
        "late": round(median(late), 1),
        "latest": round(late[-1], 1),
        "simulator_cpu": told["cpu"],
    }


def _load() -> list[float]:
    return [round(load, 2) for load in os.getloadavg()]


def _found(cases: Sequence[Mapping[str, Any]], simulation: Simulation, load: list[float]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "cpus": os.cpu_count(),
        "load_at_begin": load,
        "simulation": vars(simulation),
        "cases": list(cases),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast a run is, on a simulator.")
    parser.add_argument("sizes", nargs="*", type=int, help="analysts; without any, all cases")
    parser.add_argument("--reports", type=int, default=1, help="reports at once in one process")
    parser.add_argument("--cap", type=int, default=0, help="requests that the model works on at once; 0: all")
    parser.add_argument("--pace", type=float, default=1.0, help="multiplies all latencies")
    parser.add_argument("--page", type=int, default=6_000, help="characters of a page")
    parser.add_argument("--json", default="", help="write the figures, the versions and every request here")
    parser.add_argument("--svg", default="", help="draw the timeline of the first case's (first) run here")
    given = parser.parse_args()
    simulation, load = Simulation(given.cap, given.pace, given.page), _load()
    results: list[dict[str, Any]] = []
    print(" | ".join(COLUMNS), flush=True)
    for analysts, reports in [(size, given.reports) for size in given.sizes] or CASES:
        results.append(measure(analysts, reports, simulation, "" if results else given.svg))
        print(" | ".join(str(results[-1].get(column, "")) for column in COLUMNS), flush=True)
        for failure, times in Counter(results[-1]["failures"]).most_common(5):
            print(f"  failed {times} times: {failure}", flush=True)
    if given.json:
        Path(given.json).write_text(json.dumps(_found(results, simulation, load), indent=1) + "\n", "utf-8")
    sys.exit(any(result["failures"] for result in results))


if __name__ == "__main__":
    main()
