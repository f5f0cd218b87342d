"""Cleaning: what a model must not write is taken out of its Markdown. Paragraphs, emphasis, lists and tables stay."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection
from typing import Final

from .passages import KEY_PATTERN

# Folded, in the five languages; phrases of several words are joined by "_".
_SOURCE_HEADINGS: Final = frozenset(
    name.replace("_", " ")
    for name in """
    sources references bibliography citations footnotes notes endnotes links works_cited sources_cited source_list
    reference_list list_of_sources list_of_references further_reading fuentes referencias bibliografia citas notas
    enlaces notas_al_pie fuentes_consultadas fuentes_citadas lista_de_fuentes referencias_bibliograficas obras_citadas
    fonts referencies notes_al_peu fonts_consultades fonts_citades llista_de_fonts referencies_bibliografiques
    enllacos iturriak erreferentziak oharrak oin-oharrak estekak iturrien_zerrenda fontes fontes_consultadas
    fontes_citadas lista_de_fontes ligazons notas_a_rodape notas_ao_pe
    """.split()  # noqa: SIM905
)
_ROUNDS: Final = 12
# As str.splitlines has them, but for those that are controls.
_LINE_END: Final = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_STRUCTURE: Final = str.maketrans(dict.fromkeys("<>[]()`", " "))

# Controls, the marks that reverse the direction of what follows, so that a text reads as it is stored, and halves of
# characters, which cannot be stored.
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ue000-\ue00f]"
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_FENCE_LINE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[^\n]*\n?", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(?:[\w-]+:[^\n]*\n|[ \t]+[^\n]*\n)+(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
_HIDDEN = re.compile(r"<(?P<end>/)?(?P<name>script|style|iframe|object|svg|math|template)\b[^<>]*>", re.IGNORECASE)
_BREAK = re.compile(r"(?<![ \t])[ \t]*<(?:br|/p|/div|/li|/tr)\b[^<>]*>[ \t]*", re.IGNORECASE)
_SUPERSCRIPT = re.compile(r"<sup\b[^<>]*>\s*(\[?\d[\d\s,]*\]?)\s*</sup\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_IMAGE = re.compile(r"(?<![ \t])[ \t]*!\[[^\[\]\n]*\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\[\]\n]*\])?")
_LINK = re.compile(r"\[(?P<text>[^\[\]\n]*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)")
_CITATION = re.compile(
    rf"[\s^,;]*(?:{KEY_PATTERN.pattern}|\d{{1,3}})(?:[\s^,;]+(?:{KEY_PATTERN.pattern}|\d{{1,3}}))*[\s,;]*"
)
_KEY = re.compile(rf"(?<!\w){KEY_PATTERN.pattern}(?!\w)")
_ADDRESS: Final = (
    r"(?:https?://|ftp://|www\.|mailto:|javascript:|data:text)[^\s<>|\[\]]*"
    r"(?:\([^\s()<>\[\]]*\)|[^\s<>|\[\]().,;:!?'\"»”*_])"
)
_URL = re.compile(
    rf"(?<![ \t])[ \t]*(?:\([ \t]*<?{_ADDRESS}>?[ \t]*\)|<{_ADDRESS}>|(?<![\w@]){_ADDRESS})", re.IGNORECASE
)
_DEFINITION = re.compile(r"^[ \t]{0,3}\[[^\[\]\n]+\]:[^\n]*(?:\n[ \t]+\S[^\n]*)*\n?", re.MULTILINE)
_SETEXT = re.compile(
    r"(?<![^\n])(?<!\S\n)[ \t]{0,3}(?P<title>[^\s|>#*+\d-][^|\n]*)\n[ \t]{0,3}(?P<rule>=|-)(?P=rule)+[ \t]*(?=\n|\Z)"
)
_RULE = re.compile(r"^[ \t]{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|={3,})$\n?", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}(?P<marks>#{1,6})[ \t]+(?P<title>\S[^\n]*)$", re.MULTILINE)
_EMPTY_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]*$\n?", re.MULTILINE)
_LABEL_LINE = re.compile(r"[ \t]*[*_]{0,3}(?P<label>[^\W\d][\w -]{3,40}?)[ \t]*+:?[*_]{0,3}:?[ \t]*+")
_REFERENCE_LINE = re.compile(
    r"[ \t]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+)?"
    rf"[\[【(][\^@]?(?:\d{{1,3}}|(?P<key>{KEY_PATTERN.pattern}))[\]】)]:?[ \t]+(?P<words>\S.*)"
)
# From the first space of a run, and all of it: looked at from each of them, a long one takes minutes.
_LINE_MARGIN = re.compile(r"(?<![ \t])[ \t]++$", re.MULTILINE)
_LIST_LINE = re.compile(r"[ \t]*(?:[-*+][ \t]+|\d{1,3}[.)][ \t]+|[\[【])\S.*")
_FIGURE = re.compile(r"\d[\d.,\s]*(?:%|‰|€|\$|£|percent\b|por cien)|[€$£]\s*\d")
# What is said of something, in the five languages, as far as that can be seen from words and their ends.
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|did|does|will|would|can|could|may|might|must|should|says?|said|shows?"
    r"|grows?|grew|falls?|fell|rises?|rose|makes?|made|takes?|took|gives?|gave|pays?|paid|costs?|spent|lost|won|began"
    r"|became|went|came|held|led|saw|sold|built|needs?|remains?|requires?|includes?|offers?|allows?|wants?|[a-z]{3,}ed"
    r"|es|son|eran?|fue|fueron|han?|había|hay|está|están|tienen?|tuvo|pueden?|deben?|hacen?|suben?|bajan?|crecen?|caen?"
    r"|suman?|permiten?|exigen?|ofrecen?|incluyen?|[^\W\dA-Z_]{2,}(?:ó|aron|ieron|aban?|arán?|erán?|irán?)"
    r"|és|són|eren|té|tenen|pot|poden|cal|creix|cau|vam? [^\W\dA-Z_]+re?|van [^\W\dA-Z_]+re?"
    r"|é|foi|foron|teñen|hai|pode|poden|medra|[^\W\dA-Z_]{3,}ou"
    r"|(?:da|dira|zen|ziren|du|dute|zuen|zuten|dago|daude|ditu|dituzte|dio|diote)(?=[ \t]*(?:[,;:]|\Z)))\b"
)
_SENTENCE_LINE = re.compile(r".*[.!?…][\s\"'»”)\]*_]*")


def clean_markdown(text: str, *, heading_level: int, title: str = "") -> str:
    """Take out of a model's Markdown what it must not write.

    Out go reference lists and source sections, HTML, images, links and bare addresses (a link's words stay), code
    fences, footnote definitions, horizontal rules, front matter, and control characters. Headings move below
    `heading_level`, the level under which the text will stand; one that stands at its very start at that level or
    above, or that repeats `title`, goes. Cleaning twice changes nothing.
    """
    before = None
    rounds = 0
    while text != before:
        before = text
        rounds += 1
        if rounds == _ROUNDS:  # no honest text is nested so deeply
            text = text.translate(_STRUCTURE)
        text = _headings(_references(_blocks(_inline(_without_addresses(_plain(text))))), heading_level, title)
        text = tidy_lines(text)
    return text


def tidy_lines(text: str) -> str:
    """The text without white space at the ends of its lines, and with one blank line at most in a row."""
    return re.sub(r"\n{3,}", "\n\n", _LINE_MARGIN.sub("", text)).strip("\n")


def _plain(text: str) -> str:
    """The text as it reads: no controls, no entities, one kind of line end."""
    text = _CONTROLS.sub("", _LINE_END.sub("\n", text))
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _inline(text: str) -> str:
    """No HTML, images, links or addresses. A passage key that stands in a tag is kept as a citation."""
    text = _without_hidden(_COMMENT.sub("", text))
    text = _BREAK.sub(" ", _SUPERSCRIPT.sub(_raised, text))
    text = _IMAGE.sub("", text)
    text = _LINK.sub(lambda link: f"[{link['text']}]" if _CITATION.fullmatch(link["text"]) else link["text"], text)
    return _TAG.sub(_tag_key, _URL.sub("", text))


def _without_hidden(text: str) -> str:
    """Without the elements that a page does not show, each up to the first end of its kind, if it has one."""
    ends = {match["name"].lower(): match.start() for match in _HIDDEN.finditer(text) if match["end"]}
    pieces = []
    place = 0
    open_name = ""
    for tag in _HIDDEN.finditer(text):
        name = tag["name"].lower()
        if not open_name and not tag["end"] and tag.start() < ends.get(name, 0):
            pieces.append(text[place : tag.start()])
            open_name = name
        elif open_name == name and tag["end"]:
            place = tag.end()
            open_name = ""
    return "".join([*pieces, text[place:]])


def _raised(match: re.Match[str]) -> str:
    """A raised number: a reference after a stop or a word, else an exponent (`km²`)."""
    number = match[1].strip("[] ")
    previous = match.string[max(0, match.start() - 3) : match.start()]
    if match[1].startswith("[") or not previous[-1:].isalnum() or (previous.isalpha() and len(previous) == 3):
        return f" [{number}]"
    return number.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _tag_key(tag: re.Match[str]) -> str:
    key = re.search(rf"(?<![\w]){KEY_PATTERN.pattern}(?![\w])", tag[0])
    return f" [{key[0]}] " if key and not tag[0].startswith("</") else ""


def _blocks(text: str) -> str:
    """No front matter, fences, definitions, rules; every heading written with `#`."""
    text = _FENCE_LINE.sub("", _FRONT_MATTER.sub("", text.lstrip("\n")))
    text = _DEFINITION.sub("", text)
    text = _SETEXT.sub(lambda heading: f"{'#' if heading['rule'] == '=' else '##'} {heading['title']}", text)
    return _EMPTY_HEADING.sub("", _RULE.sub("", text))


def _references(text: str) -> str:
    """No section of sources, wherever it stands, and no list of references at the end.

    A sentence that cites is text, whatever stands above it: “Links” may be those between trade and war.
    """
    kept: list[str] = []
    lines = text.split("\n")
    place = 0
    while place < len(lines):
        heading = _HEADING.fullmatch(lines[place])
        end = place
        if heading and _names_sources(_title(heading)):
            end = _next_heading(lines, place + 1)
        elif not heading and (label := _LABEL_LINE.fullmatch(lines[place])) and _names_sources(label["label"]):
            end = _list_end(lines, place + 1)
        if end > place:
            sentences = [line if _is_cited_sentence(line) else "" for line in lines[place + 1 : end]]
            kept += [*sentences, ""] if any(sentences) else []
        else:
            kept.append(lines[place])
        place = max(end, place + 1)
    return "\n".join(_without_trailing_references(kept))


def _without_addresses(text: str) -> str:
    """Without the list of references at the end, which is surest to know before its addresses are taken out."""
    return "\n".join(_without_trailing_references(text.split("\n")))


def _names_sources(words: str) -> bool:
    folded = unicodedata.normalize("NFD", words.casefold())
    plain = "".join(character for character in folded if not unicodedata.combining(character))
    return re.sub(r"^[\d.\s]+", "", plain.strip(" *_:#.")) in _SOURCE_HEADINGS


def _next_heading(lines: list[str], start: int) -> int:
    return next((place for place in range(start, len(lines)) if _HEADING.fullmatch(lines[place])), len(lines))


def _list_end(lines: list[str], start: int) -> int:
    """Where the list under a label ends."""
    place = start
    while place < len(lines) and (not lines[place].strip() or _LIST_LINE.fullmatch(lines[place])):
        place += 1
    return place


def _without_trailing_references(lines: list[str]) -> list[str]:
    """Without the lines at the end that each begin with a reference and say nothing but where it leads.

    A list of references repeats what was cited. A line is kept when its key was not: no other speaks for that passage.
    """
    end = len(lines)
    while end and (not lines[end - 1].strip() or _is_reference(lines[end - 1])):
        end -= 1
    if not any(line.strip() for line in lines[:end]):
        return lines
    cited = set(_KEY.findall("\n".join(lines[:end])))
    alone = (place for place in range(len(lines), end, -1) if _stands_alone(lines[place - 1], cited))
    return lines[: next(alone, end)]


def _is_reference(line: str) -> bool:
    """Whether a line begins with a reference and makes no statement. After a number, figures may name a law."""
    reference = _REFERENCE_LINE.fullmatch(line)
    if not reference or _SENTENCE_LINE.fullmatch(line) or _FIGURE.search(reference["words"]):
        return False
    words = _URL.sub("", reference["words"])
    if _VERB.search(words):
        return False
    return words != reference["words"] or not reference["key"] or not re.search(r"\d", words)


def _is_cited_sentence(line: str) -> bool:
    is_sentence = bool(_SENTENCE_LINE.fullmatch(line) and _KEY.search(line) and not _REFERENCE_LINE.fullmatch(line))
    return is_sentence and bool(_VERB.search(line) or _FIGURE.search(line))


def _stands_alone(line: str, cited: Collection[str]) -> bool:
    reference = _REFERENCE_LINE.fullmatch(line)
    return bool(reference and reference["key"] and reference["key"] not in cited and not _URL.search(line))


def _headings(text: str, level: int, title: str) -> str:
    """Headings below `level`, in their own order of rank; none that repeats the title above the text."""
    text = text.lstrip("\n")
    first = _HEADING.match(text)
    if first and (len(first["marks"]) <= level or _same_words(_title(first), title)):
        text = text[first.end() :].lstrip("\n")
    elif title and _same_words(text.partition("\n")[0], title):
        text = text.partition("\n")[2].lstrip("\n")
    ranks = [len(heading["marks"]) for heading in _HEADING.finditer(text)]
    if not ranks:
        return text
    shift = level + 1 - min(ranks)
    return _HEADING.sub(lambda heading: "#" * min(len(heading["marks"]) + shift, 6) + " " + _title(heading), text)


def _title(heading: re.Match[str]) -> str:
    """A heading's words, without the `#` that may close it."""
    words: str = heading["title"].rstrip()
    before, _, last = words.rpartition(" ")
    return words if last.strip("#") else before.rstrip()


def _same_words(line: str, title: str) -> bool:
    words = re.findall(r"\w+", title.casefold())
    return bool(words) and re.findall(r"\w+", line.casefold()) == words
