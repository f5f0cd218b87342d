"""Print the JSON Schema of evidence.json."""

from __future__ import annotations

import json
import sys

from . import json_schema

sys.stdout.write(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")
