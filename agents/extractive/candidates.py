"""Candidates: the sentences of the excerpts that can stand in a report as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ...evidence.languages import RECOGNISED, base_language, detect_language, language_data
from ...evidence.passages import Excerpt
from ...evidence.sentences import Sentence, split_sentences
from ...evidence.words import WORD_PATTERN, count_words, terms
from .patterns import Patterns, knows, patterns_of

SHORTEST: Final = 6
LONGEST: Final = 60

_LONGEST_CHAIN: Final = 4
_SURELY_A_SENTENCE: Final = 8
_LETTERS_SHARE: Final = 0.72
_NAMES_SHARE: Final = 0.7
_FIRST_PERSON_WEIGHT: Final = 0.5
_LONELY_WEIGHT: Final = 0.2
_OPENING_WORDS: Final = 7

_LIST_MARK = re.compile(r"(?:[-*+•‣◦–]|\d{1,2}[.)]|[a-zA-Z]\))\s+")
_END = re.compile(r"[.!…][\"'»”’)]*\Z")
_OPENING: Final = "\"'«“‘(¡¿"
# Markup, code, footnote marks and placeholders: nothing that a reader of prose wants.
_FOREIGN = re.compile(r"[|{}<>\\`$~^=\[\]©®_#*]|\(\)|//|\.\.\.\.|@|\s[-–—/&%]\s*\Z|:\s*\Z|(?:^|\s)--?[a-z]|;\s*\Z")
_PAIRS: Final = (("(", ")"), ("«", "»"), ("“", "”"))
_DOTTED_NAME = re.compile(r"[\w-]+\.[\w-]+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence, its white space collapsed, with the passage it is verbatim from.

    `place` is its offset in its document. `needs` is the sentence right before it, when it cannot stand without.
    `terms` are its own, `context` those of heading and title. `rank` is the place of its passage among the excerpts.
    """

    text: str
    key: str
    document: str
    place: int
    paragraph: int
    rank: int
    language: str
    terms: tuple[str, ...]
    context: frozenset[str]
    weight: float = 1.0
    needs: Candidate | None = None

    @property
    def words(self) -> int:
        """How many words it has, without what it needs."""
        return count_words(self.text)

    def chain(self) -> list[Candidate]:
        """The sentence after those it needs, in order."""
        return [*(self.needs.chain() if self.needs else []), self]


def find_candidates(excerpts: Sequence[Excerpt], language: str) -> list[Candidate]:
    """The quotable sentences of the excerpts, in their order; the same sentence once. `language` is the report's."""
    found: dict[str, Candidate] = {}
    for rank, excerpt in enumerate(excerpts):
        for candidate in _quotable(excerpt, rank, base_language(language)):
            found.setdefault(candidate.text, candidate)
    return list(found.values())


def language_of(excerpt: Excerpt, default: str) -> str:
    """The language of an excerpt's document: as it says, or as it reads."""
    return base_language(excerpt.document.language) or _detected(excerpt.document.text[:3000], base_language(default))


@lru_cache(maxsize=4096)
def _detected(text: str, default: str) -> str:
    return detect_language(text, default)


def _quotable(excerpt: Excerpt, rank: int, report_language: str) -> Iterator[Candidate]:
    language = language_of(excerpt, report_language)
    context = frozenset(terms(f"{excerpt.document.title} {excerpt.passage.heading}", report_language))
    before: Candidate | None = None
    end_of_last = 0
    paragraph = excerpt.passage.start
    for sentence in _whole_sentences(excerpt, language):
        if "\n\n" in excerpt.text[end_of_last : sentence.start]:
            paragraph = excerpt.passage.start + sentence.start
            before = None
        end_of_last = sentence.end
        listed = _LIST_MARK.match(sentence.text)
        text = " ".join(sentence.text[listed.end() if listed else 0 :].split())
        spoken = _spoken_in(text, language)
        carried = before if before is not None and len(before.chain()) <= _LONGEST_CHAIN else None
        leaning, referring = leans(text, spoken), refers_back(text, spoken)
        first_in_paragraph = sentence.start == paragraph - excerpt.passage.start
        alone = carried is None and (leaning or (referring and not first_in_paragraph))
        if alone or not is_quotable(text, spoken, listed=listed is not None):
            before = None
            continue
        before = Candidate(
            text=text,
            key=excerpt.key,
            document=excerpt.document.id,
            place=excerpt.passage.start + sentence.start,
            paragraph=paragraph,
            rank=rank,
            language=spoken,
            terms=tuple(terms(text, report_language)),
            context=context,
            weight=_weight(text, patterns_of(spoken), lonely=referring and carried is None),
            needs=carried if leaning or referring else None,
        )
        yield before


def _whole_sentences(excerpt: Excerpt, language: str) -> list[Sentence]:
    """The sentences of a passage without the first, when the cut between passages went through it."""
    sentences = split_sentences(excerpt.text, language)
    before = excerpt.document.text[: excerpt.passage.start].rstrip(" ")
    last_line = before.rstrip().rpartition("\n")[2]
    whole = not before or before.endswith("\n\n") or _END.search(last_line) or last_line.lstrip().startswith("#")
    return sentences if whole else sentences[1:]


def _spoken_in(text: str, language: str) -> str:
    """The language of a sentence: its document's, unless its function words are clearly another one's."""
    words = [word.casefold() for word in text.split()]
    known = {code: sum(word in language_data(code).stopwords for word in words) for code in (language, *RECOGNISED)}
    best = max(known, key=lambda code: known[code])
    return best if known[best] > 2 * known[language] + 1 else language


def _weight(text: str, patterns: Patterns, *, lonely: bool) -> float:
    weight = _FIRST_PERSON_WEIGHT if patterns.first_person.search(text) else 1.0
    return weight * _LONELY_WEIGHT if lonely else weight


def leans(text: str, language: str) -> bool:
    """Whether a sentence needs the one before it: a connective, a pronoun, or a verb without its subject opens it."""
    if not knows(language):
        return False
    patterns = patterns_of(language)
    opening = WORD_PATTERN.findall(text.casefold())[:_OPENING_WORDS]
    if patterns.dependent.match(text) or not patterns.connecting.isdisjoint(opening):
        return True
    return patterns.verb.match(text) is not None and base_language(language) != "en"


def refers_back(text: str, language: str) -> bool:
    """Whether a sentence opens with a bare definite noun: "The table is …", "The three projects show …"."""
    patterns = patterns_of(language)
    first, *others = text.split(maxsplit=4)
    if first.casefold() not in patterns.articles:
        return False
    if len(others) > 2 and others[0] in patterns.weak and others[1].islower() and patterns.verb.fullmatch(others[2]):
        return True
    return len(others) > 1 and others[0].islower() and patterns.verb.fullmatch(others[1]) is not None


def is_quotable(text: str, language: str, *, listed: bool = False) -> bool:
    """Whether a text is a whole sentence of prose about its subject: no heading, menu, caption, code or fragment.

    A short text and an item of a list (`listed`) must hold a verb that is known; a long one in running text has one.
    """
    words = count_words(text)
    if not SHORTEST <= words <= LONGEST or not _END.search(text) or _FOREIGN.search(text):
        return False
    first = text.lstrip(_OPENING)
    if not first or not (first[0].isupper() or first[0].isdigit() or _DOTTED_NAME.match(first)):
        return False
    if any(text.count(opening) != text.count(closing) for opening, closing in _PAIRS) or text.count('"') % 2:
        return False
    if not _is_prose(text) or not knows(language):
        return _is_prose(text)
    patterns = patterns_of(language)
    if (listed or words < _SURELY_A_SENTENCE) and patterns.verb.search(text) is None:
        return False
    return patterns.boilerplate.search(text) is None and patterns.deictic.search(text) is None


def _is_prose(text: str) -> bool:
    """Mostly letters, and not mostly names: neither a row of figures nor a menu line."""
    letters = sum(letter.isalpha() or letter == " " for letter in text)
    words = [word for word in text.split() if word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in words)
    return letters >= _LETTERS_SHARE * len(text) and capitals <= max(2.0, _NAMES_SHARE * len(words))
