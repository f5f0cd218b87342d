"""Python's garbage collector while a run begins: imports make a great many objects, and hardly any garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# Container objects beyond those that were freed, until the young ones are looked through; and how often then the older.
_RARELY: Final = (100_000, 50, 100)


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Have the collector look through little while the block lasts; what is there at its end is left alone for good.

    By default it looks at everything again whenever there is a quarter more: a tenth of the processor time of a start.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(*usual)
