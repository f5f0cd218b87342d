"""Markdown as safe HTML of bounded cost, and the sentences in it found again by the signs that were put around them."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection
from typing import Final

from .list_layout import lay_out

# Python-Markdown takes quadratic time on some inputs and recurses on nested ones, so both are bounded; brackets, on
# which it is slowest, are hidden from it, since no link or image may come out.
_TEXT_LIMIT: Final = 20_000
_NESTING = re.compile(r"^[ \t]*(?:(?:>[ \t]?){9}|[ \t]{24})|[*_`<>~]{40}|(?:[*_`] ?){40}", re.MULTILINE)
_BRACKET = re.compile(r"\\\\|\\?([\[\]<])")
_HIDDEN: Final = {"[": "\ue010", "]": "\ue011", "<": "\ue012"}
_SHOWN: Final = str.maketrans({"\ue010": "[", "\ue011": "]", "\ue012": "&lt;"})
_TAGS: Final = frozenset(
    "p br strong em del ul ol li table thead tbody tr th td h3 h4 h5 h6 blockquote code pre".split()  # noqa: SIM905
)

# Signs are private-use characters, which no text can hold: what is meant (a run of citations, the beginning of a
# sentence, the place of its mark, its end), then a number. Should Markdown damage one, what is left of it is taken out.
_CITED, _BEGIN, _MARK, _END = "\ue000", "\ue001", "\ue002", "\ue003"
_DIGITS: Final = "".join(map(chr, range(0xE004, 0xE00E)))
# Keeps a citation from being the words of a link; here no link can come out, and code would show it.
_LINK_GUARD = re.compile(rf"(?<=[{_DIGITS}])\\(?=\()")
_TO_SIGN: Final = str.maketrans("0123456789", _DIGITS)
_FROM_SIGN: Final = str.maketrans(_DIGITS, "0123456789")
_PIECE = re.compile(
    rf"(?P<tag><[^>]*>)|\s*{_CITED}(?P<run>[{_DIGITS}]+)|(?P<sign>[{_BEGIN}{_MARK}{_END}])(?P<number>[{_DIGITS}]+)"
    rf"|(?P<damaged>[{_CITED}-{_DIGITS[-1]}])"
)


def cited_sign(run: int) -> str:
    """What stands for a run of citations until the text is HTML."""
    return _CITED + str(run).translate(_TO_SIGN)


def begin_sign(number: int) -> str:
    """What stands where a sentence begins."""
    return _BEGIN + str(number).translate(_TO_SIGN)


def mark_sign(number: int) -> str:
    """What stands where the mark of a sentence goes."""
    return _MARK + str(number).translate(_TO_SIGN)


def end_sign(number: int) -> str:
    """What stands where a sentence ends."""
    return _END + str(number).translate(_TO_SIGN)


def dress(
    page: str, *, cite: Callable[[int, int | None], str], mark: Callable[[int], str], shaded: Collection[int]
) -> str:
    """HTML with its signs replaced.

    `cite(run, sentence)` gives a run of citations and is told the sentence that it stands in; `mark(sentence)` what
    follows a sentence. The words of `shaded` sentences are wrapped up to their marks, text by text, so that no element
    is cut in two. A sentence whose end was lost, as in a table's surplus cells, counts as none.
    """
    to_shade = set(shaded)
    whole = _whole_sentences(page)
    pieces: list[str] = []
    inside: list[int] = []
    place = 0

    def text(words: str) -> str:
        is_shaded = words.strip() and not to_shade.isdisjoint(inside)
        return f'<span class="unverified">{words}</span>' if is_shaded else words

    for piece in _PIECE.finditer(page):
        pieces.append(text(page[place : piece.start()]))
        place = piece.end()
        if piece["tag"]:
            pieces.append(piece["tag"])
        elif piece["run"]:
            pieces.append(cite(_number(piece["run"]), inside[-1] if inside else None))
        elif piece["sign"]:
            number = _number(piece["number"])
            if piece["sign"] == _MARK:
                pieces.append(mark(number))
                to_shade.discard(number)
            elif piece["sign"] == _BEGIN and number in whole:
                inside.append(number)
            elif number in inside:
                inside.remove(number)
    return "".join([*pieces, text(page[place:])])


def _number(digits: str) -> int:
    return int(digits.translate(_FROM_SIGN))


def _whole_sentences(page: str) -> set[int]:
    """The sentences of which both signs are left."""
    signs: dict[str, set[int]] = {_BEGIN: set(), _END: set()}
    for piece in _PIECE.finditer(page):
        if piece["sign"] in signs:
            signs[piece["sign"]].add(_number(piece["number"]))
    return signs[_BEGIN] & signs[_END]


def to_html(text: str) -> str:
    """Markdown as HTML of the allowed tags only; text that is too long or too nested as plain paragraphs."""
    import markdown  # noqa: PLC0415 - only a rendered page needs it
    import nh3  # noqa: PLC0415

    if len(text) > _TEXT_LIMIT or _NESTING.search(text):
        return _plain_paragraphs(text)
    try:
        laid = lay_out(_LINK_GUARD.sub("", text))
        hidden = _BRACKET.sub(lambda match: _HIDDEN[match[1]] if match[1] else match[0], laid)
        page = markdown.markdown(hidden, extensions=["tables", "sane_lists"], output_format="html")
    except RecursionError:
        return _plain_paragraphs(text)
    return nh3.clean(page, tags=set(_TAGS), attributes={"ol": {"start"}}, link_rel=None).translate(_SHOWN)


def _plain_paragraphs(text: str) -> str:
    return "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in re.split(r"\n\s*\n", text) if part.strip())
