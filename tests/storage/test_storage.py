"""What is kept between processes, and how it fails."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tertulia.errors import RunBusyError, StorageError, UnknownRunError
from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.storage.database import FILE_NAME, connect, prepare_database
from tertulia.storage.files import write_files
from tertulia.storage.ledger import SqliteLedgerStore
from tertulia.storage.locks import is_held, run_lock
from tertulia.storage.runs import Runs, new_run_id
from tertulia.storage.usage import UsageJournal

NOW = "2026-11-21T12:00:00+00:00"


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "data")


def add(runs: Runs, run: str, topic: str = "Topic", now: str = NOW) -> None:
    runs.create(run, topic=topic, request={"topic": topic}, now=now)


def test_the_database_is_its_owners_alone(tmp_path: Path):
    path = prepare_database(tmp_path / "data")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_a_run_is_found_by_the_beginning_of_its_id(runs: Runs):
    add(runs, "bcd23456")
    add(runs, "bcx23456")
    assert runs.get("bcd").id == "bcd23456"
    assert runs.get(" BCX23456 ").id == "bcx23456"


@pytest.mark.parametrize("run", ["", "zzz", "bc", "'; DROP TABLE runs; --", "%", "_"])
def test_an_id_that_names_no_run_or_several_is_refused(runs: Runs, run: str):
    add(runs, "bcd23456")
    add(runs, "bcx23456")
    with pytest.raises(UnknownRunError):
        runs.get(run)


def test_runs_are_listed_newest_first(runs: Runs):
    add(runs, "old", now="2026-01-01T00:00:00+00:00")
    add(runs, "new", now="2026-02-01T00:00:00+00:00")
    assert [run.id for run in runs.list()] == ["new", "old"]


def test_a_status_or_column_that_does_not_exist_is_refused(runs: Runs):
    add(runs, "a")
    with pytest.raises(ValueError, match="not a column or status"):
        runs.update("a", now=NOW, status="done", **{"topic = 'x' --": "y"})
    with pytest.raises(ValueError, match="not a column or status"):
        runs.update("a", now=NOW, status="finished")


def test_a_report_comes_back_as_it_was(runs: Runs):
    add(runs, "a")
    assert runs.load_report("a") is None
    report = {"title": "Año 2025 – ✓", "documents": [{"text": "x" * 10_000}]}
    runs.save_report("a", report)
    assert runs.load_report("a") == report


def test_a_reply_answers_its_own_question_only(runs: Runs):
    add(runs, "a")
    runs.save_reply("a", "question-1", {"action": "approve"})
    assert runs.load_reply("a", "question-1") == {"action": "approve"}
    assert runs.load_reply("a", "question-2") is None


def test_half_a_character_in_a_reply_is_no_reason_to_fail(runs: Runs):
    """JSON and a command line can hold what UTF-8 cannot."""
    add(runs, "a")
    runs.save_reply("a", "question-1", {"action": "revise", "feedback": "more caf\udce9"})
    assert runs.load_reply("a", "question-1") == {"action": "revise", "feedback": "more caf?"}


@pytest.mark.parametrize("data", ['{"role": "plan', "[1]", "{}", '{"role": "planner", "model": "m"}', "[" * 100_000])
def test_a_damaged_call_is_said_so(runs: Runs, data: str):
    """It cannot be added up, and a cap must not be held by guesses."""
    add(runs, "a")
    call = {"role": "planner", "model": "openai:x", "input_tokens": 3, "output_tokens": 1}
    journal = UsageJournal(runs.path, "a")
    journal.add(call, {**call, "cost": None, "cached_tokens": 2, "estimated": True})
    assert journal.load()[0] == call
    with connect(runs.path) as connection:
        connection.execute("UPDATE usage SET data = ?", (data,))
    with pytest.raises(StorageError, match="the model calls of run a is damaged"):
        journal.load()


async def test_deleting_forgets_the_evidence_too(runs: Runs):
    add(runs, "a")
    document = make_document(url="u", title="T", source="web", kind="page", text="Some text.", retrieved_at=NOW)
    ledger = Ledger(SqliteLedgerStore(runs.path, "a"))
    await ledger.add([Excerpt(passage, document) for passage in split_passages(document)])
    runs.delete("a")
    assert await SqliteLedgerStore(runs.path, "a").load() == ([], [])
    with pytest.raises(UnknownRunError):
        runs.get("a")


async def test_a_ledger_comes_back_in_another_process(runs: Runs):
    """What one ledger keeps, another that is opened later on the same store has."""
    document = make_document(
        url="u", title="T", source="web", kind="page", text="# Über\n\nOne 😀 two.\n\n# B\n\nThree.", retrieved_at=NOW
    )
    first = Ledger(SqliteLedgerStore(runs.path, "a"))
    kept = await first.add([Excerpt(passage, document) for passage in split_passages(document)])
    second = await Ledger.open(SqliteLedgerStore(runs.path, "a"))
    assert second.documents() == [document]
    assert second.passages() == first.passages()
    assert [e.text for e in second.excerpts([k.key for k in kept])] == ["One 😀 two.", "Three."]
    assert (await Ledger.open(SqliteLedgerStore(runs.path, "b"))).documents() == []


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path):
    (tmp_path / FILE_NAME).write_text("my diary, " * 500)
    with pytest.raises(StorageError, match="not a database") as caught:
        prepare_database(tmp_path)
    assert "does not overwrite" in caught.value.hint
    assert (tmp_path / FILE_NAME).read_text() == "my diary, " * 500


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path):
    path = prepare_database(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StorageError, match="newer tertulia"):
        prepare_database(tmp_path)


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        prepare_database(tmp_path / "file" / "home")


def test_one_process_per_run(tmp_path: Path):
    """Another process that wants the same run is told so; a different run is free; afterwards it is free again."""
    script = (
        "import sys, pathlib\n"
        "from tertulia.storage.locks import run_lock\n"
        "with run_lock(pathlib.Path(sys.argv[1]), 'a'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunBusyError, match=f"process {holder.pid}, since 20"), run_lock(tmp_path, "a"):
            pytest.fail("both held the run")
        assert is_held(tmp_path, "a")
        assert not is_held(tmp_path, "b")
        with run_lock(tmp_path, "b"):
            pass
    finally:
        holder.kill()
        holder.communicate()
    with run_lock(tmp_path, "a"):
        pass


def test_files_are_written_whole_or_not_at_all(tmp_path: Path):
    """A name that cannot be written leaves the others unwritten, and no temporary file."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "taken").write_text("")
    with pytest.raises(StorageError):
        write_files(folder, {"a.md": "text", "taken/b.md": "text"})
    assert [path.name for path in folder.iterdir()] == ["taken"]
    written = write_files(folder, {"a.md": "é\n", "interviews/1.md": "x"})
    assert [path.read_bytes() for path in written] == ["é\n".encode(), b"x"]


def test_no_file_is_written_outside_its_folder(tmp_path: Path):
    with pytest.raises(StorageError, match="outside"):
        write_files(tmp_path / "in", {"../out.md": "text"})
    assert not (tmp_path / "out.md").exists()


def test_run_ids_are_easy_to_type_and_differ():
    ids = {new_run_id() for _ in range(500)}
    assert len(ids) == 500
    assert all(len(run) == 8 and run.isalnum() and run == run.lower() for run in ids)


async def test_who_uses_a_passage_that_is_not_saved_yet_saves_it_too(runs: Runs):
    """The first save failed: the second interview that finds the same page must not cite what is not kept."""
    document = make_document(url="u", title="T", source="web", kind="page", text="Some text.", retrieved_at=NOW)
    excerpts = [Excerpt(passage, document) for passage in split_passages(document)]

    class FullOnce(SqliteLedgerStore):
        saves = 0

        async def save(self, documents, passages):
            self.saves += 1
            if self.saves == 1:
                raise StorageError("The disk is full.")
            await super().save(documents, passages)

    store = FullOnce(runs.path, "a")
    ledger = Ledger(store)
    with pytest.raises(StorageError):
        await ledger.add(excerpts)
    await ledger.add(excerpts)
    await ledger.add(excerpts)
    assert store.saves == 2
    assert (await Ledger.open(SqliteLedgerStore(runs.path, "a"))).documents() == [document]
