"""Homes that cannot be used: every command says why and changes nothing; the doctor says what to do."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from langgraph.checkpoint.base import empty_checkpoint

from tertulia.errors import StorageError
from tertulia.graph.checkpoints import open_checkpointer
from tertulia.storage.database import FILE_NAME, connect, prepare_database
from tertulia.storage.inspection import Condition, inspect_home
from tertulia.storage.runs import Runs

NOW = "2026-11-21T12:00:00+00:00"
LOG, SHARED = f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A home with enough runs for several pages."""
    home = tmp_path / "data"
    request = json.dumps({"topic": "mill " * 100})
    rows = [(f"run{n:05}", f"Topic {n}", "created", NOW, NOW, request) for n in range(60)]
    with connect(prepare_database(home)) as connection:
        connection.executemany(
            "INSERT INTO runs (id, topic, status, created_at, updated_at, request) VALUES (?,?,?,?,?,?)", rows
        )
    return home


def contents(home: Path) -> dict[str, bytes | None]:
    """Every file's bytes. The index that SQLite makes beside a log holds nothing, and is made anew when needed."""
    files = {str(path): None if path.is_dir() else path.read_bytes() for path in home.rglob("*")}
    return {name: data for name, data in files.items() if not name.endswith("-shm")}


def leave_log(home: Path) -> None:
    """Write one more run and die before the log is taken into the database, which a kill does."""
    script = (
        "import os, pathlib, sqlite3, sys\n"
        "connection = sqlite3.connect(pathlib.Path(sys.argv[1]))\n"
        "connection.execute(\"UPDATE runs SET topic = 'Last change'\")\n"
        "connection.commit()\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(home / FILE_NAME)], check=False)
    assert (home / LOG).stat().st_size


def of_a_newer_version(home: Path) -> None:
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.execute("PRAGMA user_version = 99")


def of_a_newer_version_with_a_log(home: Path) -> None:
    of_a_newer_version(home)
    leave_log(home)


def of_another_program(home: Path) -> None:
    (home / FILE_NAME).unlink()
    with closing(sqlite3.connect(home / FILE_NAME)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")


def garbage(home: Path) -> None:
    (home / FILE_NAME).write_bytes(b"my diary, " * 500)


def garbage_in_the_header(home: Path) -> None:
    spoil(home, 0, 100)


def garbage_in_every_page(home: Path) -> None:
    size = (home / FILE_NAME).stat().st_size
    for start in range(4096, size, 4096):
        spoil(home, start, 4096)


def spoil(home: Path, start: int, size: int) -> None:
    with (home / FILE_NAME).open("r+b") as stream:
        stream.seek(start)
        stream.write(b"\xa5" * size)


def cut_short(home: Path) -> None:
    os.truncate(home / FILE_NAME, (home / FILE_NAME).stat().st_size // 2)


def a_folder(home: Path) -> None:
    (home / FILE_NAME).unlink()
    (home / FILE_NAME).mkdir()


def gone_but_for_its_log(home: Path) -> None:
    leave_log(home)
    (home / FILE_NAME).unlink()
    (home / SHARED).unlink(missing_ok=True)


def emptied_but_for_its_log(home: Path) -> None:
    leave_log(home)
    os.truncate(home / FILE_NAME, 0)


def with_the_log_of_something_else(home: Path) -> None:
    (home / LOG).write_bytes(b"not a log of this database" * 100)


SPOILED: dict[Callable[[Path], None], tuple[str, str]] = {
    of_a_newer_version: ("newer tertulia", "Upgrade"),
    of_a_newer_version_with_a_log: ("newer tertulia", "Upgrade"),
    of_another_program: ("another program", "away"),
    garbage: ("not a database", "away"),
    garbage_in_the_header: ("not a database", "away"),
    garbage_in_every_page: ("damaged", "Put a copy"),
    cut_short: ("damaged", "Put a copy"),
    a_folder: ("is a folder", "away"),
    gone_but_for_its_log: ("without its database", "back"),
    emptied_but_for_its_log: ("without its database", "back"),
    with_the_log_of_something_else: ("not a log", "away"),
}


@pytest.mark.parametrize("spoil_it", SPOILED, ids=lambda spoil_it: spoil_it.__name__)
def test_a_spoiled_database_is_named_and_left_as_it_is(spoil_it: Callable[[Path], None], data: Path):
    """By what opens it, and by the doctor, with what to do."""
    spoil_it(data)
    before = contents(data)
    what, to_do = SPOILED[spoil_it]
    found = inspect_home(data)[0]
    assert (found.part, found.well) == ("home", False)
    assert what in found.detail
    assert to_do in found.hint
    assert contents(data) == before

    with pytest.raises(StorageError, match=what) as caught:
        Runs(data).list()
    assert FILE_NAME in str(caught.value)
    assert to_do in caught.value.hint
    assert contents(data) == before


COMMANDS = [
    ["runs"],
    ["show", "run00001"],
    ["show", "run00001", "--panel"],
    ["export", "run00001"],
    ["resume", "run00001"],
    ["delete", "run00001", "--yes"],
    ["verify", "run00001"],
    ["report", "Mills", "--model", "extractive", "--yes"],
    ["doctor", "--offline"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_that_the_database_is_damaged(command: list[str], data: Path):
    """In a sentence and with exit code 1."""
    garbage_in_every_page(data)
    before = contents(data)
    done = subprocess.run(
        [sys.executable, "-m", "tertulia", *command],
        env={**os.environ, "TERTULIA_HOME": str(data)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done
    assert "is damaged" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert contents(data) == before


def test_what_is_no_home_is_named(tmp_path: Path):
    """A file where the folder should be, and a folder inside of a file."""
    file = tmp_path / "file"
    file.write_text("mine")
    for home in (file, file / "home"):
        (found, *_) = inspect_home(home)
        assert not found.well
        assert "cannot be written" in found.detail
        assert "TERTULIA_HOME" in found.hint
        with pytest.raises(StorageError, match="cannot be written") as caught:
            prepare_database(home)
        assert "TERTULIA_HOME" in caught.value.hint
    assert file.read_text() == "mine"


@pytest.fixture
def read_only(data: Path, tmp_path: Path) -> Iterator[Path]:
    """The home as nobody may write it: on a disk that is read-only for root, whom modes do not stop."""
    if os.name != "posix":
        pytest.skip("modes of folders are POSIX")
    if os.geteuid() != 0:
        data.chmod(0o500)
        yield data
        data.chmod(0o700)
        return
    bound = tmp_path / "bound"
    bound.mkdir()
    mount = [["mount", "--bind", data, bound], ["mount", "-o", "remount,bind,ro", bound]]
    if any(subprocess.run(command, capture_output=True, check=False).returncode for command in mount):
        subprocess.run(["umount", "--lazy", bound], capture_output=True, check=False)
        pytest.skip("root may not mount a read-only folder here")
    try:
        yield bound
    finally:
        subprocess.run(["umount", "--lazy", bound], check=True)


@pytest.mark.parametrize("home", ["", "new"])
def test_a_home_that_is_read_only_is_named(home: str, read_only: Path):
    """With a database in it, and where one should be made."""
    before = contents(read_only)
    (found, *_) = inspect_home(read_only / home)
    assert not found.well
    assert "cannot be written" in found.detail
    assert "TERTULIA_HOME" in found.hint
    with pytest.raises(StorageError, match=r"cannot be (written|used)") as caught:
        Runs(read_only / home).create("r", topic="T", request={}, now=NOW)
    assert str(read_only) in str(caught.value)
    assert caught.value.hint
    assert contents(read_only) == before


def test_a_home_in_a_folder_that_may_not_be_read_is_named(tmp_path: Path):
    """Root may read everything, so there somebody else looks."""
    if os.name != "posix":
        pytest.skip("modes of folders are POSIX")
    closed = tmp_path / "closed"
    (closed / "home").mkdir(parents=True)
    closed.chmod(0o000)
    look = "print([c.well for c in inspect_home(home)][0]); prepare_database(home)"
    script = (
        "import os, pathlib, sys\n"
        "from tertulia.storage.database import prepare_database\n"
        "from tertulia.storage.inspection import inspect_home\n"
        "os.geteuid() or os.seteuid(65534)\n"
        f"home = pathlib.Path(sys.argv[1])\n{look}\n"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", script, str(closed / "home")], capture_output=True, text=True, check=False
        )
    finally:
        closed.chmod(0o700)
    assert done.stdout == "False\n"
    assert done.stderr.splitlines()[-1].startswith("tertulia.errors.StorageError: The folder")
    assert list((closed / "home").iterdir()) == []


def test_the_doctor_makes_nothing(tmp_path: Path):
    """Not the home, not the database, and not what SQLite puts beside a database that is read."""
    conditions = inspect_home(tmp_path / "new" / "home")
    assert [condition.part for condition in conditions if condition.well] == ["home", "space"]
    assert list(tmp_path.glob("new*")) == []
    prepare_database(tmp_path / "data")
    inspect_home(tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == [FILE_NAME]


def test_a_database_with_a_log_of_its_own_is_well(data: Path):
    """A kill leaves one: what is in it counts, and the doctor leaves it where it is."""
    leave_log(data)
    before = contents(data)
    assert inspect_home(data)[0] == Condition("home", True, f"{data / FILE_NAME}: 60 runs")
    assert contents(data) == before
    assert {run.topic for run in Runs(data).list()} == {"Last change"}


def test_an_empty_file_is_a_new_database(tmp_path: Path):
    """As a copy that failed or a disk that was full leaves it: there is nothing to lose."""
    (tmp_path / FILE_NAME).touch()
    assert inspect_home(tmp_path)[0].well
    assert Runs(tmp_path).list() == []


def test_a_damaged_index_of_documents_is_named(data: Path):
    """And nothing else is: it is built again from the documents."""
    index = data / "documents" / "0123.sqlite"
    index.parent.mkdir()
    shutil.copy(data / FILE_NAME, index)
    assert [condition.part for condition in inspect_home(data)] == ["home", "space"]
    index.write_bytes(b"spoiled" * 1_000)
    (named,) = [condition for condition in inspect_home(data) if not condition.well]
    assert named.part == "documents"
    assert str(index) in named.detail
    assert "built again" in named.hint


def test_a_row_that_cannot_be_understood_is_named(data: Path):
    """What SQLite has nothing to say against may still be no request."""
    with closing(sqlite3.connect(data / FILE_NAME)) as connection:
        connection.execute("UPDATE runs SET request = '{broken' WHERE id = 'run00001'")
        connection.commit()
    with pytest.raises(StorageError, match="request of run run00001 is damaged"):
        Runs(data).get("run00001")
    assert Runs(data).get("run00002").topic == "Topic 2"


async def test_progress_that_cannot_be_understood_is_named(data: Path):
    """A checkpoint is LangGraph's own; what it stumbles over is said like the rest."""
    path = data / FILE_NAME
    config = {"configurable": {"thread_id": "run00001", "checkpoint_ns": ""}}
    async with open_checkpointer(path) as saver:
        await saver.aput(config, empty_checkpoint(), {}, {})
        assert await saver.aget_tuple(config)
    with connect(path) as connection:
        connection.execute("UPDATE checkpoints SET checkpoint = x'a5a5a5'")
    async with open_checkpointer(path) as saver:
        with pytest.raises(StorageError, match="progress of run run00001 is damaged"):
            await saver.aget_tuple(config)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
def test_a_result_that_cannot_be_written_is_said(data: Path):
    """As when the disk that standard output leads to is full."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tertulia", "runs", "--json"],
            env={**os.environ, "TERTULIA_HOME": str(data)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "tertulia: Standard output cannot be written: No space left on device."
    assert len(done.stderr.splitlines()) == 2
