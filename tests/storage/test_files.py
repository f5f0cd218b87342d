"""Files that are written whole or not at all, also by a process that is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tertulia.storage.files import write_files

# Dies by kill -9 at the N-th call that changes the disk: one that writes, flushes or renames.
SCRIPT = """
import os, pathlib, signal, sys
from tertulia.storage import files
left = int(sys.argv[2])
def watch(owner, name):
    do = getattr(owner, name)
    def done(*arguments, **more):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return do(*arguments, **more)
    setattr(owner, name, done)
watch(files.tempfile, "mkstemp"); watch(os, "fsync"); watch(pathlib.Path, "replace")
new = {"report.md": "new " * 50_000, "interviews/1.md": "new " * 20_000}
files.write_files(pathlib.Path(sys.argv[1]), new)
"""
OLD = {"report.md": "old", "interviews/1.md": "old"}
NEW = {"report.md": "new " * 50_000, "interviews/1.md": "new " * 20_000}


@pytest.mark.parametrize("before", [{}, OLD], ids=["new", "rewritten"])
def test_a_kill_leaves_no_half_file_under_a_final_name(before: dict[str, str], tmp_path: Path):
    """At each step: a name has its old text, its new one whole, or is not there."""
    codes = []
    for step in range(1, 30):
        folder = tmp_path / str(step)
        write_files(folder, before)
        done = subprocess.run([sys.executable, "-c", SCRIPT, str(folder), str(step)], check=False)
        codes.append(done.returncode)
        for name, new in NEW.items():
            path = folder / name
            assert (path.read_text() if path.exists() else None) in {before.get(name), new}
        if done.returncode == 0:
            break
    # Two files made, flushed and named, then the folders flushed: that many steps to die at.
    assert codes == [-9] * 9 + [0]
    assert {name: (folder / name).read_text() for name in NEW} == NEW


def test_a_text_is_on_the_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Else a power failure may leave the name without the text; and then the folder, with its names."""
    calls: list[str] = []
    replace = Path.replace
    monkeypatch.setattr("os.fsync", lambda _: calls.append("flush"))
    monkeypatch.setattr(Path, "replace", lambda one, other: calls.append("name") or replace(one, other))
    write_files(tmp_path / "out", {"a": "1", "b": "2"})
    assert calls == ["flush", "flush", "name", "name", "flush", "flush"]
