"""Words: what a text is compared by, whatever the case, the accents and the endings."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import cache
from typing import Any, Final

from .languages import language_data

# A number with its separators, or a run of letters and digits; the middle dot of Catalan joins.
WORD_PATTERN: Final = re.compile(r"\d+(?:[.,]\d+)*(?![^\W\d_])|[^\W_]+(?:·[^\W_]+)*")
# The same for folded text in ASCII, which is looked through in two thirds of the time.
_ASCII_WORD: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)*(?![a-z])|[a-z0-9]+")

_SHORTEST_STEM: Final = 4
_MOST_KEYWORDS: Final = 8
_MOST_STEMS: Final = 100_000
# Longer words are hardly any, and a table of them would have no bound.
_LONGEST_KEPT: Final = 64
# A Snowball stemmer keeps the word it works on in itself: two threads would mix theirs up, and the cache would keep it.
_STEMMING: Final = threading.Lock()


def fold(text: str) -> str:
    """The text without case and accents, for comparison only: lengths and offsets change."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("·", "")


def count_words(text: str) -> int:
    """How many words a reader counts: runs between white space that hold a letter or a digit."""
    return sum(1 for run in text.split() if any(letter.isalnum() for letter in run))


def keywords(text: str, language: str) -> str:
    """A text as a person types it into a search: its first content words, as they stand; all of it when it has none."""
    stopwords = _stopwords(language)
    words = [word for word in re.findall(r"[\w'’-]+", text) if word.casefold() not in stopwords]
    return " ".join(words[:_MOST_KEYWORDS]) or text


def folded_words(text: str) -> list[str]:
    """The words of a text in order (see `WORD_PATTERN`), case-folded."""
    folded = text.casefold()
    return (_ASCII_WORD if folded.isascii() else WORD_PATTERN).findall(folded)


def terms(text: str, language: str) -> list[str]:
    """The content words of a text in order: folded, stemmed, without stop words and single letters; numbers kept."""
    stopwords, stem_of = _stopwords(language), stems(language)
    return [stem_of[word] for word in folded_words(text) if (len(word) > 1 or word.isdigit()) and word not in stopwords]


def stem(word: str, language: str) -> str:
    """The folded stem of one case-folded word."""
    return stems(language)[word]


@cache
def stems(language: str) -> Stems:
    """The stems of a language by their words, as `stem` has them: for who needs a great many."""
    return Stems(language)


class Stems(dict[str, str]):
    """Case-folded words of a language and their folded stems, each found when it is asked for first.

    A plain table: of the tens of thousands of words of a run, a cache of calls takes three times the memory.
    """

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language
        self._stemmer = _stemmer(language)

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_STEMS:
            self.clear()
        stemmed = self._find(word)
        if len(word) <= _LONGEST_KEPT:
            # The word itself, not a copy of it.
            self[word] = stemmed = word if stemmed == word else stemmed
        return stemmed

    def _find(self, word: str) -> str:
        if word[0].isdigit():
            return word.rstrip(".,")
        # Stemmed before it is folded: Catalan and Portuguese endings are known by their accents.
        if self._stemmer is None:
            return _light_stem(fold(word), self._language)
        with _STEMMING:
            return fold(self._stemmer.stemWord(word))


@cache
def _stopwords(language: str) -> frozenset[str]:
    """The language's stop words, also as people type them without accents."""
    words = language_data(language).stopwords
    return words | {fold(word) for word in words}


def _stemmer(language: str) -> Any:
    name = language_data(language).stemmer
    if not name:
        return None
    import Stemmer  # noqa: PLC0415 - a native library with thirty languages; `tertulia --help` needs none

    # Without a table of its own: `Stems` is one.
    return Stemmer.Stemmer(name, 0)


_GALICIAN_ENDINGS: Final = (
    ("cions", "cion"),
    ("ais", "al"),
    ("eis", "el"),
    ("ois", "ol"),
    ("ns", "n"),
    ("res", "r"),
    ("ces", "z"),
    ("ades", "ad"),
    ("ade", "ad"),
    ("as", ""),
    ("os", ""),
    ("es", ""),
    ("a", ""),
    ("o", ""),
    ("e", ""),
)
_PLURAL: Final = (("s", ""),)


def _light_stem(word: str, language: str) -> str:
    """Take plural and gender off a Galician word, and a plural s off one of a language that is not known."""
    endings = _GALICIAN_ENDINGS if language_data(language).code == "gl" else _PLURAL
    for ending, instead in endings:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= _SHORTEST_STEM - 1:
            return word[: len(word) - len(ending)] + instead
    return word
