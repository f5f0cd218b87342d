"""`make bench-start`: every figure is there, whatever it is; here nothing is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

START = Path(__file__).parents[2] / "benchmarks" / "start.py"


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it reads Linux's account of a process")
def test_it_measures_commands_and_first_requests(tmp_path: Path):
    found = tmp_path / "found.json"
    command = [sys.executable, str(START), "--runs", "1", "--models", "openai", "--json", str(found)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(found.read_text("utf-8"))
    assert set(told["commands"]) == {"--version", "--help", "report --help", "runs"}
    for (run,) in told["commands"].values():
        assert run["cpu"] > 0
        assert run["modules"] > 100
    (imports,), (first,) = told["first_requests"].values()
    assert 0 < first["after"] < first["wall"]
    assert 0 < imports["cpu"] < first["cpu"]
