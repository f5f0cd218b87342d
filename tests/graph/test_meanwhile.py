"""What later steps need is imported while the first request is under way."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys
from tertulia.graph import meanwhile

meanwhile.SECONDS = {seconds}

async def ask():
    with meanwhile.importing_the_rest():
        for _ in range({looks}):
            await asyncio.sleep(0.01)
            if later <= set(sys.modules):
                break

later = {{name.replace("..", "tertulia.") for name in meanwhile.LATER}}
assert not later & set(sys.modules)
asyncio.run(ask())
print(sorted(later & set(sys.modules)))
"""


@pytest.mark.parametrize(("seconds", "looks", "there"), [(0, 3_000, True), (3600, 3, False)])
def test_it_is_imported_while_the_block_waits(seconds: int, looks: int, there: bool) -> None:
    """And not before its time has come; a block that ends before waits for nothing."""
    script = SCRIPT.format(seconds=seconds, looks=looks)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout.strip() != "[]") is there
