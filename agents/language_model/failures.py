"""What can go wrong at a provider, as the errors of this house. The only place where provider exceptions are read.

No provider's package is imported: an exception is known by its HTTP status, found on it or on what caused it, and
by the names of its classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from ...errors import EngineError, EngineSettingsError, EngineUnavailableError, PromptTooLongError, ReplyError
from ...redaction import redact

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
    r"context.{0,20}(?:length|window|size|limit|overflow)|maximum context|max_model_len|prompt is too long"
    r"|too many (?:input )?tokens|(?:input|prompt) (?:tokens?|token count|length)\b.{0,40}\bexceed"
    r"|`inputs` tokens|reduce the length of the (?:messages|prompt)|request too large",
    re.IGNORECASE,
)
# How many tokens such a message says there is room for, in the words of OpenAI and vLLM, llama.cpp, Anthropic, Google,
# Mistral and LM Studio.
_ROOM: Final = re.compile(
    r"n_ctx\D{1,6}(\d{3,})|(?:context (?:length|window)|max_model_len)\D{0,20}?(\d{3,})|> (\d{3,}) maximum"
    r"|(?:allowed|limit) ?(?:of |is |: ?|\()(\d{3,})|with (\d{3,}) maximum context",
    re.IGNORECASE,
)
# Where Google says how long to wait.
_RETRY_DELAY: Final = re.compile(r"retry_?delay\W{1,5}(?:seconds\W{1,3})?(\d+(?:\.\d+)?)", re.IGNORECASE)
_NO_CREDIT: Final = re.compile(r"insufficient_quota|credit balance|SpendLimit")
_UNSUPPORTED: Final = re.compile(
    r"response[_ ]?format|json[_ ]?schema|json mode|structured output|output_config|grammar|guided"
    r"|\btools?\b|tool[_ ]choice|tool[_ ]use|function[_ ]?call|\bformat\b",
    re.IGNORECASE,
)
_REFUSES_FORM: Final = {400, 404, 405, 415, 422, 500, 501}
_OVERLOADED: Final = {408, 409, 425, 429}
_LONGEST_DETAIL: Final = 300


_STUMBLES: Final = (AttributeError, TypeError, KeyError, IndexError)


def map_failure(error: BaseException, *, model: str, address: str) -> EngineError:
    """What a provider's exception means, with a hint on what to do. `address` is where the server was looked for."""
    if isinstance(error, EngineError):
        return error
    names = _names(error)
    status = status_of(error)
    # Some servers and proxies say so under the status of another trouble, or of success.
    if "ContextOverflowError" in names or (status not in _OVERLOADED and _TOO_LONG.search(str(error))):
        return _too_long(error, model)
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
    return EngineUnavailableError(
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
    if status == 413:
        return _too_long(error, model)
    if status in _OVERLOADED or status >= 500:
        return EngineUnavailableError(
            f"The model server at {address} is overloaded or failing (HTTP {status}).",
            hint="Try again later; a lower --concurrency helps with limits on requests.",
        )
    return EngineSettingsError(
        f"{address} rejects the request for {model} (HTTP {status}): {detail}",
        hint="Check --model and --base-url, or choose another model.",
    )


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server wants to be left alone, if it says so: a header in either of its forms, or in words."""
    for cause in _causes(error):
        headers = getattr(getattr(cause, "response", None), "headers", None)
        if isinstance(headers, Mapping) and (seconds := _header_seconds(headers)) is not None:
            return seconds
    said = _RETRY_DELAY.search(str(error))
    return float(said[1]) if said else None


def _header_seconds(headers: Mapping[str, str]) -> float | None:
    milliseconds, value = headers.get("retry-after-ms", ""), headers.get("retry-after", "").strip()
    for text, unit in ((milliseconds, 0.001), (value, 1.0)):
        if re.fullmatch(r"\d+(?:\.\d+)?", text.strip()):
            return float(text) * unit
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(until.tzinfo or UTC)).total_seconds())


def _too_long(error: BaseException, model: str) -> PromptTooLongError:
    said = _ROOM.search(str(error).replace(",", ""))
    return PromptTooLongError(
        f"The prompt is longer than {model} can read.",
        hint="Say how much it can read with --context-window, or use a model with a larger one.",
        room=int(next(filter(None, said.groups()))) if said else 0,
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
    text = redact(text)  # before it is cut: half a key is known by nothing
    return text if len(text) <= _LONGEST_DETAIL else text[:_LONGEST_DETAIL] + "…"
