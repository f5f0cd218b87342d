"""The planner: one analyst per theme that the surveyed documents share."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from itertools import count

from ...errors import NoEvidenceError
from ...evidence.words import terms
from ..roles import Analyst, PanelBrief
from .facets import Facet, Themes
from .feedback import Wish, wishes
from .focus import capitalised, describe, focus_of
from .patterns import patterns_of


class ExtractivePlanner:
    """Proposes panels from key phrases. Feedback removes, adds and strengthens facets; the rest of the panel stays."""

    async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
        """A panel of exactly `brief.size` analysts. Raises NoEvidenceError when the survey is empty."""
        if not brief.survey:
            raise NoEvidenceError(
                "There are no documents about this topic to draw a panel from.",
                hint="Add documents with --docs, another --source, or use other words for the topic.",
            )
        return await asyncio.to_thread(_propose, brief)


def _propose(brief: PanelBrief) -> list[Analyst]:
    draft = _Draft(brief)
    heard = [wishes(text, brief.language) for text in brief.feedback]
    # Earlier feedback is in the previous panel already: what it removed stays out, what it asked for stays in.
    earlier = heard[:-1] if brief.previous else []
    for wish in [wish for spoken in heard for wish in spoken]:
        draft.ban(wish) if wish.removes else draft.lift(wish)
    for wish in [wish for spoken in earlier for wish in spoken if not wish.removes]:
        draft.protect(wish)
    draft.fill()
    for wish in [wish for spoken in heard[len(earlier) :] for wish in spoken]:
        draft.follow(wish)
    draft.fill()
    return draft.panel()


class _Draft:
    """A panel in the making: one place per analyst, empty where a facet is still to be found."""

    def __init__(self, brief: PanelBrief) -> None:
        self._brief = brief
        self._language = brief.language
        self._themes = Themes(brief.survey, brief.topic, brief.language)
        self._places: list[Analyst | None] = list(brief.previous[: brief.size])
        self._places += [None] * (brief.size - len(self._places))
        self._banned: list[frozenset[str]] = []
        self._wanted: set[int] = set()
        self._wanted_now: set[int] = set()
        self._ids = [analyst["id"] for analyst in brief.previous[: brief.size]]

    def ban(self, wish: Wish) -> None:
        """Keep a facet out from now on."""
        self._banned.append(frozenset(wish.terms))

    def lift(self, wish: Wish) -> None:
        """Let in again what was kept out before."""
        self._banned = [banned for banned in self._banned if banned.isdisjoint(wish.terms)]

    def protect(self, wish: Wish) -> None:
        """Keep those who have a facet that was asked for before."""
        self._wanted.update(self._holders(wish))

    def follow(self, wish: Wish) -> None:
        """Do what one piece of feedback asks for."""
        holders = self._holders(wish)
        if wish.removes:
            for place in holders:
                self._clear(place)
        elif holders:
            self._strengthen(holders[0], wish)
        else:
            self._add(wish)

    def fill(self) -> None:
        """Find a facet for every empty place."""
        empty = [place for place, analyst in enumerate(self._places) if analyst is None]
        facets = self._themes.facets(len(empty), self._taken(), self._banned) if empty else []
        spare = self._spare_facets()
        for place in empty:
            facet = facets.pop(0) if facets else next(spare)
            while self._is_known(facet):
                facet = next(spare)
            self._put(place, facet)

    def panel(self) -> list[Analyst]:
        """The finished panel."""
        return [analyst for analyst in self._places if analyst is not None]

    def _holders(self, wish: Wish) -> list[int]:
        """The places of those whose role names what the wish names."""
        return [
            place
            for place, analyst in enumerate(self._places)
            if analyst is not None and not set(terms(analyst["role"], self._language)).isdisjoint(wish.terms)
        ]

    def _is_locked(self, place: int) -> bool:
        analyst = self._places[place]
        return analyst is not None and analyst.get("locked", False)

    def _clear(self, place: int) -> None:
        if not self._is_locked(place):
            self._places[place] = None

    def _strengthen(self, place: int, wish: Wish) -> None:
        """Let the analyst who has the facet ask for more of it: the words of the wish lead its phrases."""
        analyst = self._places[place]
        self._wanted_now.add(place)
        if analyst is None or self._is_locked(place):
            return
        focus = focus_of(analyst, self._language)
        more = self._themes.facet_of(wish.text, wish.terms, self._taken(), self._banned)
        fresh = [wish.text, *(more.phrases if more else ())]
        phrases = list(dict.fromkeys(phrase for phrase in [*fresh, *focus.phrases] if phrase != focus.facet))
        self._places[place] = {**analyst, "description": describe(focus.facet, phrases[:8], self._language)}

    def _add(self, wish: Wish) -> None:
        """Give the facet asked for to the last analyst who may go: one nobody asked for, or asked for longest ago."""
        facet = self._themes.facet_of(wish.text, wish.terms, self._taken(), self._banned)
        if facet is None and not wish.adds:
            return
        facet = facet or Facet(wish.text, wish.terms)
        free = [
            place for place, analyst in enumerate(self._places) if analyst is None or not analyst.get("locked", False)
        ]
        free = [place for place in free if place not in self._wanted_now]
        if not free or self._is_known(facet):
            return
        place = max(free, key=lambda place: (place not in self._wanted, place))
        self._wanted_now.add(place)
        self._places[place] = None
        self._put(place, facet)

    def _put(self, place: int, facet: Facet) -> None:
        self._places[place] = {
            "id": self._id_at(place),
            "name": self._name_at(place),
            "affiliation": self._affiliation_at(place),
            "role": capitalised(facet.text),
            "description": describe(facet.text, facet.phrases, self._language),
        }

    def _taken(self) -> list[Facet]:
        taken = []
        for analyst in self._places:
            if analyst is not None:
                focus = focus_of(analyst, self._language)
                taken.append(Facet(focus.facet, tuple(terms(focus.facet, self._language)), focus.phrases))
        return taken

    def _is_known(self, facet: Facet) -> bool:
        roles = {analyst["role"].casefold() for analyst in self._places if analyst is not None}
        return capitalised(facet.text).casefold() in roles

    def _spare_facets(self) -> Iterator[Facet]:
        """Facets when the themes have run out: the documents' titles, then the topic with a number."""
        for text in self._themes.titles():
            yield Facet(text, tuple(terms(text, self._language)))
        for number in count(1):
            yield Facet(f"{self._brief.topic} {number}", tuple(terms(self._brief.topic, self._language)))

    def _id_at(self, place: int) -> str:
        if place < len(self._ids):
            return self._ids[place]
        fresh = next(name for number in count(1) if (name := f"a{number}") not in self._ids)
        self._ids.append(fresh)
        return fresh

    def _name_at(self, place: int) -> str:
        """A name that nobody on the panel has. The lists are of coprime lengths, so names pair up anew for long."""
        patterns = patterns_of(self._language)
        used = {analyst["name"] for analyst in [*self._places, *self._brief.previous] if analyst is not None}
        start = int.from_bytes(hashlib.sha256(self._brief.topic.encode()).digest()[:2], "big")
        for number in count(start + place):
            first = patterns.first_names[number % len(patterns.first_names)]
            last = patterns.last_names[number % len(patterns.last_names)]
            if (name := f"{first} {last}") not in used:
                return name
        raise AssertionError("count() does not end")

    def _affiliation_at(self, place: int) -> str:
        affiliations = patterns_of(self._language).affiliations
        return affiliations[place % len(affiliations)]
