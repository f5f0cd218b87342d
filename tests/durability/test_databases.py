"""What an earlier version kept is read, gone on with, or refused loudly: the recorded databases of all versions."""

from __future__ import annotations

import asyncio
import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from durability.harness import Home, Place

from tertulia.graph.checkpoints import open_checkpointer
from tertulia.graph.report import build_graph

DATABASES = sorted((Path(__file__).parent / "databases").glob("*.sql.gz"))


@pytest.fixture(params=DATABASES, ids=lambda path: path.name.removesuffix(".sql.gz"))
def home(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Home:
    """A home as that version left it, with a finished run, a paused one and a killed one."""
    home = Home(place, tmp_path / "recorded")
    home.database.parent.mkdir()
    dump = gzip.decompress(request.param.read_bytes()).decode().replace("{folder}", str(home.folder))
    with closing(sqlite3.connect(home.database)) as connection:
        connection.executescript(dump)
    return home


def runs(home: Home) -> dict[str, str]:
    """The status of each run by its topic."""
    return {run["topic"]: run["status"] for run in json.loads(home.tertulia("runs", "--json").stdout)}


def run_about(home: Home, topic: str) -> str:
    ((run,),) = home.rows(f"SELECT id FROM runs WHERE topic = '{topic}'")
    return str(run)


@pytest.mark.long
def test_an_earlier_version_s_runs_are_read_and_gone_on_with(home: Home):
    assert runs(home) == {"Open data": "done", "Election data": "awaiting_approval", "Data exercises": "interrupted"}

    finished = run_about(home, "Open data")
    shown = home.tertulia("show", finished)
    assert "# Open data: " in shown.stdout, shown.stderr
    verified = home.tertulia("verify", finished)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    exported = home.tertulia("export", finished, "--output", "exported")
    assert exported.returncode == 0, exported.stderr
    assert (home.folder / "exported" / "report.md").read_text("utf-8") == shown.stdout

    for topic, reply in (("Election data", ["--yes"]), ("Data exercises", [])):
        resumed = home.tertulia("resume", run_about(home, topic), *reply, "--quiet")
        assert resumed.returncode == 0, resumed.stderr
        report = (home.folder / resumed.stdout.strip()).read_text("utf-8")
        assert topic.casefold() in report.casefold()
    assert set(runs(home).values()) == {"done"}
    home.check_database()


def test_a_state_of_an_unknown_version_is_refused(home: Home):
    """What is kept of it stays as it is, for the version that knows it."""
    run = run_about(home, "Election data")
    asyncio.run(_pretend_newer(home.database, run))
    kept = ["SELECT * FROM checkpoints", "SELECT * FROM writes", "SELECT request, reply, report FROM runs"]
    before = [home.rows(query) for query in kept]
    refused = home.tertulia("resume", run, "--yes")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "another version of tertulia" in refused.stderr
    assert [home.rows(query) for query in kept] == before
    assert not (home.folder / "reports").exists()


def test_a_database_of_a_newer_version_is_refused(home: Home):
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("PRAGMA user_version = 999")
    before = home.database.read_bytes()
    for command in (["runs"], ["resume", run_about(home, "Election data"), "--yes"]):
        refused = home.tertulia(*command)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "newer tertulia" in refused.stderr
    assert home.database.read_bytes() == before


async def _pretend_newer(database: Path, run: str) -> None:
    async with open_checkpointer(database) as saver:
        graph = build_graph().compile(checkpointer=saver)
        config = {"configurable": {"thread_id": run}}
        await graph.aupdate_state(config, {"schema_version": 999}, as_node="propose_panel")
