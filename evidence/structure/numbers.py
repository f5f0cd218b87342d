"""Whether a sentence states a number, a date or a percentage in digits."""

from __future__ import annotations

import re

# What counts something else than the world: places in the report, enumerations, generations of technology.
_NOT_STATED = re.compile(
    r"""(?ix)
    \b(?:sections?|figures?|fig\.|tables?|chapters?|appendix|annex|steps?|phases?|parts?|stages?|tiers?|levels?
        |secci[oó]n|secció|figuras?|tablas?|cuadros?|cap[ií]tulos?|anexos?|pasos?|fases?|partes?|atal|taula|táboa)
        [ ]?\d+(?:\.\d+)*
    | 第[ ]?\d+[章节節部步篇页頁条條阶階代]  | (?:图|圖|表|附录|附件|阶段|步骤)[ ]?\d+(?:[-.]\d+)*
    | [(（]\d{1,2}[)）] | [;；,，、:：][ ]?\d{1,2}[)）]    # (1) one, 2) two
    | (?<![\d.,])(?-i:[1-9][DGK])(?![A-Za-z0-9])                 # 3D, 5G, 4K
    """
)
# Not a part of a name: COVID-19, GPT-4.1, CO2, ISO-9001 hold no number; mid-2024 and 10-fold do.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_])(?<![A-Z0-9][-–.,_/])\d")
_LIST_NUMBER = re.compile(r"\s*[(（]?\d{1,3}(?:[.、．)）](?!\d)\s*|(?:\.\d{1,2})+\.?\s+)")


def states_number(sentence: str) -> bool:
    """Whether the sentence, free of markers and addresses, states a number.

    Numbers spelled out ("two thirds") are not seen; numbers inside names and references to places are none.
    """
    start = _LIST_NUMBER.match(sentence)
    text = sentence[start.end() :] if start else sentence
    return _NUMBER.search(_NOT_STATED.sub(" ", text)) is not None
