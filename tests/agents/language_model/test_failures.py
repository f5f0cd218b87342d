"""Every provider exception becomes an error of the house: none gets through as it is."""

from __future__ import annotations

import inspect
import json

import anthropic
import httpx
import httpx2
import langchain_core.exceptions
import ollama
import openai
import pytest

from tertulia.agents.language_model.failures import map_failure, refuses_form, retry_after
from tertulia.errors import EngineError, EngineSettingsError, EngineUnavailableError, PromptTooLongError, ReplyError

ADDRESS = "http://127.0.0.1:8000/v1"


def mapped(error: BaseException) -> EngineError:
    return map_failure(error, model="openai:x", address=ADDRESS)


def status_error(library, status: int, message: str = "no"):
    transport = httpx2 if library is openai else httpx
    response = transport.Response(status, request=transport.Request("POST", ADDRESS))
    return library.APIStatusError(message, response=response, body=None)


@pytest.mark.parametrize("library", [openai, anthropic])
@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (400, EngineSettingsError, "rejects the request"),
        (401, EngineSettingsError, "key"),
        (402, EngineSettingsError, "credit"),
        (403, EngineSettingsError, "allow"),
        (404, EngineSettingsError, "does not know the model openai:x"),
        (413, PromptTooLongError, "longer"),
        (422, EngineSettingsError, "rejects the request"),
        (408, EngineUnavailableError, "HTTP 408"),
        (429, EngineUnavailableError, "HTTP 429"),
        (500, EngineUnavailableError, "HTTP 500"),
        (529, EngineUnavailableError, "HTTP 529"),
    ],
)
def test_a_status_says_what_to_do(library, status, kind, says):
    error = mapped(status_error(library, status))
    assert type(error) is kind
    assert says in str(error)
    assert error.hint


def exceptions_of(module) -> list[type[BaseException]]:
    found = [cls for _, cls in inspect.getmembers(module, inspect.isclass) if issubclass(cls, Exception)]
    return [cls for cls in found if not issubclass(cls, Warning)]


@pytest.mark.parametrize(
    "cls",
    sorted(
        {
            *exceptions_of(openai),
            *exceptions_of(anthropic),
            *exceptions_of(httpx),
            *exceptions_of(httpx2),
            *exceptions_of(ollama),
            *exceptions_of(langchain_core.exceptions),
            ConnectionRefusedError,
            TimeoutError,
            json.JSONDecodeError,
        },
        key=lambda cls: (cls.__module__, cls.__name__),
    ),
    ids=lambda cls: f"{cls.__module__}.{cls.__name__}",
)
def test_no_exception_of_a_provider_is_left_unmapped(cls):
    """Whatever a client package may raise: what its name says about the connection is kept, and it names the place."""
    error = mapped(bare(cls))
    names = {parent.__name__ for parent in cls.__mro__}
    if names & {"APIConnectionError", "TransportError", "ConnectionError", "TimeoutError", "ModelConnectionError"}:
        assert type(error) is EngineUnavailableError
        assert ADDRESS in str(error)
    else:
        assert isinstance(error, EngineError)
        assert str(error)


def bare(cls: type[BaseException]) -> BaseException:
    """An instance, whatever its constructor wants."""
    try:
        return cls("no")
    except TypeError:
        return cls.__new__(cls, "no")


def test_a_time_out_is_told_from_a_dead_address():
    timed_out = mapped(openai.APITimeoutError(httpx2.Request("POST", ADDRESS)))
    refused = mapped(ConnectionRefusedError(111, "refused"))
    assert "in time" in str(timed_out)
    assert f"{ADDRESS} cannot be reached" in str(refused)


def test_the_cause_counts_where_a_package_wraps_without_a_status():
    """Google's package raises an error of its own from the one that has the status."""
    inner = status_error(openai, 401)
    wrapped = RuntimeError("call failed")
    wrapped.__cause__ = inner
    assert "key" in str(mapped(wrapped))


def test_ollama_says_which_model_is_missing():
    assert "openai:x" in str(mapped(ollama.ResponseError("model not found", 404)))


@pytest.mark.parametrize(
    ("message", "room"),
    [
        ("This model's maximum context length is 8192 tokens. However, you requested 9000 tokens", 8192),
        ("prompt is too long: 250000 tokens > 200000 maximum", 200_000),
        ("context window exceeded", 0),
        ("the request exceeds the available context size. n_prompt_tokens: 9000, 'n_ctx': 4096", 4096),
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1_048_576),
        ("Prompt contains 40000 tokens, too large for model with 32768 maximum context length", 32_768),
        ("the model is loaded with context length of only 4096 tokens, which is not enough", 4096),
        ("Input tokens exceed the configured limit of 272,000 tokens. Your messages resulted in 300,000", 272_000),
        ("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000", 0),
        ("the input length exceeds the context length", 0),
        ("Please reduce the length of the messages or completion.", 0),
    ],
)
def test_a_prompt_that_is_too_long_is_named_as_such_with_the_room_there_is(message, room):
    error = mapped(status_error(openai, 400, message))
    assert type(error) is PromptTooLongError
    assert error.room == room
    assert "--context-window" in error.hint


@pytest.mark.parametrize(
    "message", ["This conversation has no context", "limit on requests reached", "max_tokens must be at least 1"]
)
def test_other_rejections_are_not_taken_for_a_long_prompt(message):
    assert type(mapped(status_error(openai, 400, message))) is EngineSettingsError


def test_a_limit_on_tokens_per_minute_is_not_a_long_prompt():
    assert type(mapped(status_error(openai, 429, "Limit reached: too many tokens"))) is EngineUnavailableError


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("library", [openai, anthropic], ids=["openai", "anthropic"])
def test_how_long_to_wait_is_read_in_each_of_its_forms(library, headers, seconds):
    error = status_error(library, 429)
    error.response.headers.update(headers)
    assert retry_after(error) == seconds


def test_google_says_how_long_to_wait_in_its_message():
    assert retry_after(RuntimeError("{'@type': 'RetryInfo', 'retryDelay': '37s'}")) == 37.0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ModelAuthenticationError", EngineSettingsError),
        ("ModelNotFoundError", EngineSettingsError),
        ("ModelRateLimitError", EngineUnavailableError),
        ("ModelAPIError", EngineUnavailableError),
        ("ModelTimeoutError", EngineUnavailableError),
        ("ContextOverflowError", PromptTooLongError),
    ],
)
def test_langchains_own_classes_are_known_by_name(name, kind):
    assert type(mapped(getattr(langchain_core.exceptions, name)("no"))) is kind


def test_an_empty_account_is_not_an_overload():
    error = mapped(status_error(openai, 429, "You exceeded your current quota: insufficient_quota"))
    assert type(error) is EngineSettingsError


def test_a_content_filter_is_a_reply_that_cannot_be_used():
    assert type(mapped(openai.ContentFilterFinishReasonError())) is ReplyError


def test_no_key_gets_into_a_message():
    error = mapped(status_error(openai, 400, "bad key sk-proj-abcdefghijk at https://me:secret@host/v1"))
    assert "abcdefghijk" not in str(error)
    assert "secret" not in str(error)


def test_our_own_errors_pass_as_they_are():
    own = ReplyError("x")
    assert mapped(own) is own


@pytest.mark.parametrize(
    ("status", "message", "refuses"),
    [
        (400, "response_format is not supported by this model", True),
        (400, "'json_schema' is not supported", True),
        (400, "registry.ollama.ai/library/gemma does not support tools", True),
        (404, "No endpoints found that support tool use", True),
        (501, "structured output is not implemented", True),
        (400, "messages: at least one message is required", False),
        (400, "tools: this request exceeds the maximum context length", False),
        (401, "tools need a key", False),
        (429, "too many tool calls", False),
    ],
)
def test_refusing_a_form_is_told_from_other_failures(status, message, refuses):
    assert refuses_form(status_error(openai, status, message)) is refuses
