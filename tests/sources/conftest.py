"""The three sources, each against its loopback counterpart or a folder made for the test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import pytest_asyncio
from servers.mediawiki import MediaWikiServer
from servers.tavily import TavilyServer

from tertulia.settings import Settings
from tertulia.sources import Query, Source
from tertulia.sources.documents import DocumentsSource
from tertulia.sources.formats import Content
from tertulia.sources.parser import Parser
from tertulia.sources.web import WebSource
from tertulia.sources.wikipedia import WikipediaSource

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def clock() -> datetime:
    return NOON


@dataclass
class Case:
    """A source with queries that it can answer, one that it cannot, and the fault plan of its server."""

    source: Source
    queries: list[Query]
    nothing: Query
    faults: list[Any] = field(default_factory=list)


@pytest.fixture
def tavily() -> Iterator[TavilyServer]:
    with TavilyServer() as server:
        yield server


@pytest.fixture
def mediawiki() -> Iterator[MediaWikiServer]:
    with MediaWikiServer() as server:
        yield server


@pytest_asyncio.fixture
async def web(tavily: TavilyServer) -> AsyncIterator[WebSource]:
    settings = Settings(tavily_api_key="tvly-test", tavily_api_base_url=tavily.url)
    source = WebSource(settings, clock, delays=(0, 0))
    yield source
    await source.close()


@pytest_asyncio.fixture
async def wikipedia(mediawiki: MediaWikiServer) -> AsyncIterator[WikipediaSource]:
    settings = Settings(wikipedia_url=mediawiki.address, contact="somebody@example.org")
    source = WikipediaSource(settings, clock, patience=0)
    yield source
    await source.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "papers"
    path.mkdir()
    (path / "mills.md").write_text("# Mills of Orvania\n\nThe mills of Orvania ground barley until 1932.\n", "utf-8")
    (path / "molinos.txt").write_text("Los molinos de Orvania\n\nLos molinos de Orvania molían cebada.\n", "utf-8")
    (path / "bees.html").write_text("<h1>Bees</h1><p>City bees find many flowers on the roofs.</p>", "utf-8")
    return path


OpenDocuments = Callable[..., DocumentsSource]


@pytest.fixture
def open_documents(tmp_path: Path) -> OpenDocuments:
    """Opens the source of the given files and folders; all share one home."""
    return lambda *roots: DocumentsSource(Settings(home=tmp_path / "data", docs=roots), clock)


def remote_case(request: pytest.FixtureRequest) -> Case:
    if request.param == "web":
        queries = [Query("solar roofs", "en", 2), Query("tejados solares", "es", 1), Query("bees", "en", 5)]
        faults = request.getfixturevalue("tavily").faults
    else:
        queries = [Query("mill", "en", 2), Query("molino de mareas", "es", 1), Query("barley", "en", 5)]
        faults = request.getfixturevalue("mediawiki").faults
    return Case(request.getfixturevalue(request.param), queries, Query("zeppelin", "en"), faults)


@pytest.fixture(params=["web", "wikipedia"])
def remote(request: pytest.FixtureRequest) -> Case:
    """A source that asks a server."""
    return remote_case(request)


@pytest.fixture(params=["web", "wikipedia", "documents"])
def case(request: pytest.FixtureRequest, folder: Path, open_documents: OpenDocuments) -> Case:
    """Any source."""
    if request.param == "documents":
        queries = [Query("mills", "en", 2), Query("molinos de Orvania", "es", 1), Query("bees", "en", 5)]
        return Case(open_documents(folder), queries, Query("zeppelin", "en"))
    return remote_case(request)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were given to the parsing process."""
    names: list[str] = []

    def noting(parser: Parser, file: BinaryIO, **about: Any) -> Content:
        names.append(Path(about["name"]).name)
        return original(parser, file, **about)

    original = Parser.parse
    monkeypatch.setattr(Parser, "parse", noting)
    return names
