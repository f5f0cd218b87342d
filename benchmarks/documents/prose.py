"""Generated prose: invented words with the frequencies, endings and topics of real text, the same for the same seed.

Words follow a Zipf distribution as Mandelbrot has it (1953, "An informational theory of the statistical structure of
language"): content words begin at the rank where function words end. These are those of the language, so that it can be
told. A document speaks of its topic in every third content word; some topics have many documents. No sentence comes
from anybody.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

from tertulia.evidence.languages import language_data

VOCABULARY = 40_000
TOPICS = 24
_TOPIC_WORDS = 150
_TOPIC_SHARE = 0.34
_FUNCTION_SHARE = 0.42
_NUMBER_SHARE = 0.02
_EXPONENT = 1.05
_CONTENT_RANK, _TOPIC_RANK = 30, 2
_DRAWN_AT_ONCE = 400
_SHARES = {"en": 0.7, "es": 0.2, "ca": 0.1}
_ONSETS = [*"bcdfglmnprstv", "br", "cr", "dr", "fl", "gr", "pl", "pr", "st", "tr"]
_VOWELS = "aeiou"
_CODAS = ["", "", "", "n", "r", "l", "s", "nt", "rd"]
_ENDINGS = {
    "en": ["", "", "", "s", "ing", "ed"],
    "es": ["", "", "o", "os", "as", "ando"],
    "ca": ["", "", "a", "es", "ant", "at"],
}


@dataclass(frozen=True)
class Part:
    """Paragraphs under one heading."""

    heading: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Text:
    """What a document says."""

    title: str
    language: str
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class _Words:
    """Words with their cumulative weights."""

    words: Sequence[str]
    weights: Sequence[float]

    @classmethod
    def ranked(cls, words: Sequence[str], first: int = 1) -> _Words:
        """The more frequent, the further in front; the first has this rank."""
        return cls(words, list(accumulate(1 / rank**_EXPONENT for rank in range(first, first + len(words)))))

    def drawn(self, chance: random.Random) -> Iterator[str]:
        """One after the other, without end."""
        while True:
            yield from chance.choices(self.words, cum_weights=self.weights, k=_DRAWN_AT_ONCE)


class Writer:
    """Writes documents and topics."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        chance = random.Random(f"words {seed}")
        roots = list(dict.fromkeys(_root(chance) for _ in range(2 * VOCABULARY)))[:VOCABULARY]
        self._common = _Words.ranked(roots, _CONTENT_RANK)
        # A topic's words are neither the most frequent nor the rarest of all.
        self._topics = [
            _Words.ranked(chance.sample(roots[100:8_000], _TOPIC_WORDS), _TOPIC_RANK) for _ in range(TOPICS)
        ]

    def topic(self, number: int) -> str:
        """A topic as a person types it: words that its documents share, and function words."""
        one, two, three = self._topics[number % TOPICS].words[:3]
        return f"{one.capitalize()} and {two} in {three}"

    def text(self, number: int, edition: int = 0) -> Text:
        """Document `number`. Topic 0 has the most documents."""
        chance = random.Random(f"text {self._seed} {number} {edition}")
        language = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
        topic = chance.choices(self._topics, [1 / (place + 2) for place in range(TOPICS)])[0]
        pen = _Pen(chance, self._common, topic, language)
        left = min(12_000, max(60, int(chance.lognormvariate(6.6, 0.8))))
        text = Text(pen.title(), language)
        while left > 0:
            paragraphs = [pen.paragraph() for _ in range(chance.randint(2, 5))]
            text.parts.append(Part(pen.title(), paragraphs))
            left -= sum(paragraph.count(" ") + 1 for paragraph in paragraphs)
        return text


class _Pen:
    def __init__(self, chance: random.Random, common: _Words, topic: _Words, language: str) -> None:
        self._chance = chance
        self._common, self._topic = common.drawn(chance), topic.drawn(chance)
        self._function = _function_words(language).drawn(chance)
        self._endings = _ENDINGS[language]

    def title(self) -> str:
        words = [self._content(0.7) for _ in range(self._chance.randint(2, 5))]
        return " ".join(words).capitalize()

    def paragraph(self) -> str:
        return " ".join(self._sentence() for _ in range(self._chance.randint(2, 6)))

    def _sentence(self) -> str:
        words = [self._word() for _ in range(self._chance.randint(7, 24))]
        return f"{' '.join(words).capitalize()}."

    def _word(self) -> str:
        kind = self._chance.random()
        if kind < _FUNCTION_SHARE:
            return next(self._function)
        if kind < _FUNCTION_SHARE + _NUMBER_SHARE:
            return str(self._chance.randint(2, 2030))
        return self._content(_TOPIC_SHARE)

    def _content(self, share: float) -> str:
        root = next(self._topic if self._chance.random() < share else self._common)
        return root + self._endings[int(self._chance.random() * len(self._endings))]


@cache
def _function_words(language: str) -> _Words:
    # Sorted: a set is ordered differently in each process.
    return _Words.ranked(sorted(word for word in language_data(language).stopwords if len(word) > 1))


def _root(chance: random.Random) -> str:
    syllables = (
        chance.choice(_ONSETS) + chance.choice(_VOWELS) + chance.choice(_CODAS) for _ in range(chance.randint(2, 4))
    )
    return "".join(syllables)
