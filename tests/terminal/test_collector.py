"""The garbage collector while a run begins."""

from __future__ import annotations

import gc

import pytest

from tertulia.terminal.collector import collecting_rarely


def test_the_collector_is_as_it_was_afterwards() -> None:
    """And what was made in the block is not looked through again."""
    usual, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        with collecting_rarely():
            assert gc.get_threshold()[0] > usual[0]
            kept = [[] for _ in range(1_000)]
        assert gc.get_threshold() == usual
        assert gc.isenabled()
        assert gc.get_freeze_count() >= frozen + len(kept)
    finally:
        gc.unfreeze()


def test_an_error_does_not_leave_it_changed() -> None:
    """A run that cannot begin ends a command, not always the process."""
    usual = gc.get_threshold()
    try:
        with pytest.raises(RuntimeError, match="no"), collecting_rarely():
            raise RuntimeError("no")
        assert gc.get_threshold() == usual
    finally:
        gc.unfreeze()
