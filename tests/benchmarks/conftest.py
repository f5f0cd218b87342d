"""The modules of benchmarks/speed can be imported here, as its scripts import each other."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "speed"))
