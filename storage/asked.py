"""What is stored of a run's request and of a reply, read as data of a known form.

Without pydantic, and apart from `rows`: `tertulia runs` reads every request there is, and should not wait for imports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from .failures import damaged

# What JSON can write and UTF-8 cannot.
_NO_TEXT: Final = re.compile("[\ud800-\udfff]")


def require_request(text: str) -> dict[str, Any]:
    """A run's request.

    Raises:
        ValueError, TypeError, RecursionError: it is none.
    """
    request = json.loads(text)
    if not isinstance(request, dict):
        raise TypeError("it is no object")
    # What is missing is no misfit: older versions lack more. What is not looked at decides nothing.
    for name, fits in _FORM.items():
        if name in request and not fits(request[name]):
            raise ValueError(f"{name} has the wrong form")
    return request


def unpacked_reply(run: str, text: str) -> dict[str, Any]:
    """A person's reply, and the id of the question that it answers.

    Raises:
        StorageError: it is none.
    """
    try:
        kept = json.loads(text)
        if not isinstance(kept, dict) or not isinstance(kept.get("reply"), dict):
            raise TypeError("it has the wrong form")
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(f"the reply to run {run}", error) from error
    return kept


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not _NO_TEXT.search(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _are_names(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


# The part of a run's request that decides what is opened and read.
_FORM: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("topic", "language", "model", "check_model", "fallback", "base_url"), _is_text),
    **dict.fromkeys(("folder", "output", "template"), _is_text),
    **dict.fromkeys(("size", "turn_limit"), _is_number),
    "approve": _is_switch,
    "role_models": _are_names,
    **dict.fromkeys(("sources", "docs", "format"), _are_texts),
    "panel": _are_objects,
}
