"""Where facts come from: one table of sources, open to outside packages through the entry points `tertulia.sources`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Final

from ..errors import TertuliaError, UsageError, explain
from .base import Query, Source
from .outside import OutsideSource

if TYPE_CHECKING:
    # Not at run time: pydantic is nothing that the process which parses documents should wait for.
    from ..settings import Settings

__all__ = ["ENTRY_POINTS", "Clock", "Query", "Source", "SourceInfo", "available", "default_names", "open_sources"]

ENTRY_POINTS: Final = "tertulia.sources"

Clock = Callable[[], datetime]
"""Gives the time of now, with its zone."""

SourceFactory = Callable[["Settings", Clock], Source]


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source as `tertulia sources` shows it. `state` is "ready" or says what is missing; `hint` what to do then."""

    name: str
    description: str
    settings: tuple[str, ...]
    state: str
    hint: str = ""

    @property
    def ready(self) -> bool:
        """Whether the source can be searched as things are set."""
        return self.state == "ready"


@dataclass(frozen=True, slots=True)
class _Builtin:
    """A source of this package: where it is, without importing it, and what it lacks under given settings."""

    description: str
    settings: tuple[str, ...]
    module: str
    factory: str
    missing: Callable[[Settings], tuple[str, str]]

    def load(self) -> SourceFactory:
        factory: SourceFactory = getattr(import_module(self.module, __name__), self.factory)
        return factory


def _needs_paths(settings: Settings) -> tuple[str, str]:
    return ("", "") if settings.docs else ("no paths given", "Name files or folders with --docs.")


def _needs_key(settings: Settings) -> tuple[str, str]:
    if settings.tavily_api_key.get_secret_value().strip():
        return "", ""
    return "missing key", "Set TAVILY_API_KEY to a key from tavily.com."


# In the order in which they are searched and listed.
_BUILTIN: Final[Mapping[str, _Builtin]] = {
    "documents": _Builtin(
        "your own files and folders: md, txt, html, pdf, docx, csv",
        ("--docs", "TERTULIA_DOCS"),
        ".documents",
        "DocumentsSource",
        _needs_paths,
    ),
    "wikipedia": _Builtin(
        "the Wikipedia of the report's language",
        ("TERTULIA_WIKIPEDIA_URL", "TERTULIA_CONTACT"),
        ".wikipedia",
        "WikipediaSource",
        lambda _: ("", ""),
    ),
    "web": _Builtin(
        "the web, whole pages, through Tavily",
        ("TAVILY_API_KEY", "TAVILY_API_BASE_URL"),
        ".web",
        "WebSource",
        _needs_key,
    ),
}


def available(settings: Settings) -> list[SourceInfo]:
    """Every source with its state. Imports none of them."""
    own = []
    for name, source in _BUILTIN.items():
        state, hint = source.missing(settings)
        own.append(SourceInfo(name, source.description, source.settings, state or "ready", hint))
    return own + [SourceInfo(name, f"from {_origin(point)}", (), "ready") for name, point in _outside().items()]


def default_names(settings: Settings) -> list[str]:
    """The sources of a run that names none: documents if given; wikipedia; web if its key is set."""
    return [name for name, source in _BUILTIN.items() if not source.missing(settings)[0]]


def open_sources(
    settings: Settings, names: Iterable[str], *, clock: Clock, notify: Callable[[str], None]
) -> dict[str, Source]:
    """The named sources, in this order. An outside source that cannot be opened is told to `notify` and left out.

    Raises:
        UsageError: no source has this name, or none is left.
        SourceSettingsError: a source of ours lacks its key or has a wrong address.
    """
    names = list(dict.fromkeys(names))
    # All that is installed is looked through only for names that are not ours: it takes longer than all else here.
    outside = {} if _BUILTIN.keys() >= set(names) else _outside()
    known = [*_BUILTIN, *outside]
    for name in names:
        if name not in known:
            raise UsageError(f"There is no source named {name!r}.", hint=f"Known sources: {', '.join(known)}.")
    opened: dict[str, Source] = {}
    for name in names:
        if name in _BUILTIN:
            opened[name] = _BUILTIN[name].load()(settings, clock)
        elif (source := _open_outside(outside[name], settings, clock, notify)) is not None:
            opened[name] = source
    if names and not opened:
        raise UsageError("None of the sources can be opened.", hint=f"Known sources: {', '.join(known)}.")
    return opened


def _outside() -> dict[str, EntryPoint]:
    """Sources of other packages, by name. The names of ours are taken."""
    points = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    return {point.name: point for point in points if point.name not in _BUILTIN}


def _origin(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.module


def _open_outside(point: EntryPoint, settings: Settings, clock: Clock, notify: Callable[[str], None]) -> Source | None:
    try:
        source = point.load()(settings, clock)
    except TertuliaError as error:
        notify(f"The source {point.name} (from {_origin(point)}) cannot be used: {error}")
        return None
    except Exception as error:  # noqa: BLE001 - somebody else's code may raise anything; the run goes on without it
        notify(f"The source {point.name} (from {_origin(point)}) is broken: {explain(error)}")
        return None
    if not isinstance(source, Source):
        notify(f"The source {point.name} (from {_origin(point)}) is broken: it is no tertulia source.")
        return None
    return OutsideSource(point.name, source)
