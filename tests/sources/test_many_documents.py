"""Many documents: what is opened and parsed is counted, and the order in which it is finished does not matter."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tertulia.evidence.documents import Document, make_document
from tertulia.sources import Query, reading
from tertulia.sources.documents import DocumentsSource
from tertulia.sources.folders import find_files
from tertulia.sources.index import DocumentIndex
from tertulia.sources.index_tables import stored_document
from tertulia.sources.parser import Parser
from tertulia.sources.reading import read_files
from tertulia.sources.recent import RecentDocuments

OpenDocuments = Callable[..., DocumentsSource]
NOON = "2026-03-01T12:00:00+00:00"
FILES = 70


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Seventy notes, each of an animal in a river, two folders deep."""
    folder = tmp_path / "many"
    for number in range(FILES):
        path = folder / f"{number % 3}" / f"note{number:02}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# Note {number}\n\nThe otters of river r{number}r are many.\n" * (1 + number % 4))
    return folder


@pytest.fixture
def parsers(monkeypatch: pytest.MonkeyPatch) -> list[Parser]:
    """All that are made."""
    made: list[Parser] = []

    class Noted(Parser):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(reading, "Parser", Noted)
    return made


def processors(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(reading, "_processors", lambda: number)


async def test_only_what_changed_is_parsed(
    many: Path, open_documents: OpenDocuments, parsed: list[str], parsers: list[Parser]
) -> None:
    """All the first time, nothing the second, then exactly what is new or changed."""
    first = await open_documents(many).load()
    assert (first.documents, len(parsed), len(set(parsed))) == (FILES, FILES, FILES)
    parsed.clear()

    second = await open_documents(many).load()
    assert (second.documents, second.passages, second.reused, parsed) == (FILES, first.passages, FILES, [])

    (many / "0" / "note00.md").write_text("# Note\n\nBeavers now.\n")
    (many / "1" / "note01.md").unlink()
    (many / "2" / "new.md").write_text("# New\n\nHerons.\n")
    os.utime(many / "2" / "note02.md", ns=(1, 1))
    parsers.clear()
    source = open_documents(many)
    third = await source.load()
    assert sorted(parsed) == ["new.md", "note00.md"]
    assert (third.documents, third.reused) == (FILES, FILES - 2)
    assert [parser.starts for parser in parsers] == [1]
    for word, found in (("beavers", 1), ("herons", 1), ("r1r", 0), ("otters", FILES - 2)):
        assert len(await source.search(Query(word, "en", 100))) == found


async def test_what_did_not_change_is_not_opened(
    many: Path, open_documents: OpenDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its size and time tell enough: no byte of it is read, no process and no thread started for it."""
    await open_documents(many).load()
    for name in ("open_file", "Parser", "ThreadPoolExecutor"):
        monkeypatch.setattr(reading, name, None)
    assert (await open_documents(many).load()).reused == FILES


@pytest.mark.parametrize(("cores", "files", "processes"), [(1, FILES, 1), (3, FILES, 3), (8, FILES, 3), (8, 15, 1)])
def test_as_many_processes_as_are_worth_it(
    many: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    parsers: list[Parser],
    cores: int,
    files: int,
    processes: int,
) -> None:
    """One for each core, but none for few files; all are gone afterwards."""
    processors(monkeypatch, cores)
    found, _ = find_files([many])
    DocumentIndex(tmp_path / "one.sqlite").update(found[:files], retrieved_at=NOON)
    assert len(parsers) == processes
    assert {parser.starts for parser in parsers} <= {0, 1}
    assert [parser._process for parser in parsers] == [None] * processes


def test_the_index_is_the_same_whoever_was_quicker(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passages have their rows by the order of the files: equal scores give the same order in each index."""
    found, _ = find_files([many])
    kept = []
    for cores in (1, 3):
        processors(monkeypatch, cores)
        index = DocumentIndex(tmp_path / f"{cores}.sqlite")
        index.update(found, retrieved_at=NOON)
        with closing(sqlite3.connect(index._path)) as connection:
            kept.append(connection.execute("SELECT path, first, passages FROM files ORDER BY first").fetchall())
            assert connection.execute("SELECT count(*) FROM passages").fetchone()[0] == sum(row[2] for row in kept[-1])
    assert kept[0] == kept[1]
    assert [row[0] for row in kept[0]] == [file.key for file in found]


def test_a_file_that_breaks_one_process_costs_no_other_file(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are read by the other processes, and by the one that is started in its place."""
    processors(monkeypatch, 3)
    (many / "1" / "broken.docx").write_bytes(b"PK\x03\x04 nothing")
    found, _ = find_files([many])
    report = DocumentIndex(tmp_path / "one.sqlite").update(found, retrieved_at=NOON)
    assert report.documents == FILES
    assert [(Path(path).name, reason) for path, reason in report.skipped] == [
        ("broken.docx", "it is not a Word document")
    ]


def test_who_stops_reading_leaves_no_process(
    many: Path, monkeypatch: pytest.MonkeyPatch, parsers: list[Parser]
) -> None:
    """Files that nobody waits for any more are not read."""
    processors(monkeypatch, 3)
    found, _ = find_files([many])
    readings = read_files(found, {}, retrieved_at=NOON)
    next(readings)
    readings.close()
    assert [parser._process for parser in parsers] == [None] * 3


def test_documents_that_were_found_are_unpacked_once(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until they change, or others have taken their place."""
    unpacked: list[str] = []

    def noting(connection: sqlite3.Connection, path: str) -> Document:
        unpacked.append(Path(path).name)
        return stored_document(connection, path)

    monkeypatch.setattr("tertulia.sources.index.stored_document", noting)
    index = DocumentIndex(tmp_path / "one.sqlite")

    def find(word: str) -> str:
        found, _ = find_files([many])
        index.update(found, retrieved_at=NOON)
        (document,) = index.search(word, language="en", limit=1, urls={file.key: file.url for file in found})
        return document.text

    assert find("r7r") == find("r7r")
    assert unpacked == ["note07.md"]
    (many / "1" / "note07.md").write_text("# Note 7\n\nThe beavers of river r7r.\n")
    assert "beavers" in find("r7r")
    assert unpacked == ["note07.md"] * 2


def test_recent_documents_are_bounded() -> None:
    """The one that was asked for longest ago goes; one that is too long for all does not stay."""

    def of(length: int) -> Document:
        about = {"url": "a.md", "title": "A", "source": "documents", "kind": "md", "retrieved_at": NOON}
        return make_document(text="x" * length, **about)

    recent = RecentDocuments(10)
    for name in ("a", "b"):
        recent.put(name, "1", of(5))
    assert recent.get("a", "1") is not None
    recent.put("c", "1", of(5))
    assert [recent.get(name, "1") is None for name in "abc"] == [False, True, False]
    assert recent.get("a", "2") is None
    recent.put("d", "1", of(11))
    assert [recent.get(name, "1") for name in "acd"] == [None] * 3
