"""Ctrl-C, polite kills and two processes on one run, with the real command."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
import time

import pytest
from command import world
from servers.base import Request, Response
from servers.mediawiki import MediaWikiServer

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
