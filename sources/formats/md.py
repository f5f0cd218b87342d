"""Markdown: what a page or file in it says, without its markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .content import Content, clean, cut_at_paragraph, iso_date, one_line, sensible_title
from .light import LightMarkdown
from .txt import decode

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER: Final = re.compile(r"\A---[ ]*\n(?P<data>.*?)\n(?:---|\.\.\.)[ ]*(?:\n|\Z)", re.DOTALL)
_FRONT_MATTER_LIMIT: Final = 20_000
# A parser of Markdown reads about half a megabyte of odd text in a second or worse.
_LENGTH_LIMIT: Final = 2_000_000
_FIRST_HEADING: Final = re.compile(r"(?m)^#{1,6} +(?P<title>.+)$")
_FOOTNOTE: Final = re.compile(r"\[\^[^\]\s]{1,60}\](?::[ ]?)?")
# A reference mark such as [1] right behind a word or stop: it numbers somebody else's list.
_REFERENCE_MARK: Final = re.compile(r"(?<=[^\s\[(])(?:\[\d{1,3}\])+")
_MARK_ONLY: Final = re.compile(r"\s*\[?(?:\d{1,3}|[a-z]|[↑^↩¶#])\]?\s*")
_LINE_BREAK_TAG: Final = re.compile(r"(?i)<br\s*/?>")


def read(data: bytes) -> Content:
    """A Markdown file with its front matter: title, date, language."""
    text = clean(decode(data))
    front: Mapping[str, Any] = {}
    if match := _FRONT_MATTER.match(text):
        front = _front_matter(match["data"])
        text = text[match.end() :]
    text = plain(cut_at_paragraph(text, _LENGTH_LIMIT))
    language = front.get("language") or front.get("lang")
    heading = _FIRST_HEADING.search(text)
    return Content(
        text=text,
        title=sensible_title(front.get("title")) or (sensible_title(heading["title"]) if heading else ""),
        published=iso_date(front.get("date") or front.get("published")),
        language=one_line(language) if isinstance(language, str) else "",
    )


def plain(markdown: str) -> str:
    """Any page's Markdown as light Markdown: headings, paragraphs, list items and pipe tables.

    Emphasis, code ticks, links (their text stays), images, HTML, reference definitions and footnote marks go; entities
    are decoded. The words themselves, their order and their punctuation stay as they were.
    """
    return _Writer(_parser().parse(clean(markdown))).light.text


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only runs that read Markdown pay for it

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _front_matter(data: str) -> Mapping[str, Any]:
    import yaml  # noqa: PLC0415

    try:
        found = yaml.safe_load(data) if len(data) <= _FRONT_MATTER_LIMIT else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


class _Writer:
    """Writes the tokens of a parsed text as light Markdown."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.light = LightMarkdown()
        self._rows: list[list[str]] = []
        self._level = 0
        for token in tokens:
            getattr(self, "_on_" + token.type, _ignore)(token)

    def _on_heading_open(self, token: Token) -> None:
        self._level = int(token.tag[1])

    def _on_heading_close(self, _: Token) -> None:
        self._level = 0

    def _on_list_item_open(self, token: Token) -> None:
        # A line such as "2019. A good year" reads as a list item: its number is kept as it was written.
        self.light.begin_item(f"{token.info}{token.markup} " if token.info else "- ")

    def _on_list_item_close(self, _: Token) -> None:
        self.light.end_item()

    def _on_tr_open(self, _: Token) -> None:
        self._rows.append([])

    def _on_table_close(self, _: Token) -> None:
        rows, self._rows = self._rows, []
        self.light.table(rows)

    def _on_inline(self, token: Token) -> None:
        text = _inline(token.children or [])
        if self._rows:
            self._rows[-1].append(text)
        elif self._level:
            self.light.heading(self._level, text)
        else:
            self.light.paragraph(text)

    def _on_fence(self, token: Token) -> None:
        self.light.paragraph(token.content)

    def _on_code_block(self, token: Token) -> None:
        # Pages turned into Markdown by machine indent their prose at random: an indented block is a paragraph.
        self.light.paragraph("\n".join(line.strip() for line in token.content.splitlines()))

    def _on_html_block(self, token: Token) -> None:
        from .html import fragment_text  # noqa: PLC0415 - lxml is loaded only for pages that hold raw HTML

        self.light.paragraph(fragment_text(token.content))


def _ignore(_: Token) -> None:
    pass


def _inline(tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    link_starts: list[int] = []
    for token in tokens:
        if token.type in ("text", "text_special", "code_inline"):
            parts.append(token.content)
        elif token.type in ("softbreak", "hardbreak") or _LINE_BREAK_TAG.match(token.content):
            parts.append("\n")
        elif token.type == "link_open":
            link_starts.append(len(parts))
        elif token.type == "link_close":
            # A link whose whole text is a mark ([1], ↑, ¶) leads to a note or back: it says nothing.
            start = link_starts.pop()
            if _MARK_ONLY.fullmatch("".join(parts[start:])):
                del parts[start:]
    text = "".join(parts)
    return _REFERENCE_MARK.sub("", _FOOTNOTE.sub("", text)).strip()
