"""Absence: sentences that say that the sources do not tell something. Nothing can be cited for them."""

from __future__ import annotations

import re
from typing import Final

from ..languages import base_language

# Who does not tell, and what they do not do, in the order in which each language says it.
_PATTERNS: Final = {
    "en": r"\b(?:sources?|documents?|passages?|texts?)\b(?:[\s,]+\w+){0,4}?\s+(?:do|does|did)(?:\s+not|n[’']t)\b"
    r"|\b(?:no|none of the)\s+(?:sources?|documents?|passages?|texts?)\b",
    "es": r"\b(?:fuentes?|documentos?|pasajes?|textos?)\b(?:[\s,]+\w+){0,4}?\s+(?:tampoco|no)\s+(?:se\s+)?\w+"
    r"|\bning(?:ún|una)\s+(?:fuente|documento|pasaje|texto)\b",
    "ca": r"\b(?:fonts?|documents?|passatges?|textos?)\b(?:[\s,]+\w+){0,4}?\s+(?:tampoc\s+no|tampoc|no)\s+\w+"
    r"|\bcap\s+(?:font|document|passatge|text)\b",
    "eu": r"\b(?:iturri|dokumentu|pasarte|testu)\w*\b.*\bez\s+(?:du|dute|da|dira|dago|daude|dio|diote)\w*\b",
    "gl": r"\b(?:fontes?|documentos?|pasaxes?|textos?)\b(?:[\s,]+\w+){0,4}?\s+(?:tampouco|non)\s+(?:se\s+)?\w+"
    r"|\bning(?:ún|unha)\s+(?:fonte|documento|pasaxe|texto)\b",
}
_COMPILED: Final = {code: re.compile(pattern, re.IGNORECASE) for code, pattern in _PATTERNS.items()}
# A sentence that begins by speaking of the sources speaks of them; one that ends so may state a fact first.
_REACH: Final = 90


def states_absence(sentence: str, language: str) -> bool:
    """Whether a sentence says, near its beginning, that the sources do not tell something."""
    pattern = _COMPILED.get(base_language(language))
    match = pattern.search(sentence) if pattern else None
    return match is not None and match.start() <= _REACH
