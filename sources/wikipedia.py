"""Wikipedia, through the `wikipedia` package.

The package keeps its address, language and caches in module globals, has no time-outs and follows its own suggestions.
So each source works with private copies of its module (one per language), in which the one function that all calls go
through is replaced by one that behaves (`wikipedia_requests`).

A search is one request, which brings the whole text of one of the pages that it finds; the API gives no more at once.
Each other text that is wanted is a request of its own, made once however many searches find the page.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from types import ModuleType
from typing import Any, Final

from ..errors import SourceError, SourceSettingsError, SourceUnavailableError
from ..evidence.documents import Document, make_document
from ..evidence.languages import base_language
from ..evidence.urls import canonical_url
from ..evidence.words import terms
from ..settings import Settings
from .base import Query
from .formats.content import cut_at_paragraph, cut_at_word, one_line
from .wikipedia_requests import ADDRESS_HINT, WikipediaRequests
from .wikipedia_text import light_markdown

DEFAULT_ADDRESS: Final = "https://{language}.wikipedia.org/w/api.php"
_AT_ONCE: Final = 3
_PAGES: Final = 3
_KEPT_PAGES: Final = 128
_QUERY_LIMIT: Final = 280
_TEXT_LIMIT: Final = 400_000
_SEARCH_SECONDS: Final = 90.0
_TITLE_BYTES: Final = 255
_BAD_TITLE: Final = re.compile(r"[#<>\[\]|{}]")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_WORD: Final = re.compile(r"[^\W_]+(?:['’·.-][^\W_]+)*")
_LOOSE_WORDS: Final = 8


@dataclass(frozen=True, slots=True)
class _Hit:
    """A page that the search found; `told` is what there is to read, if the search told that too."""

    title: str
    page: str
    url: str
    told: Future[Document | None] | None = None


class WikipediaSource:
    """Searches the Wikipedia of the query's language; never another one instead."""

    name: Final = "wikipedia"

    def __init__(self, settings: Settings, clock: Callable[[], datetime], *, patience: float = 1.0) -> None:
        self._address = settings.wikipedia_url.strip() or DEFAULT_ADDRESS
        if not re.match(r"(?i)https?://[^\s/]", self._address):
            raise SourceSettingsError(
                f"TERTULIA_WIKIPEDIA_URL is not an http(s) address: {one_line(self._address, 80)}",
                hint="Give the address of an api.php; it may hold {language}.",
            )
        self._clock = clock
        self._closing = threading.Event()
        self._requests = WikipediaRequests(
            contact=settings.contact,
            closing=self._closing,
            patience=patience,
            trusted=bool(settings.wikipedia_url.strip()),
        )
        # One flight for each page, finished ones too. They belong to no event loop, so any may wait for them.
        self._pages: OrderedDict[tuple[str, str], Future[Document | None]] = OrderedDict()
        self._modules: dict[str, ModuleType] = {}
        self._making = threading.Lock()
        # Its own few threads: Wikimedia asks for few requests at once, and a slow wiki must not fill the common pool.
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wikipedia")

    async def search(self, query: Query) -> list[Document]:
        """The best pages with their whole texts, at most three; disambiguation pages are left out."""
        language = base_language(query.language)
        if not _LANGUAGE.fullmatch(language):
            code = one_line(query.language, 40)
            raise SourceSettingsError(f"There is no Wikipedia in the language {code!r}.", hint="See --language.")
        words = _WORD.findall(cut_at_word(one_line(query.text, 10 * _QUERY_LIMIT), _QUERY_LIMIT))
        if not words or query.limit < 1:
            return []
        try:
            async with asyncio.timeout(_SEARCH_SECONDS):
                return await self._search(words, language, min(query.limit, _PAGES))
        except TimeoutError as error:
            raise SourceUnavailableError("Wikipedia did not answer in time.", hint="Try again later.") from error

    async def close(self) -> None:
        """Stop waiting for retries and let the threads go."""
        self._closing.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._requests.close()

    async def _search(self, words: list[str], language: str, limit: int) -> list[Document]:
        hits = await self._find(" ".join(words), language, limit)
        if not hits and len(words) > 1:
            # Wikipedia wants every word of a query on the page. When no page has them all, any long one will do.
            telling = [word for word in dict.fromkeys(words) if terms(word, language)]
            loose = sorted(telling, key=len, reverse=True)[:_LOOSE_WORDS] or words[:1]
            hits = await self._find(" OR ".join(loose), language, limit)
        pages = [self._page(hit, language) for hit in hits]
        results = await asyncio.gather(*pages, return_exceptions=True)
        documents = [result for result in results if isinstance(result, Document)]
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures and not documents:
            raise failures[0]
        return documents

    async def _page(self, hit: _Hit, language: str) -> Document | None:
        # Shielded: a search that is given up must not take the page from another one that waits for it.
        return await asyncio.shield(asyncio.wrap_future(self._fly(hit, language)))

    def _fly(self, hit: _Hit, language: str) -> Future[Document | None]:
        """What will be the page with its whole text, or None when it has none any more. It is asked for once."""
        key = (language, hit.page)
        flight = self._pages.get(key)
        if flight is None or (flight.done() and (flight.cancelled() or flight.exception() is not None)):
            flight = self._pages[key] = hit.told or self._submit(self._read, hit, language)
            while len(self._pages) > _KEPT_PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(key)
        return flight

    def _submit(self, call: Callable[..., Any], *arguments: Any) -> Future[Any]:
        try:
            return self._threads.submit(call, *arguments)
        except RuntimeError as error:
            if not self._closing.is_set():
                raise
            raise SourceError("The Wikipedia source is closed.") from error

    async def _find(self, text: str, language: str, limit: int) -> list[_Hit]:
        """The pages that match; when some cannot be read, the next ones fill their places."""
        hits, found = await self._ask(text, language, limit, 0)
        if len(hits) < limit <= found:
            more, _ = await self._ask(text, language, limit, limit)
            hits += [hit for hit in more if hit.page not in {known.page for known in hits}]
        return hits[:limit]

    async def _ask(self, text: str, language: str, limit: int, offset: int) -> tuple[list[_Hit], int]:
        asked: Future[tuple[list[_Hit], int]] = self._submit(self._request, text, language, limit, offset)
        return await asyncio.wrap_future(asked)

    def _request(self, text: str, language: str, limit: int, offset: int) -> tuple[list[_Hit], int]:
        """Titles, addresses and kinds of the pages that match, the text of one of them, and how many there were."""
        # The package has no function for a search that tells addresses and texts too: asked as its functions ask.
        answer = self._module(language)._wiki_request(  # noqa: SLF001
            {
                "generator": "search",
                "gsrsearch": text,
                "gsrnamespace": 0,
                # No more than wanted: the one text that comes along is then of a page that is.
                "gsrlimit": limit,
                **({"gsroffset": offset} if offset else {}),
                "prop": "info|pageprops|extracts",
                "inprop": "url",
                "explaintext": "",
                "exlimit": 1,
                "ppprop": "disambiguation",
                "redirects": "1",
            }
        )
        query = answer.get("query", {})
        pages = query.get("pages", {}) if isinstance(query, Mapping) else None
        if not isinstance(pages, Mapping):
            raise SourceError("What answered is not a wiki: its reply has another form.", hint=ADDRESS_HINT)
        ranked = sorted((page for page in pages.values() if isinstance(page, Mapping)), key=_place)
        hits = [(hit, page.get("extract")) for page in ranked if (hit := _hit(page)) is not None]
        return [self._told(hit, extract, language) for hit, extract in hits], len(pages)

    def _told(self, hit: _Hit, extract: object, language: str) -> _Hit:
        if not isinstance(extract, str):
            return hit
        # Made here, not in a flight of its own: that would wait in line behind requests.
        told: Future[Document | None] = Future()
        told.set_result(self._document(hit, extract, language))
        return replace(hit, told=told)

    def _read(self, hit: _Hit, language: str) -> Document | None:
        """A page whose text is asked for; None when it has none any more."""
        module = self._module(language)
        page = module.WikipediaPage.__new__(module.WikipediaPage)
        # What its constructor would ask the wiki for, the search has told already.
        page.title, page.pageid, page.url = hit.title, hit.page, hit.url
        try:
            return self._document(hit, page.content or "", language)
        except (KeyError, TypeError):
            # The package reads the answer by its keys: the page was deleted, or its text is not to be had.
            return None

    def _document(self, hit: _Hit, extract: str, language: str) -> Document | None:
        text = light_markdown(extract, language)
        if not text:
            return None
        return make_document(
            url=canonical_url(hit.url),
            title=hit.title,
            source="wikipedia",
            kind="page",
            text=cut_at_paragraph(text, _TEXT_LIMIT),
            retrieved_at=self._clock().isoformat(timespec="seconds"),
            language=language,
            site="Wikipedia",
        )

    def _module(self, language: str) -> ModuleType:
        """The private copy of the package's module for one language."""
        with self._making:
            if language not in self._modules:
                spec = importlib.util.find_spec("wikipedia.wikipedia")
                if spec is None or spec.loader is None:
                    raise SourceSettingsError("The package `wikipedia` is not installed.", hint="pip install wikipedia")
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                address = self._address.replace("{language}", language)
                vars(module)["API_URL"] = address
                vars(module)["_wiki_request"] = self._requests.to(address)
                self._modules[language] = module
            return self._modules[language]


def _place(page: Mapping[str, Any]) -> int:
    index = page.get("index")
    return index if isinstance(index, int) else 1_000


def _hit(page: Mapping[str, Any]) -> _Hit | None:
    """A page that can be read; None for missing, disambiguation and oddly titled ones.

    Raises:
        SourceError: the page has another form than a wiki's.
    """
    title, number, url = page.get("title"), page.get("pageid"), page.get("fullurl")
    kinds = page.get("pageprops") or {}
    # An empty object is written as an empty list.
    if not isinstance(kinds, Mapping | list):
        raise SourceError("What answered is not a wiki: a page of its reply has another form.", hint=ADDRESS_HINT)
    if "missing" in page or "invalid" in page or "disambiguation" in kinds:
        return None
    if not isinstance(title, str) or not isinstance(number, int) or not isinstance(url, str):
        return None
    if _BAD_TITLE.search(title) or len(title.encode("utf-8", "replace")) > _TITLE_BYTES:
        return None
    return _Hit(title, str(number), url)
