"""The benchmark runs on any file of labelled claims, and its figures are those of the data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILLER = "The portal of the city is open to all people, and everybody may copy what they find there for any purpose. "
EVIDENCE = FILLER * 3 + "On 12 March 2025 Maria Okafor counted 120 visitors: “a very good day for us”."


def test_the_tables_count_what_is_flagged(tmp_path: Path) -> None:
    """One wrong number among three claims, labelled so; another lacks support in a way that no check can see."""
    rows = [
        {"claim": "There were 120 visitors.", "evidence": [EVIDENCE], "support": "Complete"},
        {"claim": "There were 130 visitors.", "evidence": [EVIDENCE], "support": "Missing"},
        {"claim": "People love the city portal.", "evidence": [EVIDENCE], "support": "Partial"},
    ]
    data = tmp_path / "labelled.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    script = ROOT / "benchmarks" / "verification" / "measure.py"
    run = subprocess.run([sys.executable, script, data], capture_output=True, text=True, encoding="utf-8", check=True)
    assert "claims with readable evidence: 2 of 3 (66.7%) are not wholly supported" in run.stdout
    assert "| number | 1 | 1 | 1.000 | 0.207 to 1.000 | 0.500 |" in run.stdout
    assert "copied sentences: 2, of which flagged: 0" in run.stdout
    for check in ("number", "date", "quotation", "name"):
        assert f"| {check} | 1 | 1 (100.0%) | 1 (100.0%) |" in run.stdout
