"""Wikipedia, through the `wikipedia` package.

The package keeps its address, language and caches in module globals, has no time-outs and follows its own suggestions.
So each source works with private copies of its module (one per language), in which the one function that all calls go
through is replaced by one that behaves (`wikipedia_requests`).
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
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
    """A page that the search found."""

    title: str
    page: str
    url: str


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
                return await self._search(words, language, query.limit)
        except TimeoutError as error:
            raise SourceUnavailableError("Wikipedia did not answer in time.", hint="Try again later.") from error

    async def close(self) -> None:
        """Stop waiting for retries and let the threads go."""
        self._closing.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._requests.close()

    async def _search(self, words: list[str], language: str, limit: int) -> list[Document]:
        hits = await self._in_thread(self._find, " ".join(words), language, limit)
        if not hits and len(words) > 1:
            # Wikipedia wants every word of a query on the page. When no page has them all, any long one will do.
            telling = [word for word in dict.fromkeys(words) if terms(word, language)]
            loose = sorted(telling, key=len, reverse=True)[:_LOOSE_WORDS] or words[:1]
            hits = await self._in_thread(self._find, " OR ".join(loose), language, limit)
        pages = [self._in_thread(self._page, hit, language) for hit in hits[: min(limit, _PAGES)]]
        results = await asyncio.gather(*pages, return_exceptions=True)
        documents = [result for result in results if isinstance(result, Document)]
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures and not documents:
            raise failures[0]
        return documents

    async def _in_thread(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)
        except RuntimeError as error:
            if not self._closing.is_set():
                raise
            raise SourceError("The Wikipedia source is closed.") from error

    def _find(self, text: str, language: str, limit: int) -> list[_Hit]:
        """Titles, addresses and kinds of the pages that match, in one request."""
        # The package has no function for a search that tells addresses and kinds too: asked as its functions ask.
        answer = self._module(language)._wiki_request(  # noqa: SLF001
            {
                "generator": "search",
                "gsrsearch": text,
                "gsrnamespace": 0,
                # A few more than wanted, since disambiguation pages fall out.
                "gsrlimit": min(limit, _PAGES) + 3,
                "prop": "info|pageprops",
                "inprop": "url",
                "ppprop": "disambiguation",
                "redirects": "1",
            }
        )
        query = answer.get("query", {})
        pages = query.get("pages", {}) if isinstance(query, Mapping) else None
        if not isinstance(pages, Mapping):
            raise SourceError("What answered is not a wiki: its reply has another form.", hint=ADDRESS_HINT)
        ranked = sorted((page for page in pages.values() if isinstance(page, Mapping)), key=_place)
        return [hit for page in ranked if (hit := _hit(page)) is not None]

    def _page(self, hit: _Hit, language: str) -> Document | None:
        """The whole text of a page; None when it has none any more."""
        module = self._module(language)
        page = module.WikipediaPage.__new__(module.WikipediaPage)
        # What its constructor would ask the wiki for, the search has told already.
        page.title, page.pageid, page.url = hit.title, hit.page, hit.url
        try:
            text = light_markdown(page.content or "", language)
        except (KeyError, TypeError):
            # The package reads the answer by its keys: the page was deleted, or its text is not to be had.
            return None
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
    """A page that can be read; None for missing, disambiguation and oddly titled ones."""
    title, number, url = page.get("title"), page.get("pageid"), page.get("fullurl")
    if "missing" in page or "invalid" in page or "disambiguation" in (page.get("pageprops") or {}):
        return None
    if not isinstance(title, str) or not isinstance(number, int) or not isinstance(url, str):
        return None
    if _BAD_TITLE.search(title) or len(title.encode("utf-8", "replace")) > _TITLE_BYTES:
        return None
    return _Hit(title, str(number), url)
