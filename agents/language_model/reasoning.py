"""What models think before they speak, in whatever tags their templates put it: it is taken out, the answer stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NAMES: Final = r"(?:seed:)?think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad"
# `<think>` and its likes, `[THINK]` of Magistral, `◁think▷` of Kimi; in backticks the text speaks of them.
_TAG: Final = re.compile(
    rf"(?<!`)(?:<(?P<end>/)?(?:{_NAMES})>|\[(?P<square>/)?(?-i:THINK)\]|◁(?P<triangle>/)?think▷)(?!`)", re.IGNORECASE
)

# The channels of gpt-oss (OpenAI's "harmony" format), and what is left of them where a server drops special tokens.
_CHANNEL: Final = re.compile(r"<\|channel\|>[ \t]*(?P<name>\w*)(?:(?!<\|message\|>)[^\n]){0,200}<\|message\|>")
_CHANNEL_END: Final = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_BARE_FINAL: Final = "assistantfinal"

_TURN_START: Final = (
    r"(?:<\|(?:im_start|start)\|>|<start_of_turn>|<\|start_header_id\|>)[ \t]*(?:assistant|model|user|system)?"
    r"(?:<\|end_header_id\|>)?"
)
_TURN_END: Final = (
    r"(?:<\|(?:im_end|end|return|eot_id|eom_id|endoftext|end_of_text|end_of_turn)\|>|<end_of_turn>|</s>"
    r"|<｜end▁of▁sentence｜>)"
)
_FIRST_TOKENS: Final = re.compile(rf"\A(?:\s|{_TURN_START}|<s>|<\|begin_of_text\|>)+")
# What a model that runs on writes after its turn is not its reply.
_AFTER_TURN: Final = re.compile(rf"{_TURN_END}\s*(?:{_TURN_START}.*|{_TURN_END}.*)?\Z", re.DOTALL)

_ANSWER: Final = re.compile(
    r"^[ \t]*<(?P<name>(?:final[_ ])?answer|final|response|output|section|report|introduction|conclusion)>",
    re.MULTILINE | re.IGNORECASE,
)
_CITATION: Final = re.compile(r"\[[a-z0-9]{6}\]")


def remove_reasoning(reply: str) -> str:
    """A reply without `<think>…</think>` and its likes; tags without their partner count too.

    A block that was never closed goes to the end of the reply, a closing tag that was never opened takes all before
    it. A pair of tags inside one line, after words, is what the text speaks of.
    """
    text = _without_turns(_final_channel(reply))
    pieces: list[str] = []
    place = 0
    is_open = False
    for tag in _real_tags(text):
        if _closes(tag):
            if not is_open:
                pieces.clear()
            place, is_open = tag.end(), False
        elif not is_open:
            pieces.append(text[place : tag.start()])
            is_open = True
    if not is_open:
        pieces.append(text[place:])
    return _answer("".join(pieces)).strip()


def _real_tags(text: str) -> Iterator[re.Match[str]]:
    """The tags that enclose reasoning: not those inside a line, after words, with a partner there or with none."""
    tags = list(_TAG.finditer(text))
    is_open = False
    place = number = 0
    while number < len(tags):
        tag = tags[number]
        if not is_open and not _closes(tag) and _after_words(text, place, tag.start()):
            partner = tags[number + 1] if number + 1 < len(tags) else None
            if partner is None or (_closes(partner) and "\n" not in text[tag.end() : partner.start()]):
                number += 2
                continue
        is_open = not _closes(tag)
        place = tag.end()
        number += 1
        yield tag


def _after_words(text: str, start: int, place: int) -> bool:
    return bool(text[max(start, text.rfind("\n", start, place) + 1) : place].strip())


def _closes(tag: re.Match[str]) -> bool:
    return bool(tag["end"] or tag["square"] or tag["triangle"])


def _final_channel(reply: str) -> str:
    """What a reply in channels says in the last one; what was only thought aloud is nothing."""
    channels = list(_CHANNEL.finditer(reply))
    if not channels:
        before, _, final = reply.rpartition(_BARE_FINAL)
        return final if before.startswith("analysis") else reply
    finals = [channel for channel in channels if channel["name"] == "final"]
    if not finals:
        return reply[: channels[0].start()]
    start = finals[-1].end()
    end = _CHANNEL_END.search(reply, start)
    return reply[start : end.start() if end else len(reply)]


def _without_turns(reply: str) -> str:
    """A reply without the marks of a turn at its start, and without what follows the mark at its end."""
    return _AFTER_TURN.sub("", _FIRST_TOKENS.sub("", reply), count=1)


def _answer(text: str) -> str:
    """The inside of `<answer>…</answer>`, when nothing outside of it cites."""
    opening = _ANSWER.search(text)
    if not opening:
        return text
    inside, closing, after = text[opening.end() :].rpartition(f"</{opening['name']}>")
    if not closing or _CITATION.search(text[: opening.start()] + after):
        return text
    return inside
