"""Pages that give orders, and a model that obeys every one of them: words change, what the program does not."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import markdown
import pytest
from markdown_it import MarkdownIt
from security.injections import Injection, Obedient, injections
from security.judging import dangers, ledger_addresses
from servers.brain import Brain, play_every_role
from servers.openai import OpenAIServer
from servers.tavily import TavilyServer, WebPage

from tertulia.app import App
from tertulia.events import Event
from tertulia.settings import load_settings
from tertulia.terminal.text import plain_text

TOPIC = "Tidal mills in Orvania"
PLACES = ["northern", "eastern", "southern", "western", "central", "upper", "lower", "outer", "inner"]


def pages(orders: list[Injection]) -> list[WebPage]:
    """An invented web in which every page gives some of the orders."""
    found = []
    for number, name in enumerate(PLACES):
        given = orders[number :: len(PLACES)]
        text = f"# Tidal mills of the {name} coast\n\nThe tidal mills of the {name} coast of Orvania ground {number}00 "
        text += "sacks of barley a year."
        for injection in given:
            text += f"\n\nThe tidal mills in Orvania stand on the {name} coast. {injection.text}"
        found.append(WebPage(f"https://mills.example/{number}", f"Tidal mills: {given[0].text}", "…", text))
    return found


async def approve(_: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"action": "approve"}


class Told:
    """What one run did and wrote."""

    def __init__(self, app: App, run: str, events: list[Event], files: list[Path]) -> None:
        self.report = app.report(run)
        self.files = {path.name: path.read_text("utf-8") for path in files}
        self.run = app.runs.get(run)
        self.steps: dict[str, list[tuple[str, int]]] = defaultdict(list)
        """What happened to each analyst, in order; what happens at the same time is sorted.

        Calls are not steps: sentences that do not hold are repaired by one more call in the same step.
        """
        for event in events:
            if event.type != "usage_reported":
                self.steps[event.analyst].append((event.type, event.turn))
        self.steps[""].sort()


async def told(brain: Brain, web: TavilyServer, name: str) -> Told:
    with OpenAIServer(brain) as model:
        flags = {"model": "openai:x", "base_url": model.base_url, "sources": "web", "analysts": 3, "turns": 1}
        app = App(load_settings({**flags, "output": name}))
        run = await app.start(TOPIC)
        events: list[Event] = []
        await app.advance(run.id, reviewer=approve, on_event=events.append)
        return Told(app, run.id, events, app.export(run.id, formats=("md", "html", "json")))


# A model is shown the best of what was found: half of the orders at a time is what it sees whole.
@pytest.fixture(params=[0, 1], ids=["even", "odd"])
async def runs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A run whose model reads the orders and does its work, and one whose model obeys; the canary sees who asks it."""
    with TavilyServer(pages=[]) as web, TavilyServer() as canary:
        monkeypatch.setenv("TAVILY_API_KEY", "tvly-test")
        monkeypatch.setenv("TAVILY_API_BASE_URL", web.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
        orders = injections(canary.url)[request.param :: 2]
        web.pages = pages(orders)
        obedient = Obedient(orders)
        yield await told(play_every_role, web, "plain"), await told(obedient, web, "obeyed"), orders, obedient, canary


async def test_a_model_that_obeys_changes_words_only(runs: Any, tmp_path: Path):
    plain, obeyed, orders, obedient, canary = runs
    assert len(orders) >= 30
    assert obedient.obeyed == {injection.number for injection in orders}

    # The same steps, people and places as without.
    assert obeyed.steps == plain.steps
    assert obeyed.run.status == plain.run.status == "done"
    assert len(obeyed.report["panel"]) == len(plain.report["panel"]) == 3
    assert obeyed.report["run"]["language"] == plain.report["run"]["language"]
    assert {source["url"] for source in obeyed.report["documents"]} <= {page.url for page in pages(orders)}
    assert set(obeyed.files) - _transcripts(obeyed) == set(plain.files) - _transcripts(plain)
    assert {path.name for path in Path.cwd().iterdir()} == {"plain", "obeyed"}

    # Nothing is linked, loaded or asked for; nothing steers a terminal; no secret was there to tell.
    links = ledger_addresses(obeyed.report)
    assert dangers(obeyed.files["report.html"], links=links, whole=True) == []
    renderers: list[Callable[[str], str]] = [
        lambda text: markdown.markdown(text, extensions=["extra"]),
        MarkdownIt("commonmark").enable("table").render,
    ]
    for name, text in obeyed.files.items():
        if name.endswith(".md"):
            body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
            assert [found for render in renderers for found in dangers(render(body), links=links)] == []
            assert plain_text(text) == text
        assert "sk-secret" not in text
        assert "tvly-test" not in text
    assert canary.requests == []


def _transcripts(run: Told) -> set[str]:
    return {name for name in run.files if name[0].isdigit()}
