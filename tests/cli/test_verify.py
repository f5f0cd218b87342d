"""`tertulia verify`: reports of one's own against their evidence, reports of others against their own lists."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stored_report import at, changed, leaves, small_report

from tertulia.errors import UsageError
from tertulia.evidence.schema import json_path
from tertulia.exporting import render_files
from tertulia.settings import Settings
from tertulia.verifying import EvidenceCheck, verify

Tertulia = Callable[..., "subprocess.CompletedProcess[str]"]

FOREIGN = """# Bees

A hive costs 180 euros [1]. Roofs are warm [7]. The city counted 160 hives.

## Sources

1. [Hives](https://city.example/hives)
2. [Flowers](https://city.example/flowers)
"""


@pytest.fixture
def folder() -> Path:
    """A report in a folder, with all of its files."""
    return write_report(Path("out"), small_report())


def write_report(folder: Path, report: dict[str, Any], template: str = "report") -> Path:
    for name, text in render_files(report, ("md", "html", "json"), template).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_a_run_its_folder_and_its_files_are_the_same_report(tertulia: Tertulia, small_report: Callable[..., list[str]]):
    """A report of the extractive engine holds as a run, as a folder and by each of its files."""
    done = tertulia(*small_report("--yes", "--quiet", "--output", "out"))
    assert done.returncode == 0, done.stderr
    run = re.search(r"^run: (\w+)$", Path("out/report.md").read_text("utf-8"), re.MULTILINE)[1]
    for target in (run, "out", "out/evidence.json", "out/report.md", "out/report.html"):
        checked = tertulia("verify", target, "--strict")
        assert (checked.returncode, checked.stderr) == (0, "")
        assert checked.stdout.splitlines()[-1] == "The report is intact, and every sentence holds."
        assert "report.md" in checked.stdout

    edit(Path("out/report.md"), "hives", "hive")
    checked = tertulia("verify", run)
    assert checked.returncode == 1
    assert re.search(r"report\.md line \d+ says “.*hive", checked.stdout)

    edit(Path("out/evidence.json"), "hives", "hive")
    checked = tertulia("verify", run, "--json")
    assert checked.returncode == 1
    paths = [problem["path"].split()[0] for problem in json.loads(checked.stdout)["problems"]]
    assert sorted(paths) == ["evidence.json", "report.md"]

    for path in Path("out").iterdir():
        if path.is_file():
            path.unlink()
    assert tertulia("verify", run).returncode == 0


def test_a_sentence_that_is_marked_is_told_and_is_no_failure(tertulia: Tertulia, folder: Path):
    checked = tertulia("verify", "out")
    assert checked.returncode == 0
    assert "Sentences that do not hold (1), marked in the report" in checked.stdout
    assert "250 euros is not in the cited passage; it says 180 euros." in checked.stdout
    assert checked.stdout.endswith("The report is intact, and says which of its sentences do not hold.\n")
    assert tertulia("verify", "out", "--strict").returncode == 1
    printed = json.loads(tertulia("verify", "out", "--json").stdout)
    assert (printed["kind"], printed["passes"], printed["problems"]) == ("evidence", True, [])
    assert [claim["id"] for claim in printed["failing"]] == ["c4"]


@pytest.mark.parametrize(
    ("name", "old", "new", "where"),
    [
        ("report.md", "160 hives", "161 hives", r"report\.md line {line}"),
        ("report.md", "2025 [2]", "2025 [1]", r"report\.md line {line}"),
        ("report.md", " ⚠", "", r"report\.md line {line}"),
        ("report.html", "160 hives", "161 hives", r"report\.html line {line}"),
        ("interviews/1-figures.md", "160 ", "161 ", r"interviews/1-figures\.md line {line}"),
        ("evidence.json", "A new hive costs 180", "A new hive costs 181", r"documents\[[012]\]\.text"),
        ("evidence.json", '"holds": false', '"holds": true', r"claims\[3\]\.holds"),
    ],
)
def test_an_edited_file_is_found_at_its_line(folder: Path, name: str, old: str, new: str, where: str):
    line = (folder / name).read_text("utf-8").partition(old)[0].count("\n") + 1
    edit(folder / name, old, new)
    assert any(re.fullmatch(where.replace("{line}", str(line)), problem.path) for problem in problems(folder))


def test_lines_that_were_added_or_taken_away_are_found(folder: Path):
    page = folder / "report.md"
    lines = page.read_text("utf-8").splitlines()
    place = next(place for place, line in enumerate(lines) if line.startswith("The city counted"))
    page.write_text("\n".join([*lines[:place], "A sentence of my own [1].", "", *lines[place:]]) + "\n", "utf-8")
    assert [problem.path for problem in problems(folder)] == [f"report.md line {place + 1}"]
    page.write_text("\n".join(lines[:place] + lines[place + 2 :]), "utf-8")
    (problem,) = problems(folder)
    assert problem.message.startswith("lacks “The city counted 160 hives")
    page.write_text("\n\n".join(lines), "utf-8")
    assert problems(folder) == []


def test_a_copy_of_the_evidence_is_checked_alone(folder: Path):
    """The pages beside a copy need not be its own."""
    copy = (folder / "evidence.json").rename(folder / "copy.json")
    edit(folder / "report.md", "160 hives", "161 hives")
    check = verify(str(copy), Settings())
    assert isinstance(check, EvidenceCheck)
    assert (check.found.problems, check.files) == ([], ())


def test_line_ends_and_a_byte_order_mark_are_no_change(folder: Path):
    page = folder / "report.md"
    page.write_bytes(b"\xef\xbb\xbf" + page.read_bytes().replace(b"\n", b"\r\n"))
    assert problems(folder) == []


@pytest.mark.parametrize("template", ["brief", "mine.md.j2"])
def test_report_md_may_be_of_another_template(tertulia: Tertulia, template: str):
    Path("mine.md.j2").write_text("{% for section in sections %}{{ section.text }}{% endfor %}\n", "utf-8")
    write_report(Path("out"), small_report(), template)
    flags = ("--template", template) if template == "mine.md.j2" else ()
    assert tertulia("verify", "out", *flags).returncode == 0
    assert tertulia("verify", "out").returncode == (1 if flags else 0)
    edit(Path("out/report.md"), "160 hives", "161 hives")
    assert tertulia("verify", "out", *flags).returncode == 1


# What stays free when the files are beside evidence.json (docs/evidence-format.md).
FREE = re.compile(
    r"run\.created_at|panel\[0\]\.locked|usage\[0\]\.\w+|gaps\[0\]\.(analyst|reason)|documents\[\d\]\.language"
    r"|documents\[0\]\.(title|kind|retrieved_at|published|site)|claims\[4\]\.judgement\.reason"
)


def test_with_its_files_beside_it_nothing_printed_is_free(folder: Path):
    """Titles, topic, engine, panel, questions, answers: what evidence.json alone cannot tell, its pages can."""
    report = small_report()
    unnoticed = set()
    for path in leaves(report):
        value = at(report, path)
        other = (not value) if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}x"
        (folder / "evidence.json").write_text(json.dumps(changed(report, path, other)), "utf-8")
        try:
            check = verify("out", Settings())
        except UsageError:  # another schema_version
            continue
        assert isinstance(check, EvidenceCheck)
        if not check.found.problems and not check.found.notes:
            unnoticed.add(json_path(*path))
    assert {path for path in unnoticed if not FREE.fullmatch(path)} == set()
    assert len(unnoticed) > 5


def test_pages_of_another_version_are_noted(tertulia: Tertulia):
    """Templates change too: a page of an older version is no forgery."""
    report = changed(small_report(), ("run", "tertulia_version"), "0.0.1")
    write_report(Path("out"), report)
    edit(Path("out/report.md"), "## Conclusion", "## In the end")
    checked = tertulia("verify", "out")
    assert checked.returncode == 0
    assert "tertulia 0.0.1" in checked.stdout
    assert "report.md line" in checked.stdout
    assert tertulia("verify", "out", "--strict").returncode == 1


def test_a_report_of_another_tool_is_held_against_its_own_list(tertulia: Tertulia):
    Path("foreign.md").write_text(FOREIGN, "utf-8")
    checked = tertulia("verify", "foreign.md")
    assert checked.returncode == 1
    lines = checked.stdout.splitlines()
    assert "error: cited, but not in the list of sources (1)" in lines
    assert "  line 3: [7] is cited, but not listed" in lines
    assert "warning: listed, but never cited (1)" in lines
    assert "warning: a sentence states a number and cites nothing (1)" in lines
    assert "  line 3: “The city counted 160 hives.” (only other sentences of its paragraph do)" in lines
    assert lines[-1] == "A citation does not lead to its source."

    printed = json.loads(tertulia("verify", "foreign.md", "--json").stdout)
    assert (printed["kind"], printed["passes"], printed["counts"]["sources"]) == ("structure", False, 2)

    Path("foreign.md").write_text(FOREIGN.replace("[7]", "[2]"), "utf-8")
    assert tertulia("verify", "foreign.md").returncode == 0
    assert tertulia("verify", "foreign.md", "--strict").returncode == 1


def test_several_reports_are_told_one_after_the_other(tertulia: Tertulia, folder: Path):
    """`tertulia verify reports/*.md`: one exit code for all, one line of JSON for each."""
    Path("foreign.md").write_text(FOREIGN, "utf-8")
    checked = tertulia("verify", "out", "foreign.md")
    assert checked.returncode == 1
    assert checked.stdout.splitlines()[-1] == "1 of 2 does not pass."
    printed = [json.loads(line) for line in tertulia("verify", "out", "foreign.md", "--json").stdout.splitlines()]
    assert [(check["target"], check["passes"]) for check in printed] == [
        ("out/evidence.json", True),
        ("foreign.md", False),
    ]


def test_many_findings_of_a_kind_are_cut_in_text_and_whole_in_json(tertulia: Tertulia):
    sentences = " ".join(f"The city counted {number} hives." for number in range(100, 130))
    Path("foreign.md").write_text(f"# Bees\n\n{sentences}\n", "utf-8")
    shown = tertulia("verify", "foreign.md").stdout
    assert "  and 10 more; --json lists all" in shown.splitlines()
    assert shown.endswith("The report cites nothing.\n")
    assert len(json.loads(tertulia("verify", "foreign.md", "--json").stdout)["findings"]) == 30


def test_what_a_report_says_cannot_steer_the_terminal(tertulia: Tertulia):
    Path("foreign.md").write_text("# Bees\n\nThe \x1b[31mcity\x1b[0m counted 160 hives [\x1b]0;9\x07].\n", "utf-8")
    assert "\x1b" not in tertulia("verify", "foreign.md").stdout


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("evidence.json", "not JSON", "is not JSON"),
        ("evidence.json", '{"a": NaN}', "NaN is no number"),
        ("evidence.json", '{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
        ("evidence.json", "[" * 100_000, "is not JSON: it is nested too deeply"),
        ("evidence.json", '{"schema_version": 1, "title": "x"}', "is JSON, but not the evidence of a report"),
        ("evidence.json", "[]", "is JSON, but not the evidence of a report"),
        ("report.md", b"\xff\xfe", "is not text in UTF-8"),
        ("report.html", "<p>", "is HTML without evidence.json beside it"),
        ("folder/notes.md", "x", "The folder folder holds no evidence.json"),
    ],
)
def test_what_cannot_be_checked_is_refused(name: str, content: str | bytes, message: str):
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError, match=re.escape(message)) as refused:
        verify("folder" if name.startswith("folder") else name, Settings())
    assert refused.value.hint


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nothing.md", "There is no file or folder nothing.md."),
        ("zzzz", "There is no run 'zzzz'."),
        (".", "The folder . holds no evidence.json."),
    ],
)
def test_what_is_not_there_is_said_in_one_line_with_a_hint(tertulia: Tertulia, target: str, message: str):
    refused = tertulia("verify", target)
    assert (refused.returncode, refused.stdout) == (2, "")
    line, hint = refused.stderr.splitlines()
    assert line == f"tertulia: {message}"
    assert hint


def test_a_newer_version_asks_for_an_upgrade(folder: Path):
    edit(folder / "evidence.json", '"schema_version": 1', '"schema_version": 2')
    with pytest.raises(UsageError, match="has version 2; this tertulia reads version 1") as refused:
        verify("out", Settings())
    assert refused.value.hint == "Upgrade tertulia."


def test_a_huge_file_is_not_read(folder: Path):
    with (folder / "evidence.json").open("r+b") as stream:
        stream.truncate(300 * 1024**2)  # a hole: it takes no room
    with pytest.raises(UsageError, match="has 300 MB; at most 256 are read"):
        verify("out", Settings())


def problems(folder: Path) -> list[Any]:
    check = verify(str(folder), Settings())
    assert isinstance(check, EvidenceCheck)
    return check.found.problems
