"""The reviewer's structured replies: something about each sentence, by its number, read back with tolerance."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

from .forms import Text

_UNNUMBERED: Final = -1
_STATUSES: Final = ("supported", "partly", "unsupported")
_DENIAL: Final = re.compile(r"\b(?:unsupported|not?|contradict\w*|refuted)\b")


def _number(value: Any) -> int:
    """`1`, `"1"`, `"Sentence 1"`; whatever else is no number, and no reason to lose the reply."""
    digits = re.search(r"\d{1,6}", str(value))
    return int(digits[0]) if digits else _UNNUMBERED


def _status(value: Any) -> str | None:
    """A status under the names that models give it (`Fully supported`, `contradicted`); None when it is none."""
    word = str(value).casefold()
    if "part" in word:
        return "partly"
    if _DENIAL.search(word):
        return "unsupported"
    return "supported" if "support" in word else None


Number = Annotated[int, BeforeValidator(_number)]
Status = Annotated[
    Literal["supported", "partly", "unsupported"] | None,
    BeforeValidator(_status),
    WithJsonSchema({"type": "string", "enum": list(_STATUSES)}),
]


class _Numbered(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    id: Number = _UNNUMBERED


class Correction(_Numbered):
    """A corrected sentence; an empty text when it cannot be corrected."""

    text: Text

    @model_validator(mode="before")
    @classmethod
    def _bare_text(cls, value: Any) -> Any:
        """A text, or null, without the object around it."""
        return {"text": value} if value is None or isinstance(value, str) else value


class Opinion(_Numbered):
    """What a model thinks of a sentence. The reason comes first: a status that is thought through is a better one."""

    reason: Text = ""
    status: Status


Item = TypeVar("Item", bound=_Numbered)


class Reviewed(BaseModel, Generic[Item]):
    """Something about each sentence."""

    sentences: list[Item]

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        """A list, or its only item, without the object around it."""
        if isinstance(value, list):
            return {"sentences": value}
        return {"sentences": [value]} if isinstance(value, dict) and "id" in value else value

    def by_number(self, count: int) -> dict[int, Item]:
        """The items by the sentence, 1 to `count`, that they are about.

        Of two about one sentence the first counts; one about a sentence that does not exist is nobody's. The order
        stands in for numbers only where there are none, or where they begin at nought, and no item is missing: else
        a correction could end up in another sentence's place.
        """
        numbers = [item.id for item in self.sentences]
        if numbers in ([_UNNUMBERED] * count, list(range(count))):
            return dict(enumerate(self.sentences, 1))
        return {item.id: item for item in reversed(self.sentences) if 1 <= item.id <= count}


class Corrections(Reviewed[Correction]):
    """The corrected sentences."""


class Opinions(Reviewed[Opinion]):
    """What a model thinks of each sentence."""
