"""A source of another package may fail in any way: that costs what it would have found, and never the run."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from tertulia.errors import SourceError, SourceSettingsError, SourceUnavailableError, StorageError
from tertulia.evidence.documents import make_document
from tertulia.settings import Settings
from tertulia.sources import Query, Source, open_sources, outside

QUERY = Query("tides", limit=2)
PAGES = [
    make_document(
        url=f"almanac-{number}",
        title="T",
        source="almanac",
        kind="md",
        text="Tides.",
        retrieved_at="2026-03-01T12:00:00",
    )
    for number in range(3)
]


class Almanac:
    """Gives what it is told to give, raises what it is told to raise, or waits for ever."""

    name = "moon and tides"

    def __init__(self, gives: Any) -> None:
        self.gives = gives
        self.is_stopped = self.is_stubborn = False
        self.released = asyncio.Event()

    async def search(self, _: Query) -> Any:
        return await self._give()

    async def close(self) -> None:
        await self._give()

    async def _give(self) -> Any:
        if isinstance(self.gives, BaseException):
            raise self.gives
        if self.gives is None:
            try:
                await self.released.wait()
            finally:
                self.is_stopped = True
                if self.is_stubborn:
                    await self.released.wait()
        return self.gives


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Opens an almanac as a package would have brought it."""

    def open_one(almanac: Almanac) -> Source:
        module = sys.modules[__name__]
        monkeypatch.setattr(module, "almanac", lambda settings, clock: almanac, raising=False)
        monkeypatch.setitem(sys.modules, "almanac_package", module)
        point = EntryPoint("almanac", "almanac_package:almanac", "tertulia.sources")
        monkeypatch.setattr("tertulia.sources.entry_points", lambda group: [point])
        return open_sources(Settings(), ["almanac"], clock=lambda: None, notify=pytest.fail)["almanac"]

    return open_one


async def test_it_is_called_by_its_name_and_gives_no_more_than_was_wanted(opened):
    source = opened(Almanac(PAGES))
    assert source.name == "almanac"
    assert await source.search(QUERY) == PAGES[:2]
    await source.close()


@pytest.mark.parametrize("error", [ValueError("no moon"), KeyError("tide"), UnicodeError("bad")], ids=repr)
async def test_whatever_it_raises_is_a_failure_of_the_source(opened, error):
    with pytest.raises(SourceError, match=f"source almanac is broken: {type(error).__name__}") as caught:
        await opened(Almanac(error)).search(QUERY)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [SourceSettingsError("No key."), StorageError("The disk is full.")], ids=repr)
async def test_what_a_source_may_raise_stays_what_it_is(opened, error):
    with pytest.raises(type(error)) as caught:
        await opened(Almanac(error)).search(QUERY)
    assert caught.value is error


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("a page", "something other than documents"),
        ({"pages": PAGES}, "something other than documents"),
        ([PAGES[0], "a page"], "str is no document"),
        ([replace(PAGES[0], published=None)], "published of a document is NoneType, not text"),
        ([replace(PAGES[0], text=b"Tides.")], "text of a document is bytes, not text"),
        (asyncio.CancelledError(), "gave up its own search"),
    ],
    ids=repr,
)
async def test_what_is_no_list_of_documents_is_a_failure_of_the_source(opened, answer, said):
    with pytest.raises(SourceError, match=said):
        await opened(Almanac(answer)).search(QUERY)


async def test_documents_get_whole_characters_and_an_id_of_their_own(opened):
    [document] = await opened(Almanac([replace(PAGES[0], id="", content_hash="", text="Tides \ud83c.")])).search(QUERY)
    assert document.text.encode()
    assert document == make_document(
        **{name: value for name, value in document.to_dict().items() if name not in {"id", "content_hash"}}
    )


async def test_one_that_will_not_be_stopped_is_left_alone(opened, monkeypatch):
    monkeypatch.setattr(outside, "SEARCH_SECONDS", 0.01)
    monkeypatch.setattr(outside, "STOP_SECONDS", 0.01)
    almanac = Almanac(None)
    almanac.is_stubborn = True
    with pytest.raises(SourceUnavailableError, match="almanac did not answer"):
        await opened(almanac).search(QUERY)
    almanac.released.set()


async def test_what_does_not_end_is_stopped_after_a_while(opened, monkeypatch):
    monkeypatch.setattr(outside, "SEARCH_SECONDS", 0.01)
    monkeypatch.setattr(outside, "CLOSE_SECONDS", 0.01)
    almanac = Almanac(None)
    source = opened(almanac)
    with pytest.raises(SourceUnavailableError, match="almanac did not answer"):
        await source.search(QUERY)
    assert almanac.is_stopped
    with pytest.raises(TimeoutError):
        await source.close()
