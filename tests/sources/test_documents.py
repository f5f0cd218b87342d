"""The user's own documents: which files, what is read again, and what is found."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tertulia.errors import SourceSettingsError, StorageError, UsageError
from tertulia.evidence.passages import split_passages
from tertulia.evidence.words import Stems
from tertulia.settings import Settings
from tertulia.sources import Query
from tertulia.sources.documents import DocumentsSource
from tertulia.sources.folders import find_files
from tertulia.sources.index import DocumentIndex
from tertulia.sources.loading import load_document

OpenDocuments = Callable[..., DocumentsSource]
EXAMPLES = Path(__file__).parents[2] / "examples" / "open-data-in-spain"


async def titles(source: DocumentsSource, text: str, language: str = "en", limit: int = 5) -> list[str]:
    return [document.title for document in await source.search(Query(text, language, limit))]


def database(source: DocumentsSource) -> Path:
    return source._index._path


async def test_loads_a_folder_and_says_so(folder: Path, open_documents: OpenDocuments) -> None:
    """Documents and passages are counted; unreadable files are named with the reason."""
    (folder / "sub").mkdir()
    (folder / "sub" / "scan.pdf").write_bytes(b"%PDF-1.4 nothing")
    (folder / "sub" / "empty.md").write_text("\n")
    (folder / "sub" / "old.docx").write_bytes(b"not a zip")
    report = await open_documents(folder).load()
    assert (report.documents, report.reused) == (3, 0)
    assert report.passages >= 3
    assert [(Path(path).name, reason) for path, reason in report.skipped] == [
        ("empty.md", "it is empty"),
        ("old.docx", "it is not a Word document"),
        ("scan.pdf", "it is not a readable PDF"),
    ]


async def test_the_bundled_examples_are_all_read(open_documents: OpenDocuments) -> None:
    """Every form at once, none skipped; the sentences of each are found by their words."""
    source = open_documents(EXAMPLES)
    report = await source.load()
    assert report.documents >= 14
    assert report.skipped == []
    kinds = {document.kind for document in await source.search(Query("datos data España Spain", "es", 50))}
    assert kinds >= {"md", "html", "pdf", "docx", "csv"}


async def test_documents_are_named_as_the_user_named_them(
    folder: Path, open_documents: OpenDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path stays relative; the same index serves both ways of naming."""
    monkeypatch.chdir(folder.parent)
    relative, absolute = open_documents(Path("papers")), open_documents(folder)
    (one,) = await relative.search(Query("bees", limit=1))
    (two,) = await absolute.search(Query("bees", limit=1))
    assert (one.url, two.url) == ("papers/bees.html", (folder / "bees.html").as_posix())
    assert database(relative) == database(absolute)
    assert (await absolute.load()).reused == 3


async def test_a_document_is_whole(folder: Path, open_documents: OpenDocuments) -> None:
    """What a search gives is what loading the file gives, and it can be cut into passages."""
    path = folder / "mills.md"
    (found,) = await open_documents(folder).search(Query("mills", limit=1))
    assert found == load_document(path, url=path.as_posix(), retrieved_at="2026-03-01T12:00:00+00:00")
    assert (found.title, found.kind, found.language) == ("Mills of Orvania", "md", "en")
    assert [passage.heading for passage in split_passages(found)] == ["Mills of Orvania"]


async def test_only_what_changed_is_read_again(folder: Path, open_documents: OpenDocuments, parsed: list[str]) -> None:
    """New, changed and deleted files; a file that was only touched keeps its text and its time of retrieval."""
    await open_documents(folder).load()
    assert sorted(parsed) == ["bees.html", "mills.md", "molinos.txt"]
    parsed.clear()

    (folder / "mills.md").write_text("# Mills\n\nThe mills are museums of clockwork today.\n")
    (folder / "bees.html").unlink()
    (folder / "new.txt").write_text("Zeppelins were seen over the mills.")
    os.utime(folder / "molinos.txt", ns=(1, 1))
    source = open_documents(folder)
    report = await source.load()
    assert sorted(parsed) == ["mills.md", "new.txt"]
    assert (report.documents, report.reused) == (3, 1)
    assert await titles(source, "bees") == []
    assert await titles(source, "barley") == []
    assert await titles(source, "clockwork") == ["Mills"]
    assert await titles(source, "zeppelin") == ["New"]


async def test_a_file_that_cannot_be_parsed_is_not_parsed_each_time(
    folder: Path, open_documents: OpenDocuments, parsed: list[str]
) -> None:
    """Its reason is kept with it, until it changes."""
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4 nothing")
    first = await open_documents(folder).load()
    parsed.clear()
    second = await open_documents(folder).load()
    assert second.skipped == first.skipped
    assert (len(second.skipped), parsed) == (1, [])


async def test_a_new_parser_reads_everything_again(
    folder: Path, open_documents: OpenDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts made by an older version are not mixed with new ones."""
    await open_documents(folder).load()
    monkeypatch.setattr("tertulia.sources.index_tables._VERSION", 999_999)
    assert (await open_documents(folder).load()).reused == 0


async def test_finds_inflected_words_in_each_language(tmp_path: Path, open_documents: OpenDocuments) -> None:
    """Plurals and verb forms are one word, accents or not; names are found across languages."""
    folder = tmp_path / "tongues"
    folder.mkdir()
    texts = {
        "en": "The committee publishes several datasets about regional elections every single year in Orvania.",
        "es": "El comité publica cada año varios conjuntos de datos sobre las elecciones regionales de la nación.",
        "ca": "El comitè publica cada any diversos conjunts de dades sobre les eleccions dels municipis catalans.",
        "eu": "Batzordeak urtero argitaratzen ditu hauteskundeei buruzko datu multzo ugari euskal herrietan.",
        "gl": "O comité publica cada ano varios conxuntos de datos sobre as eleccións nos concellos galegos.",
    }
    for language, text in texts.items():
        (folder / f"{language}.txt").write_text(text, "utf-8")
    source = open_documents(folder)
    assert (await titles(source, "publishing dataset", "en"))[0] == "En"
    assert (await titles(source, "elección regional", "es"))[0] == "Es"
    assert (await titles(source, "naciones", "es"))[0] == "Es"
    assert (await titles(source, "municipi català", "ca"))[0] == "Ca"
    assert (await titles(source, "herriak", "eu"))[0] == "Eu"
    assert (await titles(source, "concello galego", "gl"))[0] == "Gl"
    assert (await titles(source, "What happened in Orvania?", "es"))[0] == "En"


async def test_better_matches_come_first(tmp_path: Path, open_documents: OpenDocuments) -> None:
    """Title and heading count more than a word in passing, all words more than one of them."""
    folder = tmp_path / "ranks"
    folder.mkdir()
    filler = "Something else entirely is told in this long paragraph about rivers and their boats. " * 6
    (folder / "a.md").write_text(f"# Rivers\n\n{filler} Otters are named once.\n")
    (folder / "b.md").write_text(f"# Otters\n\nThe life of otters in the river.\n\n{filler}\n")
    (folder / "c.md").write_text(f"# Boats\n\n{filler}\n\n## Otters and boats\n\nThey meet at night.\n")
    source = open_documents(folder)
    assert (await titles(source, "otters"))[-1] == "Rivers"
    assert (await titles(source, "otters and boats"))[0] == "Boats"
    assert (await titles(source, "life of otters"))[0] == "Otters"


@pytest.mark.parametrize(
    "name", ["report.MD", "a b.txt", "ñandú.html", "x'\";--.md", "%41.txt", "emoji🙂.txt", "CON.csv"]
)
async def test_odd_file_names(tmp_path: Path, open_documents: OpenDocuments, name: str) -> None:
    """A file name is data."""
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / name).write_text("word,other\notter,river\n")
    (found,) = await open_documents(folder).search(Query("otter"))
    assert Path(found.url).name == name


async def test_a_file_name_that_is_no_text(tmp_path: Path, open_documents: OpenDocuments) -> None:
    """Bytes that are not UTF-8 are shown as such and still lead to the text."""
    folder = tmp_path / "odd"
    folder.mkdir()
    odd = folder / os.fsdecode(b"caf\xe9.txt")
    odd.write_text("Otters swim.")
    (found,) = await open_documents(folder).search(Query("otter"))
    assert found.url.endswith("caf\ufffd.txt")


def test_hidden_files_and_links_that_leave_are_passed_over(folder: Path, tmp_path: Path) -> None:
    """Only what lies in the folder is read, each file once; other types are nobody's business."""
    secret = tmp_path / "secret.md"
    secret.write_text("Secret.")
    (folder / ".hidden.md").write_text("Hidden.")
    (folder / ".git").mkdir()
    (folder / ".git" / "config.txt").write_text("Hidden.")
    (folder / "photo.png").write_bytes(b"\x89PNG")
    (folder / "leaves.md").symlink_to(secret)
    (folder / "stays.md").symlink_to(folder / "mills.md")
    (folder / "loop").symlink_to(folder)
    (folder / "broken.md").symlink_to(folder / "nowhere.md")
    files, skipped = find_files([folder, folder / "mills.md"])
    assert [Path(file.url).name for file in files] == ["bees.html", "mills.md", "molinos.txt"]
    assert skipped == [((folder / "leaves.md").as_posix(), "it is a link that leaves the folder")]


async def test_a_single_file_of_any_type_is_named(folder: Path, open_documents: OpenDocuments) -> None:
    """A file that was asked for by name and is not read is said so."""
    (folder / "photo.png").write_bytes(b"\x89PNG")
    report = await open_documents(folder / "mills.md", folder / "photo.png").load()
    assert report.documents == 1
    assert [reason for _, reason in report.skipped] == ["files of the type .png are not read"]


async def test_too_large_a_file_is_skipped(
    folder: Path, open_documents: OpenDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named with its size, and not read into memory."""
    monkeypatch.setattr("tertulia.sources.loading.SIZE_LIMIT", 2 * 1_048_576)
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(3 * 1_048_576)
    report = await open_documents(folder).load()
    assert [reason for _, reason in report.skipped] == ["it is larger than 2 MB (3 MB)"]


async def test_a_file_that_may_not_be_read_is_skipped(
    folder: Path, open_documents: OpenDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is tried again next time, though neither its size nor its time has changed."""
    really_open = os.open

    def guarded(path: str | Path, *more: Any) -> int:
        if Path(path).name == "mills.md":
            raise PermissionError(13, "Permission denied")
        return really_open(path, *more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", guarded)
        report = await open_documents(folder).load()
    assert (report.documents, [reason for _, reason in report.skipped]) == (2, ["Permission denied"])
    assert (await open_documents(folder).load()).documents == 3


async def test_a_pipe_is_not_waited_for(folder: Path, open_documents: OpenDocuments) -> None:
    """Something that is no file is named."""
    os.mkfifo(folder.parent / "pipe.md")
    report = await open_documents(folder, folder.parent / "pipe.md").load()
    assert [reason for _, reason in report.skipped] == ["it is not a file"]


async def test_a_path_that_does_not_exist_is_a_usage_error(tmp_path: Path, open_documents: OpenDocuments) -> None:
    """Loading says so with exit code 2; searching without loading says it as a source does."""
    source = open_documents(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="nowhere"):
        await source.load()
    with pytest.raises(SourceSettingsError, match="nowhere"):
        await source.search(Query("otters"))


async def test_a_folder_without_a_document_is_a_usage_error(tmp_path: Path, open_documents: OpenDocuments) -> None:
    """It names what was skipped, and how many more."""
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(UsageError, match=r"No document can be read in .*empty\.$"):
        await open_documents(folder).load()
    for number in range(8):
        (folder / f"{number}.pdf").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"0\.pdf \(it is not a readable PDF\).*and 3 more\."):
        await open_documents(folder).load()


async def test_the_index_is_private(folder: Path, open_documents: OpenDocuments) -> None:
    """It holds the texts of documents that may not leave the building."""
    source = open_documents(folder)
    await source.load()
    assert stat.S_IMODE(database(source).stat().st_mode) == 0o600
    assert stat.S_IMODE(database(source).parent.stat().st_mode) == 0o700


async def test_a_broken_index_is_built_again(folder: Path, open_documents: OpenDocuments) -> None:
    """Nothing is lost: the documents are still there."""
    source = open_documents(folder)
    await source.load()
    whole = database(source).read_bytes()
    for spoiled in (b"not a database" * 500, whole[:4096] + bytes(len(whole) - 4096), whole[: len(whole) // 2]):
        database(source).write_bytes(spoiled)
        assert (await source.load()).reused == 0
        assert await titles(source, "bees") == ["Bees"]


async def test_a_home_that_cannot_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    """Also when searching: no gap in the report stands for all of the user's own documents."""
    home = tmp_path / "file"
    home.write_text("not a folder")
    source = DocumentsSource(Settings(home=home, docs=(folder,)), lambda: datetime.now(UTC))
    with pytest.raises(StorageError, match="cannot be written") as caught:
        await source.load()
    assert "TERTULIA_HOME" in caught.value.hint
    with pytest.raises(StorageError):
        await source.search(Query("bees"))


def test_stems_are_the_same_in_every_thread() -> None:
    """Searches run in threads, and a stemmer that two of them shared would give stems of neither word."""
    starts = [
        f"{first}{second}{rest}" for first in "bcdfglmn" for second in "aeiou" for rest in ("rgan", "lect", "blic")
    ]
    vocabulary = [f"{start}{end}" for start in starts for end in ("izaciones", "izando", "izar", "izo")]
    expected = list(map(Stems("es").__getitem__, vocabulary))
    shared = [Stems("es") for _ in range(2)]
    results: list[list[str]] = []

    def look_up() -> None:
        results.append([each[word] for each in shared for word in vocabulary])

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=look_up) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert results == [expected * 2] * 4


def test_two_may_index_at_the_same_time(folder: Path, tmp_path: Path) -> None:
    """Whoever is first, each document is there once, with its passages."""
    for number in range(40):
        (folder / f"note{number}.txt").write_text(f"Note {number} tells of otters in river {number}.")
    files, _ = find_files([folder])
    index = DocumentIndex(tmp_path / "documents" / "one.sqlite")
    start = threading.Barrier(4)
    errors: list[BaseException] = []

    def update() -> None:
        try:
            start.wait()
            index.update(files, retrieved_at="2026-03-01T12:00:00+00:00")
        except BaseException as error:  # noqa: BLE001 - what went wrong in a thread is judged outside of it
            errors.append(error)

    threads = [threading.Thread(target=update) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with sqlite3.connect(index._path) as connection:
        documents, passages = connection.execute("SELECT count(*), sum(passages) FROM files").fetchone()
        rows = connection.execute("SELECT count(*) FROM passages").fetchone()[0]
    connection.close()
    assert (documents, passages, rows) == (43, 43, 43)
    urls = {file.key: file.url for file in files}
    assert len(index.search("otters", language="en", limit=100, urls=urls)) == 40
