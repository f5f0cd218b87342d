"""Whether somebody writes into a database just now."""

from __future__ import annotations

from pathlib import Path

from tertulia.storage.turns import turn


def is_free(path: Path) -> bool:
    """Whether no other thread of this process has its turn to write."""
    with turn(path).within(0.0) as had:
        return had
