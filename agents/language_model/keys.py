"""Keys that a model copied with a slip, set right: a lost citation is a fact that nobody can follow."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

_GROUP: Final = re.compile(r"\[[@^]?[a-z0-9][a-z0-9,;@^ ]*\]", re.IGNORECASE)
# As long as a key, or a character more or less; never a number or a word.
_NEAR_KEY: Final = re.compile(r"(?<!\w)(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{5,7}(?!\w)", re.IGNORECASE)


def mend_keys(text: str, valid: Collection[str]) -> str:
    """A text whose bracketed keys with one slip are the valid keys that were meant.

    A slip is one character too many, too few or wrong, or two that changed places. Keys are random, so two of them
    are hardly ever one slip apart; where a key could be meant for several, it stays as it is and is removed later.
    """

    def meant(match: re.Match[str]) -> str:
        written = match[0].casefold()
        if written in valid:
            return match[0]
        near = [key for key in valid if _is_slip(written, key)]
        return near[0] if len(near) == 1 else match[0]

    return _GROUP.sub(lambda group: _NEAR_KEY.sub(meant, group[0]), text)


def _is_slip(written: str, key: str) -> bool:
    start = _shared(written, key)
    left, right = written[start:], key[start:]
    end = _shared(left[::-1], right[::-1])
    left, right = left[: len(left) - end], right[: len(right) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def _shared(left: str, right: str) -> int:
    """How many characters two texts have in common from the start."""
    return next(
        (n for n, pair in enumerate(zip(left, right, strict=False)) if pair[0] != pair[1]), min(len(left), len(right))
    )
