"""The README tells the truth: its commands run, its Python runs, its excerpt and its figures are real."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.mediawiki import MediaWikiServer, WikiPage
from servers.openai import OpenAIServer
from servers.tavily import TavilyServer, WebPage

from tertulia.app import EXIT_CODES
from tertulia.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")

NOTES = {
    "costs.md": """# What rooftop solar costs

Rooftop solar in small towns cost 1,200 euros per kilowatt in 2024. The towns paid half of the cost of each rooftop
plant. Banks in small towns lend money for rooftop solar at low rates.

## Who pays

Households in small towns pay for rooftop solar over ten years. Schools pay less, because the towns own their roofs.
""",
    "grid.md": """# The grid in small towns

Rooftop solar feeds the grid of small towns at noon. The grid operators of small towns ask for a permit before a
rooftop plant is connected. Batteries keep the energy of rooftop solar until the evening.

## Permits

A permit for rooftop solar takes six weeks in most small towns.
""",
    "tejados.md": """# Los tejados solares de los pueblos

Los tejados solares de los pueblos costaron 1.200 euros por kilovatio en 2024. Los ayuntamientos de los pueblos
pagaron la mitad del coste de los tejados solares.

## Permisos

El permiso para un tejado solar tarda seis semanas en casi todos los pueblos. Las compañías eléctricas de los pueblos
piden el permiso antes de conectar los tejados solares.
""",
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """A folder with notes, and every service on loopback."""
    Path("notes").mkdir()
    for name, text in NOTES.items():
        (Path("notes") / name).write_text(text, "utf-8")
    page = WebPage("https://solar.example/roofs", "Rooftop solar", "…", NOTES["costs.md"])
    wiki = {"en": [WikiPage(1, "Rooftop solar", NOTES["grid.md"].replace("# ", "").replace("#", "=="))]}
    with OpenAIServer() as model, TavilyServer(pages=[page]) as web, MediaWikiServer(wiki) as wikipedia:
        yield {
            **os.environ,
            "OPENAI_API_KEY": "test",
            "OPENAI_BASE_URL": model.base_url,
            "TAVILY_API_KEY": "tvly-test",
            "TAVILY_API_BASE_URL": web.url,
            "TERTULIA_WIKIPEDIA_URL": wikipedia.address,
        }


def run(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    arguments = shlex.split(command)
    assert arguments[0] == "tertulia"
    return subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("block", blocks("console"))
def test_every_command_does_what_it_is_shown_for(block: str, environment: dict[str, str]):
    """Each command of a block succeeds, or stops for the approval that the next ones give."""
    commands = [line.removeprefix("$ ") for line in block.splitlines()]
    for number, command in enumerate(commands):
        listed = run("tertulia runs --json", environment).stdout
        runs = json.loads(listed) if listed.strip() else []
        result = run(command.replace("RUN", runs[0]["id"] if runs else "RUN"), environment)
        waits = number == 0 and len(commands) > 3
        assert result.returncode == (3 if waits else 0), (command, result.stderr)
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_runs(code: str, environment: dict[str, str]):
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_the_excerpt_stands_in_the_report_of_the_demo():
    """What the README quotes is what `tertulia demo` writes, line by line."""
    result = run("tertulia demo --output - --quiet", dict(os.environ))
    assert result.returncode == 0, result.stderr
    excerpt = README.partition("<!-- excerpt")[2].partition("-->\n")[2].partition("\n\nBeside")[0]
    lines = [line.removeprefix(">").strip() for line in excerpt.splitlines()]
    quoted = [line for line in lines if line]
    assert len(quoted) > 3
    report = {line.strip() for line in result.stdout.splitlines()}
    assert [line for line in quoted if line not in report] == []


def test_the_graph_is_what_the_command_prints():
    (shown,) = blocks("mermaid")
    assert run("tertulia graph", dict(os.environ)).stdout.strip() == shown.strip()


def test_every_option_of_report_is_in_the_table_with_its_default():
    """No option is missing, none is invented, and defaults are those of the settings."""
    listed = set(re.findall(r"(--[a-z][a-z-]+)", README.partition("## All options")[2].partition("| exit code")[0]))
    shown = run("tertulia report --help", {**os.environ, "COLUMNS": "200"}).stdout
    assert listed == set(re.findall(r"(?:^ +(?:-\w, )?|(?<=[a-z]) ?/ ?)(--[a-z-]+)", shown, re.MULTILINE)) - {"--help"}
    defaults = Settings(home=Path())
    for option in ("analysts", "turns", "concurrency"):
        assert f"`TERTULIA_{option.upper()}` | {getattr(defaults, option)} |" in README


def test_every_exit_code_is_listed():
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README.partition("| exit code")[2], re.MULTILINE)}
    assert listed == set(EXIT_CODES.values()) | {2}


@pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md")), ROOT / "CONTRIBUTING.md"])
def test_links_between_pages_lead_somewhere(page: Path):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
