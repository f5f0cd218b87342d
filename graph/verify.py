"""Checked before it is printed: what fails is repaired once; what still fails is marked, dropped or kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..agents.roles import Claimed, Judgement, ReviewBrief
from ..errors import EngineError
from ..events import TextChecked
from ..evidence.passages import Excerpt
from ..evidence.ranking import rank_excerpts
from ..evidence.verification import CheckedSentence, check_text
from .context import Step
from .replies import clean_reply
from .state import COMPOSED, Unsupported

# What a sentence without citations is held against when it is repaired: the passages that fit it best.
CANDIDATES: Final = 3


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A text after its check: how many of its sentences were repaired and dropped."""

    text: str
    repaired: int = 0
    dropped: int = 0


async def check_and_repair(
    current: Step,
    text: str,
    excerpts: Sequence[Excerpt],
    *,
    place: str,
    language: str,
    topic: str,
    unsupported: Unsupported,
) -> CheckedText:
    """Hold every sentence against its passages; those that fail go back once, together, in one model call.

    `excerpts` are what the text may cite. A correction counts only if it holds; else the sentence stays as it was, and
    `unsupported` says what becomes of it: "drop" leaves it out here, "mark" and "keep" are a matter of printing.
    """
    checked = await _checked(current, text, language, topic)
    failing = [sentence for sentence in checked if not sentence.holds]
    repaired = dropped = 0
    if failing:
        what = f"repair {place}" if place in COMPOSED else "repair"
        corrections = await _corrections(current, what, text, failing, excerpts, language=language, topic=topic)
        text, repaired = _replaced(text, corrections), len(corrections)
        if unsupported == "drop":
            checked = await _checked(current, text, language, topic)
            lost = [sentence for sentence in checked if not sentence.holds]
            text, dropped = _replaced(text, [(sentence, "") for sentence in lost]), len(lost)
    current.emit(
        TextChecked,
        place=place,
        sentences=len(checked),
        failing=len(failing) - repaired - dropped,
        repaired=repaired,
        dropped=dropped,
        text=text,
    )
    return CheckedText(text, repaired, dropped)


async def only_what_holds(current: Step, text: str, *, language: str, topic: str) -> str:
    """The text without the sentences that fail their check. None is repaired."""
    checked = await _checked(current, text, language, topic)
    return _replaced(text, [(sentence, "") for sentence in checked if not sentence.holds])


async def judge(current: Step, text: str, *, language: str, topic: str) -> dict[str, Judgement]:
    """What the judging model thinks of each sentence that cites something, by sentence; nothing when none is asked.

    An opinion that cannot be had is a gap, never a failure.
    """
    reviewer = current.context.judge
    cited = [sentence.cited for sentence in await _checked(current, text, language, topic) if sentence.cited.citations]
    if reviewer is None or not cited:
        return {}
    ledger = current.context.ledger
    claims = [Claimed(text[one.start : one.end], ledger.excerpts(one.citations)) for one in cited]
    try:
        opinions = await reviewer.judge(ReviewBrief(topic, language, claims))
    except EngineError as error:
        current.leave_out("judgement", error)
        return {}
    return {one.sentence: opinion for one, opinion in zip(cited, opinions, strict=False)}


async def _checked(current: Step, text: str, language: str, topic: str) -> list[CheckedSentence]:
    return await asyncio.to_thread(check_text, text, current.context.ledger, language=language, topic=topic)


async def _corrections(
    current: Step,
    what: str,
    text: str,
    failing: Sequence[CheckedSentence],
    excerpts: Sequence[Excerpt],
    *,
    language: str,
    topic: str,
) -> list[tuple[CheckedSentence, str]]:
    """The corrections that hold; where none can be had, `what` is missing.

    A table row is not a sentence to be written anew: it stays as it is.
    """
    reviewer = current.context.engine.reviewer
    failing = [sentence for sentence in failing if sentence.cited.block.kind != "row"]
    if reviewer is None or not failing:
        return []
    claims = [_claimed(current, text, sentence, excerpts, language) for sentence in failing]
    try:
        replies = await reviewer.repair(ReviewBrief(topic, language, claims))
    except EngineError as error:
        # A repair that fails costs nothing but itself: the sentences stay, and are treated as unsupported.
        current.leave_out(what, error)
        return []
    keys = {excerpt.key for excerpt in excerpts}
    corrections = []
    for sentence, reply in zip(failing, replies, strict=False):
        correction = " ".join(clean_reply(current.context.engine, reply, keys).text.split())
        again = await _checked(current, correction, language, topic)
        if again and all(part.holds for part in again):
            corrections.append((sentence, correction))
    return corrections


def _claimed(
    current: Step, text: str, sentence: CheckedSentence, excerpts: Sequence[Excerpt], language: str
) -> Claimed:
    cited = current.context.ledger.excerpts(sentence.cited.citations)
    if not cited:
        cited = rank_excerpts(excerpts, [sentence.cited.sentence], language=language, limit=CANDIDATES)
    reasons = [found.message("en") for found in sentence.verdict.findings if found.severity == "error"]
    return Claimed(text[sentence.cited.start : sentence.cited.end], cited, reasons)


def _replaced(text: str, changes: Sequence[tuple[CheckedSentence, str]]) -> str:
    """The text with some sentences exchanged; one that is exchanged for nothing takes its empty line with it."""
    for sentence, correction in sorted(changes, key=lambda change: change[0].cited.start, reverse=True):
        start, end = sentence.cited.start, sentence.cited.end
        if correction:
            text = text[:start] + correction + text[end:]
            continue
        block = sentence.cited.block
        if not text[block.start : start].strip() and not text[end : block.end].strip():
            # Nothing else is left in its block: the whole line goes, with the mark of a list item or table row.
            start = text.rfind("\n", 0, block.start) + 1
            end = block.end
        before, after = text[:start].rstrip(" "), text[end:].lstrip(" ")
        joint = " " if before and after and before[-1] != "\n" and after[0] != "\n" else ""
        text = before + joint + after
    return text.strip()
