"""Sections: the best of an interview, in an order that reads, with what belongs to other analysts left to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ...evidence.languages import base_language
from ...evidence.passages import Excerpt
from ...evidence.words import terms
from ..roles import Section, SectionBrief
from .arranging import arrange
from .candidates import Candidate, find_candidates, language_of
from .disagreements import find_pairs
from .expert import answered
from .focus import Focus, affinity, focus_of
from .interviewer import spoken_terms
from .redundancy import choose
from .scoring import Scored, score
from .tables import count_rows, is_table, small_table
from .titles import section_title

LONGEST_SECTION: Final = 230
SHORTEST_SECTION: Final = 90

_ANSWERED_BONUS: Final = 0.15
_NEIGHBOUR_BONUS: Final = 0.1
_WORTH_PRINTING: Final = 0.12
_SHARE: Final = 0.75
_ONE_SENTENCE: Final = 20
_GENERAL: Final = 0.75
_GENERAL_WEIGHT: Final = 0.4
_CROWD: Final = 7
_CROWD_MALUS: Final = 0.3
_TABLE_WORTH: Final = 0.15


def compose_section(brief: SectionBrief) -> Section:
    """The section of one interview; an empty text when no sentence bears on the analyst's facet."""
    desk = _Desk(brief)
    found = find_candidates(brief.excerpts, brief.language)
    scored, chosen = Scored((), (), ()), []
    # From the narrowest choice to the widest, until there is enough to print.
    for strictly, foreign in ((True, False), (False, False), (True, True), (False, True)):
        own = [one for one in found if desk.is_mine(one, strictly=strictly) and (foreign or desk.is_native(one))]
        scored = score(own, desk.weights, brief.language)
        chosen = _choose(scored, brief)
        if sum(scored.candidates[index].words for index in chosen) >= SHORTEST_SECTION:
            break
    mine = [candidate for candidate in found if desk.is_mine(candidate, strictly=False)]
    sentences, pairs = _with_disagreements(scored, chosen, mine, brief)
    text = arrange(sentences, pairs)
    table = desk.table(brief.excerpts)
    title = section_title(desk.focus, sentences, brief)
    return {"analyst": brief.analyst["id"], "title": title, "text": "\n\n".join(part for part in (text, table) if part)}


class _Desk:
    """What one analyst looks for, seen beside what the others do."""

    def __init__(self, brief: SectionBrief) -> None:
        language = brief.language
        topic = frozenset(terms(brief.topic, language))
        self._language = language
        self._weights = [focus_of(analyst, language).weights(language, topic) for analyst in brief.panel]
        ids = [analyst["id"] for analyst in brief.panel]
        self._place = ids.index(brief.analyst["id"]) if brief.analyst["id"] in ids else len(ids)
        self.focus: Focus = focus_of(brief.analyst, language)
        own = self.focus.weights(language, topic)
        if self._place == len(ids):
            self._weights.append(own)
        asked = [term for turn in brief.turns for term in terms(turn["question"], language)]
        silent = spoken_terms(language) | topic
        self.weights: Mapping[str, float] = {**dict.fromkeys((t for t in asked if t not in silent), 1.0), **own}

    def is_mine(self, candidate: Candidate, *, strictly: bool = True) -> bool:
        """Whether no other analyst is closer to the sentence; the first of equals has it.

        What is close to nobody is only taken when not `strictly`, and each document's by the same analyst. Sentences
        that lean on another go where that one goes.
        """
        head = candidate.chain()[0]
        closeness = [affinity(head.terms, head.context, weights) for weights in self._weights]
        best = max(closeness)
        if best > 0.0:
            return closeness.index(best) == self._place
        by_lot = int(candidate.document, 16) % len(closeness)
        return len(closeness) == 1 or (not strictly and by_lot == self._place)

    def is_native(self, candidate: Candidate) -> bool:
        """Whether a sentence is in the report's language."""
        return candidate.language == base_language(self._language)

    def table(self, excerpts: Sequence[Excerpt]) -> str:
        """The table that bears most on the facet, if one does and nobody else is closer to it."""
        best, worth = "", _TABLE_WORTH
        for excerpt in excerpts:
            if not is_table(excerpt) or language_of(excerpt, self._language) != base_language(self._language):
                continue
            closeness = self._closeness(excerpt)
            # A few rows that a passage border cut off say less than the body of the table.
            closeness *= min(1.0, 0.4 + count_rows(excerpt) / 10)
            if closeness > worth and (table := small_table(excerpt, self.weights, self._language)):
                best, worth = table, closeness
        return best

    def _closeness(self, excerpt: Excerpt) -> float:
        """How close a table is to this analyst; 0 when it is closer to another."""
        own = terms(excerpt.text, self._language)
        context = terms(f"{excerpt.document.title} {excerpt.passage.heading}", self._language)
        closeness = [affinity(own, context, weights) for weights in self._weights]
        return closeness[self._place] if closeness.index(max(closeness)) == self._place else 0.0


def _choose(scored: Scored, brief: SectionBrief) -> list[int]:
    """The sentences of the section, those of the answers and neighbours of chosen ones preferred."""
    candidates = scored.candidates
    said = answered(brief.turns)
    topic = set(terms(brief.topic, brief.language))
    scores = []
    for candidate, value in zip(candidates, scored.scores, strict=True):
        # What speaks of the whole topic is left to the introduction.
        general = len(topic) > 1 and len(topic.intersection(candidate.terms)) >= _GENERAL * len(topic)
        bonus = _ANSWERED_BONUS if candidate.text in said else 0.0
        scores.append(min(1.0, value + bonus) * (_GENERAL_WEIGHT if general else 1.0))

    # A section leaves something for introduction and conclusion, however little there is.
    limit = min(LONGEST_SECTION, max(_ONE_SENTENCE, _SHARE * sum(candidate.words for candidate in candidates)))

    def enough(chosen: Sequence[int]) -> bool:
        whole = {needed.text: needed.words for index in chosen for needed in candidates[index].chain()}
        return sum(whole.values()) >= limit

    def bonus_for(index: int, chosen: Sequence[int]) -> float:
        return scores[index] * _company([candidates[other] for other in chosen], candidates[index])

    least = _WORTH_PRINTING * max(scores, default=0.0)
    return choose(scores, scored.vectors, enough=enough, least=least, bonus=bonus_for)


def _company(chosen: Sequence[Candidate], candidate: Candidate) -> float:
    """What a sentence gains beside a chosen neighbour, and loses when its document has had its say."""
    fellows = [one for one in chosen if one.document == candidate.document]
    near = any(one.paragraph == candidate.paragraph for one in fellows)
    return (_NEIGHBOUR_BONUS if near else 0.0) - (_CROWD_MALUS if len(fellows) >= _CROWD else 0.0)


def _with_disagreements(
    scored: Scored, chosen: Sequence[int], mine: Sequence[Candidate], brief: SectionBrief
) -> tuple[list[Candidate], list[tuple[Candidate, Candidate]]]:
    """The chosen sentences and, with each that another document contradicts, the other one, in whatever language."""
    sentences = [scored.candidates[index] for index in chosen]
    known = {sentence.text for sentence in sentences}
    found = find_pairs(mine, brief.excerpts, brief.language)
    pairs = [pair for pair in found if not known.isdisjoint((pair[0].text, pair[1].text))]
    sentences.extend(one for pair in pairs for one in pair if one.text not in known)
    return sentences, pairs
