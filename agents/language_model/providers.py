"""The providers of language models: which one is meant, what it needs, and how its chat model is built."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from ...errors import EngineSettingsError, MissingExtraError
from .connections import open_client

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from ...settings import Settings

EXTRACTIVE: Final = "extractive"

# Seconds. A reply is waited for as a whole, and a local model may read a long prompt for minutes.
CONNECT_TIMEOUT: Final = 10.0
REPLY_TIMEOUT: Final = 300.0

# Requests that one Ollama server works on at once, unless it says otherwise, and one that waits its turn: more would
# spend their time-out in its queue.
_OLLAMA_WIDTH: Final = 2

# Tokens. Ollama cuts a longer prompt without saying so, hence it is told what we count with.
CONTEXT_WINDOW: Final = 32_768
OLLAMA_CONTEXT_WINDOW: Final = 8_192

# The clients keep connections beyond the event loop that opened them, and a connection of a loop that is gone breaks
# the next call. OpenAI's takes one of ours instead, which whoever opened it closes (`connections`).
_HEADERS: Final = {"Connection": "close"}

# What a server without a key of its own is sent: the clients insist on something.
_NO_KEY: Final = "not-needed"


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: its name in `provider:model`, its LangChain name and package, its keys and default model.

    The first of `variables` that is set is the key. `default` is a model of middle size and price under a name that
    lasts; without one the provider is never chosen by itself. `streams` says that replies can be heard while they are
    written: of the other providers' clients that was not tried.
    """

    name: str
    langchain_name: str
    package: str
    title: str
    variables: tuple[str, ...] = ()
    default: str = ""
    address: str = ""
    streams: bool = False


PROVIDERS: Final = (
    Provider(
        "openai",
        "openai",
        "langchain_openai",
        "OpenAI",
        ("OPENAI_API_KEY",),
        "gpt-5.4-mini",
        "https://api.openai.com/v1",
        streams=True,
    ),
    Provider(
        "anthropic",
        "anthropic",
        "langchain_anthropic",
        "Anthropic",
        ("ANTHROPIC_API_KEY",),
        "claude-haiku-5-5",
        "https://api.anthropic.com",
        streams=True,
    ),
    Provider(
        "google",
        "google_genai",
        "langchain_google_genai",
        "Google",
        ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        "gemini-flash-latest",
        "https://generativelanguage.googleapis.com",
    ),
    Provider(
        "mistral",
        "mistralai",
        "langchain_mistralai",
        "Mistral",
        ("MISTRAL_API_KEY",),
        "mistral-medium-latest",
        "https://api.mistral.ai/v1",
    ),
    Provider("ollama", "ollama", "langchain_ollama", "Ollama", address="http://127.0.0.1:11434", streams=True),
)
_BY_NAME: Final = {name: provider for provider in PROVIDERS for name in (provider.name, provider.langchain_name)}


def choose_model(settings: Settings, environment: Mapping[str, str]) -> str:
    """Who plays the roles, as `provider:model` or `extractive`.

    What is asked for, else the first provider whose key is set, else the extractive engine. A name without a provider
    means a model of the OpenAI-compatible server at the base URL.

    Raises:
        EngineSettingsError: the name has no provider, or one that is not known, and there is no base URL.
    """
    wanted = settings.model.strip()
    if wanted.casefold() == EXTRACTIVE:
        return EXTRACTIVE
    if wanted:
        return _named(wanted, settings, environment)
    if settings.base_url:
        raise EngineSettingsError("--base-url needs a model.", hint="Name it: --model openai:NAME.")
    chosen = (p for p in PROVIDERS if p.default and key_of(p, environment))
    return next((f"{provider.name}:{provider.default}" for provider in chosen), EXTRACTIVE)


def open_chat_model(
    name: str, settings: Settings, environment: Mapping[str, str], *, keep_connections: bool = False
) -> BaseChatModel:
    """The chat model behind `provider:model`, ready to be asked. Imports the provider's packages, which takes seconds.

    Whoever wants connections kept between calls closes them (`connections`).

    Raises:
        MissingExtraError: the provider's package is not installed.
        EngineSettingsError: the provider's key is not set.
        StorageError: replies are to be cached, and the cache cannot be written.
    """
    provider, model = split_name(name)
    if importlib.util.find_spec(provider.package) is None:
        raise MissingExtraError(
            f"The package for {provider.title} models is not installed.",
            hint=f'Install it: pip install "tertulia[{provider.name}]"',
        )
    options = _options(provider, settings, environment)
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - heavy: not before a model is wanted

    # Replies are wanted whole, but for one that somebody listens to (`streaming`): streamed ones may lack token counts.
    model_options: dict[str, Any] = {"disable_streaming": True, **options}
    # LangChain takes no client of ours beside this variable, which it reads itself.
    if keep_connections and provider.name == "openai" and not environment.get("OPENAI_PROXY"):
        del model_options["default_headers"]
        model_options["http_async_client"] = open_client()
    if settings.cache:
        from .cache import ReplyCache  # noqa: PLC0415 - imports LangChain

        model_options["cache"] = ReplyCache(settings.home, model=name, address=address_of(name, settings, environment))
    # It warns of what the ladder of structured output is for.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"langchain_openai\.")
    chat_model: BaseChatModel = init_chat_model(model, model_provider=provider.langchain_name, **model_options)
    if provider.name == "mistral":
        # It takes no headers of ours, but it shows its client.
        cast("Any", chat_model).async_client.headers.update(_HEADERS)
    return chat_model


def split_name(name: str) -> tuple[Provider, str]:
    """The provider and the model's own name in a `provider:model` that `choose_model` gave."""
    provider, _, model = name.partition(":")
    return _BY_NAME[provider], model


def same_provider(one: str, other: str) -> bool:
    """Whether two models are of one provider. A name without a provider is one of an OpenAI-compatible server."""
    first, second = (_BY_NAME.get(name.partition(":")[0].casefold(), PROVIDERS[0]) for name in (one, other))
    return first is second


def address_of(name: str, settings: Settings, environment: Mapping[str, str]) -> str:
    """Where a model is looked for, for messages."""
    provider, _ = split_name(name)
    return _base_url(provider, settings, environment) or provider.address


def width(name: str, settings: Settings, environment: Mapping[str, str]) -> int:
    """How many requests may be under way at once to the model's server."""
    provider, _ = split_name(name)
    if provider.name != "ollama":
        return settings.concurrency
    parallel = environment.get("OLLAMA_NUM_PARALLEL", "").strip()
    return min(settings.concurrency, max(_OLLAMA_WIDTH, int(parallel) if parallel.isdecimal() else 0))


def context_window(
    name: str, settings: Settings, environment: Mapping[str, str], profile: Mapping[str, Any] | None = None
) -> int:
    """How many tokens of prompt and reply are counted on: what is set, else what is known of the model, else a guess.

    `profile` is what LangChain's package knows of it. For Ollama its own variable can widen the guess.
    """
    if settings.context_window:
        return settings.context_window
    provider, _ = split_name(name)
    if provider.name != "ollama":
        return (profile or {}).get("max_input_tokens") or CONTEXT_WINDOW
    wanted = environment.get("OLLAMA_CONTEXT_LENGTH", "").strip()
    return max(int(wanted), 2048) if wanted.isdecimal() else OLLAMA_CONTEXT_WINDOW


def _named(wanted: str, settings: Settings, environment: Mapping[str, str]) -> str:
    prefix, colon, model = wanted.partition(":")
    if colon and model.strip() and prefix.casefold() in _BY_NAME:
        return f"{_BY_NAME[prefix.casefold()].name}:{model.strip()}"
    # `qwen3:8b` at a base URL is a model's name, not a provider's.
    if _base_url(_BY_NAME["openai"], settings, environment) and prefix.casefold() not in _BY_NAME:
        return f"openai:{wanted}"
    names = ", ".join(provider.name for provider in PROVIDERS)
    unknown = bool(prefix.strip() and model.strip())
    raise EngineSettingsError(
        f"There is no model provider {prefix!r}; the form is provider:model."
        if unknown
        else f"The model {wanted!r} is not of the form provider:model.",
        hint=f"Providers: {names}, or `extractive` for no model. An OpenAI-compatible server needs --base-url.",
    )


def key_of(provider: Provider, environment: Mapping[str, str]) -> str:
    """The provider's key, or "" when none is set."""
    return next((key for name in provider.variables if (key := environment.get(name, "").strip())), "")


def _base_url(provider: Provider, settings: Settings, environment: Mapping[str, str]) -> str:
    if provider.name == "ollama":
        return _with_port(settings.base_url or settings.ollama_host)
    if provider.name == "openai":
        return settings.base_url or environment.get("OPENAI_BASE_URL", "").strip()
    return settings.base_url


def _with_port(host: str) -> str:
    """OLLAMA_HOST as a URL: it may be given as `host` or `host:port` too."""
    if not host or "://" in host:
        return host
    return f"http://{host}" if ":" in host else f"http://{host}:11434"


def _options(provider: Provider, settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
    """What a client is built with. None of them tries anything again: that is done in one place (`gates`)."""
    base_url = _base_url(provider, settings, environment)
    address = {"base_url": base_url} if base_url else {}
    if provider.name == "ollama":
        return {**address, **_ollama_options(context_window(f"{provider.name}:", settings, environment))}
    key = key_of(provider, environment)
    if not key and not (provider.name == "openai" and base_url):
        raise EngineSettingsError(
            f"There is no key for {provider.title}.", hint=f"Set {provider.variables[0]}, or choose another --model."
        )
    options: dict[str, Any] = {**address, "api_key": key or _NO_KEY}
    if provider.name == "openai":
        # What stands behind a base URL speaks chat completions; the newer Responses API is OpenAI's own.
        chat_completions = {"use_responses_api": False} if base_url else {}
        return {
            **options,
            **chat_completions,
            "api_key": _later(key or _NO_KEY),
            "timeout": (CONNECT_TIMEOUT, REPLY_TIMEOUT),
            "max_retries": 0,
            "default_headers": _HEADERS,
            "stream_usage": True,
        }
    if provider.name == "anthropic":
        return {
            **options,
            "timeout": REPLY_TIMEOUT,
            "max_retries": 0,
            "default_headers": _HEADERS,
            "max_tokens": 16_384,
        }
    # These two count tries, not retries, and take whole seconds.
    options |= {"timeout": int(REPLY_TIMEOUT), "max_retries": 1}
    return {**options, "additional_headers": _HEADERS} if provider.name == "google" else options


def _later(key: str) -> Callable[[], Awaitable[str]]:
    """The key as only an asynchronous client takes it, so that no other is made, which reads all certificates again.

    Nothing here asks a model synchronously.
    """

    async def give() -> str:
        return key

    return give


def _ollama_options(window: int) -> dict[str, Any]:
    """Ollama's client has no time-out and no limits of its own, and its default temperature wanders."""
    return {
        "client_kwargs": {"timeout": (CONNECT_TIMEOUT, REPLY_TIMEOUT), "headers": _HEADERS},
        "num_ctx": window,
        "num_predict": window // 2,
        "temperature": 0.2,
    }
