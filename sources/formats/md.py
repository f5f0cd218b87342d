"""Markdown: what a page or file in it says, without its markup."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .content import Content, clean, cut_at_paragraph, iso_date, one_line, sensible_title
from .light import LightMarkdown
from .notes import is_bare, names_note
from .raised import FRACTION_STROKE, LOWERED, RAISED, settle_raised
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
_MARK_ONLY: Final = re.compile(rf"[\s{RAISED}]*\[?(?:\d{{1,3}}|[a-z]|[↑^↩¶#])\]?[\s{LOWERED}]*")
_LINE_BREAK_TAG: Final = re.compile(r"(?i)<br\s*/?>")
_TAG: Final = re.compile(r"(?i)<(?P<end>/?)(?P<name>del|s|strike|sup|sub)(?=$|[\s>])")
# `10^6^`, as Pandoc writes what is raised.
_CARETS: Final = re.compile(r"(?<=[\w)])\^([-−+]?\d{1,4})\^(?!\w)")
_RAISED_POWER: Final = rf"{RAISED}\1{LOWERED}"
# Brackets with nothing in them but marks that were dropped.
_IN_BRACKETS: Final = re.compile(r"[(\[][\s,;]*\Z")
# A word, an opening quote or a sign of money, where a sentence goes on.
_IN_SENTENCE: Final = re.compile(r"(?:[\w,;:%)»”\"'’][ \n]|[«“¿¡$€£~<>≈=±–—/-])\Z")


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
    line = _Line()
    for place, token in enumerate(tokens):
        following = tokens[place + 1].content if place + 1 < len(tokens) else ""
        line.add(token, following)
    text = settle_raised("".join(line.parts))
    # Looking behind at every letter takes as long as parsing the page, and few lines have a bracket.
    return _REFERENCE_MARK.sub("", _FOOTNOTE.sub("", text)).strip() if "[" in text else text.strip()


class _Line:
    """The text of inline tokens, in which what is raised is still marked."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._links: list[tuple[int, str]] = []
        self._struck: list[int] = []

    def add(self, token: Token, following: str) -> None:
        """Add a token; `following` is the text of the next."""
        if token.type in ("text", "text_special", "code_inline"):
            is_raised = "^" in token.content and token.type != "code_inline"
            self.parts.append(_CARETS.sub(_RAISED_POWER, token.content) if is_raised else token.content)
        elif token.type in ("softbreak", "hardbreak") or _LINE_BREAK_TAG.match(token.content):
            self.parts.append("\n")
        elif token.type == "link_open":
            self._links.append((len(self.parts), str(token.attrs.get("href", ""))))
        elif token.type == "link_close":
            self._end_link(following)
        elif token.type in ("s_open", "s_close"):
            self._add_tag("s", is_end=token.type == "s_close")
        elif tag := _TAG.match(token.content):
            self._add_tag(tag["name"].lower(), is_end=bool(tag["end"]))

    def _end_link(self, following: str) -> None:
        # A link whose whole text is a mark ([1], ↑, ¶) leads to a note or back: it says nothing.
        start, address = self._links.pop()
        text = "".join(self.parts[start:])
        if _MARK_ONLY.fullmatch(text) and not (
            is_bare(text) and not names_note(address) and self._takes_number(start, following)
        ):
            del self.parts[start:]

    def _takes_number(self, place: int, following: str) -> bool:
        """Whether a number that stands here alone belongs to the sentence: `rose to [120](…) in 2020`."""
        before = "".join(self.parts[max(0, place - 5) : place])[-20:]
        if _IN_BRACKETS.search(before) and following.lstrip()[:1] in {",", ";", ")", "]"}:
            return False
        if following.lstrip()[:1].islower() and before[-1:] in {"", " ", "\n", "("}:
            return True
        return _IN_SENTENCE.search(before) is not None

    def _add_tag(self, name: str, *, is_end: bool) -> None:
        if name == "sup":
            self.parts.append(LOWERED if is_end else RAISED)
        elif name == "sub":
            if self.parts[-2:] == [LOWERED, "/"]:
                self.parts[-1] = FRACTION_STROKE
        elif not is_end:
            self._struck.append(len(self.parts))
        elif self._struck:
            # What is struck out is no longer said.
            del self.parts[self._struck.pop() :]
