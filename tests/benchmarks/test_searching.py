"""The search step of `make bench-documents`, on the example documents."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_each_query_is_compared_with_scoring_everything(tmp_path: Path) -> None:
    """Of so few passages all are scored either way; a number with a separator is looked for otherwise than a word."""
    asked = tmp_path / "queries.json"
    texts = ["open data in Spain", "160 activities", "version 1.5", "no such thing at all"]
    asked.write_text(json.dumps([{"text": text, "language": "en", "limit": 6} for text in texts]), "utf-8")
    script = ROOT / "benchmarks" / "documents" / "working.py"
    folder = ROOT / "examples" / "open-data-in-spain"
    command = [sys.executable, str(script), "search", str(tmp_path / "home"), str(folder), str(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (len(told["times"]), told["overlaps"]) == (4, [1.0] * 4)
