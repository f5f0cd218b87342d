"""Records the database of this version, for the tests of later versions: run it once, before a release.

    .venv/bin/python tests/durability/databases/record.py

It holds a finished run, one whose panel awaits approval, and one that was killed in the middle of its interviews, all
of the extractive engine on three small documents. The dump is SQL (zcat shows it); the folder it was recorded in stands
in it as `{folder}`.
"""

from __future__ import annotations

import gzip
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from tertulia.version import VERSION

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[2] / "examples" / "open-data-in-spain"
DOCUMENTS = ("data-laboratory-exercises.md", "election-data.md", "open-data-briefing.md")
SIZE = ("--analysts", "2", "--turns", "1")
KILLED_AT = 10  # the write of the checkpointer that is not made: interviews are under way


def record(folder: Path) -> str:
    """The dump of a home with three runs, recorded in this folder."""
    for name in DOCUMENTS:
        (folder / "docs").mkdir(exist_ok=True)
        (folder / "docs" / name).write_text((EXAMPLES / name).read_text("utf-8"), "utf-8")
    _tertulia(folder, "report", "Open data", "--docs", "docs", *SIZE, "--yes")
    _tertulia(folder, "report", "Election data", "--docs", "docs", *SIZE)
    _tertulia(folder, "report", "Data exercises", "--docs", "docs", *SIZE, "--yes", TERTULIA_KILL_AT=str(KILLED_AT))
    connection = sqlite3.connect(folder / "home" / "tertulia.db")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    lines = [*connection.iterdump(), f"PRAGMA user_version={version};"]
    connection.close()
    return "\n".join(lines).replace(str(folder), "{folder}") + "\n"


def _tertulia(folder: Path, *arguments: str, **more: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERTULIA_HOME": str(folder / "home"),
        "PYTHONPATH": str(HERE.parent / "killer"),
        **more,
    }
    subprocess.run([sys.executable, "-m", "tertulia", *arguments, "--quiet"], cwd=folder, env=environment, check=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        dump = record(Path(temporary).resolve()).encode()
        (HERE / f"{VERSION}.sql.gz").write_bytes(gzip.compress(dump, mtime=0))
