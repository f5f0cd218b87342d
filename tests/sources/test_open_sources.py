"""Which sources there are, which a run uses, and how others add theirs."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from tertulia.errors import SourceSettingsError, UsageError
from tertulia.settings import Settings
from tertulia.sources import Source, available, default_names, open_sources
from tertulia.sources.outside import OutsideSource


class Almanac:
    """A source of another package."""

    name = "almanac"

    def __init__(self, settings: Settings, clock: Any) -> None:
        self.settings = settings

    async def search(self, query: Any) -> list[Any]:
        return []

    async def close(self) -> None:
        pass


def broken(settings: Settings, clock: Any) -> Source:
    raise RuntimeError("no almanac today")


def unset(settings: Settings, clock: Any) -> Source:
    raise SourceSettingsError("The almanac lacks its key.")


def clock() -> Any:
    raise AssertionError("not asked for")


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[__name__]
    monkeypatch.setitem(sys.modules, "almanac_package", module)
    points = [
        EntryPoint("almanac", "almanac_package:Almanac", "tertulia.sources"),
        EntryPoint("broken", "almanac_package:broken", "tertulia.sources"),
        EntryPoint("gone", "no_such_package_here:x", "tertulia.sources"),
        EntryPoint("unset", "almanac_package:unset", "tertulia.sources"),
        EntryPoint("wrong", "almanac_package:dict", "tertulia.sources"),
        EntryPoint("web", "almanac_package:Almanac", "tertulia.sources"),
    ]
    monkeypatch.setattr("tertulia.sources.entry_points", lambda group: points if group == "tertulia.sources" else [])
    module.dict = lambda settings, clock: {}


def test_each_source_tells_its_state() -> None:
    """What is missing, and what to do."""
    states = {info.name: (info.state, info.ready) for info in available(Settings())}
    assert states == {
        "documents": ("no paths given", False),
        "wikipedia": ("ready", True),
        "web": ("missing key", False),
    }
    assert all(info.hint for info in available(Settings()) if not info.ready)
    complete = Settings(docs=(Path("x"),), tavily_api_key="k")
    assert all(info.ready and not info.hint for info in available(complete))


def test_the_key_is_not_told() -> None:
    """Only whether there is one."""
    assert "tvly-secret" not in repr(available(Settings(tavily_api_key="tvly-secret")))


def test_defaults_are_what_is_set() -> None:
    """Documents if given; wikipedia; web if its key is set."""
    assert default_names(Settings()) == ["wikipedia"]
    assert default_names(Settings(docs=(Path("x"),), tavily_api_key="k")) == ["documents", "wikipedia", "web"]


async def test_opens_by_name_each_once() -> None:
    """In the order asked for."""
    sources = open_sources(Settings(tavily_api_key="k"), ["web", "wikipedia", "web"], clock=clock, notify=pytest.fail)
    assert {name: source.name for name, source in sources.items()} == {"web": "web", "wikipedia": "wikipedia"}
    assert list(sources) == ["web", "wikipedia"]
    for source in sources.values():
        await source.close()


def test_an_unknown_name_lists_the_known_ones() -> None:
    """With exit code 2."""
    with pytest.raises(UsageError, match="'wikipaedia'") as caught:
        open_sources(Settings(), ["wikipedia", "wikipaedia"], clock=clock, notify=pytest.fail)
    assert caught.value.hint == "Known sources: documents, wikipedia, web."


def test_the_web_without_a_key_is_refused() -> None:
    """When it was asked for by name."""
    with pytest.raises(SourceSettingsError, match="TAVILY_API_KEY"):
        open_sources(Settings(), ["web"], clock=clock, notify=pytest.fail)


def test_other_packages_add_sources(plugins: None) -> None:
    """Through the entry-point group; the names of ours are taken."""
    names = [info.name for info in available(Settings())]
    assert names == ["documents", "wikipedia", "web", "almanac", "broken", "gone", "unset", "wrong"]
    settings = Settings()
    (source,) = open_sources(settings, ["almanac"], clock=clock, notify=pytest.fail).values()
    assert isinstance(source, OutsideSource)
    assert isinstance(source.source, Almanac)
    assert source.source.settings is settings


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("broken", "no almanac today"),
        ("gone", "no_such_package_here"),
        ("unset", "lacks its key"),
        ("wrong", "no tertulia source"),
    ],
)
def test_a_broken_one_is_reported_and_left_out(plugins: None, name: str, told: str) -> None:
    """The run goes on with the others; with no other it ends."""
    messages: list[str] = []
    sources = open_sources(Settings(), [name, "almanac"], clock=clock, notify=messages.append)
    assert list(sources) == ["almanac"]
    assert len(messages) == 1
    assert name in messages[0]
    assert told in messages[0]
    with pytest.raises(UsageError, match="None of the sources"):
        open_sources(Settings(), [name], clock=clock, notify=messages.append)


def test_listing_sources_imports_nothing_heavy() -> None:
    """`tertulia sources` and `--help` stay quick."""
    heavy = "tavily httpx requests wikipedia bs4 lxml docx pypdfium2 markdown_it langchain langchain_core langgraph"
    code = (
        "import sys; from tertulia.settings import Settings; from tertulia.sources import available; "
        f"available(Settings()); print([name for name in {heavy.split()!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
