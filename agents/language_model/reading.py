"""A reply read as a form: the data in it, what is around the data taken off, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from .messages import reply_of, was_cut
from .plain_forms import plain_values
from .reasoning import remove_reasoning
from .replies import is_refusal, json_values

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

Form = TypeVar("Form", bound=BaseModel)

# What a model that writes a tool call as text puts the data under.
_ARGUMENTS: Final = ("arguments", "parameters", "input", "args")
_MOST_PROBLEMS: Final = 5


@dataclass(frozen=True, slots=True)
class Reading(Generic[Form]):
    """A reply as it was read: the filled-in form if there is one, and what is wrong with it."""

    reply: str
    form: Form | None
    problem: str


def read_form(message: AIMessage, form: type[Form], check: Callable[[Form], str] | None = None) -> Reading[Form]:
    """The best reading of a reply: the first data in it that is valid and that `check` has nothing against.

    Else the first that is valid, else none. The problem is said in a way that a model can act on.
    """
    reply = reply_of(message)
    best: Reading[Form] | None = None
    for value in _candidates(reply, form):
        reading = _filled(reply, value, form, check)
        if reading.form is not None and not reading.problem:
            return reading
        if best is None or (best.form is None and reading.form is not None):
            best = reading
    return best or Reading(reply, None, _nothing(reply, cut=was_cut(message)))


def _candidates(reply: str, form: type[BaseModel]) -> Iterator[Any]:
    values = list(json_values(reply))
    yield from values
    if not values:
        yield from plain_values(remove_reasoning(reply), form)
    # Only then what is wrapped: it must have something of the form in it, for some forms are content with anything.
    for value in values:
        for inner in _unwrapped(value):
            if isinstance(inner, list) or not form.model_fields.keys().isdisjoint(inner):
                yield inner


def _unwrapped(value: Any) -> Iterator[Any]:
    """What an object or list holds, if it is only a wrapping: `{"panel": {…}}`, `[{…}]`, a tool call as text."""
    if isinstance(value, list):
        if len(value) == 1:
            yield value[0]
        return
    wrapped = [value[name] for name in _ARGUMENTS if name in value] or (list(value.values()) if len(value) == 1 else [])
    # The schema itself, with values where the types would be.
    wrapped += [value["properties"]] if "properties" in value else []
    for inner in wrapped:
        if isinstance(inner, str):
            yield from json_values(inner)
        elif isinstance(inner, dict) or (inner and isinstance(inner, list) and all(isinstance(i, dict) for i in inner)):
            yield inner


def _filled(reply: str, value: Any, form: type[Form], check: Callable[[Form], str] | None) -> Reading[Form]:
    try:
        filled = form.model_validate(value)
    except ValidationError as error:
        return Reading(reply, None, _problems(error))
    return Reading(reply, filled, check(filled) if check else "")


def _nothing(reply: str, *, cut: bool) -> str:
    text = remove_reasoning(reply)
    if not text:
        return "The reply is empty."
    if is_refusal(text):
        return f"The reply is a refusal: {json.dumps(text[:200], ensure_ascii=False)}."
    return "The reply holds no complete JSON object." + (" It was cut off because it was too long." if cut else "")


def _problems(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False, include_context=False)[:_MOST_PROBLEMS]
    return "; ".join(f"{'.'.join(str(part) for part in item['loc']) or 'reply'}: {item['msg']}" for item in found)
