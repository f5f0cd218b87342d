"""What can go wrong at a provider, as the errors of this house. The only place where provider exceptions are read.

No provider's package is imported: an exception is known by its HTTP status, found on it or on what caused it, and
by the names of its classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...errors import EngineError, EngineSettingsError, EngineUnavailableError, ReplyError

_TIMEOUTS: Final = {"TimeoutError", "TimeoutException", "APITimeoutError", "ModelTimeoutError"}
_UNREACHABLE: Final = {"APIConnectionError", "ConnectionError", "TransportError", "ModelConnectionError"}
# What LangChain's own classes stand for, where a package gives no status with them.
_STATUS_OF: Final = {
    "ModelAuthenticationError": 401,
    "ModelPermissionDeniedError": 403,
    "ModelNotFoundError": 404,
    "ModelInvalidRequestError": 400,
    "ModelRateLimitError": 429,
    "ModelAPIError": 500,
}
_TOO_LONG: Final = re.compile(
    r"context.{0,20}(?:length|window|size|limit)|maximum context|prompt is too long|too many tokens"
    r"|input tokens exceed",
    re.IGNORECASE,
)
_NO_CREDIT: Final = re.compile(r"insufficient_quota|credit balance|SpendLimit")
_UNSUPPORTED: Final = re.compile(
    r"response[_ ]?format|json[_ ]?schema|json mode|structured output|output_config|grammar|guided"
    r"|\btools?\b|tool[_ ]choice|tool[_ ]use|function[_ ]?call|\bformat\b",
    re.IGNORECASE,
)
_REFUSES_FORM: Final = {400, 404, 405, 415, 422, 500, 501}
_OVERLOADED: Final = {408, 409, 425, 429}
_SECRETS: Final = re.compile(r"\b(?:sk|pk|key|AIza|gsk|xai|Bearer)[-_ ]?[\w*.-]{8,}|(?<=://)[^/\s@]+@")
_LONGEST_DETAIL: Final = 300


_STUMBLES: Final = (AttributeError, TypeError, KeyError, IndexError)


def map_failure(error: BaseException, *, model: str, address: str) -> EngineError:
    """What a provider's exception means, with a hint on what to do. `address` is where the server was looked for."""
    if isinstance(error, EngineError):
        return error
    names = _names(error)
    if "ContextOverflowError" in names:
        return _too_long(model)
    status = status_of(error)
    if status is not None:
        return _from_status(status, error, model, address)
    if names & _TIMEOUTS:
        return EngineUnavailableError(
            f"The model {model} at {address} did not answer in time.",
            hint="Try again later, or use a smaller or faster model.",
        )
    if names & _UNREACHABLE:
        return EngineUnavailableError(
            f"The model server at {address} cannot be reached.",
            hint="Check that it is running and that the address is right (--base-url, OLLAMA_HOST).",
        )
    if "ContentFilterFinishReasonError" in names:
        return ReplyError(f"A content filter of {address} stopped the reply of {model}.")
    # A client that stumbles over a reply says so in its own terms, which help nobody.
    detail = "" if isinstance(error, _STUMBLES) else f" ({_detail(error)})"
    return EngineError(
        f"The model server at {address} gave something that is not a chat reply{detail}.",
        hint="Check the address: an OpenAI-compatible base URL usually ends with /v1.",
    )


def refuses_form(error: BaseException) -> bool:
    """Whether a failure means that the server or the model cannot do this form of structured output."""
    if isinstance(error, NotImplementedError):
        return True
    text = str(error)
    return status_of(error) in _REFUSES_FORM and bool(_UNSUPPORTED.search(text)) and not _TOO_LONG.search(text)


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an exception, if there is one."""
    for cause in _causes(error):
        places = (cause, getattr(cause, "response", None))
        for value in (getattr(place, name, None) for place in places for name in ("status_code", "code")):
            if isinstance(value, int) and 300 <= value < 600:
                return value
    names = _names(error)
    return next((status for name, status in _STATUS_OF.items() if name in names), None)


def _from_status(status: int, error: BaseException, model: str, address: str) -> EngineError:
    detail = _detail(error)
    no_credit = status == 402 or _NO_CREDIT.search(" ".join((detail, *_names(error))))
    if status == 401:
        return EngineSettingsError(f"{address} does not accept the key for {model}.", hint="Check the provider's key.")
    if no_credit:
        return EngineSettingsError(
            f"The account at {address} has no credit left.", hint="Top it up, or choose another --model."
        )
    if status == 403:
        return EngineSettingsError(
            f"{address} does not allow the use of {model}.",
            hint="Check what the key may use, or choose another --model.",
        )
    if status == 404:
        return EngineSettingsError(
            f"{address} does not know the model {model}.",
            hint="Check the model's name, and that a base URL ends with /v1; Ollama needs `ollama pull` first.",
        )
    if status == 413 or _TOO_LONG.search(detail):
        return _too_long(model)
    if status in _OVERLOADED or status >= 500:
        return EngineUnavailableError(
            f"The model server at {address} is overloaded or failing (HTTP {status}).",
            hint="Try again later; a lower --concurrency helps with limits on requests.",
        )
    return EngineSettingsError(
        f"{address} rejects the request for {model} (HTTP {status}): {detail}",
        hint="Check --model and --base-url, or choose another model.",
    )


def _too_long(model: str) -> EngineError:
    return EngineSettingsError(
        f"The prompt is longer than {model} can read.", hint="Use a model with a larger context window."
    )


def _names(error: BaseException) -> set[str]:
    """The names of an exception's classes and of those of what it was raised from."""
    return {cls.__name__ for cause in _causes(error) for cls in type(cause).__mro__}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception, and what it was raised from, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _detail(error: BaseException) -> str:
    """What the provider says, short, on one line and without anything that looks like a key."""
    text = " ".join(str(error).split()) or type(error).__name__
    text = _SECRETS.sub("…", text)
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + "…"
