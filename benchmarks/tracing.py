"""What tracing costs at the end of a run, and a picture of a trace; everything on loopback, no service is contacted.

python benchmarks/tracing.py delay [TIMES]   seconds that a traced run takes beyond an untraced one, medians
python benchmarks/tracing.py picture FILE    the trace of a run with two analysts, as SVG
"""

from __future__ import annotations

import socket
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1] / "tests"), str(Path(__file__).parents[1] / "tests" / "end_to_end")]

from command import TOPIC, World, world  # noqa: E402 - found there
from servers.brain import play_every_role  # noqa: E402
from servers.langsmith import LangSmithServer  # noqa: E402
from servers.otel import OtelCollector  # noqa: E402

THINKING = 0.25
ROW, NAMES, WIDTH = 17, 330, 900
COLOURS = {"llm": "#b5651d", "chain": "#4a7a8c"}


def langsmith(url: str) -> dict[str, str]:
    return {"LANGSMITH_TRACING": "true", "LANGSMITH_API_KEY": "lsv2-test", "LANGSMITH_ENDPOINT": url}


def otel(url: str) -> dict[str, str]:
    return {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_TRACING_MODE": "otel",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
    }


def seconds(place: World, more: dict[str, str]) -> float:
    """How long a report without a model takes, from start to exit."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "mills.md"
        page.write_text("# Mills\n\nThe mills of Orvania ground 300 sacks of barley a year.\n", "utf-8")
        arguments = ["report", TOPIC, "--model", "extractive", "--source", "documents", "--docs", str(page)]
        arguments += ["--analysts", "1", "--turns", "1", "--yes", "--output", folder + "/report"]
        began = time.monotonic()
        result = place.run(*arguments, TERTULIA_HOME=folder + "/home", **more)
        assert result.returncode == 0, result.stderr
        return time.monotonic() - began


def delay(times: int) -> None:
    """Print the table. The ways take turns, so that what else the machine does falls on all of them."""
    with ExitStack() as stack, world() as place:
        hanging = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        silent = f"http://127.0.0.1:{hanging.getsockname()[1]}"
        servers = {
            name: stack.enter_context(LangSmithServer(status))
            for name, status in (("answers", 202), ("401", 401), ("429", 429), ("500", 500))
        }
        ways = {"untraced": {}, **{f"LangSmith {name}": langsmith(server.url) for name, server in servers.items()}}
        ways |= {"LangSmith refused": langsmith("http://127.0.0.1:9"), "LangSmith hangs": langsmith(silent)}
        ways |= {"LangSmith unresolvable": langsmith("http://nobody.invalid")}
        ways |= {"OpenTelemetry answers": otel(stack.enter_context(OtelCollector()).url)}
        ways |= {"OpenTelemetry refused": otel("http://127.0.0.1:9"), "OpenTelemetry hangs": otel(silent)}
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(times):
            for name, more in ways.items():
                taken[name].append(seconds(place, more))
    plain = statistics.median(taken["untraced"])
    print(f"untraced: {plain:.1f} s, median of {times}")
    for name in list(ways)[1:]:
        print(f"{name:24} {statistics.median(taken[name]) - plain:+.1f} s")


def picture(path: Path) -> None:
    """Draw what a collector got of a run whose model thinks for a quarter of a second."""

    def brain(body: dict[str, Any]) -> str:
        time.sleep(THINKING)
        return play_every_role(body)

    with tempfile.TemporaryDirectory() as folder, world(brain) as place, LangSmithServer() as collector:
        arguments = [
            *place.report_arguments,
            "--analysts",
            "2",
            "--turns",
            "1",
            "--yes",
            "--output",
            f"{folder}/report",
        ]
        result = place.run(*arguments, TERTULIA_HOME=folder, **langsmith(collector.url))
        assert result.returncode == 0, result.stderr
        runs = sorted(collector.runs.values(), key=lambda run: run["dotted_order"])
    (root,) = [run for run in runs if not run.get("parent_run_id")]
    path.write_text(drawn(in_order(root, runs)), "utf-8")


def in_order(run: dict[str, Any], runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A run and all below it, parents before children."""
    children = [child for child in runs if child.get("parent_run_id") == run["id"]]
    return [run, *(below for child in children for below in in_order(child, runs))]


def drawn(runs: list[dict[str, Any]]) -> str:
    """A line for each run: its name, and when it began and ended."""
    times = [(at(run["start_time"]), at(run["end_time"])) for run in runs]
    begin, end = times[0]
    scale = (WIDTH - NAMES - 60) / (end - begin)
    height = ROW * len(runs) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
        "<title>The trace of a run with two analysts</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (run, (start, stop)) in enumerate(zip(runs, times, strict=True)):
        y, x = 6 + ROW * number, NAMES + (start - begin) * scale
        width = max(1.5, (stop - start) * scale)
        tokens = (run["extra"]["metadata"].get("usage_metadata") or {}).get("total_tokens")
        said = f"{stop - start:.2f} s" + (f", {tokens} tokens" if tokens else "")
        indent = 6 + 14 * run["dotted_order"].count(".")
        right = x + width + 110 > WIDTH
        place = f'x="{x - 4:.1f}" text-anchor="end"' if right else f'x="{x + width + 4:.1f}"'
        place = f'x="{x + 6:.1f}" fill="#ffffff"' if right and width > 200 else f'{place} fill="#444444"'
        lines += [
            f'<text x="{indent}" y="{y + 12}" font-size="11">{escape(run["name"])}</text>',
            f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="{ROW - 6}" fill="{COLOURS[run["run_type"]]}"/>',
            f'<text {place} y="{y + 12}" font-size="9">{said}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["delay", *times]:
            delay(int(times[0]) if times else 5)
        case ["picture", file]:
            picture(Path(file))
        case _:
            sys.exit(__doc__)
