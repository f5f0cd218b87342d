"""How fast documents are loaded and searched, on generated files: `make bench-documents`, or parts of it.

    make bench-documents                                   10,000 files: about ten minutes, most of it to write them
    make bench-documents ARGS="1000"                       another number of files
    make bench-documents ARGS="10000 --corpus FOLDER"      write the files there, and use those that are there already
    make bench-documents ARGS="1000 --json found.json"     and the figures, with every query, as JSON

Each step is a process of its own, started anew. Three tables are printed:

- loads: of all files, of the same again, and after one in a hundred was changed, one removed and one added. `wall` and
  `cpu` in seconds, parser processes included; `parsed` files were new or changed; `memory` and `parser` are the peaks
  of the program and of the largest of its parsers in MB; `database` is the index in MB;
- queries, in milliseconds: topics as the survey asks them, the queries of whole reports as their interviews asked them,
  and topics of forty words; `overlap`: which share of the first twenty documents is the same when every passage that
  holds any word of the query is ranked;
- reports with the extractive engine from a loaded index, by the command itself: `wall` and `cpu` from its start to its
  end. The first row is 500 documents and three analysts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from corpus import Corpus
from prose import TOPICS

from tertulia.graph.interview import SEARCH_DOCUMENTS
from tertulia.graph.panel import SURVEY_DOCUMENTS

HERE = Path(__file__).parent
REPORT_FILES, REPORT_TIMES = 500, 3
LONG_QUERIES, LONG_WORDS = 12, 40
LOADS = ("load", "files", "parsed", "skipped", "wall", "cpu", "files_s", "passages", "database", "memory", "parser")
QUERIES = ("queries", "number", "median", "p95", "worst", "cpu", "overlap", "worst_overlap")
REPORTS = ("report", "files", "analysts", "wall", "cpu")


class Bench:
    """The steps, in a folder of their own."""

    def __init__(self, folder: Path, corpus: Path, files: int, seed: int) -> None:
        self._home, self._folder, self._files = folder / "home", folder, files
        self._corpus = Corpus(corpus, seed)
        self._documents = corpus
        self._few = Corpus(folder / "few", seed)
        self.found: dict[str, Any] = {"load_at_begin": _load(), "loads": [], "queries": [], "reports": []}

    def write(self) -> None:
        self.found["bytes"] = self._corpus.write(self._files)
        self._few.write(REPORT_FILES)

    def load(self, name: str) -> dict[str, Any]:
        done = self._work("load", self._documents)
        told = {
            "load": name,
            "files": self._files,
            "parsed": done["documents"] + done["skipped"] - done["reused"],
            "files_s": round(self._files / done["wall"], 1) if done["wall"] else None,
            **done,
            "database": round(done["database"] / 1_048_576, 1),
            "parser": done["parser_memory"],
        }
        self.found["loads"].append(told)
        return told

    def change(self) -> None:
        self._corpus.change(self._files, max(1, self._files // 100))

    def restore(self) -> None:
        self._corpus.restore(self._files, max(1, self._files // 100))

    def report(self, name: str, topic: str, documents: Path, files: int) -> list[dict[str, Any]]:
        """Write a report by the command; what its interviews searched for."""
        command = [sys.executable, "-m", "tertulia", "report", topic, "--docs", str(documents), "--source", "documents"]
        command += ["--yes", "--json", "--language", "en", "--force", "--output", str(self._folder / "report")]
        begun, used = time.monotonic(), _children_cpu()
        done = subprocess.run(
            command, env=self._environment(), cwd=self._folder, capture_output=True, text=True, check=False
        )
        wall, cpu = time.monotonic() - begun, _children_cpu() - used
        if done.returncode:
            raise SystemExit(f"The report failed: {done.stderr.strip()[-500:]}")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        asked = [line for line in lines if line["type"] == "question_asked"]
        told = {"report": name, "files": files, "analysts": len({line["analyst"] for line in asked})}
        self.found["reports"].append({**told, "wall": round(wall, 2), "cpu": round(cpu, 2), "load": _load()})
        return [
            {"text": text, "language": "en", "limit": SEARCH_DOCUMENTS}
            for line in asked
            for text in line["queries"].get("documents", ())
        ]

    def reports(self, times: int) -> list[dict[str, Any]]:
        """Few documents, with an index that is loaded by a first report; then some topics of all documents."""
        for number in range(REPORT_TIMES + 1):
            name = "a new index" if number == 0 else "a loaded index"
            self.report(name, self._few.topic(0), self._folder / "few", REPORT_FILES)
        asked = []
        for number in range(times):
            asked += self.report("all documents", self._corpus.topic(number), self._documents, self._files)
        return asked

    def search(self, asked: Sequence[dict[str, Any]]) -> None:
        topics = [self._corpus.topic(number) for number in range(TOPICS)]
        words = " ".join(topics).split()
        long = [" ".join(words[3 * place : 3 * place + LONG_WORDS]) for place in range(LONG_QUERIES)]
        kinds = {
            "topics": [{"text": topic, "language": "en", "limit": SURVEY_DOCUMENTS} for topic in topics],
            "interviews": list({query["text"]: query for query in asked}.values()),
            "long topics": [{"text": text, "language": "en", "limit": SURVEY_DOCUMENTS} for text in long],
        }
        for kind, queries in kinds.items():
            path = self._folder / "queries.json"
            path.write_text(json.dumps(queries), "utf-8")
            told = self._work("search", self._documents, str(path))
            self.found["queries"].append({"queries": kind, "asked": queries, **_summary(told)})

    def _work(self, step: str, documents: Path, *more: str) -> dict[str, Any]:
        command = [sys.executable, str(HERE / "working.py"), step, str(self._home), str(documents), *more]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"The step {step} failed: {done.stderr.strip()[-500:]}")
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return {**kept, "HOME": str(self._folder), "TERTULIA_HOME": str(self._home)}


def _summary(told: Mapping[str, Any]) -> dict[str, Any]:
    times, shares = sorted(told["times"]), told["overlaps"]
    return {
        "number": len(times),
        "median": round(median(times), 1),
        "p95": round(times[int(0.95 * (len(times) - 1))], 1),
        "worst": round(times[-1], 1),
        "overlap": round(sum(shares) / len(shares), 3),
        "worst_overlap": round(min(shares), 3),
        **told,
    }


def _children_cpu() -> float:
    used = os.times()
    return used.children_user + used.children_system


def _load() -> list[float]:
    return [round(load, 2) for load in os.getloadavg()]


def _print(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    print("\n" + " | ".join(columns))
    for row in rows:
        print(" | ".join(str(row[column]) for column in columns), flush=True)


def _measure(bench: Bench, reports: int) -> None:
    bench.write()
    bench.load("all files")
    bench.load("nothing changed")
    bench.change()
    try:
        bench.load("3 in 100 changed")
    finally:
        bench.restore()
    bench.load("changed back")
    _print(LOADS, bench.found["loads"])
    asked = bench.reports(reports)
    _print(REPORTS, bench.found["reports"])
    bench.search(asked)
    _print(QUERIES, bench.found["queries"])


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast documents are loaded and searched.")
    parser.add_argument("files", nargs="?", type=int, default=10_000)
    parser.add_argument(
        "--corpus", default="", help="a folder to write the documents to, and to find them in next time"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the documents")
    parser.add_argument("--reports", type=int, default=4, help="topics that are reported on from all documents")
    parser.add_argument("--json", default="", help="write the figures, the versions and every query here")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(given.corpus).absolute() if given.corpus else Path(folder) / "documents"
        bench = Bench(Path(folder), corpus, given.files, given.seed)
        _measure(bench, given.reports)
    about = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cpus": os.cpu_count(),
        "tertulia": version("tertulia"),
        "files": given.files,
        "seed": given.seed,
        "load_at_end": _load(),
    }
    if given.json:
        Path(given.json).write_text(json.dumps({**about, **bench.found}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
