"""What a file says, and the cleaning that every form shares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Final

# Controls, zero-width, filling and bidirectional marks, soft hyphens, byte-order marks, variation selectors, tag
# characters and lone surrogates: a reader sees none of them, and they have carried hidden instructions or broken a
# search.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LINE_ENDS: Final = re.compile(r"\r\n?|[\x0c\x85\u2028\u2029]")
_LINE_MARGINS: Final = re.compile(r"(?<! ) ++(?=\n)")
_MANY_NEWLINES: Final = re.compile(r"\n{3,}")
_ISO_DATE: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})(?:-(?P<day>\d{2}))?(?!\d)")
# Names that programs give and no person chose.
_MACHINE_TITLE: Final = re.compile(
    r"(?i)^(untitled|document\d*|word document|sin t[ií]tulo|sense t[ií]tol|microsoft (word|powerpoint)\b.*|about:blank"
    r"|.*\.(docx?|pdf|html?|indd|qxd|tex|dvi|rtf|odt|md|txt))$"
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says: light Markdown (see `evidence.documents.Document`), and what it tells about itself.

    `title`, `published` (an ISO 8601 date) and `language` are "" when the file does not tell.
    """

    text: str
    title: str = ""
    published: str = ""
    language: str = ""


def clean(text: str) -> str:
    """The text as a reader sees it: without unseen characters, with at most one blank line in a row."""
    # Most texts are clean already, and to see that is much quicker than to look at every character.
    if not (text.isascii() and text.replace("\n", "").isprintable()):
        text = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text)).replace("\t", " ")
    if " \n" in text:
        text = _LINE_MARGINS.sub("", text)
    if "\n\n\n" in text:
        text = _MANY_NEWLINES.sub("\n\n", text)
    return text.strip()


def one_line(text: str, limit: int = 300) -> str:
    """A title or name: cleaned, on one line, cut at a word border when it is too long."""
    line = " ".join(clean(text).split())
    if len(line) <= limit:
        return line
    return cut_at_word(line, limit - 1) + "…"


def cut_at_word(text: str, limit: int) -> str:
    """The text, or its first words that fit into the limit."""
    if len(text) <= limit:
        return text
    head, space, _ = text[: limit + 1].rpartition(" ")
    return head.rstrip() if space else text[:limit]


def cut_at_paragraph(text: str, limit: int) -> str:
    """The text, or its first paragraphs that fit into the limit."""
    if len(text) <= limit:
        return text
    end = text.rfind("\n\n", 0, limit)
    return text[: end if end > 0 else limit].rstrip()


def sensible_title(title: object) -> str:
    """A title that a person gave; "" for what programs write ("Untitled", "Microsoft Word - final2.doc")."""
    line = one_line(title) if isinstance(title, str) else ""
    return "" if len(line) < 3 or _MACHINE_TITLE.match(line) else line


def iso_date(value: object) -> str:
    """A date as `2025-03-01` from a date, an ISO 8601 text or an e-mail date; "" for anything else."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat() if value.year >= 1000 else ""
    if not isinstance(value, str):
        return ""
    if match := _ISO_DATE.match(value.strip()):
        return _checked(int(match["year"]), int(match["month"]), int(match["day"] or 1), match[0])
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, IndexError):
        return ""


def _checked(year: int, month: int, day: int, text: str) -> str:
    try:
        date(year, month, day)
    except ValueError:
        return ""
    return text
