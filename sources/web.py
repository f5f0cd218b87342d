"""The web, searched through Tavily. Whole pages are asked for: snippets stop just before the fact that is needed."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary, WeakSet

from ..errors import SourceError, SourceSettingsError, SourceUnavailableError
from ..evidence.documents import Document, make_document
from ..evidence.languages import detect_language
from ..evidence.urls import canonical_url, site_name
from ..settings import Settings
from .base import Query
from .formats.content import cut_at_paragraph, cut_at_word, iso_date, one_line
from .formats.md import plain
from .guard import Guard, Place

if TYPE_CHECKING:
    from httpx import AsyncClient
    from tavily import AsyncTavilyClient

_QUERY_LIMIT: Final = 400
_RESULT_LIMIT: Final = 20
# Hostile Markdown takes ten seconds of computing for a megabyte: at this size a page takes two or three at most.
_RAW_LIMIT: Final = 250_000
_KEPT_PAGES: Final = 512
_ADDRESS: Final = "https://api.tavily.com"
_ANSWER_LIMIT: Final = 8_000_000
_ANSWER_SECONDS: Final = 30.0
_SEARCH_SECONDS: Final = 75.0
_KEY_HINT: Final = "Set TAVILY_API_KEY to a key from tavily.com, or search other sources with --source."
_ADDRESS_HINT: Final = "Check TAVILY_API_BASE_URL; without it Tavily's own address is used."
_WAIT_HINT: Final = "Try again later, or use a lower --concurrency."
_WEB_ADDRESS: Final = re.compile(r"(?i)https?://[^\s/]")
_PLAIN_ADDRESS: Final = re.compile(r"https?://[\x21-\x7e]+")
_KEY: Final = re.compile(r"[\x21-\x7e]+")
# Markdown made from HTML has a line per element. Where lines are this long nobody wrapped them by hand.
_UNWRAPPED: Final = 200
_SINGLE_NEWLINE: Final = re.compile(r"(?<=[^\n])\n(?=[^\n|-])(?!\d{1,9}[.)] )")


class WebSource:
    """Searches the web through Tavily's client. `delays` are the seconds waited before each further try."""

    name: Final = "web"

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], *, delays: Sequence[float] = (0.5, 2.0)
    ) -> None:
        self._key = settings.tavily_api_key.get_secret_value().strip()
        # Without a key the client would send the search all the same, in a mode that nobody asked for.
        if not _KEY.fullmatch(self._key):
            problem = "is not a key: it has spaces or odd characters" if self._key else "is not set"
            raise SourceSettingsError(f"The web is searched with Tavily, and TAVILY_API_KEY {problem}.", hint=_KEY_HINT)
        self._address = settings.tavily_api_base_url.strip().rstrip("/")
        if self._address and not _WEB_ADDRESS.match(self._address):
            raise SourceSettingsError("TAVILY_API_BASE_URL is not an http(s) address.", hint=_ADDRESS_HINT)
        self._clock = clock
        self._delays = delays
        self._pages: dict[bytes, tuple[str, str]] = {}
        # One client per event loop: a client of one loop fails in another.
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[AsyncTavilyClient, AsyncClient]] = (
            WeakKeyDictionary()
        )
        self._left: WeakSet[asyncio.AbstractEventLoop] = WeakSet()

    async def search(self, query: Query) -> list[Document]:
        """The pages that Tavily finds, best first, with the text of the whole page where it has it."""
        text = cut_at_word(one_line(query.text, 10 * _QUERY_LIMIT), _QUERY_LIMIT)
        if not text or query.limit < 1:
            return []
        try:
            async with asyncio.timeout(_SEARCH_SECONDS):
                answer = await self._ask(text, min(query.limit, _RESULT_LIMIT))
        except TimeoutError as error:
            raise SourceUnavailableError("Tavily did not answer in time.", hint=_WAIT_HINT) from error
        results = answer.get("results") if isinstance(answer, Mapping) else None
        if not isinstance(results, list):
            raise SourceError("What answered is not Tavily: its reply holds no results.", hint=_ADDRESS_HINT)
        retrieved_at = self._clock().isoformat(timespec="seconds")
        return await asyncio.to_thread(self._documents, results, query.limit, retrieved_at)

    async def close(self) -> None:
        """Close the connections of this event loop. What still searches there opens none again."""
        loop = asyncio.get_running_loop()
        self._left.add(loop)
        clients = self._clients.pop(loop, None)
        if clients is not None:
            await clients[1].aclose()

    def _documents(self, results: Iterable[Any], limit: int, retrieved_at: str) -> list[Document]:
        """Results as documents, each address once with the longest text that was given for it."""
        found: dict[str, Document] = {}
        for result in results:
            document = _document(result, retrieved_at, self._read) if isinstance(result, Mapping) else None
            if document is None:
                continue
            known = found.get(document.url)
            if known is None or len(document.text) > len(known.text):
                found[document.url] = document
        return list(found.values())[:limit]

    def _read(self, raw: Sequence[str]) -> tuple[str, str]:
        """The text of a page and its language. Several searches find the same page: it is read once."""
        key = hashlib.sha256("\0".join(raw).encode("utf-8", "surrogatepass")).digest()
        read = self._pages.get(key)
        if read is None:
            # A page that could not be read is null, or a line such as "Enable JavaScript": then the snippet tells more.
            text = max(map(_page_text, raw), key=len, default="")
            read = (text, detect_language(text[:2_500], default=""))
            if len(self._pages) >= _KEPT_PAGES:
                self._pages.clear()
            self._pages[key] = read
        return read

    async def _ask(self, text: str, limit: int) -> Any:
        for delay in (*self._delays, None):
            try:
                return await self._client().search(
                    query=text,
                    max_results=limit,
                    include_raw_content="markdown",
                    timeout=_ANSWER_SECONDS,
                )
            except asyncio.CancelledError:
                raise
            except Exception as error:
                problem = _problem(error, self._key)
                if delay is None or not problem.retryable:
                    raise problem from error
            await asyncio.sleep(delay)
        raise AssertionError  # the last round returns or raises

    def _client(self) -> AsyncTavilyClient:
        from httpx import AsyncClient  # noqa: PLC0415 - slow to import
        from tavily import AsyncTavilyClient  # noqa: PLC0415 - slow to import

        from .guarded_httpx import GuardedTransport  # noqa: PLC0415 - imports httpx

        loop = asyncio.get_running_loop()
        if loop in self._left:
            raise SourceError("The web source is closed.")
        if loop not in self._clients:
            address = self._address or _ADDRESS
            guard = Guard(trusted=frozenset({Place.of(address)} if self._address else ()))
            transport = GuardedTransport(address, guard, limit=_ANSWER_LIMIT)
            client = AsyncClient(transport=transport, base_url=address)
            self._clients[loop] = (AsyncTavilyClient(api_key=self._key, api_base_url=address, client=client), client)
        return self._clients[loop][0]


def _problem(error: Exception, key: str) -> SourceError:
    """What an exception of the client, or of what is under it, means to the person who runs this."""
    import httpx  # noqa: PLC0415
    from tavily import errors  # noqa: PLC0415

    said = one_line(str(error).replace(key, "…"), 200)
    said = f" ({said})" if said else ""
    match error:
        case SourceError():
            return error
        case errors.InvalidAPIKeyError():
            return SourceSettingsError(f"Tavily does not accept the key in TAVILY_API_KEY{said}.", hint=_KEY_HINT)
        case errors.ForbiddenError():
            hint = "Look at the plan of this key on tavily.com, or search other sources with --source."
            return SourceSettingsError(
                f"Tavily refuses the search: not allowed, or the plan is used up{said}.", hint=hint
            )
        case errors.UsageLimitExceededError():
            return SourceUnavailableError(f"Tavily asks for fewer requests{said}.", hint=_WAIT_HINT)
        case errors.BadRequestError():
            return SourceError(f"Tavily does not take this search{said}.", hint="Try another wording.")
        case errors.TimeoutError() | TimeoutError():
            return SourceUnavailableError("Tavily did not answer in time.", hint=_WAIT_HINT)
        case httpx.HTTPStatusError():
            return _status_problem(error.response.status_code)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return SourceSettingsError("TAVILY_API_BASE_URL is not an http(s) address.", hint=_ADDRESS_HINT)
        case httpx.TransportError():
            return SourceUnavailableError(
                f"Tavily cannot be reached ({type(error).__name__}).", hint="Check the network."
            )
    # TypeError for 201 and 204, JSONDecodeError for HTML, …: somebody else answered.
    return SourceError(f"What answered is not Tavily ({type(error).__name__}).", hint=_ADDRESS_HINT)


def _status_problem(status: int) -> SourceError:
    if status >= 500:
        return SourceUnavailableError(f"Tavily has trouble of its own (status {status}).", hint=_WAIT_HINT)
    if status == 422:
        return SourceError("Tavily does not take this search (status 422).", hint="Try another wording.")
    return SourceSettingsError(f"At this address Tavily does not answer (status {status}).", hint=_ADDRESS_HINT)


def _document(
    result: Mapping[str, Any], retrieved_at: str, read: Callable[[Sequence[str]], tuple[str, str]]
) -> Document | None:
    address = result.get("url")
    if not isinstance(address, str) or not _WEB_ADDRESS.match(address.strip()):
        return None
    url = canonical_url(address)
    # What cannot be brought into the one form may hold anything.
    if not _PLAIN_ADDRESS.fullmatch(url):
        return None
    texts = (result.get(name) for name in ("raw_content", "content"))
    text, language = read([text for text in texts if isinstance(text, str)])
    if not text:
        return None
    title = result.get("title")
    return make_document(
        url=url,
        title=one_line(title) if isinstance(title, str) else "",
        source="web",
        kind="page",
        text=text,
        retrieved_at=retrieved_at,
        language=language,
        published=iso_date(result.get("published_date")),
        site=site_name(url),
    )


def _page_text(markdown: str) -> str:
    text = plain(cut_at_paragraph(markdown, _RAW_LIMIT))
    if max(map(len, text.splitlines()), default=0) > _UNWRAPPED:
        text = _SINGLE_NEWLINE.sub("\n\n", text)
    return text
