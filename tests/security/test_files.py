"""Files: where a topic cannot lead, what is never replaced, and who may read what was written.

The hostile names are made here, from the forms that path traversal takes (CWE-22, CWE-59); own work, Apache-2.0.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from stored_report import small_report

from tertulia.app import App
from tertulia.errors import StorageError, UsageError
from tertulia.exporting import render_files
from tertulia.report_templates import slugify
from tertulia.settings import Settings
from tertulia.storage.files import write_files
from tertulia.storage.runs import Runs

NOW = "2026-11-21T10:00:00+01:00"
REQUEST = {"topic": "Hives", "model": "", "base_url": "", "sources": [], "docs": [], "folder": ""}

SEPARATORS = ("/", "\\", "%2f", "%252f", "..%c0%af", "\uff0f", "\u2215", "\u29f5", "\x00/", "//", "\\\\?\\")
UPWARD = ("..", "../..", "...", ". .", ".\u200b.", "\uff0e\uff0e", "..\x00", "..;", "~", "~root", "$HOME", "%APPDATA%")
TARGETS = ("etc/passwd", "report.md", ".ssh/authorized_keys", "CON", "nul.txt", "a" * 300, "\u202egnp.exe")
NAMES = [
    *(f"{up}{separator}{target}" for up, separator, target in product(UPWARD, SEPARATORS, TARGETS)),
    *("", ".", "..", " ", "-rf", "--output=/", "|sh", "$(id)", "`id`", "\x1b]0;x\x07", "\n/etc", "C:", "C:\\x", "a:b"),
]


def stored(topic: str = "Hives", run: str = "bcdf2345") -> App:
    """A home with a finished run that has not been written anywhere."""
    settings = Settings(home=Path(os.environ["TERTULIA_HOME"]))
    runs = Runs(settings.home)
    runs.create(run, topic=topic, request=REQUEST, now=NOW)
    runs.save_report(run, small_report())
    runs.update(run, now=NOW, status="done")
    return App(settings)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_hostile_topics_and_roles_name_no_place():
    """A slug is letters, digits and hyphens of ASCII, at most 60; with the id beside it, it is no device's name."""
    assert len(set(NAMES)) > 900
    report = small_report()
    for name in NAMES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slugify(name)), name
        assert len(slugify(name)) <= 60
    for name in NAMES[::10]:
        analyst = {**report["panel"][0], "role": name, "name": name}
        hostile = {**report, "panel": [analyst, *report["panel"][1:]]}
        for path in render_files(hostile, ("md", "html", "json"), "report"):
            assert re.fullmatch(r"(report\.(md|html)|evidence\.json|interviews/\d+-[a-z0-9-]{1,60}\.md)", path)


def test_reports_on_hostile_topics_stay_in_their_folder(tmp_path: Path):
    before = {path for path in tmp_path.rglob("*") if Path(os.environ["TERTULIA_HOME"]) not in path.parents}
    for number, topic in enumerate(NAMES[:: len(NAMES) // 8]):
        app = stored(topic, f"bcdf{number:04}")
        app.export(f"bcdf{number:04}", formats=("md",))
    made = {path for path in tmp_path.rglob("*") if Path(os.environ["TERTULIA_HOME"]) not in path.parents} - before
    assert len(made) > 20
    assert {path.relative_to(tmp_path).parts[:2] for path in made - {tmp_path / "work/reports"}} <= {
        ("work", "reports"),
        ("home", "tertulia"),
    }


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/tmp/x", "..", "a/../x"])
def test_no_name_leaves_the_folder(name: str, tmp_path: Path):
    with pytest.raises(StorageError, match="outside"):
        write_files(tmp_path / "out", {name: "x"})
    assert list(tmp_path.rglob("x")) == []


def test_what_tertulia_wrote_it_writes_again():
    """Into its own folder, in other formats, and after another run was written there."""
    app = stored()
    first = app.export("bcdf2345", output="out")
    assert app.export("bcdf2345") == first
    assert app.export("bcdf2345", template="brief") == first
    other = stored(run="ghjk6789")
    assert other.export("ghjk6789", output="out", formats=("md",))


@pytest.mark.parametrize("name", ["report.md", "report.html", "evidence.json"])
def test_what_tertulia_did_not_write_stays(name: str):
    app = stored()
    Path("out").mkdir()
    Path("out", name).write_text("mine", "utf-8")
    with pytest.raises(UsageError, match=rf"{name} was not written by tertulia") as caught:
        app.export("bcdf2345", output="out")
    assert "--force" in caught.value.hint
    assert [path.name for path in Path("out").iterdir()] == [name]
    assert Path("out", name).read_text("utf-8") == "mine"
    app.export("bcdf2345", output="out", force=True)
    assert Path("out", name).read_text("utf-8") != "mine"
    app.export("bcdf2345")


def test_what_somebody_changed_stays():
    app = stored()
    app.export("bcdf2345", output="out")
    with Path("out/report.md").open("a", encoding="utf-8") as stream:
        stream.write("A note of mine.\n")
    with pytest.raises(UsageError, match=r"report\.md was changed since tertulia wrote it"):
        app.export("bcdf2345")
    assert Path("out/report.md").read_text("utf-8").endswith("A note of mine.\n")
    app.export("bcdf2345", formats=("html",))  # which leaves it alone
    app.export("bcdf2345", force=True)
    assert "A note of mine" not in Path("out/report.md").read_text("utf-8")


def test_a_forgotten_run_wrote_nothing():
    """What is deleted is not known any more, and so its files are nobody's but the person's."""
    app = stored()
    app.export("bcdf2345", output="out")
    app.delete("bcdf2345")
    with pytest.raises(UsageError, match="was not written by tertulia"):
        stored(run="ghjk6789", topic="Bees").export("ghjk6789", output="out", template="brief")


def test_transcripts_go_with_the_report_they_belong_to():
    """Those of a panel that is no more are removed with the report that is replaced, unless somebody changed them."""
    app = stored()
    app.export("bcdf2345", output="out")
    old = sorted(path.name for path in Path("out/interviews").iterdir())
    Path("out/interviews", old[0]).write_text("My notes.", "utf-8")
    Path("out/interviews/mine.md").write_text("Mine.", "utf-8")
    report = small_report()
    for analyst in report["panel"]:
        analyst["role"] = f"Other {analyst['role']}"
    app.runs.save_report("bcdf2345", report)
    app.export("bcdf2345")
    names = {path.name for path in Path("out/interviews").iterdir()}
    assert {old[0], "mine.md"} <= names
    assert not set(old[1:]) & names
    assert len(names) == len(report["interviews"]) + 2


def test_a_crash_leaves_files_that_are_still_ours(monkeypatch: pytest.MonkeyPatch):
    """Killed between any two steps, old and new files are both known: nobody has to force anything."""
    app = stored()
    app.export("bcdf2345", output="out")
    replaced = Path.replace
    for survived in range(1, 4):
        calls = iter(range(100))

        def die(source: Path, target: Path, calls=calls, survived=survived) -> Path:
            if next(calls) == survived:
                raise KeyboardInterrupt
            return replaced(source, target)

        template = "brief" if survived % 2 else "report"
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", die)
            with pytest.raises(KeyboardInterrupt):
                app.export("bcdf2345", template=template)
        app.export("bcdf2345", template="report")


@pytest.mark.parametrize("name", ["report.md", "evidence.json"])
def test_a_link_in_the_place_of_a_file_is_not_followed(name: str):
    """It is refused, and with --force it is replaced: what it leads to stays as it was."""
    app = stored()
    app.export("bcdf2345", output="out")
    victim = Path("victim")
    victim.write_bytes(Path("out", name).read_bytes())  # even with our own bytes behind it
    Path("out", name).unlink()
    Path("out", name).symlink_to(victim.absolute())
    with pytest.raises(UsageError, match=re.escape(name)):
        app.export("bcdf2345", template="brief")
    app.export("bcdf2345", template="brief", force=True)
    assert not Path("out", name).is_symlink()
    victim_before = victim.read_bytes()
    app.export("bcdf2345", template="report")
    assert victim.read_bytes() == victim_before


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("planted", ["out/interviews", "reports", "reports/hives-bcdf2345", "moved"])
def test_no_report_is_written_through_a_link_to_a_folder(planted: str, force: bool):
    app = stored()
    elsewhere = Path("elsewhere")
    elsewhere.mkdir()
    output = "out" if planted.startswith("out") else ""
    if planted == "moved":  # where the run was written before is a link now
        app.export("bcdf2345", output="moved")
        Path("moved").rename("away")
    Path(planted).parent.mkdir(exist_ok=True)
    Path(planted).symlink_to(elsewhere.absolute())
    with pytest.raises(StorageError, match=r"is a link|outside"):
        app.export("bcdf2345", output=output, force=force)
    assert list(elsewhere.iterdir()) == []


def test_a_folder_that_a_person_names_may_be_a_link():
    """Many homes and temporary folders are links; who names one means what is behind it."""
    Path("real").mkdir()
    Path("named").symlink_to(Path("real").absolute())
    (report, *_) = stored().export("bcdf2345", output="named")
    assert report == Path("real/report.md").resolve()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_what_is_made_is_its_owners_alone():
    """Files 0600 and folders 0700, whatever the umask allows; folders that were there keep their mode."""
    before = os.umask(0)
    try:
        Path("shared").mkdir(mode=0o755)
        app = stored()
        with app.hold("bcdf2345"):
            home = Path(os.environ["TERTULIA_HOME"])
            made = list(home.rglob("*"))
            assert {"tertulia.db", "bcdf2345.lock", "bcdf2345.holder"} <= {path.name for path in made}
            assert [path for path in (home, *made) if mode(path) != (0o700 if path.is_dir() else 0o600)] == []
        app.export("bcdf2345")
        app.export("bcdf2345", output="shared/deep/er")
        for root in (Path("reports"), Path("shared/deep")):
            made = [root, *root.rglob("*")]
            assert len(made) > 5
            assert [path for path in made if mode(path) != (0o700 if path.is_dir() else 0o600)] == []
        assert mode(Path("shared")) == 0o755
    finally:
        os.umask(before)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tertulia", *arguments], capture_output=True, text=True, check=False)


def test_a_report_of_somebody_else_is_said_before_anything_is_done():
    """The command refuses with exit code 2 and begins no run; --force replaces it."""
    Path("notes.md").write_text("# Bees\n\nThe city counted 140 hives on roofs in 2025. Bees live on roofs.\n", "utf-8")
    Path("out").mkdir()
    Path("out/report.md").write_text("mine", "utf-8")
    arguments = ["report", "Bees", "--docs", "notes.md", "--source", "documents", "--yes", "--analysts", "1", "--quiet"]
    refused = command(*arguments, "--output", "out")
    assert refused.returncode == 2, refused.stderr
    assert "report.md was not written by tertulia" in refused.stderr
    assert "--force" in refused.stderr
    assert command("runs", "--json").stdout.strip() == "[]"
    assert Path("out/report.md").read_text("utf-8") == "mine"
    forced = command(*arguments, "--output", "out", "--force")
    assert (forced.returncode, forced.stdout.strip()) == (0, "out/report.md"), forced.stderr
