"""The quick commands are quick: they load no graph library and no model library."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROBE = """
import sys
from tertulia.cli import main
sys.argv = ["tertulia", *sys.argv[1:]]
try:
    main()
except SystemExit:
    pass
heavy = sorted({name.split(".")[0] for name in sys.modules if name.startswith(("langchain", "langgraph"))})
print(f"loaded {heavy}", file=sys.stderr)
"""


@pytest.mark.parametrize("command", [["--help"], ["runs"], ["sources"], ["doctor"]], ids=" ".join)
def test_quick_commands_load_no_graph_and_no_model_library(command: list[str]) -> None:
    """langgraph and langchain cost seconds to import; a command that only looks things up does without."""
    # A closed port of this machine stands in for the services that `doctor` may look for.
    nowhere = "http://127.0.0.1:9"
    environment = os.environ | {"TERTULIA_WIKIPEDIA_URL": f"{nowhere}/w/api.php", "OLLAMA_HOST": nowhere}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "loaded []"


@pytest.mark.parametrize(
    "module", ["", ".agents.roles", ".evidence.report", ".report_templates", ".settings", ".sources"]
)
def test_modules_are_cheap_to_import(module: str) -> None:
    """Heavy packages are imported by the functions that need them."""
    heavy = ("langchain", "langgraph", "pypdfium2", "docx", "tavily", "wikipedia", "bs4")
    script = f"import sys, tertulia{module}; print([name for name in sys.modules if name in {heavy!r}])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
