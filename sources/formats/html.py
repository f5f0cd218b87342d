"""HTML pages: the words a reader reads, without what surrounds them.

Own code on lxml: trafilatura, the usual library for this, lost beginnings of sentences and all headings of the manuals
it was tried on, and here every sentence must stay as it was written (docs/decisions/0002-documents.md).
"""

from __future__ import annotations

import re
from typing import Any, Final

from lxml import etree
from lxml import html as lxml_html

from ...errors import DocumentError
from .boilerplate import remove_boilerplate
from .content import Content, clean, iso_date, one_line, sensible_title
from .html_blocks import light_markdown, line_text
from .txt import decode

_DECLARED: Final = re.compile(rb"""(?:charset\s*=|encoding\s*=)\s*["']?\s*(?P<name>[A-Za-z0-9_.:-]+)""")
_JSON_DATE: Final = re.compile(r'"datePublished"\s*:\s*"(?P<date>[^"]{10,40})"')
# The names under which pages give their date, the most exact first.
_DATE_NAMES: Final = (
    "article:published_time",
    "datepublished",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "date",
    "pubdate",
    "publication_date",
)


def read(data: bytes) -> Content:
    """An HTML page: its main text, title, date and language.

    Raises:
        DocumentError: there is no page in the bytes.
    """
    declared = _DECLARED.search(data[:2048])
    root = _parse(decode(data, declared["name"].decode("ascii") if declared else ""))
    title = sensible_title(root.findtext(".//title"))
    published = _published(root)
    language = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang") or ""
    body = remove_boilerplate(root)
    headings = [one_line(line_text(heading)) for heading in body.iter("h1")]
    if len(headings) == 1 and len(headings[0]) >= 3:
        title = headings[0]
    return Content(light_markdown(body), title, published, language)


def fragment_text(markup: str) -> str:
    """The light Markdown of a piece of HTML inside a text of another form; "" when it holds no text."""
    try:
        return light_markdown(remove_boilerplate(_parse(markup)))
    except DocumentError:
        return ""


def _parse(text: str) -> Any:
    # huge_tree: without it libxml2 silently drops whatever is nested deeper than 256.
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root = lxml_html.document_fromstring(clean(text).encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError) as error:
        raise DocumentError("it holds no text") from error
    return root


def _published(root: Any) -> str:
    named: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        named.setdefault(name.lower(), meta.get("content") or "")
    for name in _DATE_NAMES:
        if found := iso_date(named.get(name)):
            return found
    for script in root.iter("script"):
        if script.get("type") == "application/ld+json" and (match := _JSON_DATE.search(script.text or "")):
            return iso_date(match["date"])
    for time in root.iter("time"):
        if time.get("itemprop") == "datePublished" or time.get("pubdate") is not None:
            return iso_date(time.get("datetime"))
    return ""
