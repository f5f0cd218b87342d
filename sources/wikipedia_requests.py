"""How Wikipedia is asked: with a name, time-outs, and as much patience as it asks for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, metadata, version
from typing import TYPE_CHECKING, Any, Final

from ..errors import SourceError, SourceSettingsError, SourceUnavailableError
from .formats.content import one_line
from .guard import Guard, Place

if TYPE_CHECKING:
    from requests import Response, Session

_TIMEOUTS: Final = (3.05, 20.0)
_TRIES: Final = 3
_LONGEST_WAIT: Final = 20.0
_ANSWER_LIMIT: Final = 8_000_000
_ANSWER_SECONDS: Final = 40.0
# API errors that pass: the wiki is busy, or we were too quick.
_PASSING: Final = frozenset({"maxlag", "ratelimited", "readonly", "cirrussearch-too-busy-error"})
_LATER: Final = "Try again later."
ADDRESS_HINT: Final = "Check --language and TERTULIA_WIKIPEDIA_URL."
_NAME_HINT: Final = "Set TERTULIA_CONTACT to an address that the wiki's people can write to."


class WikipediaRequests:
    """Makes the request functions that the copies of the `wikipedia` module call. Used from several threads.

    `patience` scales the waits between tries; `closing` ends them. Addresses are `trusted` when the user has set them:
    only then may they be private.
    """

    def __init__(self, *, contact: str, closing: threading.Event, patience: float = 1.0, trusted: bool = False) -> None:
        self._name = user_agent(contact)
        self._closing = closing
        self._patience = patience
        self._trusted = trusted
        self._sessions: dict[str, Session] = {}
        self._making = threading.Lock()

    def to(self, address: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        """The function that takes the place of the module's `_wiki_request`, for one API address."""

        def request(parameters: dict[str, Any]) -> dict[str, Any]:
            return self._ask(address, {"action": "query", **parameters, "format": "json", "maxlag": 5})

        return request

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        with self._making:
            for session in self._sessions.values():
                session.close()

    def _ask(self, address: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        for attempt in range(_TRIES):
            try:
                return self._try(address, parameters)
            except _BusyError as error:
                wait = 2.0**attempt if error.wait is None else error.wait
                last = attempt == _TRIES - 1 or wait > _LONGEST_WAIT
                if last or self._closing.wait(wait * self._patience):
                    raise
        raise AssertionError  # the last round returns or raises

    def _try(self, address: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        import requests  # noqa: PLC0415 - slow to import

        from .guarded_requests import read_body  # noqa: PLC0415 - imports requests

        try:
            with self._open(address).get(address, params=dict(parameters), timeout=_TIMEOUTS, stream=True) as response:
                _check_status(response)
                body = read_body(response, limit=_ANSWER_LIMIT, seconds=_ANSWER_SECONDS)
                return _answer(body, _retry_after(response.headers.get("Retry-After", "")))
        except requests.Timeout as error:
            raise _BusyError("Wikipedia did not answer in time.", hint=_LATER) from error
        except requests.exceptions.InvalidSchema as error:
            # The session knows one host.
            raise SourceSettingsError(
                f"{address} leads to another host, which is not followed.", hint=ADDRESS_HINT
            ) from error
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise SourceSettingsError(f"This is no address of a wiki: {address}", hint=ADDRESS_HINT) from error
        except requests.TooManyRedirects as error:
            raise SourceSettingsError(f"{address} leads somewhere else, again and again.", hint=ADDRESS_HINT) from error
        except requests.RequestException as error:
            kind = type(error).__name__
            raise _BusyError(
                f"Wikipedia cannot be reached ({kind}).", hint="Check the network, and --language."
            ) from error

    def _open(self, address: str) -> Session:
        from .guarded_requests import guarded_session  # noqa: PLC0415 - imports requests

        with self._making:
            if address not in self._sessions:
                guard = Guard(trusted=frozenset({Place.of(address)} if self._trusted else ()))
                session = guarded_session(address, guard)
                session.headers["User-Agent"] = self._name
                # Nothing is remembered between requests, so that threads may share the session.
                session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
                self._sessions[address] = session
            return self._sessions[address]


class _BusyError(SourceUnavailableError):
    """Worth another try, after `wait` seconds if the wiki said how many."""

    def __init__(self, message: str, *, hint: str, wait: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


def user_agent(contact: str) -> str:
    """Who asks, as Wikimedia wants to know it: name, version, and where to write to."""
    try:
        number = version("tertulia")
        pages = [page.partition(",")[2].strip() for page in metadata("tertulia").get_all("Project-URL") or []]
    except PackageNotFoundError:
        number, pages = "0", []
    where = one_line(contact, 120) or next(iter(pages), "") or "no contact set"
    # Header values are Latin-1 on the wire.
    return f"tertulia/{number} ({where})".encode("latin-1", "replace").decode("latin-1")


def _check_status(response: Response) -> None:
    status = response.status_code
    if status == 200:
        return
    wait = _retry_after(response.headers.get("Retry-After", ""))
    if status == 429:
        raise _BusyError("Wikipedia asks for fewer requests.", hint=_LATER, wait=wait)
    if status >= 500:
        raise _BusyError(f"Wikipedia has trouble of its own (status {status}).", hint=_LATER, wait=wait)
    if status in (401, 403):
        raise SourceError(f"Wikipedia refuses this program (status {status}).", hint=_NAME_HINT)
    raise SourceSettingsError(f"At this address no wiki answers (status {status}).", hint=ADDRESS_HINT)


def _retry_after(value: str) -> float | None:
    """The seconds of a Retry-After header (RFC 9110, 10.2.3): a number, or a date."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _answer(body: bytes, wait: float | None) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceError("What answered is not a wiki: its reply is not JSON.", hint=ADDRESS_HINT) from error
    if not isinstance(answer, dict):
        raise SourceError("What answered is not a wiki: its reply has another form.", hint=ADDRESS_HINT)
    if problem := answer.get("error"):
        code, info = (str(problem.get(key, "")) for key in ("code", "info")) if isinstance(problem, dict) else ("", "")
        if code in _PASSING:
            raise _BusyError(f"Wikipedia is busy ({code}).", hint=_LATER, wait=wait)
        raise SourceError(
            f"Wikipedia does not take this search: {one_line(info or code, 200)}", hint="Try other words."
        )
    return answer
