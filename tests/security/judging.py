"""What is dangerous on a page, judged by a browser's parsing rules (selectolax: the HTML5 parser Lexbor)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from tertulia.report_templates.views import web_address

TEXT_TAGS = """
html head body p br hr strong em b i del s a ol ul li dl dt dd table thead tbody tr th td h1 h2 h3 h4 h5 h6 blockquote
code pre
"""
PAGE_TAGS = """
meta title style nav main article header footer section aside div span sup q mark details summary
"""
ATTRIBUTES = """
lang charset http-equiv content name href id class aria-label aria-labelledby aria-describedby role title rel value
start style
"""
_STYLES = {
    f"text-align:{space}{side}{end}" for space in ("", " ") for side in ("left", "right", "center") for end in ("", ";")
}


def ledger_addresses(report: Mapping[str, Any]) -> set[str]:
    """Where a page of this report may link to."""
    known = [*report["sources"], *report["documents"]]
    return {address for source in known if (address := web_address(source["url"]))}


def dangers(page: str, *, links: Collection[str], whole: bool = False) -> list[str]:
    """Every node that runs, loads, posts or links elsewhere. `whole`: a page of ours, not a text from one."""
    return list(_dangers(page, links, (TEXT_TAGS + PAGE_TAGS * whole).split(), whole))


def _dangers(page: str, links: Collection[str], tags: Collection[str], whole: bool) -> Iterator[str]:
    for node in LexborHTMLParser(page).root.traverse(include_text=False):
        tag = str(node.tag)
        if tag not in {*tags, "-comment", "!doctype"}:
            yield f"<{tag}>"
        for name, value in node.attributes.items():
            text = value or ""
            if name not in ATTRIBUTES.split() or (name == "style" and text not in _STYLES):
                yield f"<{tag} {name}={text!r}>"
            if name == "href" and text not in links and not (whole and text.startswith("#")):
                yield f"<{tag} href={text!r}>"
            if name == "http-equiv" and text != "Content-Security-Policy":
                yield f"<{tag} http-equiv={text!r}>"
