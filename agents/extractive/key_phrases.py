"""Key phrases: runs of content words that documents share, in the form in which people write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from ...evidence.languages import base_language, language_data
from ...evidence.passages import Excerpt
from ...evidence.words import stem
from .patterns import patterns_of

LONGEST_PHRASE: Final = 4

# A word with what stands before it: a blank joins two words into a phrase, anything else parts them.
_TOKEN = re.compile(r"(?P<gap>[^\w]*)(?P<word>[^\W_]+(?:[·'’.-][^\W_]+)*)")
_SENTENCE_BREAK = re.compile(r"[.!?:…|¿¡]|\n\s*\n")
_JOINING = re.compile(r"[ \t]*\n?[ \t]*\Z")
_SHORTEST_WORD: Final = 3
# Where an adjective follows its noun, it agrees with it in number.
_ADJECTIVES_FOLLOW: Final = ("es", "ca", "gl")


@dataclass(slots=True)
class KeyPhrase:
    """A phrase by its terms. `text` is its usual form; `alone` is how often it stood whole between other words.

    `headed` are the documents that have it in title or heading.
    """

    terms: tuple[str, ...]
    text: str
    passages: set[int] = field(default_factory=set)
    documents: set[str] = field(default_factory=set)
    alone: int = 0
    headed: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Token:
    word: str
    folded: str
    starts: bool  # at the start of a sentence, a heading or a cell
    joined: bool  # to the word before it


def find_key_phrases(excerpts: Sequence[Excerpt], language: str) -> dict[tuple[str, ...], KeyPhrase]:
    """The phrases of one to four content words in the excerpts, by their terms."""
    grammars = {excerpt.document.language: _Grammar(language, also=excerpt.document.language) for excerpt in excerpts}
    bodies = [list(_tokens(excerpt.text)) for excerpt in excerpts]
    usual = UsualCase(token for body in bodies for token in body)
    phrases: dict[tuple[str, ...], KeyPhrase] = {}
    forms: dict[tuple[str, ...], Counter[tuple[bool, str]]] = {}
    for index, excerpt in enumerate(excerpts):
        grammar = grammars[excerpt.document.language]
        head = [*_tokens(excerpt.document.title), *_tokens(excerpt.passage.heading)]
        found = [(*one, False) for one in _found(bodies[index], grammar)] + [
            (*one, True) for one in _found(head, grammar)
        ]
        for words, alone, headed in found:
            key = tuple(stem(word.folded, language) for word in words if grammar.is_content(word))
            phrase = phrases.setdefault(key, KeyPhrase(key, ""))
            phrase.passages.add(index)
            phrase.documents.add(excerpt.document.id)
            phrase.alone += alone
            if headed:
                phrase.headed.add(excerpt.document.id)
            # The form in the middle of a sentence is the usual one; headings and openings only stand in for it.
            settled = not headed and not words[0].starts
            form = " ".join(word.word for word in words) if settled else usual.write(words)
            forms.setdefault(key, Counter())[settled, form] += 1
    for key, phrase in phrases.items():
        phrase.text = _usual_form(forms[key])
    return phrases


def _usual_form(forms: Counter[tuple[bool, str]]) -> str:
    """The form met most often inside sentences; of forms met nearly as often the longest, which is the plural."""
    settled = {form: number for form, number in forms.items() if form[0]} or forms
    most = max(settled.values())
    return min((form[1] for form, number in settled.items() if 2 * number >= most), key=lambda text: (-len(text), text))


def _found(tokens: Sequence[_Token], grammar: _Grammar) -> Iterator[tuple[Sequence[_Token], bool]]:
    """The phrases in a text, each with whether it is a whole stretch of content words."""
    for run, before, after in _runs(tokens, grammar):
        for first, last in _phrases_of(run, grammar):
            words = run[first : last + 1]
            if grammar.stands(words, before if first == 0 else "", after if last == len(run) - 1 else ""):
                yield words, len(words) == len(run)


class UsualCase:
    """How words are written in the middle of sentences: names with a capital, others without."""

    def __init__(self, tokens: Iterable[_Token]) -> None:
        self._forms: dict[str, Counter[str]] = {}
        for token in tokens:
            if not token.starts:
                self._forms.setdefault(token.folded, Counter())[token.word] += 1

    def write(self, words: Sequence[_Token]) -> str:
        """The words in their usual case, with a blank between them."""
        return " ".join(self._usual(token) for token in words)

    def _usual(self, token: _Token) -> str:
        if _is_abbreviation(token.word):
            return token.word
        forms = self._forms.get(token.folded)
        if not forms:
            return token.word.lower() if token.starts or token.word.istitle() else token.word
        return min(forms, key=lambda form: (-forms[form], form.istitle(), form))


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        gap, word = match["gap"], match["word"]
        starts = not match.start() or bool(_SENTENCE_BREAK.search(gap))
        yield _Token(word, word.casefold(), starts, bool(gap and _JOINING.match(gap)))


def _runs(tokens: Sequence[_Token], grammar: _Grammar) -> Iterator[tuple[list[_Token], str, str]]:
    """Stretches of joined content words with linkers between them, and the joined words before and after."""
    run: list[_Token] = []
    before = ""
    for token in [*tokens, _END]:
        if token.joined and (grammar.is_content(token) or (run and grammar.links(run[-1], token))):
            run.append(token)
            continue
        after = token.folded if token.joined else ""
        while run and not grammar.is_content(run[-1]):
            after = run.pop().folded
        if run:
            yield run, before, after
        starts = grammar.is_content(token)
        run, before = ([token], "") if starts else ([], token.folded)


def _phrases_of(run: Sequence[_Token], grammar: _Grammar) -> Iterator[tuple[int, int]]:
    """First and last place of every phrase of two to four content words in a stretch, and the whole of one of one."""
    content = [index for index, token in enumerate(run) if grammar.is_content(token)]
    if len(content) == 1:
        yield content[0], content[0]
    for size in range(2, LONGEST_PHRASE + 1):
        for start in range(len(content) - size + 1):
            first, last = content[start], content[start + size - 1]
            # Four words in a row are a phrase only when a linker holds them together.
            if size < LONGEST_PHRASE or last - first >= size:
                yield first, last


_END: Final = _Token("", "", starts=True, joined=False)


class _Grammar:
    """The little grammar that tells noun phrases from other runs of words, in texts of the language `also`, too."""

    def __init__(self, language: str, also: str = "") -> None:
        self._language = base_language(language)
        self._patterns = patterns_of(language)
        # English words stand in pages of every language; they make no phrase of another one.
        self._stopwords = frozenset().union(*(language_data(code).stopwords for code in (language, also, "en")))

    def is_content(self, token: _Token) -> bool:
        word = token.folded
        return (
            (len(word) >= _SHORTEST_WORD or (len(word) > 1 and token.word.isupper()))
            and not word[0].isdigit()
            and word not in self._stopwords
            and word not in self._patterns.weak
            and not any(mark in word for mark in ".'’")
        )

    def links(self, before: _Token, token: _Token) -> bool:
        """Whether a word goes on a phrase without being part of its content: "of", or the article in "de la"."""
        if before.folded in self._patterns.linkers:
            return token.folded in self._patterns.before_nouns and token.folded not in self._patterns.linkers
        return token.folded in self._patterns.linkers

    def stands(self, words: Sequence[_Token], before: str, after: str) -> bool:
        """Whether words are a noun phrase, as far as they and their neighbours tell.

        What follows "to" or comes before an article holds a verb; a word alone is a noun after an article or a
        preposition; a plural in front of another word is a subject before its verb ("workers | learn").
        """
        if after in self._patterns.determiners or before in self._patterns.before_verbs:
            return False
        if len(words) == 1:
            nouns = self._patterns.before_nouns
            return not nouns or before in nouns or _is_abbreviation(words[0].word)
        return all(self._agree(one, other) for one, other in pairwise(words))

    def _agree(self, one: _Token, other: _Token) -> bool:
        if not (self.is_content(one) and self.is_content(other)) or other.word[:1].isupper():
            return True
        plural = one.folded.endswith("s") and not one.folded.endswith("ss") and not _is_abbreviation(one.word)
        if self._language in _ADJECTIVES_FOLLOW:
            return plural == other.folded.endswith("s")
        return not (plural and self._language == "en")


def _is_abbreviation(word: str) -> bool:
    return sum(letter.isupper() for letter in word) > 1
