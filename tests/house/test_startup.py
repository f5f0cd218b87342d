"""The quick commands are quick: they load nothing that they do not need. Counted, not timed (`make bench-start`)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tertulia.storage.runs import Runs

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


QUICK = """
import sys
from tertulia.cli import main
sys.argv = ["tertulia", *sys.argv[1:]]
try:
    main()
finally:
    print("loaded", *sys.modules, file=sys.stderr)
"""
# Each takes a twentieth of a second, or brings much along. What is below is not needed by any command that only looks.
SLOW = {"asyncio", "importlib.metadata", "jinja2", "pydantic", "tertulia.agents", "tertulia.app", "tertulia.settings"}


def loaded_by(*command: str, home: Path) -> set[str]:
    """The modules that a command has imported at its end."""
    environment = os.environ | {"TERTULIA_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", QUICK, *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, *modules = done.stderr.splitlines()[-1].split()
    assert first == "loaded"
    assert "tertulia.cli" in modules
    return set(modules)


@pytest.mark.parametrize("command", [["--version"], ["--help"], ["report", "--help"], ["runs", "--help"]], ids=" ".join)
def test_help_and_version_load_hardly_anything(command: list[str], tmp_path: Path) -> None:
    """No settings, no pydantic, which typer would import for a `--help` that is not given, no database, no rich."""
    loaded = loaded_by(*command, home=tmp_path)
    assert loaded & (SLOW | {"rich", "sqlite3"}) == set()
    assert len([name for name in loaded if name.startswith("tertulia.")]) < 15


def test_a_list_of_runs_loads_the_database_only(tmp_path: Path) -> None:
    """It reads the table, not the reports in it, and none of the settings where only the home is set."""
    now = "2026-01-01T00:00:00+00:00"
    runs = Runs(tmp_path)
    runs.create("bcdf2345", topic="Open data", request={"topic": "Open data"}, now=now)
    runs.update("bcdf2345", now=now, status="done")
    assert loaded_by("runs", home=tmp_path) & SLOW == set()


@pytest.mark.parametrize(
    "module", ["", ".agents.roles", ".evidence.report", ".report_templates", ".settings", ".sources"]
)
def test_modules_are_cheap_to_import(module: str) -> None:
    """Heavy packages are imported by the functions that need them."""
    heavy = ("langchain", "langgraph", "pypdfium2", "docx", "tavily", "wikipedia", "bs4")
    script = f"import sys, tertulia{module}; print([name for name in sys.modules if name in {heavy!r}])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


# What no first request needs. The providers' other packages, and much that LangChain or OpenAI would bring along.
NOT_FIRST = {
    *("docx", "markdown", "nh3", "pypdfium2", "langchain_anthropic", "langchain_google_genai", "langchain_mistralai"),
    *("langchain_ollama", "langchain_text_splitters", "langgraph.prebuilt", "numpy", "tertulia.agents.extractive"),
    *("tertulia.doctor", "tertulia.sources.documents", "tertulia.terminal.logs", "tertulia.verifying"),
}
LATER = {"tertulia.evidence.building", "tertulia.evidence.checks"}


def test_the_first_request_waits_for_nothing_that_later_steps_need(tmp_path: Path) -> None:
    """A real run, with the import of the rest put off: what is there when the panel is asked for, and at the end."""
    script = str(Path(__file__).with_name("first_request.py"))
    environment = os.environ | {"TERTULIA_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, script, str(tmp_path / "report")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = {line.split()[0]: set(line.split()[1:]) for line in done.stdout.splitlines() if " tertulia " in line}
    assert "langchain_openai" in lines["first"]
    assert lines["first"] & (NOT_FIRST | LATER) == set()
    assert lines["last"] >= LATER
