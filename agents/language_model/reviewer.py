"""The reviewer: a model corrects sentences that failed a check, and says what it thinks of others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ...errors import ReplyError
from ...evidence.languages import base_language
from ...evidence.passages import Excerpt
from ...evidence.sentences import split_sentences
from ..prices import Rate
from ..roles import Claimed, Judgement, ReviewBrief
from .chat import Chat
from .prompts import BYTES_PER_TOKEN, Prompt, language_name, render, render_within, reply_room
from .review_forms import Correction, Corrections, Item, Opinion, Opinions, Reviewed

# Characters of a reply for each sentence: what stands around a correction, and an opinion as long as the prompt allows.
_AROUND_CORRECTION: Final = 40
_OPINION: Final = 300

# An opinion on a sentence that the model left out is asked for once more.
_ROUNDS: Final = 2

# What models write where they were asked for nothing.
_NO_SENTENCE: Final = {"", "none", "null", "n/a", "empty", "empty string", "empty text", "nothing"}

_NO_PASSAGE: Final = {
    "en": "The sentence cites no passage.",
    "es": "La frase no cita ningún pasaje.",
    "ca": "La frase no cita cap passatge.",
    "eu": "Esaldiak ez du pasarterik aipatzen.",
    "gl": "A frase non cita ningunha pasaxe.",
}


class ModelReviewer:
    """Plays the reviewer with a language model."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    @property
    def rate(self) -> Rate | None:
        """The price of its model."""
        return self._chat.rate

    async def close(self) -> None:
        """Close the connections to its model's server."""
        await self._chat.close()

    async def repair(self, brief: ReviewBrief) -> list[str]:
        """The corrected sentences; "" for one that the model leaves out or answers with more than a sentence.

        One request for all, more only when they do not fit into the model's context window. A sentence without
        excerpts is not asked about: it would be corrected from memory.

        Raises:
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        replies = await self._ask("repair", brief, _with_excerpts(brief), Corrections)
        return [
            _correction(claim, replies[place], brief.language) if place in replies else ""
            for place, claim in enumerate(brief.claims)
        ]

    async def judge(self, brief: ReviewBrief) -> list[Judgement]:
        """What the model thinks of each sentence; one without excerpts is unsupported without being asked about.

        One request for all, more only when they do not fit into the model's context window or some were left out.

        Raises:
            ReplyError: the model has no opinion of some sentences, twice.
            EngineError: the model cannot be asked, or its reply cannot be used.
        """
        judgements: dict[int, Judgement] = {}
        left = _with_excerpts(brief)
        for _ in range(_ROUNDS):
            for place, opinion in (await self._ask("judge", brief, left, Opinions)).items():
                if judgement := _judgement(opinion):
                    judgements[place] = judgement
            left = [place for place in left if place not in judgements]
        if left:
            raise ReplyError(
                f"{self._chat.name} did not say whether {len(left)} of {len(brief.claims)} sentences are supported.",
                hint="Try again, or choose a larger model.",
            )
        reason = _NO_PASSAGE.get(base_language(brief.language), _NO_PASSAGE["en"])
        uncited: Judgement = {"status": "unsupported", "reason": reason}
        return [judgements.get(place, uncited) for place in range(len(brief.claims))]

    async def _ask(
        self, name: str, brief: ReviewBrief, places: Sequence[int], form: type[Reviewed[Item]]
    ) -> dict[int, Item]:
        """What the model replies about the claims at these places, by place."""
        replies: dict[int, Item] = {}
        for batch in self._batches(name, brief, places):
            prompt = self._prompt(name, brief, [brief.claims[place] for place in batch])
            reply = await self._chat.structure(prompt, form, "reviewer")
            replies |= {batch[number - 1]: item for number, item in reply.by_number(len(batch)).items()}
        return replies

    def _batches(self, name: str, brief: ReviewBrief, places: Sequence[int]) -> Iterator[Sequence[int]]:
        """The places in order, as many at a time as fit into one request; so no other cut needs fewer of them."""
        while places:
            claims = [brief.claims[place] for place in places]
            sizes = range(1, len(places) + 1)
            most = bisect_left(sizes, True, key=lambda size: not self._fits(name, brief, claims[:size]))
            # A claim that does not fit even alone loses passages (`render_within`).
            yield places[: max(most, 1)]
            places = places[max(most, 1) :]

    def _fits(self, name: str, brief: ReviewBrief, claims: Sequence[Claimed]) -> bool:
        """Whether a request about these claims leaves its reply the room it needs."""
        room = reply_room(self._chat.context_window)
        if _reply_length(name, claims) > room * BYTES_PER_TOKEN:
            return False
        excerpts = _excerpts(claims)
        whole = render(name, excerpts=excerpts, **_data(brief, claims, excerpts))
        return whole.tokens <= self._chat.context_window - room

    def _prompt(self, name: str, brief: ReviewBrief, claims: Sequence[Claimed]) -> Prompt:
        def data(shown: Sequence[Excerpt], limit: int) -> dict[str, Any]:
            return {**_data(brief, claims, shown), "passage_length": limit}

        return render_within(name, self._chat.context_window, _excerpts(claims), data)


def _with_excerpts(brief: ReviewBrief) -> list[int]:
    return [place for place, claim in enumerate(brief.claims) if claim.excerpts]


def _excerpts(claims: Sequence[Claimed]) -> list[Excerpt]:
    """The excerpts of all claims, each once, in the order of the claims."""
    return list({excerpt.key: excerpt for claim in claims for excerpt in claim.excerpts}.values())


def _data(brief: ReviewBrief, claims: Sequence[Claimed], shown: Sequence[Excerpt]) -> dict[str, Any]:
    keys = {excerpt.key for excerpt in shown}
    return {
        "topic": brief.topic,
        "language": language_name(brief.language),
        "claims": [
            {
                "sentence": _one_line(claim.sentence),
                "reasons": [_one_line(reason) for reason in claim.reasons],
                "keys": [excerpt.key for excerpt in claim.excerpts if excerpt.key in keys],
            }
            for claim in claims
        ],
    }


def _one_line(text: str) -> str:
    """A text that cannot pass for another line of the prompt."""
    return " ".join(text.split())


def _reply_length(name: str, claims: Sequence[Claimed]) -> int:
    if name == "judge":
        return _OPINION * len(claims)
    return sum(len(claim.sentence) + _AROUND_CORRECTION for claim in claims)


def _correction(claim: Claimed, reply: Correction, language: str) -> str:
    """The corrected sentence on one line, or "": what is more than a sentence was not only corrected."""
    text = _one_line(reply.text)
    if text.casefold().strip(" .()[]<>\"'“”«»-–—…") in _NO_SENTENCE:
        return ""
    before = split_sentences(_one_line(claim.sentence), language)
    return text if len(split_sentences(text, language)) <= len(before) else ""


def _judgement(opinion: Opinion) -> Judgement | None:
    """The opinion, unless its status is missing, or the reason for a bad one."""
    if opinion.status is None or (opinion.status != "supported" and not opinion.reason):
        return None
    return {"status": opinion.status, "reason": _one_line(opinion.reason)}
