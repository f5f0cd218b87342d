"""Citations: what is accepted as one in a written text, and the numbers that sources get.

A model cites opaque keys and never writes a number or a URL; whatever it does write, what leaves `clean_citations`
holds only `[key]` markers of passages that exist. So a dangling or invented reference cannot be printed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .claims import MARKER, sentences_with_citations
from .cleaning import clean_markdown
from .ledger import Ledger
from .passages import KEY_PATTERN

__all__ = [
    "MARKER",
    "CleanText",
    "Numbering",
    "citations_in",
    "clean_citations",
    "clean_markdown",
    "clean_written",
    "number_sources",
    "sentences_with_citations",
]

# More rounds than any honest text needs; a text that still changes is a puzzle, and loses its brackets.
_ROUNDS: Final = 12
_BRACKETS: Final = str.maketrans(dict.fromkeys("[]［］【】()`", " "))

# What a model may write around a key or a number inside the brackets, in any of the five languages.
_LABELS: Final = frozenset(
    """
    key keys passage passages source sources id ids ref refs reference references cite cites citation citations
    see doc document from and clave claves pasaje pasajes fuente fuentes referencia referencias cita citas ver véase
    y e clau claus passatge passatges font fonts referència referències cita cites vegeu i gako gakoa gakoak pasarte
    pasartea iturri iturria iturriak erreferentzia eta ikus chave chaves pasaxe pasaxes fonte fontes véxase p pp pág
    also cf cfr también també ere tamén
    """.split()  # noqa: SIM905
)
_SOURCE_WORDS: Final = _LABELS - set(
    """
    see doc document from and ver véase y e vegeu i eta ikus véxase p pp pág also cf cfr también també ere tamén
    """.split()  # noqa: SIM905
)

_MARKER: Final = rf"\[{KEY_PATTERN.pattern}\]"
_SQUARE: Final = r"\\?[\[［【](?P<square>[^\[\]［］【】\n]{1,300}?)\\?[\]］】]"
_ROUND: Final = r"\((?P<round>[^\[\]［］【】()\n]{1,300})\)"
# A group may be raised: `^[1]`, `^[1]^`.
_GROUP = re.compile(
    rf"(?:(?P<raised>\^)[ \t]*)?(?P<wrap>[`*_]{{1,3}})?(?:{_SQUARE}|{_ROUND})(?(wrap)(?P=wrap))(?(raised)\^?)"
)
_LATEX = re.compile(r"\\[a-zA-Z]{0,12}cite[a-zA-Z]{0,8}\*?(?:\[[^\[\]\n]{0,40}\]){0,2}\{(?P<content>[^{}\n]{1,300})\}")
_LINK = re.compile(rf"(?!\([ \t]*{KEY_PATTERN.pattern})\((?:[^()\n]|\([^()\n]*\))*\)")
# Groups in brackets of any kind, perhaps after a word or two: `([1], [2])`, `{[1]}`, `(see [1] and [2])`.
_WRAPPED_GROUPS = re.compile(
    r"[(\[{][ \t]*(?P<label>(?:[^\W\d_]{1,20}[.:]?[ \t]+){0,3})"
    r"(?P<groups>(?:\\?[\[［【][^\[\]［］【】()\n]*[\]］】][ \t,;]*(?:(?:and|y|e|i|eta|&)[ \t]+)?)+)[)\]}]"
)
_SEPARATOR_BEFORE = re.compile(r"(?<=[\]］】])[ \t]*[,;][ \t]*\Z")
_SPACES = re.compile(r"[ \t]*")
_SEPARATOR_AFTER = re.compile(r"[ \t]*[,;](?=[ \t]*[\[［【])")
_TOKEN = re.compile(r"[^\s,;:|/&+†\"'“”‘’`*=#]+")
_NUMBER = re.compile(r"\^?[1-9]\d{0,2}(?:[-–][1-9]\d{0,2})?")
# What stands before a key where footnotes and Pandoc's citations are written: `[^key]`, `[@key]`, `[-@key]`.
_SIGNS: Final = "^@-"
# A key as models miscopy it: a letter, a digit, three to five of either.
_NEAR_KEY = re.compile(r"[a-z]\d[a-z0-9]{3,5}")
_BARE_KEY = re.compile(rf"(?<![\w\[./\\#@-])@?(?P<key>{KEY_PATTERN.pattern})(?![\w\]/@-])")
_RUN = re.compile(
    rf"(?<![ \t])(?P<space>[ \t]*){_MARKER}(?:[ \t]*[,;]?[ \t]*{_MARKER})*(?:[ \t]+(?=[.,;:!?](?:\s|$)))?", re.MULTILINE
)
_AFTER_STOP = re.compile(
    rf"(?<=[^\s.])\.[ \t]*(?P<markers>(?:{_MARKER})+)(?=[ \t]*(?:$|\|)|[ \t]+[\"“«(\[¿¡*A-ZÀ-ÖØ-Þ])"
)
_LEADING = re.compile(rf"(?P<markers>[\s>*+|-]*(?:\d+[.)]\s+)?(?:{_MARKER})+):?")


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text whose every citation is a `[key]` marker of a passage that exists.

    `citations` are its keys, each once, in order of first appearance; `invented` counts the citations that went.
    """

    text: str
    citations: list[str]
    invented: int


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of a report's sources. `citations` maps passage keys to numbers; `sources[n - 1]` is document n."""

    citations: dict[str, int]
    sources: list[str]


def clean_citations(text: str, valid: Collection[str]) -> CleanText:
    """Bring every citation into the one form, ` [k1][k2]` before the sentence's stop, and remove those of nothing.

    Recognised are keys in square, round and CJK brackets, alone or in lists, labelled, as footnotes, as links, as code,
    as Pandoc and LaTeX have them, in capitals, and bare. Keys that are not in `valid` and numeric references are
    removed and counted. A marker is never moved across sentences. What is bracketed and no citation stays; a bracketed
    word that looks like a key (`[b2b2cd]`) is the accepted loss. Cleaning twice changes nothing.
    """
    keys = {key.casefold(): key for key in valid}
    invented = 0
    before = None
    rounds = 0
    while text != before:
        before = text
        rounds += 1
        if rounds == _ROUNDS:
            text = text.translate(_BRACKETS)
        text, removed = _clean_once(text, keys)
        invented += removed
    return CleanText(text, citations_in([text]), invented)


def clean_written(text: str, valid: Collection[str], *, heading_level: int, title: str = "") -> CleanText:
    """What a model wrote, without anything it must not write: `clean_markdown` and `clean_citations` until both agree.

    Each can uncover work for the other (`<[1]b>`), so they take turns.
    """
    invented = 0
    before = None
    while text != before:
        before = text
        cleaned = clean_citations(clean_markdown(text, heading_level=heading_level, title=title), valid)
        text, invented = cleaned.text, invented + cleaned.invented
    return CleanText(text, citations_in([text]), invented)


def citations_in(texts: Iterable[str]) -> list[str]:
    """The keys that clean texts cite, each once, in reading order."""
    return list(dict.fromkeys(match["key"] for text in texts for match in MARKER.finditer(text)))


def number_sources(texts: Sequence[str], ledger: Ledger) -> Numbering:
    """Number the addresses that `texts`, in reading order, cite: 1, 2, 3 by first appearance.

    Passages of one address share its number, whichever text of it they are from; the first that is cited stands for
    it. A key that the ledger lacks gets none.
    """
    numbers: dict[str, int] = {}
    documents: list[str] = []
    citations: dict[str, int] = {}
    for excerpt in ledger.excerpts(citations_in(texts)):
        if excerpt.document.url not in numbers:
            documents.append(excerpt.document.id)
        citations[excerpt.key] = numbers.setdefault(excerpt.document.url, len(numbers) + 1)
    return Numbering(citations, documents)


def _clean_once(text: str, keys: Mapping[str, str]) -> tuple[str, int]:
    """One round: groups to markers, bare keys to markers, markers joined and put before the stop."""
    text = _WRAPPED_GROUPS.sub(lambda match: _unwrapped(match, keys), _LATEX.sub(r"[\g<content>]", text))
    lines = [_clean_groups(line, keys) for line in text.split("\n")]
    text, invented = "\n".join(line for line, _ in lines), sum(removed for _, removed in lines)
    text = _BARE_KEY.sub(lambda match: f"[{match['key']}]" if match["key"] in keys else match[0], text)
    text = _RUN.sub(_join_run, text)
    return "\n".join(_before_stops(line) for line in text.split("\n")), invented


def _clean_groups(text: str, keys: Mapping[str, str]) -> tuple[str, int]:
    """A line in which every bracket that cites became markers, or nothing; the rest stays."""
    written = ""
    place = invented = 0
    while match := _GROUP.search(text, place):
        written += text[place : match.start()]
        place = match.end()
        group = _read_group(match, keys)
        if group is None:
            written += match[0]
            continue
        invented += group.invented
        if match["square"] is not None and (link := _LINK.match(text, place)):
            place = link.end()
        if replacement := _replacement(match, group):
            written += replacement
        else:
            written, place = _close_gap(written, text, place)
    return written + text[place:], invented


def _close_gap(written: str, text: str, place: int) -> tuple[str, int]:
    """Where a citation was removed: no doubled space, no lost separator, no words grown together."""
    if separator := _SEPARATOR_AFTER.match(text, place):
        place = separator.end()
    else:
        written = _SEPARATOR_BEFORE.sub("", written)
    if not written:
        spaces = _SPACES.match(text, place)
        return written, spaces.end() if spaces else place
    following = text[place : place + 1]
    stripped = written.rstrip(" \t")
    if following.isalnum() and (stripped != written or stripped[-1:].isalnum()):
        return stripped + " ", place
    return stripped, place


@dataclass(frozen=True, slots=True)
class _Group:
    """A bracket that cites: the keys that exist, how many citations do not, and other words that it holds."""

    keys: list[str]
    invented: int
    rest: str


def _read_group(match: re.Match[str], keys: Mapping[str, str]) -> _Group | None:
    """What a bracket cites; None when it is no citation."""
    square = match["square"]
    content = match["round"] if square is None else square
    found: list[str] = []
    unknown = numbers = others = labels = 0
    for token in _TOKEN.findall(content):
        word = token.lstrip(_SIGNS).rstrip(".")
        if word.casefold() in keys:
            found.append(keys[word.casefold()])
        elif KEY_PATTERN.fullmatch(word) or (square is not None and _NEAR_KEY.fullmatch(word.casefold())):
            unknown += 1
        elif _NUMBER.fullmatch(token.rstrip(".")) or ("†" in content and token.isdecimal()):
            numbers += 1
        elif word.casefold() in _LABELS:
            labels += word.casefold() in _SOURCE_WORDS
        elif word:
            others += 1
    if others:
        return _Group(found, 0, _without(content, keys)) if found else None
    if square is None and not found and not unknown and not (labels and numbers):
        return None  # "(1)" and "(see 3)" are a writer's own
    return _Group(found, unknown + numbers, "") if found or unknown or numbers else None


def _without(content: str, keys: Mapping[str, str]) -> str:
    """The words of a bracket without its keys and without the separators they leave behind."""
    words = _TOKEN.sub(
        lambda token: "" if token[0].lstrip(_SIGNS).rstrip(".").casefold() in keys else token[0], content
    )
    return re.sub(r"[\s,;:]+(?=[,;:])", "", " ".join(words.split())).strip(" ,;:")


def _replacement(match: re.Match[str], group: _Group) -> str:
    """What stands in the place of a bracket that cites: its other words, then its markers."""
    markers = "".join(f"[{key}]" for key in group.keys)
    if not group.rest:
        return markers
    return f"({group.rest}) {markers}" if match["square"] is None else f"[{group.rest}] {markers}"


def _unwrapped(wrapped: re.Match[str], keys: Mapping[str, str]) -> str:
    """The groups in brackets without these, and without a "see" before them, when all of them cite."""
    groups = list(_GROUP.finditer(wrapped["groups"]))
    is_label = all(word.rstrip(".:").casefold() in _LABELS for word in wrapped["label"].split())
    if not groups or not is_label or any(_read_group(group, keys) is None for group in groups):
        return wrapped[0]
    return "".join(group[0] for group in groups)


def _join_run(match: re.Match[str]) -> str:
    """Neighbouring markers as one run without repetition, one space before it unless it opens a line or a bracket."""
    keys = dict.fromkeys(marker["key"] for marker in MARKER.finditer(match[0]))
    space = match["space"]
    previous = match.string[match.start() - 1 : match.start()]
    if previous not in {"", "\n"}:
        space = "" if not space and previous in "([{|*_`“«" else " "
    return space + "".join(f"[{key}]" for key in keys)


def _before_stops(line: str) -> str:
    """Markers that follow a sentence's stop go before it, unless the line puts its markers first.

    A colon after leading markers goes, because `[key]:` would define a link.
    """
    if leading := _LEADING.match(line):
        return leading["markers"] + line[leading.end() :]
    return _AFTER_STOP.sub(lambda match: f" {match['markers']}.", line)
