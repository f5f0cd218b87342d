"""Nothing asked twice, nothing lost: the real command is killed by kill -9 wherever it may be, and gone on with."""

from __future__ import annotations

import os
import random
import signal
import sys
from pathlib import Path

import pexpect
import pytest
from durability.harness import SECONDS, Home, Kept, Note, Place, References, check_end, check_kill


@pytest.fixture(scope="module")
def paused(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A run whose panel waits for approval."""
    home = Home(place, tmp_path_factory.mktemp("paused"))
    assert home.tertulia(*place.request("model")).returncode == 3
    return home.keep()


@pytest.fixture(scope="module")
def halfway(place: Place, references: References, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A run that was killed in the middle of its interviews."""
    reference = references("model")
    home = Home(place, tmp_path_factory.mktemp("halfway"))
    assert home.killed(*reference.request, "--yes", TERTULIA_KILL_AT=str(reference.writes // 2))
    return home.keep()


def test_killed_at_any_time(kills: int, place: Place, references: References, tmp_path: Path, note: Note):
    """At a random time of its life, and every fourth run at another one after that."""
    chance = random.Random(kills)
    reference = references(("model", "extractive")[kills % 2])
    for attempt in range(1, 9):
        home = Home(place, tmp_path / f"attempt-{attempt}")
        moment = chance.uniform(0, reference.seconds / attempt)
        if home.killed(*reference.request, "--yes", TERTULIA_KILL_AFTER=f"create {moment}"):
            break
    assert home.kills
    check_kill(home, reference, note)
    if kills % 4 == 3:
        home.killed("resume", home.run, TERTULIA_KILL_AFTER=f"update {chance.uniform(0, reference.seconds)}")
        check_kill(home, reference, note)
    check_end(home, reference, home.finish(), note)


def test_killed_at_a_write(writes: int, place: Place, references: References, tmp_path: Path, note: Note):
    """Before and right after every write of the checkpointer."""
    reference = references("model")
    if writes >= 2 * reference.writes:
        pytest.skip(f"a run makes {reference.writes} writes")
    home = Home(place, tmp_path / "run")
    at = f"{writes // 2 + 1}{'+' if writes % 2 else ''}"
    assert home.killed(*reference.request, "--yes", TERTULIA_KILL_AT=at)
    check_kill(home, reference, note)
    note("points before and after writes", 1)
    check_end(home, reference, home.finish(), note)


def test_killed_right_after_the_approval(
    approvals: int, place: Place, references: References, paused: Kept, tmp_path: Path, note: Note
):
    """Within 50 ms after it was given: it is never asked for again."""
    reference = references("model")
    home = paused.copy(place, tmp_path / "run")
    moment = random.Random(approvals).uniform(0, 0.05)
    when = {"TERTULIA_KILL_AFTER": f"save_reply {moment}"}
    if approvals % 5 == 4:
        approve_in_terminal(home, when)
    else:
        assert home.killed("resume", home.run, "--yes", **when)
    check_kill(home, reference, note)
    note("approvals not asked for again", 1)
    check_end(home, reference, home.finish(), note)


def approve_in_terminal(home: Home, when: dict[str, str]) -> None:
    """As a person does, who is thanked by kill -9."""
    environment: os._Environ[str] = os.environ | home.environment | when | {"TERM": "xterm"}
    command = ["-m", "tertulia", "resume", home.run]
    terminal = pexpect.spawn(sys.executable, command, cwd=str(home.folder), env=environment, timeout=SECONDS)
    terminal.expect(r"\n(?:\x1b\[\?2004h)?> ")
    terminal.sendline("yes")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.signalstatus == signal.SIGKILL
    home.kills += 1
    home.place.settle()


def test_killed_before_the_first_checkpoint(
    firsts: int, place: Place, references: References, tmp_path: Path, note: Note
):
    """As soon as it is noted, or just before the first write: it is listed and goes on."""
    reference = references(("model", "extractive")[firsts % 2])
    home = Home(place, tmp_path / "run")
    moment = random.Random(firsts).uniform(0, 0.02)
    when = {"TERTULIA_KILL_AT": "1"} if firsts % 3 == 2 else {"TERTULIA_KILL_AFTER": f"create {moment}"}
    assert home.killed(*reference.request, "--yes", **when)
    assert home.checkpoints() == 0
    assert check_kill(home, reference, note) in {"created", "interrupted"}
    note("killed before the first checkpoint", 1)
    check_end(home, reference, home.finish(), note)


def test_two_that_go_on_with_one_run(
    doubles: int, place: Place, references: References, halfway: Kept, tmp_path: Path, note: Note
):
    reference = references("model")
    home = halfway.copy(place, tmp_path / "run")
    written = home.finish_by_two()
    note("double resumes of which one ran", 1)
    check_end(home, reference, written, note)
