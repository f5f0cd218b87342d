"""How quickly the command starts, in processor time: `make bench-start`. Linux only; everything on loopback.

    make bench-start                                  the quick commands, and the first request to each model server
    make bench-start ARGS="--runs 9 --json FILE"      medians of nine runs, and all of them as JSON
    make bench-start ARGS="--whole"                   and whole reports of three analysts, to their end

Quick commands: `cpu` is the processor time of the process, user and system, in seconds; `least` that of its quickest
run; `modules` how many modules it imports, Python's own included. They run in turn, so that what else the machine does
falls on all of them. `runs` lists a home that has a run.

First requests: `cpu` is what a real `tertulia report … --yes`, with the web and Wikipedia as sources, has used when the
first request arrives at the model's server, to the hundredth of a second in which Linux counts; `wall` the seconds
since it began; `after` those since the last answer of a source. The simulator of benchmarks/speed is the web, the wiki
and the model. A `whole` run goes on to its end; the others are killed when the request has come. The rows that begin
with `import` are what Python takes to import nothing but LangGraph and LangChain's package for the provider: no run
that uses them can have less, and on a loaded machine they say how slow it is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent / "speed"))

import pages
from serving import Exchange, serving
from simulator import Log, MediaWiki, Model, Web

TERTULIA = str(Path(sys.executable).with_name("tertulia"))
COMMANDS = (("--version",), ("--help",), ("report", "--help"), ("runs",))
MODELS = {"openai": "openai:simulated", "anthropic": "anthropic:simulated", "ollama": "ollama:simulated"}
KEYS = {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none", "TAVILY_API_KEY": "tvly-test"}
TICKS = os.sysconf("SC_CLK_TCK")
TIMEOUT = 120

Answer = Callable[[Exchange], Awaitable[None]]
Figures = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description="How quickly the command starts, in processor time.")
    parser.add_argument("--runs", type=int, default=5, help="how often each is run")
    parser.add_argument("--models", nargs="*", choices=MODELS, default=list(MODELS), help="whose first requests")
    parser.add_argument("--whole", action="store_true", help="and whole reports, to their end")
    parser.add_argument("--json", default="", help="write the figures of every run here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TERTULIA_HOME": f"{folder}/home"}
        commands = quick_commands(environment, given.runs)
        _print(("command", "cpu", "least", "modules"), commands)
        firsts = first_requests(environment, given.models, given.runs, whole=given.whole)
        _print(("first request", "cpu", "least", "wall", "after", "whole"), firsts)
    if given.json:
        told = {
            "python": platform.python_version(),
            "load": os.getloadavg(),
            "commands": commands,
            "first_requests": firsts,
        }
        Path(given.json).write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def quick_commands(environment: Mapping[str, str], runs: int) -> dict[str, list[Figures]]:
    """Processor time and modules of each quick command, once per run."""
    _run([TERTULIA, "demo", "--quiet", "--output", f"{environment['HOME']}/report"], environment)
    found = defaultdict(list)
    for _ in range(runs):
        for command in COMMANDS:
            found[" ".join(command)].append({"cpu": _run([TERTULIA, *command], environment)})
    for command in COMMANDS:
        found[" ".join(command)][0]["modules"] = _modules(command, environment)
    return found


def _run(command: list[str], environment: Mapping[str, str]) -> float:
    """The processor time of a command."""
    process = subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    assert process.returncode == 0, said
    return used.ru_utime + used.ru_stime


def _modules(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", TERTULIA, *command],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in told.stderr.splitlines() if line.startswith("import time:")]
    return len(lines) - 1  # the first is a heading


@dataclass
class Arrival:
    """What a process had used when its first request came."""

    process: int = 0
    begun: float = 0.0
    answered: float = 0.0
    figures: Figures = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    def source(self, answer: Answer) -> Answer:
        async def answered(exchange: Exchange) -> None:
            await answer(exchange)
            self.answered = time.monotonic()

        return answered

    def model(self, answer: Answer, *, whole: bool) -> Answer:
        async def asked(exchange: Exchange) -> None:
            if not self.figures:
                now = time.monotonic()
                self.figures["cpu"] = _used_by(self.process)
                self.figures["wall"] = round(now - self.begun, 3)
                self.figures["after"] = round(now - self.answered, 3)
                self.came.set()
            if whole:
                await answer(exchange)
            else:
                await asyncio.Event().wait()

        return asked


def _used_by(process: int) -> float:
    """The processor time of a process so far, with all its threads (proc(5))."""
    _, _, told = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")
    user, system = told.split()[11:13]
    return (int(user) + int(system)) / TICKS


def first_requests(
    environment: Mapping[str, str], models: list[str], runs: int, *, whole: bool
) -> dict[str, list[Figures]]:
    """What a report has used when its first request comes, once per run and model server."""
    found = defaultdict(list)
    for _ in range(runs):
        for model in models:
            # The simulator speaks as OpenAI does, and so only that run can go on.
            packages = f"import langgraph.graph, langchain_{model}"
            found[packages].append({"cpu": _run([sys.executable, "-c", packages], environment)})
            found[model].append(asyncio.run(_first_request(environment, model, whole=whole and model == "openai")))
    return found


async def _first_request(environment: Mapping[str, str], model: str, *, whole: bool) -> Figures:
    arrival, log, failures = Arrival(), Log(1.0), []
    async with AsyncExitStack() as stack:
        answers = (
            arrival.model(Model(log).answer, whole=whole),
            arrival.source(Web(log, pages.CHARACTERS).answer),
            arrival.source(MediaWiki(log, pages.CHARACTERS).answer),
        )
        address, web, wiki = [await stack.enter_async_context(serving(answer, failures)) for answer in answers]
        sources = {"TAVILY_API_BASE_URL": web, "TERTULIA_WIKIPEDIA_URL": f"{wiki}/{{language}}/w/api.php"}
        home = stack.enter_context(tempfile.TemporaryDirectory())
        base_url = f"{address}/v1" if model == "openai" else address
        arrival.begun = time.monotonic()
        process = _begin_report(home, {**environment, **sources}, "--model", MODELS[model], "--base-url", base_url)
        arrival.process = process.pid
        try:
            await asyncio.wait_for(arrival.came.wait(), TIMEOUT)
        finally:
            if not whole:
                process.kill()
            _, _, used = await asyncio.to_thread(os.wait4, process.pid, 0)
            process.returncode = 0
            assert process.stderr is not None
            process.stderr.close()
        if whole:
            arrival.figures["whole"] = round(used.ru_utime + used.ru_stime, 2)
    assert not failures, failures
    return arrival.figures


def _begin_report(home: str, environment: Mapping[str, str], *model: str) -> subprocess.Popen[bytes]:
    command = [TERTULIA, "report", f"Places in {pages.town(0)}", "--language", "en", "--yes", "--quiet", *model]
    return subprocess.Popen(
        [*command, "--source", "web", "--source", "wikipedia", "--output", f"{home}/report"],
        env={**environment, **KEYS, "TERTULIA_HOME": home},
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _print(columns: tuple[str, ...], found: Mapping[str, list[Figures]]) -> None:
    print(" | ".join(columns))
    for name, runs in found.items():
        cells = {column: [run[column] for run in runs if column in run] for column in columns}
        cells["least"] = [min(run["cpu"] for run in runs)]
        shown = (f"{median(cells[column]):.4g}" if cells[column] else "" for column in columns[1:])
        print(" | ".join((name, *shown)), flush=True)


if __name__ == "__main__":
    main()
