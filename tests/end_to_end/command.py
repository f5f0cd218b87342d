"""The real command in a process of its own, and an invented web and wiki about tidal mills."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers.mediawiki import MediaWikiServer, WikiPage
from servers.openai import Brain, OpenAIServer
from servers.tavily import TavilyServer, WebPage

TOPIC = "Tidal mills in Orvania"

WEB = [
    WebPage(
        f"https://mills.example/page-{number}",
        f"Tidal mills of the {name} coast",
        f"Tidal mills of the {name} coast …",
        f"# Tidal mills of the {name} coast\n\nThe tidal mills of the {name} coast of Orvania ground {number}00 "
        f"sacks of barley a year. Their ponds filled twice a day behind oak gates.\n\n## Repair\n\nThe {name} coast "
        f"had {number} tidal mills repaired in 19{number}4. The state of Orvania paid half of the cost of each mill.\n",
        f"202{number}-03-09",
    )
    for number, name in enumerate(["northern", "eastern", "southern", "western"], start=1)
]
WIKI = {
    "en": [
        WikiPage(
            11,
            "Tidal mill",
            "A tidal mill is a mill that is driven by the rise and fall of the tide. The oldest tidal mill of Orvania "
            "was built in 1132.\n\n\n== Working ==\nWater fills the pond of a tidal mill behind a gate at high tide.",
        ),
        WikiPage(
            15,
            "Orvania",
            "Orvania is an invented country with 2,310,000 inhabitants. Its tidal mills are famous.\n\n\n"
            "== Economy ==\nOrvania exports barley from its tidal mills.",
        ),
    ]
}


@dataclass
class World:
    """A model, a web and a wiki on loopback, and the environment that leads the command to them."""

    model: OpenAIServer
    web: TavilyServer
    wiki: MediaWikiServer
    environment: dict[str, str]

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tertulia", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**self.environment, **more},
        )

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **more)
        try:
            stdout, stderr = process.communicate(timeout=120)
        finally:
            process.kill()
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    @property
    def settings(self) -> dict[str, Any]:
        """What leads `tertulia.write_report` here, without a process of its own."""
        return {
            "model": "openai:x",
            "base_url": self.model.base_url,
            "sources": ["web", "wikipedia"],
            "tavily_api_key": "tvly-test",
            "tavily_api_base_url": self.web.url,
            "wikipedia_url": self.wiki.address,
        }

    @property
    def report_arguments(self) -> list[str]:
        model = ["--model", "openai:x", "--base-url", self.model.base_url]
        return ["report", TOPIC, *model, "--source", "web", "--source", "wikipedia"]


@contextmanager
def world(brain: Brain | None = None) -> Iterator[World]:
    with OpenAIServer(brain) as model, TavilyServer(pages=WEB) as web, MediaWikiServer(WIKI) as wiki:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "TAVILY_API_KEY": "tvly-test",
            "TAVILY_API_BASE_URL": web.url,
            "TERTULIA_WIKIPEDIA_URL": wiki.address,
        }
        yield World(model, web, wiki, environment)


def report_path(stdout: str) -> Path:
    """The path that the command printed, and nothing else."""
    (line,) = stdout.splitlines()
    return Path(line)
