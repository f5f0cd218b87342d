"""The modules of the benchmarks can be imported here, as their scripts import each other."""

import sys
from pathlib import Path

sys.path.extend(str(Path(__file__).parents[2] / "benchmarks" / name) for name in ("speed", "documents", "ranking"))
