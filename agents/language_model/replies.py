"""What models wrap around what they were asked for, and how it is taken off: pure functions on text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ...evidence.documents import whole_characters
from ...evidence.languages import RECOGNISED, base_language, detect_language
from ...evidence.sentences import split_sentences
from .loose_json import read_values
from .reasoning import remove_reasoning
from .wrapping import unwrapped

_ANY_FENCE: Final = re.compile(r"```[\w+-]*[ \t]*\n(?P<inside>.*?)(?:```|\Z)", re.DOTALL)

# What a text begins with instead of its first word: where it comes from, or where it stands.
_STOCK_OPENING: Final = re.compile(
    r"\A(?:(?:based on|according to|from) (?:the|these) (?:(?:provided|given|available|retrieved) )?"
    r"(?:passages|sources|texts|information)(?: provided| given)?"
    r"|(?:según|basándome en|con base en|de acuerdo con) (?:los pasajes|los textos|las fuentes)(?: \w+ad[oa]s)?"
    r"|(?:segons|d’acord amb|d'acord amb) (?:els passatges|les fonts)(?: \w+(?:ts|des))?"
    r"|(?:segundo|de acordo con) (?:as pasaxes|as fontes)(?: \w+ad[oa]s)?"
    r"|(?:emandako )?(?:pasarteen|iturrien) arabera"
    r"|in conclusion|to conclude|in summary|to sum up|en conclusión|en resumen|para concluir|en definitiva"
    r"|en conclusió|en resum|per concloure|en resumo|ondorioz|laburbilduz)[ \t]*,[ \t]*(?=\S)",
    re.IGNORECASE,
)

_TITLE_LABEL: Final = re.compile(
    r"\A(?:section |report )?(?:title|heading|título|títol|encabezado|encapçalament|izenburua|titulua)\s*:\s*(?=\S)",
    re.IGNORECASE,
)
_KEYS: Final = re.compile(r"\s*\[[a-z0-9, ;]*\]")
_QUOTES: Final = "\"'“”‘’«»*_` "
_EMPHASIS: Final = re.compile(r"\*\*|__|`")
_HEADING: Final = re.compile(r"#{1,6}\s*\S|(?P<bold>\*\*|__)[^*_]*[^*_.!?…](?P=bold)[.:]?\Z")
_NAMES_ITSELF: Final = re.compile(
    r"(?:\w+ ){0,2}(?:conclu\w+|ondorio\w*|summary|resum\w*|laburpen\w*)\Z", re.IGNORECASE
)
_UNDERLINE: Final = re.compile(r"[ \t]*(?:={3,}|-{3,})[ \t]*(?:\n|\Z)")
_TITLE_LIMIT: Final = 160
_HEADING_LINE: Final = re.compile(r"^[ \t]*#{1,6}[ \t]+[^\n]*$\n?", re.MULTILINE)
_BOLD_LINE: Final = re.compile(
    r"^[ \t]*(?P<bold>\*\*|__)[^*_\[\n]{1,100}[^*_\[\n.!?…](?P=bold):?[ \t]*$\n?", re.MULTILINE
)
# A line that lists keys after a word for sources. Under a table it is wanted, without the word; elsewhere it is a list
# of sources, which is made by the program.
_SOURCE_LINE: Final = re.compile(
    r"^[ \t]*[*_]{0,2}(?:sources?|references?|keys?|passages?|fuentes?|referencias?|claves?|pasajes?|fonts?|referències"
    r"|claus?|passatges?|iturriak?|erreferentziak|gakoak|fontes?|chaves?|pasaxes?)[*_]{0,2}[ \t]*:[*_]{0,2}[ \t]*"
    r"(?P<keys>(?:[\[(][a-z0-9]{6}(?:[,; ]+[a-z0-9]{6})*[\])][,; ]*)+)\.?[ \t]*$",
    re.IGNORECASE,
)

_KEY: Final = re.compile(r"\[[a-z0-9]{6}\]")
_QUOTED: Final = re.compile(r"«[^»]*»|“[^”]*”|\"[^\"\n]*\"|^[ \t]*[>|].*$", re.MULTILINE)
_FEWEST_WORDS: Final = 30

_LONGEST_REFUSAL: Final = 600
# How models say no, after a word or two of regret, in the five languages.
_REFUSAL: Final = re.compile(
    r"(?:(?:i(?:'|’)?m|i am) (?:very |really |so )?sorry\b|sorry\b|unfortunately\b|i apologi[sz]e\b|my apologies\b"
    r"|lo siento\b|lo lamento\b|disculpa\b|ho sento\b|em sap greu\b|síntoo\b|sentímolo\b|desculpa\b|sinto moito\b"
    r"|barkatu\b|sentitzen dut\b)?[^.!?\n]{0,60}?"
    r"(?:i (?:can(?:no|(?:'|’))t|can not|am (?:not able|unable) to|won(?:'|’)t|will not)"
    r" (?:help|assist|provide|comply|fulfill?|write|create|answer|do|continue|generate|engage|discuss|respond|complete"
    r"|produce|participate|proceed)"
    r"|i (?:must|have to) decline|i(?:'|’)m (?:not able|unable) to|as an ai\b"
    r"|no puedo (?:ayudar|cumplir|proporcionar|responder|escribir|hacer|continuar|generar|atender|asistir)"
    r"|no puc (?:ajudar|proporcionar|respondre|escriure|fer|continuar|generar|atendre)"
    r"|non podo (?:axudar|proporcionar|responder|escribir|facer|continuar|xerar|atender)"
    r"|ezin (?:dut|dizut|dizuet) (?:lagundu|erantzun|idatzi|eman|egin|jarraitu|sortu)"
    r"|como (?:una )?(?:ia|inteligencia artificial)\b|com a (?:ia|intel·ligència artificial)\b)",
    re.IGNORECASE,
)
# Who says that the sources do not tell answers.
_OF_SOURCES: Final = re.compile(
    r"passage|source|pasaje|fuente|passatge|\bfonts?\b|pasax|\bfontes?\b|pasarte|iturri", re.IGNORECASE
)

_MARKERS_AFTER: Final = re.compile(r"(?:[ \t]*\[[a-z0-9]{6}\])*")
_LIST_LINE: Final = re.compile(r"[ \t]*(?:[-*+]|(?P<number>\d{1,3})[.)])[ \t]+\S")
_SHORTEST_OVERLAP: Final = 20
_LONGEST_OVERLAP: Final = 10_000


def clean_text(reply: str) -> str:
    """A reply without reasoning and without what its writer put around it (see `wrapping`)."""
    return unwrapped(whole_characters(remove_reasoning(reply)))


def plain_prose(text: str) -> str:
    """A text of one piece: no headings, no lines in bold that stand for one, no sources, no "In conclusion,"."""
    prose = _without_source_lines(_BOLD_LINE.sub("", _HEADING_LINE.sub("", text)))
    prose = re.sub(r"\n{3,}", "\n\n", prose).strip()
    opened = _STOCK_OPENING.sub("", prose, count=1)
    return opened if opened == prose else opened[:1].upper() + opened[1:]


def _without_source_lines(text: str) -> str:
    kept: list[str] = []
    above = ""
    for line in text.split("\n"):
        source = _SOURCE_LINE.match(line)
        if not source:
            kept.append(line)
        elif above.lstrip().startswith("|"):
            kept.append(source["keys"].strip(" ,;"))
        above = line if line.strip() else above
    return "\n".join(kept)


def json_values(reply: str) -> Iterator[dict[str, Any] | list[Any]]:
    """Everything in a reply that could be the data asked for, the likeliest first: objects and lists of objects.

    It may stand between prose, in a fence, and after reasoning.
    """
    text = remove_reasoning(reply)
    for candidate in (text, *(match["inside"] for match in _ANY_FENCE.finditer(text))):
        yield from read_values(candidate)


def is_refusal(text: str) -> bool:
    """Whether a text says that its writer will not write, and nothing else: short, and it cites nothing."""
    if len(text) > _LONGEST_REFUSAL or _KEY.search(text) or _OF_SOURCES.search(text):
        return False
    return bool(_REFUSAL.match(text.lstrip("#* \"'“")))


def other_language(text: str, wanted: str) -> str:
    """The language that a text is surely written in when it is not the one wanted, else "".

    Quotations do not count, short texts cannot tell, and both halves must tell the same.
    """
    if base_language(wanted) not in RECOGNISED:
        return ""
    words = _QUOTED.sub(" ", _KEY.sub(" ", text)).split()
    if len(words) < _FEWEST_WORDS:
        return ""
    middle = len(words) // 2
    found = {detect_language(" ".join(half), default=wanted) for half in (words[:middle], words[middle:])}
    language = found.pop()
    return language if not found and language != base_language(wanted) else ""


def split_title(text: str) -> tuple[str, str]:
    """The title on the first line of a reply and the rest; the title is "" when the first line is none.

    A title is a heading of any level, a bold line, a labelled line (`Title: …`), an underlined one, or a short line
    without a full stop that stands alone.
    """
    first, _, rest = text.strip().partition("\n")
    line = first.strip()
    if not (_is_marked(line, rest) or (_reads_as_title(line) and re.match(r"\s*\n", rest))):
        return "", text.strip()
    if underline := _UNDERLINE.match(rest):
        rest = rest[underline.end() :]
    title = plain_title(line)
    return (title, rest.strip()) if title and len(title) <= _TITLE_LIMIT else ("", text.strip())


def without_title(text: str) -> str:
    """A text that needs no title, without one. A first line that is only short may be a sentence of it."""
    title, rest = split_title(text)
    first, _, below = text.strip().partition("\n")
    return rest if _is_marked(first.strip(), below) or _NAMES_ITSELF.match(title) else text.strip()


def plain_title(line: str) -> str:
    """A title without heading marks, label, emphasis, quotation marks around it, citations and final stop."""
    title = line.strip().strip("# ").strip(_QUOTES)
    if label := _label(title):
        title = title[label.end() :]
    return _EMPHASIS.sub("", _KEYS.sub("", title)).strip(_QUOTES).rstrip(".:").strip(_QUOTES)


def _label(line: str) -> re.Match[str] | None:
    return _TITLE_LABEL.match(line.lstrip("#* "))


def _is_marked(line: str, rest: str) -> bool:
    """Whether a first line is dressed as a title: a heading, a line in bold, labelled or underlined."""
    return bool(_HEADING.match(line) or _label(line) or (_UNDERLINE.match(rest) and _reads_as_title(line)))


def _reads_as_title(line: str) -> bool:
    """Whether a line that stands alone is a title: short, and neither a list item, a table row nor a sentence."""
    return len(line) <= _TITLE_LIMIT and not re.search(r"[.!?…:;,\])”»\"'’*_]$|^[-*+|>\d]|\[[a-z0-9]{6}\]", line)


def without_cut_sentence(text: str, language: str = "en") -> str:
    """A text that was cut by length, back to the last sentence that is surely whole, so that it can be continued."""
    # Without the keys, which would seem to begin a sentence where they follow its stop.
    sentences = split_sentences(_KEY.sub(lambda key: " " * len(key[0]), text), language)
    whole = [sentence for sentence in sentences[:-1] if not sentence.text.startswith("#")]
    markers = _MARKERS_AFTER.match(text, whole[-1].end) if whole else None
    return text[: markers.end()] if markers else text


def join_continuation(text: str, continuation: str) -> str:
    """A cut text and its continuation, without what the continuation says again."""
    longest = min(len(text), len(continuation), _LONGEST_OVERLAP)
    overlap = next((n for n in range(longest, _SHORTEST_OVERLAP, -1) if text.endswith(continuation[:n])), 0)
    if continuation.startswith(text):
        overlap = len(text)
    rest = continuation[overlap:].strip()
    last = text.rpartition("\n")[2]
    return f"{text}{_gap(last, rest)}{rest}".strip()


def _gap(last: str, rest: str) -> str:
    """What stands between the last line of a text and its rest: rows of a table and items of a list belong together."""
    is_row = last.lstrip().startswith("|")
    if is_row or rest.startswith(("#", "|")):
        return "\n" if is_row and rest.startswith("|") else "\n\n"
    item, above = _LIST_LINE.match(rest), _LIST_LINE.match(last)
    if item and above and bool(item["number"]) == bool(above["number"]):
        return "\n"
    return "\n\n" if item and item["number"] in {None, "1"} else " "
