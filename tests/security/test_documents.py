"""Hostile files: each is skipped with a reason or read safely, within limits, and the others are used."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from security.bombs import COLUMNS, write_bombs, write_entities

from tertulia.errors import DocumentError
from tertulia.settings import Settings
from tertulia.sources import Query
from tertulia.sources.documents import DocumentsSource
from tertulia.sources.folders import find_files
from tertulia.sources.index import DocumentIndex, LoadReport
from tertulia.sources.loading import OpenedFile, open_file
from tertulia.sources.parser import Limits, Parser, UnfinishedError

MEMORY_LIMIT = 300 * 1024 * 1024
# A process of its own, so that its memory is its own too.
LOAD = """
import asyncio, json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from tertulia.settings import Settings
from tertulia.sources import parser
from tertulia.sources.documents import DocumentsSource

home, folder, seconds = sys.argv[1:]
parser.LIMITS = parser.Limits(seconds=int(seconds))
source = DocumentsSource(Settings(home=Path(home), docs=(Path(folder),)), lambda: datetime.now(UTC))
report = asyncio.run(source.load())
# Not RUSAGE_SELF: that holds the peak of the process that started this one.
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = own + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
skipped = {Path(path).name: reason for path, reason in report.skipped}
print(json.dumps({"documents": report.documents, "skipped": skipped, "peak": peak * 1024}))
"""
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts all memory and lists processes in /proc")


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., LoadReport]:
    """Loads files and folders."""

    def load(*roots: Path) -> LoadReport:
        settings = Settings(home=tmp_path / "data", docs=roots)
        return asyncio.run(DocumentsSource(settings, lambda: datetime.now(UTC)).load())

    return load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "papers"
    path.mkdir()
    (path / "mills.md").write_text("# Mills\n\nThe mills of Orvania ground barley.\n")
    return path


def reasons(report: LoadReport) -> dict[str, str]:
    return {Path(path).name: reason for path, reason in report.skipped}


@linux
@pytest.mark.long
def test_bombs_are_skipped_with_a_reason_and_the_others_are_used(tmp_path: Path) -> None:
    """All in one load: what was built to fill memory or time costs 300 MB at most, in both processes together."""
    (tmp_path / "bombs").mkdir()
    write_bombs(tmp_path / "bombs")
    command = [sys.executable, "-c", LOAD, str(tmp_path / "data"), str(tmp_path / "bombs"), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(done.stdout)
    memory, breaks = "reading it takes more than 200 MB of memory", "it breaks the program that reads it"
    # On a slow machine the second of computing is over first.
    slow = "reading it takes more than 1 s of computing"
    expected = {
        "columns.csv": (slow, memory),
        "count.pdf": ("it is not a readable PDF",),
        "flate.pdf": (breaks, slow),
        "form.pdf": (breaks, slow),
        "line.csv": (memory, slow),
        "locked.pdf": ("it is encrypted",),
        "loop.pdf": ("it is not a readable PDF",),
        "merge.md": (slow, memory),
        "packed.docx": ("it unpacks to 110 MB",),
        "packed.txt": ("it is not text",),
        "parts.docx": ("it is an archive of 10004 parts",),
        "self.pdf": ("it is not a readable PDF",),
        "sparse.csv": ("it is larger than 50 MB (1024 MB)",),
        "sparse.pdf": ("it is larger than 50 MB (3072 MB)",),
        "tree.docx": (memory, slow),
        "wide.html": (memory, slow),
        "zeros.txt": ("it is not text",),
    }
    assert sorted(told["skipped"]) == sorted(expected)
    odd = {name: why for name, why in told["skipped"].items() if not why.startswith(expected[name])}
    assert odd == {}
    # good.md and zebra.txt; deep.html, half.txt and bytes.txt are read safely.
    assert told["documents"] == 5
    assert told["peak"] < MEMORY_LIMIT


async def test_entities_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    """Files that name a file of this machine, or grow without end: their own words are read, and nothing else."""
    write_entities(folder)
    source = DocumentsSource(Settings(home=tmp_path / "data", docs=(folder,)), lambda: datetime.now(UTC))
    report = await source.load()
    assert reasons(report) == {"laughs.docx": "it is not a readable Word document (XMLSyntaxError)"}
    found = await source.search(Query("Orvania"))
    assert len(found) == 4
    assert [document.url for document in found if "canary" in document.text or len(document.text) > 200] == []


def test_what_is_no_file_of_the_folder_is_named(folder: Path, load: Callable[..., LoadReport]) -> None:
    """Pipes, sockets, devices behind links, links that leave and links in circles; nothing is waited for."""
    os.mkfifo(folder / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(folder)  # the path of a socket may not be long
        listener.bind("socket.md")
        (folder / "random.txt").symlink_to("/dev/urandom")
        (folder / "secret.md").symlink_to(folder.parent / "elsewhere.md")
        (folder.parent / "elsewhere.md").write_text("A secret.")
        (folder / "up").symlink_to(folder.parent)
        (folder / "loop").symlink_to(folder)
        (folder / "one.md").symlink_to(folder / "two.md")
        (folder / "two.md").symlink_to(folder / "one.md")
        (folder / "nowhere.md").symlink_to(folder / "missing.md")
        report = load(folder)
    leaves = "it is a link that leaves the folder"
    assert reasons(report) == {
        "pipe.txt": "it is not a file",
        "socket.md": "it is not a file",
        "random.txt": leaves,
        "secret.md": leaves,
        "up": leaves,
    }
    assert report.documents == 1


def test_folders_without_end_are_left(folder: Path, load: Callable[..., LoadReport]) -> None:
    """A thousand folders deep: looked into as far as any person would go, and said so."""
    start, levels = Path.cwd(), 1_200
    os.chdir(folder)
    try:
        for _ in range(levels):
            Path("d").mkdir()
            os.chdir("d")
        Path("deep.md").write_text("Deep.")
        report = load(folder)
        assert list(reasons(report).values()) == ["it lies more than 50 folders deep"]
        assert report.documents == 1
    finally:
        for _ in range(levels):
            Path("deep.md").unlink(missing_ok=True)
            os.chdir("..")
            Path("d").rmdir()
        os.chdir(start)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"line\nend.txt", "line end.txt"),
        (b"\x1b]0;owned\x07\x1b[2J.txt", "]0;owned[2J.txt"),
        ("exe.\u202etxt.txt".encode(), "exe.txt.txt"),
        ("zero\u200bwidth\U000e0041.txt".encode(), "zerowidth.txt"),
        (b"caf\xe9.txt", "caf\ufffd.txt"),
        (b"--help.txt", "--help.txt"),
        (b"$(touch owned).txt", "$(touch owned).txt"),
    ],
)
async def test_names_are_data(tmp_path: Path, name: bytes, shown: str) -> None:
    """Line ends, escapes, unseen characters and odd bytes of a name are not printed, and the file is found."""
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / os.fsdecode(name)).write_text("Otters swim in Orvania.")
    source = DocumentsSource(Settings(home=tmp_path / "data", docs=(folder,)), lambda: datetime.now(UTC))
    (found,) = await source.search(Query("otters"))
    assert Path(found.url).name == shown
    assert found.title.isprintable()


def test_a_file_that_changes_while_it_is_read_is_read_the_next_time(
    folder: Path, load: Callable[..., LoadReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of one text and half of another is no document; what vanishes is skipped."""
    whole = OpenedFile.digest

    def spoiled(opened: OpenedFile) -> str:
        digest = whole(opened)
        (folder / "mills.md").write_text("# Mills\n\nThe mills of Orvania ground nothing.\n")
        return digest

    (folder / "other.md").write_text("Otters swim.")
    with monkeypatch.context() as patch:
        patch.setattr(OpenedFile, "digest", spoiled)
        report = load(folder)
    assert (report.documents, reasons(report)) == (1, {"mills.md": "it changed while it was read"})
    files, _ = find_files([folder])
    (folder / "other.md").unlink()
    report = DocumentIndex(folder.parent / "one.sqlite").update(files, retrieved_at="2026-03-01T12:00:00+00:00")
    assert (report.documents, reasons(report)) == (1, {"other.md": "No such file or directory"})


def test_an_unchanged_folder_starts_no_process(
    folder: Path, load: Callable[..., LoadReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a file was touched and says the same."""
    load(folder)
    os.utime(folder / "mills.md", ns=(1, 1))
    monkeypatch.setattr(subprocess, "Popen", None)
    assert load(folder).reused == 1


def read(parser: Parser, path: Path) -> str:
    with open_file(path) as opened:
        digest = opened.digest()
        return parser.parse(opened.file, size=opened.size, digest=digest, name=path.name).text


@pytest.fixture
def hanging(tmp_path: Path) -> Path:
    """A file that takes a parser minutes."""
    path = tmp_path / "columns.csv"
    path.write_bytes(COLUMNS)
    return path


def test_one_process_reads_many_files_and_is_gone_with_the_block(folder: Path) -> None:
    """Started for the first file, used for all."""
    with Parser() as parser:
        assert parser.starts == 0
        for _ in range(5):
            assert read(parser, folder / "mills.md").startswith("# Mills")
        assert parser.starts == 1
        process = parser._process
    assert process is not None
    assert process.returncode is not None


@pytest.mark.long
def test_a_file_that_hangs_is_given_up_by_the_clock(folder: Path, hanging: Path) -> None:
    """It may be read another time, and the next file is read now."""
    with Parser(Limits(wall_seconds=0.3)) as parser, pytest.raises(UnfinishedError, match=r"took more than 0\.3 s"):
        read(parser, hanging)
    with Parser(Limits(seconds=1)) as parser:
        with pytest.raises(DocumentError, match="takes more than 1 s of computing"):
            read(parser, hanging)
        assert read(parser, folder / "mills.md")
        assert parser.starts == 2


def test_a_text_that_is_too_long_is_not_taken_over(folder: Path) -> None:
    """The reply is refused by its length, before it is read."""
    with Parser(Limits(output=20)) as parser, pytest.raises(DocumentError, match="its text is larger than"):
        read(parser, folder / "mills.md")


def test_the_process_gets_no_keys_and_no_modules_of_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could be stolen from its environment is not there; a file named like a module is only a file."""
    monkeypatch.setenv("TAVILY_API_KEY", "tvly-canary")
    for name in ("json", "csv", "tertulia", "lxml"):
        Path(f"{name}.py").write_text("raise SystemExit('imported from the working folder')")
    with Parser() as parser:
        assert read(parser, folder / "mills.md")
        assert parser._process is not None
        environment = Path(f"/proc/{parser._process.pid}/environ")
        if environment.exists():
            assert b"canary" not in environment.read_bytes()


@linux
@pytest.mark.long
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_behind(hanging: Path, end: signal.Signals) -> None:
    """Whoever ends the command ends the process in the middle of a file as well."""
    command = [sys.executable, "-m", "tertulia", "report", "Otters", "--docs", str(hanging), "--source", "documents"]
    parent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        (reader,) = wait_for(lambda: children(parent.pid))
        parent.send_signal(end)
        parent.wait(timeout=60)
        assert wait_for(lambda: not running(reader))
    finally:
        parent.kill()
        parent.wait()


def children(pid: int) -> list[int]:
    """The processes that one has started and that take time already."""
    lists = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for found in lists for child in found if b"parser_process" in cmdline(child)]


def cmdline(pid: str) -> bytes:
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_bytes() if path.exists() else b""


def running(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    return path.exists() and path.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for(happens: Callable[[], Any]) -> Any:
    """What comes true soon; the loop is bounded."""
    for _ in range(600):
        if found := happens():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@pytest.mark.long
def test_the_beginning_of_a_very_long_text_is_read(tmp_path: Path) -> None:
    """A long text is no bomb: as much is kept as a document may have, and no letter is cut in two."""
    path = tmp_path / "long.txt"
    path.write_text("Los molinos de Orvañia molían maíz. " * 10 + "\n\n", "utf-8")
    path.write_bytes(path.read_bytes() * 55_000)
    assert path.stat().st_size > 20_000_000
    with Parser() as parser:
        text = read(parser, path)
    assert 4_900_000 < len(text) <= 5_000_000
    assert "Ã" not in text
