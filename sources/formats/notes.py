"""Marks of notes: links that stand in a sentence and are no part of it."""

from __future__ import annotations

import re
from typing import Any, Final

_MARK: Final = re.compile(r"\[?\s*(?:\d{1,3}|[a-z]|[*†‡¶↑])\s*\]?")
_BARE: Final = re.compile(r"\d{1,3}|[a-z]")
# `#fn1`, `#_ftnref2`, `#cite_note-3`, `#footnote-4`, `#n5`, `#nota-6`, `#ref-CR7`, `#bib8`, but not `#reform`.
_NOTE_NAME: Final = re.compile(
    r"(?i)#(?:user-content-|sd|_)*(?:(?:fn|ftn|en|edn|foot_?note|end_?note|note|nota|cite|cita|cit|ref|bib|cr)"
    r"(?:ref|note|nota|anc|sym|s)?(?![a-z])|[nbr]\d|(?:ref|note)cr\d)"
)
_NOTE_ROLES: Final = frozenset({"doc-noteref", "doc-backlink"})


def leads_to_note(element: Any) -> bool:
    """A superscript or link such as [1] or ¶ that leads to a note, or back: it is not part of the sentence."""
    if element.tag == "sup":
        return element.find(".//a") is not None and _is_mark(element)
    if element.tag != "a":
        return False
    address = element.get("href") or ""
    if names_note(address) or element.get("role") in _NOTE_ROLES:
        return _is_mark(element)
    if not address.startswith("#") or not _is_mark(element):
        return False
    return element.find(".//sup") is not None or not is_bare(element.text_content())


def names_note(address: str) -> bool:
    """Whether an address leads to a note by its name."""
    return _NOTE_NAME.search(address) is not None


def is_bare(text: str) -> bool:
    """Whether a mark has no brackets and is no sign: it may as well be a number of the sentence."""
    return _BARE.fullmatch(text.strip()) is not None


def _is_mark(element: Any) -> bool:
    return _MARK.fullmatch(element.text_content().strip()) is not None
