"""Web addresses in running text: where each ends, and which page it names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from ..urls import canonical_url

ADDRESS: Final = r"https?://[^\s<>\[\]\"“”‘’|`（）【】，。；、！？《》「」]++"
"""The pattern of a bare address; `trim` takes off what follows it."""

TARGET: Final = (
    r"\([ \t]*<?(?P<target>(?:[^()\s<>]++|\([^()\s<>]*+\))*+)>?"
    r"(?:[ \t]+(?:\"[^\"\n]*+\"|'[^'\n]*+'))?[ \t]*\)"
)
"""The pattern of a link's target in round brackets; the address itself may hold balanced ones."""

_PUNCTUATION: Final = ".,;:!?*'~"
_ADDRESS = re.compile(ADDRESS)
_LINK = re.compile(r"\]" + TARGET)
_DOI = re.compile(r"(?<![\w/])doi:\s?(10\.\d{4,9}/[^\s<>\[\]\"|`]++)", re.IGNORECASE)


def trim(address: str) -> str:
    """The address without the punctuation of the sentence it stands in; balanced brackets are its own."""
    loose = address.count(")") - address.count("(")
    end = len(address)
    while end and (address[end - 1] in _PUNCTUATION or (address[end - 1] == ")" and loose > 0)):
        loose -= address[end - 1] == ")"
        end -= 1
    return address[:end]


def is_web(target: str) -> bool:
    """Whether a link's target is a page on the web."""
    return target.lower().startswith(("http://", "https://", "www."))


@lru_cache(maxsize=20_000)
def page(address: str) -> str:
    """The canonical address of a page, to compare by."""
    return canonical_url(f"https://{address}" if address.lower().startswith("www.") else address)


def addresses_in(text: str) -> list[str]:
    """The addresses that an entry of a source list gives, the one it links to first; otherwise the last one first."""
    linked = [match["target"] for match in _LINK.finditer(text) if is_web(match["target"])]
    bare = [trim(match[0]) for match in _ADDRESS.finditer(_LINK.sub(" ", text))]
    dois = [f"https://doi.org/{trim(match[1])}" for match in _DOI.finditer(text)]
    return [*linked, *reversed(bare), *dois]
