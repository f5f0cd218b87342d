"""A disk that fills up: the command says so in a sentence, leaves nothing half-written, and goes on when there is room.

On a small disk in memory where one may be mounted (as root), and everywhere with a limit on the size of files.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tertulia.storage.database import FILE_NAME, prepare_database

DISK_BYTES = 8_000_000
PAGES = ["northern", "eastern", "southern", "western"]
TEXT = """# Tidal mills of the {name} coast

The tidal mills of the {name} coast ground {number}00 sacks of barley a year. Their ponds filled twice a day.

## Repair

The {name} coast had {number} tidal mills repaired in 19{number}4. The state paid half of the cost of each mill.

## Millers

The millers of the {name} coast lived on {number} islands and sold flour to the {name} towns.
"""
# How much of what a run needs is left; all ten where DURABILITY is set. They stop it before its database is made,
# before it is noted, in the survey, at places in the interviews and after them. (Files that do not fit: a test apart.)
LONG = bool(os.environ.get("DURABILITY"))
SHARES = (0.0, 0.08, 0.2, 0.35, 0.5, 0.65, 0.75, 0.85, 0.95, 0.99) if LONG else (0.65,)


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Disk:
    """A folder that may fill up, with a home and an output in it, and the documents elsewhere."""

    folder: Path
    documents: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, left: int) -> None:
        """Write until only this many bytes are left."""
        with self.filler.open("wb", buffering=0) as stream:
            stream.write(bytes(max(0, self.free() - left)))

    def free(self) -> int:
        stat = os.statvfs(self.folder)
        return stat.f_bavail * stat.f_frsize

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "TERTULIA_HOME": str(self.home)}

    @property
    def report_arguments(self) -> list[str]:
        asked = ["report", "Tidal mills", "--docs", str(self.documents), "--model", "extractive", "--yes", "--quiet"]
        return [*asked, "--analysts", "2", "--turns", "1", "--output", str(self.output)]

    def run(self, *arguments: str, largest_file: int = 0) -> Result:
        """The real command; `largest_file` in bytes limits what it may write into one file."""
        command = [sys.executable, "-m", "tertulia", *arguments]
        if largest_file:
            command = ["sh", "-c", f'ulimit -f {largest_file // 512} && exec "$@"', "sh", *command]
        done = subprocess.run(
            command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def report(self, *, largest_file: int = 0) -> Result:
        return self.run(*self.report_arguments, largest_file=largest_file)

    def run_ids(self) -> list[str]:
        with closing(sqlite3.connect(self.home / FILE_NAME)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchone():
                return []
            return [run for (run,) in connection.execute("SELECT id FROM runs")]

    def finish(self) -> Result:
        """Go on with the run, or begin again when there was no room to note it."""
        runs = self.run_ids()
        return self.run("resume", runs[0], "--quiet") if runs else self.report()

    def written(self) -> dict[str, str]:
        """The files of the report, without times and ids."""
        files = {str(path.relative_to(self.output)): path for path in self.output.rglob("*") if path.is_file()}
        (run,) = self.run_ids()
        return {name: _timeless(path.read_text("utf-8"), run) for name, path in sorted(files.items())}

    def size(self) -> int:
        return sum(path.stat().st_size for path in self.home.rglob("*") if path.is_file())


def _timeless(text: str, run: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\+00:00)?", "TIME", text.replace(run, "RUN"))


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mills")
    for number, name in enumerate(PAGES, start=1):
        (folder / f"{name}.md").write_text(TEXT.format(name=name, number=number), "utf-8")
    return folder


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A disk of DISK_BYTES in memory at this folder."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount a small disk")
    options = f"size={DISK_BYTES},mode=700"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tertulia-test", folder], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk may not be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def disk(tmp_path: Path, documents: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder):
        yield Disk(folder, documents)


@dataclass(frozen=True)
class Uninterrupted:
    """What a run writes when nothing stops it, and how many bytes its home needs meanwhile."""

    files: dict[str, str]
    needed: int


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Uninterrupted:
    disk = Disk(tmp_path_factory.mktemp("roomy"), documents)
    # While somebody else has the database open, its log stays: afterwards it shows how large it became.
    with closing(sqlite3.connect(prepare_database(disk.home))) as watcher:
        before = disk.size()
        watcher.execute("SELECT count(*) FROM runs").fetchone()
        assert disk.report().code == 0
        needed = disk.size() - before
    return Uninterrupted(disk.written(), needed)


def assert_says_it_is_full(result: Result, folder: Path, hint: str = "Free some space") -> None:
    assert result.code == 1, result
    assert "is full" in result.stderr
    assert str(folder) in result.stderr
    assert hint in result.stderr
    assert "Traceback" not in result.stderr
    assert "unexpected" not in result.stderr
    assert len(result.stderr.splitlines()) <= 4
    assert result.stdout == ""


def assert_whole(disk: Disk) -> None:
    """Nothing is half-written: no file of the report, no temporary one, and the database is as it should be."""
    assert [path for path in disk.output.rglob("*") if path.is_file()] == []
    assert list(disk.folder.rglob(".tertulia-*")) == []
    for database in [disk.home / FILE_NAME, *(disk.home / "documents").glob("*.sqlite")]:
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.long
@pytest.mark.parametrize("share", SHARES)
def test_a_run_that_fills_the_disk_goes_on_when_there_is_room(share: float, disk: Disk, uninterrupted: Uninterrupted):
    """Wherever it stopped, the report is the one that a larger disk would have had."""
    disk.fill(int(uninterrupted.needed * share))
    assert_says_it_is_full(disk.report(), disk.folder)
    disk.filler.unlink()
    assert_whole(disk)
    finished = disk.finish()
    assert (finished.code, finished.stderr) == (0, "")
    assert disk.written() == uninterrupted.files


@pytest.mark.long
def test_a_disk_without_room_for_the_files_keeps_the_report(
    disk: Disk, tmp_path: Path, documents: Path, uninterrupted: Uninterrupted
):
    """The home has room, the output has not: none of the files is there until all of them fit."""
    here = Disk(tmp_path / "here", documents)
    here.folder.mkdir()
    here.output.symlink_to(disk.folder, target_is_directory=True)
    disk.fill(40_000)
    failed = here.report()
    assert_says_it_is_full(failed, disk.folder, hint="tertulia export")
    assert [path.name for path in disk.folder.rglob("*") if path.is_file()] == ["filler"]
    disk.filler.unlink()
    finished = here.finish()
    assert (finished.code, finished.stderr) == (0, "")
    assert here.written() == uninterrupted.files


@pytest.mark.skipif(not LONG, reason="only where DURABILITY is set")
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_kill_on_a_full_disk_loses_no_more(share: float, disk: Disk, uninterrupted: Uninterrupted):
    """The log of the database is cut off in the middle, and nobody tidied up."""
    disk.fill(int(uninterrupted.needed * share))
    command = [sys.executable, "-m", "tertulia", *disk.report_arguments]
    process = subprocess.Popen(command, env=disk.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and disk.free() > 0:
            os.sched_yield()
    finally:
        process.kill()
        process.wait()
    disk.filler.unlink()
    assert_whole(disk)
    assert disk.finish().code == 0
    assert disk.written() == uninterrupted.files


def test_the_doctor_works_on_a_full_disk(disk: Disk):
    """It needs no room of its own. SQLite may, to read; then that is said."""
    prepare_database(disk.home)
    disk.fill(0)
    doctor = disk.run("doctor", "--offline", "--json")
    found = {finding["name"]: finding for finding in json.loads(doctor.stdout)}
    assert (found["home"]["state"], found["space"]["state"]) == ("ok", "broken")
    assert "Free some space" in found["space"]["hint"]
    assert doctor.code == 1
    assert_says_it_is_full(disk.run("runs"), disk.folder)


@pytest.mark.long
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8] if LONG else [0.5])
def test_a_limit_on_the_size_of_files_is_met_like_a_full_disk(
    share: float, tmp_path: Path, documents: Path, uninterrupted: Uninterrupted
):
    """The way that needs no rights: the log of the database may not grow."""
    disk = Disk(tmp_path, documents)
    failed = disk.report(largest_file=int(uninterrupted.needed * share))
    assert failed.code == 1, failed
    assert str(disk.home) in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "unexpected" not in failed.stderr
    assert_whole(disk)
    finished = disk.finish()
    assert (finished.code, finished.stderr) == (0, "")
    assert disk.written() == uninterrupted.files
