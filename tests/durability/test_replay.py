"""A report is the same for the same inputs and replies, whichever branch finishes first."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pytest
from command import TOPIC, WEB, WIKI
from durability.harness import ANALYSTS, Written, neutral
from servers.base import Request
from servers.mediawiki import MediaWikiServer
from servers.openai import OpenAIServer, play_every_role
from servers.tavily import TavilyServer, WebPage

from tertulia.app import App
from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.exporting import render_files
from tertulia.settings import Settings

MOST_SECONDS = 0.02


class Replay:
    """The same replies to the same requests, each after a time of its own that the seed decides."""

    def __init__(self) -> None:
        self.seed = 0
        self._servers = ExitStack()

    def __enter__(self) -> Self:
        wiki = self._open(MediaWikiServer(WIKI))
        # A page of the wiki that the web finds too, in words of its own: the survey, which is in order, settles which.
        copied = WebPage(f"{wiki.url}/en/wiki/Orvania", "Orvania - a wiki", "…", "Orvania has 2,310,000 inhabitants.")
        web = self._open(TavilyServer(pages=[*WEB, copied]))
        model = self._open(OpenAIServer(play_every_role))
        self._settings: dict[str, Any] = {
            "model": "openai:x",
            "base_url": model.base_url,
            "sources": ("web", "wikipedia"),
            "tavily_api_key": web.key,
            "tavily_api_base_url": web.url,
            "wikipedia_url": wiki.address,
            "analysts": ANALYSTS,
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._servers.close()

    async def write(self, home: Path, *, concurrency: int = 8) -> Written:
        """A report, in this process."""
        app = App(Settings(home=home, concurrency=concurrency, **self._settings), clock=_clock)
        run = (await app.start(TOPIC, approve=True)).id
        outcome = await app.advance(run, reviewer=_nobody)
        assert outcome.exit_code == 0
        files = render_files(app.report(run), ["md", "json"], "report")
        return Written(*(neutral(files[name], run) for name in ("report.md", "evidence.json")))

    def _open(self, server: Any) -> Any:
        respond = server.respond

        def later(request: Request) -> Any:
            if self.seed:
                chance = random.Random(f"{self.seed} {request.path} {request.query} {request.body!r}")
                time.sleep(chance.uniform(0, MOST_SECONDS))
            return respond(request)

        server.respond = later
        return self._servers.enter_context(server)


def _clock() -> datetime:
    return datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


async def _nobody(_: Any) -> None:
    return None


@pytest.fixture(scope="module")
def replay() -> Iterator[Replay]:
    with Replay() as replay:
        yield replay


@pytest.fixture(scope="module")
def undelayed(replay: Replay, tmp_path_factory: pytest.TempPathFactory) -> Written:
    replay.seed = 0
    return asyncio.run(replay.write(tmp_path_factory.mktemp("undelayed"), concurrency=1))


def test_the_order_of_branches_changes_nothing(
    replays: int, replay: Replay, undelayed: Written, tmp_path: Path, note: Callable[[str, int], None]
):
    """Delays of 0 to 20 ms before each reply of the model and each answer of a source, and any number of slots."""
    replay.seed = replays + 1
    written = asyncio.run(replay.write(tmp_path, concurrency=random.Random(replays).choice((2, 3, 8))))
    assert written.report == undelayed.report
    assert json.loads(written.evidence) == json.loads(undelayed.evidence)
    assert written.evidence == undelayed.evidence
    note("replays equal in any order", 1)


async def test_two_texts_of_one_address_are_kept_alike_in_any_order():
    """The web and the wiki both find a page of the wiki in an interview, in different words."""
    texts = {"web": "The coast has 14 harbours. Ships come in June.", "wikipedia": "The coast has 14 old harbours."}
    found = [
        make_document(
            url="https://wiki.example/coast", title="Coast", source=name, kind="page", text=text, retrieved_at=""
        )
        for name, text in texts.items()
    ]
    kept = []
    for documents in (found, found[::-1]):
        ledger = Ledger()
        for document in documents:
            await ledger.add([Excerpt(passage, document) for passage in split_passages(document)])
        kept.append((ledger.documents(), ledger.passages()))
    assert kept[0] == kept[1]
