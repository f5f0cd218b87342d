"""Names: who and what a sentence names is named in a passage that it cites."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ..languages import language_data
from ..words import fold
from .facts import Facts
from .inflection import CHUNK, forms, stands
from .numerals import read_roman
from .verdict import Checked, Finding

_CONNECTORS: Final = frozenset(
    "of the and for de del d la las el los els les i y e da do das dos a on in von van der den du des di & eta".split()  # noqa: SIM905
)
_ELISION: Final = re.compile(r"^(?:[lLdDsSnNmMtT]|[qQ]u)['’](?=\w)")
_POSSESSIVE: Final = re.compile(r"['’]s$|['’]$")
# Said of a person or an office, and left out or in at will.
_TITLES: Final = frozenset(
    """mr mrs ms dr prof professor president minister sir saint st king queen pope prime chief secretary senator mayor
    don dona senor senora sr sra presidente presidenta ministro ministra rey reina rei alcalde alcaldesa lehendakari
    doctor doctora president presidenta ministre ministra""".split()  # noqa: SIM905
)
# English writes with a capital what others do not.
_CAPITAL_WORDS: Final = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december i internet god""".split()  # noqa: SIM905
)
_PLURAL: Final = re.compile(r"\b(?P<first>[A-ZÀ-Ý])(?P=first)\.? ?(?P<second>[A-ZÀ-Ý])(?P=second)\b")
_DEMONYM: Final = re.compile(r"\w{2,}(?:ish|ese|ian|ean|can|ch|man|ans|ards?)$")


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a sentence: its words, its span, and whether the sentence begins with it.

    `kind` is several (capitalised words in a row), code (an acronym or a word with capitals or digits inside) or one.
    """

    words: tuple[str, ...]
    text: str
    start: int
    end: int
    kind: str
    initial: bool


def find_names(sentence: Facts, topic: str = "") -> list[Name]:
    """The names of a sentence: capitalised words in a row, acronyms, codes, and single words not at its beginning.

    A name of which every word belongs to the topic is left out.
    """
    chunks = list(CHUNK.finditer(sentence.text))
    if _is_title_case(sentence.text, chunks):
        return []
    code = sentence.language.code
    known = {form for word in CHUNK.findall(topic) for form in forms(word, code)}
    found = (_name(run, sentence) for run in _runs(sentence.text, chunks))
    return [name for name in found if name and any(forms(word, code).isdisjoint(known) for word in name.words)]


def check_names(sentence: Facts, passages: Sequence[Facts], topic: str = "") -> Checked:
    """Whether each name of the sentence stands in one of the passages, in any inflection, or as its initials.

    Words of the report's topic are not asked for. What is missing is an error; where the passages are in another
    language than the sentence, in which names are translated, it is a warning, and so it is for a single capitalised
    word, and in German.
    """
    code = sentence.language.code
    # German writes every noun with a capital.
    foreign = code == "de" or all(facts.language.code != code for facts in passages)
    known = {form for word in CHUNK.findall(topic) for form in forms(word, code)}
    held = 0
    findings: list[Finding] = []
    for name in find_names(sentence, topic):
        words = [word for word in name.words if forms(word, code).isdisjoint(known)]
        if _is_named(name, words, sentence, passages) or _is_defined(name, sentence):
            held += 1
        else:
            findings.append(_finding(name, passages, mild=foreign or name.kind == "one"))
    return Checked(held, tuple(findings))


def _is_named(name: Name, words: Sequence[str], sentence: Facts, passages: Sequence[Facts]) -> bool:
    missing = [word for word in words if not any(stands(word, facts) for facts in passages)]
    if name.kind == "several":
        missing = [word for word in missing if fold(word) not in _TITLES]
        if missing == [name.words[0]] and name.initial and len(words) > 1:
            # What begins a sentence has a capital anyway: it is a name where a passage puts another in its place.
            return not any(_is_replaced(name, facts) for facts in passages)
    return not missing or any(_has_initials(name, facts) or _has_plural(name, sentence, facts) for facts in passages)


def _is_replaced(name: Name, facts: Facts) -> bool:
    """Whether the text has the name with another first word: `Pedro Sánchez` for `Juan Sánchez`."""
    second = fold(name.words[1])
    words = [token for token in facts.tokens if token.kind == "word" and token.text not in _CONNECTORS]
    return any(other.folded == second and word.text[0].isupper() for word, other in pairwise(words))


def _has_initials(name: Name, facts: Facts) -> bool:
    """Whether the text has the acronym of this name, or the words that this acronym stands for."""
    if name.kind == "several":
        acronym = "".join(word[0] for word in name.words).upper()
        return len(acronym) > 2 and any(token.text == acronym for token in facts.tokens)
    return name.kind == "code" and _spells_out(facts, name.words[0])


def _has_plural(name: Name, sentence: Facts, facts: Facts) -> bool:
    """Whether the text has the plural initials of this name, or what these stand for: `EE. UU.`, `CC OO`, `JJOO`.

    A stop parts `EE.` from `UU.`; one doubled letter alone is no plural: `PP` is a party.
    """
    for doubled in _PLURAL.finditer(sentence.text):
        if doubled.start() <= name.start < doubled.end():
            return _spells_out(facts, doubled["first"] + doubled["second"])
    initials = tuple(word[0].upper() for word in name.words)
    return any((found["first"], found["second"]) == initials for found in _PLURAL.finditer(facts.text))


def _spells_out(facts: Facts, acronym: str) -> bool:
    """Whether the words of an acronym follow one another in a text. Of two letters, only words with capitals do."""
    letters = acronym.replace(".", "").casefold()
    if len(letters) < 2 or not letters.isalpha():
        return False
    # It does not spell out itself.
    words = [token for token in facts.tokens if token.kind == "word" and token.text != acronym]
    capitals = "".join(word.folded[0] for word in words if word.text[0].isupper())
    content = "".join(word.folded[0] for word in words if word.folded not in _CONNECTORS)
    return letters in capitals or (len(letters) > 2 and letters in content)


def _is_defined(name: Name, sentence: Facts) -> bool:
    """Whether the sentence itself says what an acronym stands for: `European Union (EU)`."""
    return name.kind == "code" and _spells_out(sentence, name.words[0])


def _finding(name: Name, passages: Sequence[Facts], *, mild: bool) -> Finding:
    found = next((other for facts in passages for other in _alike(name, facts)), "")
    values = {"value": name.text, **({"found": found} if found else {})}
    reason = "name_other" if found else "name_missing"
    return Finding("name", "warning" if mild else "error", name.text, name.start, name.end, reason, values)


def _alike(name: Name, facts: Facts) -> Iterator[str]:
    """Names of a passage that share a word with this one: the one that was changed."""
    if name.kind != "several":
        return
    own = {fold(word) for word in name.words}
    for other in _runs(facts.text, list(CHUNK.finditer(facts.text))):
        words = {fold(chunk[0]) for chunk in other}
        if len(other) >= 2 and not own.isdisjoint(words) and own != words:
            yield " ".join(facts.text[other[0].start() : other[-1].end()].split())


def _is_title_case(text: str, chunks: Collection[re.Match[str]]) -> bool:
    """Whether nearly every longer word has a capital and no stop ends them, as in a heading: a capital says nothing."""
    longer = [chunk for chunk in chunks if len(chunk[0]) > 3 and chunk[0].isalpha()]
    capitals = sum(chunk[0][0].isupper() for chunk in longer)
    return len(longer) > 3 and capitals > 0.7 * len(longer) and text.rstrip()[-1:] not in {".", "!", "?"}


def _runs(text: str, chunks: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Capitalised words that follow one another, with at most two connectors between them."""
    run: list[re.Match[str]] = []
    pending: list[re.Match[str]] = []
    for chunk in chunks:
        previous = (pending or run)[-1] if run else None
        joined = previous is not None and text[previous.end() : chunk.start()] in {" ", " & "}
        if run and not joined:
            yield run
            run, pending = [], []
        if _is_capital(chunk[0]):
            run, pending = [*run, chunk], []
        elif run and chunk[0] in _CONNECTORS and len(pending) < 2:
            pending.append(chunk)
        elif run:
            yield run
            run, pending = [], []
    if run:
        yield run


def _is_capital(word: str) -> bool:
    plain = _ELISION.sub("", word)
    return plain[0].isupper() or _is_code(plain)


def _is_code(word: str) -> bool:
    """An acronym, or a word that mixes cases or has capitals and digits: `AEPD`, `OpenRefine`, `B12`."""
    letters = [character for character in word if character.isalpha()]
    capitals = sum(map(str.isupper, letters))
    if capitals == 0 or word[0].isdigit():
        return False
    mixed = any(map(str.islower, letters)) and any(character.isupper() for character in word[1:] if character.isalpha())
    return (capitals >= 2 and (capitals == len(letters) or (mixed and word.isalnum()))) or any(map(str.isdigit, word))


def _name(run: Sequence[re.Match[str]], sentence: Facts) -> Name | None:
    """The name that a run of chunks is, without the function word that a sentence may begin with."""
    initial = _begins(sentence.text, run[0].start())
    stopwords = language_data(sentence.language.code).stopwords
    while run and initial and run[0][0].casefold() in stopwords and not (_is_code(run[0][0]) and len(run[0][0]) > 1):
        run = run[1:]
        initial = False
        if not run:
            return None
    words = tuple(_POSSESSIVE.sub("", _ELISION.sub("", chunk[0])) for chunk in run)
    start, end = run[0].start(), run[-1].end()
    text = sentence.text[start:end]
    if len(words) > 1:
        return Name(words, text, start, end, "several", initial)
    if _is_code(words[0]):
        if sentence.text[end : end + 1] == "$":
            return None  # `US$`
        if read_roman(words[0]):
            return None
        return Name(words, text, start, end, "code", initial)
    common = initial or len(words[0]) < 3 or words[0].casefold() in _CAPITAL_WORDS or words[0].casefold() in stopwords
    if common or (sentence.language.code == "en" and _DEMONYM.fullmatch(words[0])):
        return None
    return Name(words, text, start, end, "one", initial)


def _begins(text: str, start: int) -> bool:
    """Whether a sentence, a quotation or a clause after a colon begins here."""
    before = text[:start].rstrip(" *_(")
    return not before or before[-1] in ":.!?…“”«\"‘'¡¿|;–—-"
