"""Secrets taken out of texts: every message of ours, and everything that is traced, goes through here.

What is secret is known in two ways: by its value, where the environment says it under a telling name or as the password
of an address, and by its form, where it comes from elsewhere.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

MARK: Final = "…"
"""What stands in the place of a secret."""

# Shorter values are words or placeholders such as `ollama`, and would tear holes into ordinary text.
_SHORTEST_KEY: Final = 8
_SHORTEST_PASSWORD: Final = 4

_SECRET_NAME: Final = re.compile(
    r"(?:^|_|-)(?:api_?)?(?:key|token|secret|passw(?:or)?d|pwd|credentials?|sig)$", re.IGNORECASE
)
_USER_INFO: Final = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?([^/\s?#]+)@[^@\s]*$", re.IGNORECASE)
_FORMS: Final = re.compile(
    # Keys as the providers write them, also where they show one with stars in its middle.
    r"\b(?:sk|pk|gsk|xai|tvly|lsv2|key)[-_][\w*.-]{8,}|\bAIza[\w*-]{8,}"
    # Headers, however they are printed; parameters of addresses; users and passwords in addresses.
    r"|\bBearer\s+[\w.~+/=*-]{8,}|(?<=authorization)['\"]?\s*[:=,]\s*['\"]?(?:\w+ )?[\w.~+/=*-]{8,}"
    r"|(?<=[?&])(?:[\w-]*(?:key|token|secret|password|signature)|sig|pwd)=[^&\s'\"<>)]+"
    r"|(?<=://)[^/\s@'\"<>]+@",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with each secret replaced by a mark."""
    return _redacted(text, _values(frozenset(_secrets(os.environ))))


def redact_data(data: Any) -> Any:
    """JSON-ready data with each secret replaced by a mark, also in its keys."""
    values = _values(frozenset(_secrets(os.environ)))

    def clean(part: Any) -> Any:
        if isinstance(part, str):
            return _redacted(part, values)
        if isinstance(part, Mapping):
            return {_redacted(str(key), values): clean(value) for key, value in part.items()}
        return [clean(value) for value in part] if isinstance(part, list | tuple) else part

    return clean(data)


def holds_secret(address: str) -> bool:
    """Whether an address carries what does not belong into one that is kept: a user, a password, or parameters."""
    parts = urlsplit(address)
    return "@" in parts.netloc or bool(parts.query or parts.fragment)


def _redacted(text: str, values: re.Pattern[str] | None) -> str:
    return _FORMS.sub(MARK, values.sub(MARK, text) if values is not None else text)


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """The secret values of an environment, each as it may be quoted."""
    for name, text in environment.items():
        value = text.strip()
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_KEY:
            yield value
        if user_info := _USER_INFO.match(value):
            _, colon, password = user_info[1].partition(":")
            secret = password if colon else user_info[1]
            # Somebody's address such as ana@example.org has no password.
            if (colon or "://" in value) and len(secret) >= _SHORTEST_PASSWORD:
                yield from (secret, unquote(secret))
        if "://" in value and "?" in value:
            parameters = parse_qsl(value.partition("?")[2])
            yield from (found for key, found in parameters if _SECRET_NAME.search(key) and len(found) >= _SHORTEST_KEY)


@lru_cache(maxsize=8)
def _values(secrets: frozenset[str]) -> re.Pattern[str] | None:
    if not secrets:
        return None
    return re.compile("|".join(re.escape(value) for value in sorted(secrets, key=len, reverse=True)))
