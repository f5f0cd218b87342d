"""Ctrl-C, polite kills and two processes on one run, with the real command."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing

import pytest
from command import world
from servers.base import Request, Response
from servers.mediawiki import MediaWikiServer
from servers.openai import play_every_role

from tertulia.storage.database import FILE_NAME

STUCK_SECONDS = 60


class StuckWiki(MediaWikiServer):
    """A wiki that takes the question and does not answer: the client waits in a thread, which cannot be broken off."""

    def __init__(self) -> None:
        super().__init__({})
        self.was_asked = threading.Event()
        self.released = threading.Event()

    def respond(self, request: Request) -> Response:
        self.was_asked.set()
        self.released.wait(STUCK_SECONDS)
        return super().respond(request)


def ended(process: subprocess.Popen[str]) -> tuple[float, str]:
    """How long the process went on for, and what it said."""
    begun = time.monotonic()
    _, stderr = process.communicate(timeout=STUCK_SECONDS)
    return time.monotonic() - begun, stderr


@pytest.mark.long
@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM,), (signal.SIGINT, signal.SIGINT)], ids=str)
def test_a_run_that_hangs_in_a_thread_stops_all_the_same(signals):
    """Whether asked once, politely or twice: it ends long before the answer, and prints once how to go on."""
    with world() as place, StuckWiki() as wiki:
        process = place.start(*place.report_arguments, "--yes", TERTULIA_WIKIPEDIA_URL=wiki.address)
        assert wiki.was_asked.wait(30)
        for number in signals:
            process.send_signal(number)
            time.sleep(0.3)
        seconds, stderr = ended(process)
        wiki.released.set()
        assert process.returncode == 130, stderr
        assert seconds < 5
        assert "Traceback" not in stderr
        (run,) = json.loads(place.run("runs", "--json").stdout)
        assert run["status"] == "interrupted"
        assert re.findall(r"tertulia resume (\w+)", stderr) == [run["id"]]
        assert place.run("resume", run["id"]).returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["plain", "json"])
def test_a_run_stops_also_while_another_process_keeps_the_database_busy(more, tmp_path):
    """Such as one that was stopped in the middle of a write: how far the run came is known without a last note."""
    asked, home = threading.Event(), tmp_path / "home"

    def brain(body):
        asked.set()
        return play_every_role(body)

    with world(brain) as place:
        process = place.start(*place.report_arguments, "--yes", *more, TERTULIA_HOME=str(home))
        assert asked.wait(30)
        with closing(sqlite3.connect(home / FILE_NAME, isolation_level=None, timeout=10)) as database:
            database.execute("BEGIN IMMEDIATE")
            # Until it waits for the database it could note its end in time.
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            seconds, stderr = ended(process)
            database.rollback()
        assert process.returncode == 130, stderr
        assert seconds < 6
        assert len(re.findall(r"tertulia resume (\w+)", stderr)) == 1


def test_who_comes_second_is_told_who_works_on_the_run():
    """Nothing is asked twice, and the run is neither deleted nor changed under the first one's hands."""
    with world() as place, StuckWiki() as wiki:
        first = place.start(*place.report_arguments, "--yes", TERTULIA_WIKIPEDIA_URL=wiki.address)
        assert wiki.was_asked.wait(30)
        (run,) = json.loads(place.run("runs", "--json").stdout)
        assert run["status"] == "running"
        for command in (("resume", run["id"]), ("resume", run["id"], "--yes"), ("delete", run["id"], "--yes")):
            second = place.run(*command)
            assert (second.returncode, second.stdout) == (1, ""), second.stderr
            assert f"process {first.pid}" in second.stderr
            assert "Traceback" not in second.stderr
        wiki.released.set()
        first.communicate(timeout=STUCK_SECONDS)
        assert first.returncode == 0
        assert len({json.dumps(body) for body in place.model.asked}) == len(place.model.asked)
        assert place.run("delete", run["id"], "--yes").returncode == 0
