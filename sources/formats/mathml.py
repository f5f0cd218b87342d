"""Formulas of pages (MathML Core, W3C) on one line."""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree

from .raised import exponent

_NOT_SHOWN: Final = frozenset({"annotation", "annotation-xml", "mphantom"})
# Which child of these is set low, and which high.
_LOW: Final = {"msub": 1, "munder": 1, "msubsup": 1, "munderover": 1}
_HIGH: Final = {"msup": 1, "msubsup": 2, "munderover": 2}
# Where a number must not run into the one before it.
_BORDER: Final = "\x1f"
_PARTING_BORDER: Final = re.compile(rf"(?<=[\w)]){_BORDER}+(?=[\d(√])")


def is_formula(element: Any) -> bool:
    """Whether this is a `math` element with nothing but a formula in it: one that is never closed holds a page."""
    return element.tag == "math" and all(
        inside.tag[:1] == "m" or inside.tag in _NOT_SHOWN or inside.tag == "semantics" for inside in element.iter("*")
    )


def formula(math: Any) -> str:
    """The text of a `math` element: `1/2` for a fraction, raised digits for a power. Works on trees of any depth."""
    texts: dict[Any, str] = {}
    walk = etree.iterwalk(math, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            texts[element] = _text(element, [texts.pop(child, "") for child in element])
        elif element.tag in _NOT_SHOWN:
            walk.skip_subtree()
    return _PARTING_BORDER.sub(" ", texts[math]).replace(_BORDER, "")


def _text(element: Any, parts: list[str]) -> str:
    if element.tag in _NOT_SHOWN:
        return ""
    if element.tag in {"mspace", "mtd"}:
        return " ".join([*parts, ""]) if parts else " "
    if element.tag == "mfrac" and len(parts) == 2:
        return f"{_BORDER}{_grouped(parts[0])}/{_grouped(parts[1])}"
    if element.tag in {"msqrt", "mroot"} and parts:
        return f"√{_grouped(parts[0] if element.tag == 'mroot' else ''.join(parts))}{_BORDER}"
    own = element.text or ""
    return (own if element.tag == "mtext" else own.strip()) + "".join(
        _placed(element.tag, place, part) for place, part in enumerate(parts)
    )


def _placed(tag: str, place: int, part: str) -> str:
    """A part as it stands in its element: low, high or on the line."""
    if not any(map(str.isalnum, part)):
        return part
    if _LOW.get(tag) == place:
        return f"_{_grouped(part)}{_BORDER}"
    return exponent(part.strip()) if _HIGH.get(tag) == place else part


def _grouped(part: str) -> str:
    """A part of a fraction or a root, in brackets when it is more than one number or name."""
    part = part.strip()
    return part if part.replace(".", "").replace(",", "").isalnum() else f"({part})"
