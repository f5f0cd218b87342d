"""Documents: what a source returned: one text of one page or file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """One retrieved page or file, kept whole.

    `url` is the canonical address (see `evidence.urls`), or for a file its path as the user gave it (a POSIX path,
    relative where the user's was). `id` is `document_id(url, source, content_hash)`: a page that a run retrieves in two
    texts is two documents of one address, and one source of the report. `text` is light Markdown: headings as
    `## Heading` lines, paragraphs parted by blank lines, list items as `- item`, tables as pipe tables; no inline
    markup, no links, no images. `source` is the name of the source that found it (web, wikipedia, documents), `kind`
    the form (page, md, txt, html, pdf, docx, csv). `language` and `published` are "" when unknown; dates are
    ISO 8601 (`2025-03-01`), `retrieved_at` is ISO 8601 with zone. `content_hash` is SHA-256 of `text`, in hex.
    """

    id: str
    url: str
    title: str
    source: str
    kind: str
    text: str
    content_hash: str
    retrieved_at: str
    language: str = ""
    published: str = ""
    site: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON-ready data."""
        return {name: getattr(self, name) for name in self.__slots__}


def document_id(url: str, source: str, text_hash: str) -> str:
    """The id of a text that a source gave for a canonical URL or path: 16 hex digits of a SHA-256."""
    return _sha256(f"{url}\n{source}\n{text_hash}")[:16]


def address_id(url: str) -> str:
    """What the id of a document was in version 0.1.0 before its release: 16 hex digits of its address's SHA-256."""
    return _sha256(url)[:16]


def content_hash(text: str) -> str:
    """SHA-256 of a text in hex: what tells later whether a stored text was changed."""
    return _sha256(text)


def make_document(
    *,
    url: str,
    title: str,
    source: str,
    kind: str,
    text: str,
    retrieved_at: str,
    language: str = "",
    published: str = "",
    site: str = "",
) -> Document:
    """Build a document, computing its id and hash. `url` must be canonical already (`evidence.urls`)."""
    url, title, text, site = (whole_characters(given) for given in (url, title, text, site))
    text_hash = content_hash(text)
    return Document(
        id=document_id(url, source, text_hash),
        url=url,
        title=title.strip() or url,
        source=source,
        kind=kind,
        text=text,
        content_hash=text_hash,
        retrieved_at=retrieved_at,
        language=language,
        published=published,
        site=site,
    )


def whole_characters(text: str) -> str:
    """The text without halves of characters (lone surrogates): JSON can hold them, a database and a request cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "ignore").decode("utf-8")
    # Itself, not a copy: many searches find the same page.
    return text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
