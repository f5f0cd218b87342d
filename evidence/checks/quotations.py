"""Quotations: what stands between quotation marks stands in a cited passage, word for word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .facts import Facts
from .inflection import stands
from .verdict import Checked, Finding, Severity

_QUOTED: Final = re.compile(
    r"“(?P<curly>[^“”]+)”|«(?P<angular>[^«»]+)»|„(?P<low>[^„“”]+)[“”]"
    r"|(?<!\w)\"(?P<straight>[^\"\n]+)\"(?!\w)"
    r"|(?<!\w)‘(?P<single>(?:[^‘’\n]|’(?=\w))+)’(?!\w)"
    r"|(?<!\w)'(?P<plain>(?:[^'\n]|'(?=\w))+)'(?!\w)"
)
_GAP: Final = re.compile(r"\[[^\]]*\]|\(\s*(?:…|\.{3})\s*\)|…|\.{3}")
_CHANGED_LETTER: Final = re.compile(r"\[(\w)\](?=\w)")
_WORD: Final = re.compile(r"[^\W_]+")
_FOLDED: Final = {
    **dict.fromkeys(map(ord, '“”„«»"*`'), " "),
    **dict.fromkeys(map(ord, "‘’´′"), "'"),
    **dict.fromkeys(map(ord, "‐‑–—−"), "-"),
    ord("\u00ad"): "",
    ord("…"): "...",
}
_LOOSE_DASH: Final = re.compile(r"(?<!\w)-+|-+(?!\w)")
_LOOSE_STOP: Final = re.compile(r" (?=[,.;:!?)\]])|(?<=[(\[¿¡]) ")
_EDGES: Final = " .,;:!?¡¿-'()"
_SCARE_QUOTE: Final = 2
_SHOWN: Final = 160
_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Quotation:
    """Quoted words and their span, without the marks."""

    text: str
    start: int
    end: int

    @property
    def words(self) -> list[str]:
        """Its words."""
        return _WORD.findall(self.text)


def find_quotations(sentence: str) -> list[Quotation]:
    """What a sentence quotes. A quotation in brackets right after another is its translation, and left out."""
    found: list[Quotation] = []
    last = -1
    for match in _QUOTED.finditer(sentence):
        inside = match[match.lastgroup or 0]
        before = sentence[last : match.start()].strip() if last >= 0 else ""
        start = match.start(match.lastgroup or 0)
        if before not in {"(", "["} and any(map(str.isalnum, inside)) and not _is_elision(match):
            found.append(Quotation(inside, start, start + len(inside)))
        last = match.end()
    return found


def _is_elision(match: re.Match[str]) -> bool:
    """Whether straight single quotes are apostrophes: `the '80s and '90s`."""
    return match.lastgroup == "plain" and match["plain"][0].isdigit()


def check_quotations(sentence: Facts, passages: Sequence[Facts]) -> Checked:
    """Whether each quotation stands in one of the passages, whatever its marks, dashes, white space and case.

    Ellipses and brackets part a quotation, and each part must stand. Of one or two words, which may be no quotation at
    all, only the words must; in a passage of another language their absence is a warning.
    """
    held = 0
    findings: list[Finding] = []
    for quotation in find_quotations(sentence.text):
        finding = _judge(quotation, sentence, passages)
        if finding is None:
            held += 1
        else:
            findings.append(finding)
    return Checked(held, tuple(findings))


def _judge(quotation: Quotation, sentence: Facts, passages: Sequence[Facts]) -> Finding | None:
    if all(any(_contains(facts.text, part) for facts in passages) for part in _parts(quotation.text)):
        return None
    if len(quotation.words) <= _SCARE_QUOTE:
        if all(any(stands(word, facts) for facts in passages) for word in quotation.words):
            return None
        foreign = all(facts.language.code != sentence.language.code for facts in passages)
        return _finding(quotation, "quotation_words", "", "warning" if foreign else "error")
    found = _nearest(quotation, passages)
    return _finding(quotation, "quotation_altered" if found else "quotation_missing", found, "error")


def _finding(quotation: Quotation, reason: str, found: str, severity: Severity) -> Finding:
    values = {"value": _shorten(quotation.text), **({"found": found} if found else {})}
    return Finding("quotation", severity, quotation.text, quotation.start, quotation.end, reason, values)


def _parts(text: str) -> Iterator[str]:
    """The parts of a quotation between its ellipses and brackets, folded."""
    for part in _GAP.split(_CHANGED_LETTER.sub(r"\1", text)):
        folded = _verbatim(part).strip(_EDGES)
        if any(map(str.isalnum, folded)):
            yield folded


def _contains(text: str, part: str) -> bool:
    """Whether the part stands in the text as whole words."""
    folded = _verbatim(text)
    place = folded.find(part)
    while place >= 0:
        before, after = folded[place - 1 : place], folded[place + len(part) : place + len(part) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        place = folded.find(part, place + 1)
    return False


@lru_cache(maxsize=2048)
def _verbatim(text: str) -> str:
    """The text without case, marks of quotation and emphasis, and kinds of dash and white space; accents stay."""
    folded = unicodedata.normalize("NFC", _CHANGED_LETTER.sub(r"\1", text)).casefold().translate(_FOLDED)
    return _LOOSE_STOP.sub("", " ".join(_LOOSE_DASH.sub(" ", folded).split()))


def _nearest(quotation: Quotation, passages: Sequence[Facts]) -> str:
    """The words of a passage that are most like the quotation, if at least half of them are the same."""
    wanted = [word.casefold() for word in quotation.words]
    best, found = _ALIKE * len(wanted), ""
    for facts in passages:
        words = list(_WORD.finditer(facts.text))
        for start in range(max(1, len(words) - len(wanted) + 1)):
            window = words[start : start + len(wanted)]
            left = list(wanted)
            for word in window:
                if word[0].casefold() in left:
                    left.remove(word[0].casefold())
            if len(wanted) - len(left) >= best and window:
                best, found = len(wanted) - len(left) + 0.5, facts.text[window[0].start() : window[-1].end()]
    return _shorten(" ".join(found.split()))


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1].rstrip() + "…"
