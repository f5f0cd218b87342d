"""What models put around a text: courtesies, announcements, offers of more, fences, JSON. In doubt it is text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from ...evidence.passages import KEY_PATTERN
from ...evidence.sentences import split_sentences
from .loose_json import read_values

# How assistants begin before they say what they were asked for, in the five languages.
_COURTESY: Final = (
    r"(?:sure(?: thing)?|certainly|of course|absolutely|definitely|okay|ok|great|al(?:l )?right"
    r"|understood|got it|no problem"
    r"|(?:i['’]d|i would|i['’]ll|i will) be (?:happy|glad) to (?:help|assist)(?: with th(?:at|is))?"
    r"|thank(?:s| you)(?: for [^,.!:…–—\n]{1,80})?"
    r"|gladly|with pleasure|here (?:you (?:go|are)|it is|we go)"
    r"|claro(?: que s[ií])?|por supuesto|desde luego|con (?:mucho )?gusto|entendido|perfecto|vale|de acuerdo|muy bien"
    r"|aquí (?:(?:la|lo|las|los) )?(?:tienes|tiene|tenéis|tienen|está)"
    r"|(?:és )?clar(?: que sí)?|per descomptat|i tant|d['’]acord|entesos|molt bé"
    r"|aquí (?:(?:el|la|ho) )?(?:tens|teniu|té)"
    r"|noski(?: baietz)?|jakina|ados|hona(?: hemen)?|hemen (?:duzu|duzue|daukazu)"
    r"|por suposto|desde logo|de acordo|moi ben|aquí (?:[ao]s? )?(?:tes|ten|tedes)"
    r"|velaquí(?: (?:[ao]s? )?(?:está|tes))?)"
)
# What a reply is called.
_NAME: Final = (
    r"(?:section|answer|text|report|draft|introduction|conclusion|reply|response|version|summary|rest|continuation"
    r"|sección|respuesta|texto|informe|borrador|introducción|conclusión|versión|resumen|resto|continuación"
    r"|secció|resposta|text|esborrany|introducció|conclusió|versió|resum|continuació"
    r"|introdución|resumo|(?:atal|erantzun|testu|txosten|zirriborro|sarrera|ondorio|bertsio|laburpen|jarraipen)\w{0,4})"
)
# Who shows something speaks of the reply; who says that something is so may speak of the world, unless a colon follows.
_SHOWS: Final = (
    r"(?:here(?:['’]s| is| are(?= the (?:title|heading) and))|below is|please find(?: below)?"
    r"|i(?:['’]ve| have) (?:written|drafted|prepared|revised|rewritten)"
    r"|(?:i['’]ll|i will|let['’]s|let me)(?: now)? (?:write|draft|prepare|provide)"
    r"|aquí (?:tienes|tiene|tenéis|está|va)|(?:te|le) (?:presento|dejo|muestro)|he (?:escrito|redactado|preparado)"
    r"|aquí (?:tens|teniu|té|hi ha)|(?:et|us) (?:presento|deixo)|he (?:escrit|redactat|preparat)|vet aquí"
    r"|aquí (?:tes|ten|tedes|vai)|velaquí|preséntoche|déixoche|escribín|redactei"
    r"|hona(?: hemen)?|hemen (?:duzu|duzue|daukazu|dago|doa))"
)
_SAYS: Final = (
    r"(?:this is|the following is"
    r"|a continuación,?(?: (?:te|le|se) \w+)?|est[ae] es|a continuació,?(?: \w+ \w+)?|tot seguit|aquest[a]? és"
    r"|est[ae] é|jarraian,?(?: \w+)?|hau da|honako hau da)"
)
_WORDS: Final = (
    r"(?:(?!(?:what|how|that|which|who|where|why|when|lo|que|qué|com|cómo|zer)\b)[^\W\d_][\w'’-]{0,30},? ){0,6}"
)
_OF: Final = rf"(?:of (?:the|this|your|a)|del?(?: la| el| l['’]| tu| este| esta)?|d['’]|da|do) ?(?:\w+ )?{_NAME}\b"
_MORE: Final = (
    rf"(?: (?:{_OF}|(?:that )?you|as requested|on|about|regarding|based|for|in|with|below|above|now|written|using"
    r"|according|(?:que|come?) (?:me|has|ha|habéis|heu|pedist|pedíst|vas|pediches)"
    r"|sobre|basad[oa]|según|segons|segundo|en|para"
    r"|per|amb|con|solicitad[oa]|sol·licita\w+|pedid[oa]|redactad[oa]|escrit[oa]?|revisad[oa])\b[^\n]*"
    r"|,? (?:as|based|in|with|written|using)\b[^\n]*| ?[(–—][^\n]*| duzu)?"
)
_BASED: Final = (
    r"(?:as (?:you )?requested, |(?:based on|using|drawing on"
    r"|basándome en|según|a partir de|segons|segundo)\b[^,.:!?\n]{1,100}, ?)?"
)
_SHOWN: Final = rf"{_BASED}{_SHOWS} {_WORDS}{_NAME}\b{_MORE}"
_SAID: Final = rf"{_BASED}{_SAYS} {_WORDS}{_NAME}\b{_MORE}:"
_TALK: Final = re.compile(
    rf"(?:{_COURTESY} *[,!.:…–—]+ *){{0,4}}(?:{_COURTESY}|(?:{_COURTESY} )?(?:{_SHOWN}|{_SAID})"
    rf"|(?:final |the )?{_NAME}:|final answer|output:|assistant:)[*_]*[.!:…]*",
    re.IGNORECASE,
)
_CLAUSE_END: Final = re.compile(r"(?<=[.!…])[ ¡]+")
_LONGEST_TALK: Final = 300
_MOST_LINES: Final = 4
_RULE: Final = re.compile(r"\A(?:\*{3,}|-{3,}|_{3,})[ \t]*\n[ \t]*\n")
_LAST_RULE: Final = re.compile(r"\n[ \t]*(?:\*{3,}|-{3,}|_{3,})\Z")

# How assistants end: with an offer, a hope, or a word about their reply.
_OFFER: Final = (
    r"let me know|i can|i['’]d be|i['’]m (?:happy|glad)|just (?:ask|say)|feel free|happy to|tell me"
    r"|d[ií]me|dígame|av[ií]s[ae]me|hazme|házmelo|hágamelo|puedo|no dudes?"
    r"|digue|fes-m|feu-m|puc|no dubt|podo|non dubid|faim"
)
_CLOSING: Final = re.compile(
    r"(?:please,? )?(?:let me know (?:if|whether|how|what|should)\b"
    r"|feel free to (?:ask|reach|let|adjust|request|edit|modify)\b"
    r"|i hope (?:this|that|it|you)\b|(?:would|do) you (?:like|want) (?:me|any|another)\b|is there anything else\b"
    r"|don['’]t hesitate to\b|i(?:['’]m| am) (?:happy|glad) to\b|i can also\b"
    rf"|if you(?:['’]d| would)? (?:need|want|have|like|wish|prefer)\b.*\b(?:{_OFFER})"
    rf"|si (?:lo )?(?:necesitas?|quieres?|deseas?|prefieres?|vols|voleu|necessit\w+|desitg\w+)\b.*\b(?:{_OFFER})"
    rf"|se (?:queres?|precisas?|desexas?)\b.*\b(?:{_OFFER})"
    r"|(?:por favor, )?(?:d[ií]me si|avís[ae]me|házmelo saber|hágamelo saber|déjame saber|hazme saber)\b"
    r"|espero que (?:te|le|les|os|esto|esta sección|este texto|t['’]|us|et|això|che|lle|vos|isto)"
    r"|no dudes? en\b|no dubt(?:is|eu) a\b|non dubides en\b|fe[su]-m['’]ho saber|digue(?:u)?['’]?-?me? si\b|faimo saber"
    r"|¿?(?:quieres?|te gustaría|le gustaría|deseas?|vols|voleu|t['’]agradaria|queres)"
    r" que (?:lo|la|te|el|o|a|am|ampl|añad|afeg)"
    r"|(?:quedo|estoy) a (?:tu|su) disposición|espero dut|nahi (?:al )?duzu\b"
    r"|.{0,150}\b(?:esan iezadazu|esadazu|jakinara(?:zi|z) iezadazu|galdetu lasai"
    r"|baduzu, esan\b|izanez gero, esan\b))",
    re.IGNORECASE,
)
_COUNT: Final = r"\d[\d.,]*\W{0,3}(?:words|palabras|paraules|hitz)"
_REMARK: Final = re.compile(
    r"[*_(\[]*(?:(?:word count|total words|words|número de palabras|recuento de palabras|palabras"
    r"|nombre de paraules|paraules|reconto de palabras|hitz kopurua)"
    r"[*_ ]*:[*_ ]*(?:(?:approximately|about|approx\.|aprox\.|unas|unes) )?\d[\d.,]*"
    rf"(?:\W{{0,3}}(?:words|palabras|paraules|hitz))?|(?<=[(\[])(?:approximately |about |~|≈)?{_COUNT}"
    rf"|(?:note|nota|oharra)[*_ ]*:[*_ ]*(?:(?:this|est[ae]|aquest[a]?) {_NAME}|i have|i['’]ve)\b"
    r"[^\n]*\b(?:passage|source|word|citation|key|pasaje|fuente|palabra|passatge|font|paraul|iturri|pasarte|pasax)[^\n]*"
    rf"|end of (?:the )?{_NAME})[*_.)\] ]*",
    re.IGNORECASE,
)

# `~~~` is seen too, and a fence that was cut by length has no end.
_FENCE: Final = re.compile(r"^[ ]{0,3}(?P<mark>`{3,}|~{3,})[ \t]*(?P<form>[\w+-]*)[ \t]*(?:\n|\Z)", re.MULTILINE)
_TEXT_FORMS: Final = frozenset({"markdown", "md"})
_MAYBE_TEXT_FORMS: Final = frozenset({"", "markdown", "md", "text", "txt", "plaintext", "json"})

_KEY: Final = re.compile(rf"(?<!\w){KEY_PATTERN.pattern}(?!\w)", re.IGNORECASE)
_TITLES: Final = frozenset(
    "title heading headline section_title título titulo títol titol encabezado izenburua titulua".split()  # noqa: SIM905
)
_THOUGHTS: Final = frozenset("reasoning thinking thoughts thought analysis explanation notes note".split())  # noqa: SIM905


def unwrapped(text: str) -> str:
    """A text without what its writer put around it. What cites, or may be a sentence of it, is never taken off."""
    text = without_preamble(_without_fence(text.strip()))
    return _from_json(_without_closing(text) or text)


def without_preamble(text: str) -> str:
    """A text without the first lines that only are polite or announce it; the whole when nothing follows them."""
    rest = text
    for _ in range(_MOST_LINES):
        first, _, after = rest.partition("\n")
        if not after.strip() or not _is_talk(first):
            break
        rest = _RULE.sub("", after.lstrip("\n"), count=1).lstrip("\n")
    return rest


def _is_talk(line: str) -> bool:
    """Whether a line speaks to who asked, and says nothing else."""
    plain = line.strip(" \t*_>¡")
    if not plain or len(plain) > _LONGEST_TALK or line.lstrip().startswith("#") or _KEY.search(plain):
        return False
    return all(_TALK.fullmatch(clause) for clause in _CLAUSE_END.split(plain))


def _without_closing(text: str) -> str:
    """A text without the last sentences that offer more or speak of the reply; "" when it is nothing else."""
    for _ in range(_MOST_LINES):
        text = text.rstrip()
        start = _last_sentence(text)
        last = text[start:].strip(" \t*_")
        if not last or len(last) > _LONGEST_TALK or _KEY.search(last) or not _is_closing(last):
            break
        text = _LAST_RULE.sub("", text[:start].rstrip(" \t\n*_("))
    return text


def _is_closing(sentence: str) -> bool:
    return bool(_CLOSING.match(sentence.lstrip("(*_")) or _REMARK.fullmatch(sentence))


def _last_sentence(text: str) -> int:
    """Where the last sentence of the last line begins."""
    line = max(text.rfind("\n") + 1, len(text) - 2 * _LONGEST_TALK)
    if _REMARK.fullmatch(text, line):
        return line
    sentences = split_sentences(text[line:])
    return line + sentences[-1].start if sentences else len(text)


def _without_fence(text: str) -> str:
    """The inside of a fence that holds the reply; the whole text when something else than talk stands outside."""
    opening = _FENCE.search(text)
    if not opening:
        return text
    inside, after = _fenced(text, opening)
    before = text[: opening.start()]
    form = opening["form"].lower()
    is_text = form in _TEXT_FORMS and inside.lstrip().startswith("#") and _is_aside(before) and _is_aside(after)
    is_wrapping = is_text or ((not before.strip() or form in _MAYBE_TEXT_FORMS) and _is_around(before, after))
    return inside.strip() if is_wrapping else text


def _fenced(text: str, opening: re.Match[str]) -> tuple[str, str]:
    """What stands in a fence, up to its last end, and what stands after it."""
    rest = text[opening.end() :]
    ends = list(re.finditer(rf"^[ ]{{0,3}}{opening['mark']}[ \t]*$", rest, re.MULTILINE))
    return (rest[: ends[-1].start()], rest[ends[-1].end() :]) if ends else (rest, "")


def _is_aside(outside: str) -> bool:
    """Whether what stands outside a fence with a headed text is none: short, one paragraph, and it cites nothing."""
    outside = outside.strip()
    return not outside or (
        len(outside) <= _LONGEST_TALK and "\n\n" not in outside and "#" not in outside and not _KEY.search(outside)
    )


def _is_around(before: str, after: str) -> bool:
    return all(_is_talk(line) for line in before.split("\n") if line.strip()) and not _without_closing(after).strip()


def _from_json(text: str) -> str:
    """The title and the text of a reply that is one JSON object: what in it cites, or else the longest that it says."""
    if not (text.startswith("{") and text.endswith("}")):
        return text
    values = list(read_values(text))
    if len(values) != 1 or not isinstance(values[0], dict):
        return text
    said = list(_said(values[0]))
    titles = [words for name, words in said if name in _TITLES]
    texts = [words for name, words in said if name not in _TITLES and name not in _THOUGHTS]
    body = "\n\n".join(words for words in texts if _KEY.search(words) and " " in words) or max(
        texts, key=len, default=""
    )
    if not body:
        return text
    return f"# {titles[0]}\n\n{body}" if titles and not body.startswith("#") else body


def _said(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value with the name that it has there, in order."""
    if isinstance(value, str):
        if value.strip():
            yield name.casefold(), value.strip()
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _said(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _said(inner, name)
