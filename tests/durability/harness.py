"""The real command in homes of its own, killed by kill -9 and gone on with, and what must be true after each kill."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from command import WEB, WIKI
from servers.mediawiki import MediaWikiServer
from servers.openai import OpenAIServer, play_every_role
from servers.tavily import TavilyServer

from tertulia.storage.runs import Runs

KILLER = Path(__file__).parent / "killer"
EXAMPLES = Path(__file__).parents[2] / "examples" / "open-data-in-spain"
DOCUMENTS = ("data-laboratory-exercises.md", "election-data.md", "open-data-briefing.md")
ANALYSTS = 3
SECONDS = 120  # nobody hangs longer than this

Note = Callable[[str, int], None]
"""Notes a figure for the summary."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)")
_SUMS = re.compile(r"^(?:calls|tokens|cost_usd): .*\n", re.MULTILINE)
_USAGE = re.compile(r'"usage": \[\n.*?\n \]', re.DOTALL)
_RETRIEVED = re.compile(r"retrieved \d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Written:
    """What a finished run is compared by: its files without the run's id and without times."""

    report: str
    evidence: str


def neutral(text: str, run: str) -> str:
    """A text without what differs between two runs of the same inputs."""
    return _RETRIEVED.sub("retrieved DATE", _TIME.sub("TIME", text)).replace(run, "RUN")


def unpaid(text: str, run: str) -> str:
    """A neutral text without what was paid: a call that a kill makes to be repeated is paid twice, and counted."""
    return _USAGE.sub('"usage": []', _SUMS.sub("", neutral(text, run)))


def neutral_evidence(report: Any, run: str) -> str:
    """A report's data in the form of its file, to compare."""
    return unpaid(json.dumps(report, ensure_ascii=False, indent=1) + "\n", run)


class Place:
    """A model, a web and a wiki on loopback; the model can be told to wait."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self._servers = ExitStack()

    def __enter__(self) -> Self:
        self.model = self._servers.enter_context(OpenAIServer(self._play))
        web = self._servers.enter_context(TavilyServer(pages=WEB))
        wiki = self._servers.enter_context(MediaWikiServer(WIKI))
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(KILLER),
            "TAVILY_API_KEY": web.key,
            "TAVILY_API_BASE_URL": web.url,
            "TERTULIA_WIKIPEDIA_URL": wiki.address,
        }
        return self

    def __exit__(self, *_: object) -> None:
        self.free.set()
        self._servers.close()

    def prompts(self, since: int = 0) -> list[str]:
        """The prompts that the model was sent, after the first so many."""
        return [json.dumps(body["messages"]) for body in self.model.asked[since:]]

    def settle(self) -> None:
        """Wait until everything is in the log that a process had sent before its death."""
        deadline = time.monotonic() + 10
        while any("process_request" in thread.name for thread in threading.enumerate()):
            assert time.monotonic() < deadline, "a connection outlived its process"
            time.sleep(0.001)

    def request(self, engine: str) -> list[str]:
        """The command that starts a run of three interviews at once."""
        size = ["--analysts", str(ANALYSTS), "--quiet"]
        if engine == "extractive":
            return ["report", "Open data", "--docs", "docs", "--model", "extractive", "--turns", "1", *size]
        model = ["--model", "openai:x", "--base-url", self.model.base_url]
        sources = ["--source", "web", "--source", "wikipedia"]
        return ["report", "Tidal mills in Orvania", *model, *sources, "--turns", "2", *size]

    def _play(self, body: dict[str, Any]) -> str:
        self.free.wait(SECONDS)
        return play_every_role(body)


class Home:
    """A folder with a home in it, where one run is started, killed and gone on with.

    What the model is asked from here on counts for it, so homes are used one after another, references first.
    """

    def __init__(self, place: Place, folder: Path, *, earlier: Sequence[str] = (), kills: int = 0) -> None:
        self.place = place
        self.folder = folder
        self.kills = kills
        self._earlier = earlier
        self._since = len(place.model.asked)
        (folder / "docs").mkdir(parents=True, exist_ok=True)
        for name in DOCUMENTS:
            (folder / "docs" / name).write_bytes((EXAMPLES / name).read_bytes())

    @property
    def database(self) -> Path:
        return self.folder / "home" / "tertulia.db"

    @property
    def environment(self) -> dict[str, str]:
        return {**self.place.environment, "HOME": str(self.folder), "TERTULIA_HOME": str(self.folder / "home")}

    @property
    def run(self) -> str:
        """The id of the one run."""
        ((run,),) = self.rows("SELECT id FROM runs")
        return str(run)

    @contextmanager
    def begun(self, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """A command at work; it is over when the block is."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tertulia", *arguments],
            cwd=self.folder,
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def tertulia(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command from its begin to its end, its own or by the killer."""
        with self.begun(*arguments, **more) as process:
            stdout, stderr = process.communicate(timeout=SECONDS)
        self.place.settle()
        assert "Traceback" not in stderr, stderr
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def killed(self, *arguments: str, **when: str) -> bool:
        """Whether the command was killed before its end; `when` is the killer's environment."""
        died = self.tertulia(*arguments, **when).returncode == -signal.SIGKILL
        self.kills += died
        return died

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            return connection.execute(query).fetchall()

    def check_database(self) -> None:
        assert self.rows("PRAGMA integrity_check") == [("ok",)]

    def check_listing(self, expected: Written) -> str:
        """The status that `tertulia runs` tells of the one run: finished only when its report is whole."""
        (listed,) = json.loads(self.tertulia("runs", "--json").stdout)
        status = listed["status"]
        assert status in {"created", "interrupted", "awaiting_approval", "done"}, listed
        if status == "done":
            report = Runs(self.database.parent).load_report(listed["id"])
            assert neutral_evidence(report, listed["id"]) == expected.evidence, "a run was called done too early"
        return str(status)

    def checkpoints(self) -> int:
        """How many the run has."""
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'"):
            return 0
        ((count,),) = self.rows("SELECT count(*) FROM checkpoints")
        return int(count)

    def finish(self) -> Written:
        """Go on with the run, to its end, without approving anything; what it wrote."""
        run = self.run
        result = self.tertulia("resume", run)
        assert result.returncode == 0, result.stderr
        return self.written(result.stdout)

    def finish_by_two(self) -> Written:
        """Two go on with the run, started together: exactly one runs, and the other says so.

        The model answers nobody until one of them has ended, so that neither may come too late by chance.
        """
        run = self.run
        self.place.free.clear()
        with self.begun("resume", run) as one, self.begun("resume", run) as other:
            try:
                deadline = time.monotonic() + SECONDS
                while one.poll() is None and other.poll() is None and time.monotonic() < deadline:
                    time.sleep(0.01)
                loser, winner = (one, other) if one.poll() is not None else (other, one)
                stdout, stderr = loser.communicate(timeout=SECONDS)
                assert winner.poll() is None, "nobody runs"
            finally:
                self.place.free.set()
            path, said = winner.communicate(timeout=SECONDS)
        assert winner.returncode == 0, said
        assert (loser.returncode, stdout) == (1, ""), stderr
        assert f"Run {run} is being worked on: process {winner.pid}" in stderr
        return self.written(path)

    def written(self, stdout: str) -> Written:
        """The files of the finished run; the command printed their path and nothing else."""
        run = self.run
        (line,) = stdout.splitlines()
        report = self.folder / line
        evidence = report.with_name("evidence.json")
        return Written(*(unpaid(file.read_text("utf-8"), run) for file in (report, evidence)))

    def prompts(self) -> Counter[str]:
        """How often each prompt was sent for this run."""
        return Counter([*self._earlier, *self.place.prompts(self._since)])

    def keep(self) -> Kept:
        """The run as it is now, to be gone on with again and again."""
        return Kept(self.folder, tuple(self.prompts().elements()), self.kills)


@dataclass(frozen=True)
class Kept:
    """A home that nobody works in any more, with what the model was asked for its run and how often it was killed."""

    folder: Path
    prompts: Sequence[str]
    kills: int

    def copy(self, place: Place, folder: Path) -> Home:
        """The same run in another folder."""
        shutil.copytree(self.folder, folder)
        return Home(place, folder, earlier=self.prompts, kills=self.kills)


@dataclass(frozen=True)
class Reference:
    """An uninterrupted run: what it wrote and asked, its checkpointer writes, its seconds from first row to files."""

    request: Sequence[str]
    written: Written
    prompts: frozenset[str]
    writes: int
    seconds: float


References = Callable[[str], Reference]
"""The uninterrupted run of an engine."""


def uninterrupted(home: Home, request: Sequence[str]) -> Reference:
    """The run that all others are compared with."""
    log = home.folder / "writes"
    result = home.tertulia(*request, "--yes", TERTULIA_KILL_LOG=str(log))
    ended = time.time()
    assert result.returncode == 0, result.stderr
    # Its lock is as old as the run, but for a moment; before that there is nothing to go on with.
    seconds = ended - (home.database.parent / "locks" / f"{home.run}.lock").stat().st_mtime
    prompts = home.prompts()
    assert prompts.total() == len(prompts)
    return Reference(tuple(request), home.written(result.stdout), frozenset(prompts), log.stat().st_size, seconds)


def check_kill(home: Home, reference: Reference, note: Note) -> str:
    """What holds after each kill; returns the status that is told of the run."""
    home.check_database()
    note("databases intact after a kill", 1)
    return home.check_listing(reference.written)


def check_end(home: Home, reference: Reference, written: Written, note: Note) -> None:
    """The run is what the uninterrupted one is, and nothing was asked again but what was under way at a kill."""
    home.check_database()
    assert written.report == reference.written.report
    assert written.evidence == reference.written.evidence
    prompts = home.prompts()
    repeated = prompts.total() - len(prompts)
    assert frozenset(prompts) == reference.prompts
    assert repeated <= ANALYSTS * home.kills, f"{repeated} model calls repeated after {home.kills} kills"
    note("reports equal to the uninterrupted one", 1)
    note("kills", home.kills)
    note("model calls repeated", repeated)
    if home.kills:
        note("most model calls repeated per kill", -(-repeated // home.kills))
