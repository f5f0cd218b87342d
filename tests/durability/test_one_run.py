"""One run through everything that may happen to it; test_kills.py does each thing often (`make test-durability`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from durability.harness import Home, Note, Place, References, check_end, check_kill


@pytest.mark.long
def test_a_run_is_finished_whatever_happens_to_it(place: Place, references: References, tmp_path: Path, note: Note):
    """Killed before its first checkpoint, right after its approval and in its interviews; then two go on with it."""
    reference = references("model")
    home = Home(place, tmp_path / "run")
    assert home.killed(*reference.request, TERTULIA_KILL_AFTER="create 0")
    assert home.checkpoints() == 0
    assert check_kill(home, reference, note) == "created"

    waiting = home.tertulia("resume", home.run)
    assert waiting.returncode == 3, waiting.stderr
    assert home.killed("resume", home.run, "--yes", TERTULIA_KILL_AFTER="save_reply 0.005")
    check_kill(home, reference, note)

    # Without --yes: the approval that was given counts.
    assert home.killed("resume", home.run, TERTULIA_KILL_AT=f"{reference.writes // 2}")
    assert check_kill(home, reference, note) == "interrupted"
    check_end(home, reference, home.finish_by_two(), note)
