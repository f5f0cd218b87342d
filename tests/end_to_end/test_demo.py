"""The demo: from nothing to a report whose sentences stand, word for word, in the files that it names."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import docx
import pypdfium2
import pytest
from command import report_path


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The folder of one demo run, in a process with an empty home."""
    folder = tmp_path_factory.mktemp("demo")
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    result = subprocess.run(
        [sys.executable, "-m", "tertulia", "demo"],
        cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return (folder / report_path(result.stdout)).parent


def plain(path: Path) -> str:
    """What a reader sees in a file, read by other means than tertulia's, without white space."""
    match path.suffix:
        case ".pdf":
            pages = pypdfium2.PdfDocument(path)
            try:
                text = " ".join(page.get_textpage().get_text_bounded() for page in pages)
            finally:
                pages.close()
            # A word that is parted at a line's end is one word to a reader.
            text = text.replace("\ufffe", "").replace("\x02", "")
        case ".docx":
            document = docx.Document(str(path))
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            text = " ".join([paragraph.text for paragraph in document.paragraphs] + cells)
        case ".html":
            text = html.unescape(re.sub(r"<[^>]+>", "", path.read_text("utf-8")))
        case ".csv":
            with path.open(encoding="utf-8", newline="") as stream:
                text = " ".join(cell for row in csv.reader(stream) for cell in row)
        case _:
            text = path.read_text("utf-8")
    return re.sub(r"\s+", "", text)


def test_the_demo_is_worth_its_name(demo: Path):
    """At least 3 sections, 15 cited sentences and 8 sources."""
    evidence = json.loads((demo / "evidence.json").read_text("utf-8"))
    cited = [claim for claim in evidence["claims"] if claim["citations"]]
    assert len(evidence["sections"]) >= 3
    assert len(cited) >= 15
    assert len(evidence["sources"]) >= 8


def test_each_cited_sentence_stands_in_the_file_it_names(demo: Path):
    """Checked on the printed report: each sentence, in the file that the Sources list gives for its number."""
    text = (demo / "report.md").read_text("utf-8").split("---\n", 2)[2]
    body, _, listed = text.partition("\n## Sources\n")
    files = {int(number): Path(path) for number, path in re.findall(r"^- \[(\d+)\].*?`([^`]+)`", listed, re.MULTILINE)}
    contents = {number: plain(path) for number, path in files.items()}
    cited = re.findall(r"([^\n|]+?) ((?:\[\d+\])+)([.!?…]?)", body)
    # Where sources disagree, their sentences stand as quotations in a list.
    sentences = [(s.strip().removeprefix("- ").strip("“”"), marks, stop) for s, marks, stop in cited if s != "Source:"]
    assert len(sentences) >= 15
    for sentence, markers, stop in sentences:
        wanted = re.sub(r"\s+", "", re.sub(r"\\(.)", r"\1", sentence)) + stop
        numbers = [int(number) for number in re.findall(r"\d+", markers)]
        assert any(wanted in contents[number] for number in numbers), (sentence, numbers)


def test_no_sentence_is_said_twice(demo: Path):
    evidence = json.loads((demo / "evidence.json").read_text("utf-8"))
    sentences = [claim["sentence"] for claim in evidence["claims"] if not claim["sentence"].startswith("|")]
    assert len(sentences) == len(set(sentences))
