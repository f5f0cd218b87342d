"""Slugs: file names from titles."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LIMIT: Final = 60
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "·": ""})


def slugify(text: str) -> str:
    """A file name from a text: ASCII letters, digits and hyphens, at most 60, cut between words; never empty."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))
    if len(slug) > _LIMIT:
        slug = slug[: _LIMIT + 1].rpartition("-")[0] or slug[:_LIMIT]
    return slug or "report"
