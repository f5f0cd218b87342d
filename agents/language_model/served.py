"""What a model server says of its models, where it says anything: how long a prompt and its reply may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ...settings import Settings
from .providers import address_of, key_of, split_name

_SECONDS: Final = 5.0

# vLLM; LM Studio (as loaded, as it could be); OpenRouter and Together; Groq.
_WINDOWS: Final = (
    "max_model_len", "loaded_context_length", "max_context_length", "context_length", "context_window"
)  # fmt: skip


def served_window(name: str, settings: Settings, environment: Mapping[str, str]) -> int:
    """The context window in tokens that the server gives for the model `provider:model`; 0 when it says nothing.

    Asks servers of one's own only, and never for a completion.
    """
    provider, model = split_name(name)
    address = address_of(name, settings, environment).rstrip("/")
    if provider.name == "ollama":
        shown = _ask(f"{address}/api/show", {}, {"model": model})
        found = shown.get("model_info") if isinstance(shown, dict) else None
        lengths = [value for key, value in (found or {}).items() if str(key).endswith(".context_length")]
        return _number(lengths[0]) if lengths else 0
    if provider.name != "openai" or address == provider.address:
        return 0
    key = key_of(provider, environment)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    for url in (f"{address}/models", f"{address.removesuffix('/v1')}/api/v0/models"):
        for entry in _models(_ask(url, headers)):
            if entry.get("id") == model and (window := _window_of(entry)):
                return window
    return 0


def _window_of(entry: Mapping[str, Any]) -> int:
    meta = entry.get("meta")
    # llama.cpp says it in a corner of its own.
    inside = meta.get("n_ctx") or meta.get("n_ctx_train") if isinstance(meta, dict) else 0
    return next((number for name in _WINDOWS if (number := _number(entry.get(name)))), _number(inside))


def _models(listed: Any) -> Iterator[Mapping[str, Any]]:
    entries = listed.get("data") if isinstance(listed, dict) else listed
    yield from (entry for entry in entries or () if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _ask(url: str, headers: Mapping[str, str], body: Mapping[str, Any] | None = None) -> Any:
    """What the server says, or None: a server that does not know the question has not said anything wrong."""
    import httpx  # noqa: PLC0415 - only a look at a server needs it

    try:
        request = httpx.Request("GET" if body is None else "POST", url, headers=dict(headers), json=body)
        with httpx.Client(timeout=_SECONDS) as client:
            response = client.send(request)
            return response.json() if response.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
