"""What a role wrote, as it may enter the state: only citations of what was shown, only the Markdown that is allowed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ..agents.roles import Engine
from ..evidence.citations import CleanText, clean_citations, clean_written

# Far more than a prompt asks for. Cleaning takes time, and a server may send any amount.
_LONGEST: Final = 50_000


def clean_reply(engine: Engine, text: str, keys: Collection[str], *, title: str = "") -> CleanText:
    """A written text without invented citations, links, images, HTML and headings of the wrong level.

    What is longer than any reply should be is cut. Sentences that were quoted, not written, stay as they stand in their
    source: only their citations are checked.
    """
    if engine.is_extractive:
        return clean_citations(text, keys)
    return clean_written(text[:_LONGEST], keys, heading_level=2, title=title)
