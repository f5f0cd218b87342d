"""The panel and what a person may say about it.

A reply is an explicit object, so that a stray "no" never approves anything:

    {"action": "approve"}                          go on with this panel
    {"action": "revise", "feedback": "…"}          propose again, with all feedback so far in view
    {"action": "edit", "analyst": {"id": "a2", …}} change the given fields of one analyst, and lock it
    {"action": "add", "analyst": {…}}              one more, locked
    {"action": "remove", "id": "a2"}
    {"action": "move", "id": "a2", "to": 1}        to this place of the panel, counted from 1
    {"action": "lock", "id": "a2"}                 never to be changed by feedback (`unlock` takes it back)
    {"action": "replace", "panel": [{…}, …]}       this panel instead; who keeps name or role keeps the id
    {"action": "cancel"}                           end the run
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ..errors import PanelError
from .roles import Analyst

MAXIMUM_SIZE: Final = 64

Decision = Literal["approved", "revise", "review", "cancelled"]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
# What says no and nothing else: proposing again would cost a call and could only guess.
_REFUSALS: Final = frozenset({"n", "no", "nope", "nah", "non", "ez"})
SAY_WHAT: Final = 'Say what to change, for instance "more on costs".'

_FORM: Final = "It is a list of analysts, each with name, role and, if you like, affiliation, description and locked."
# pydantic's kinds of errors in our words; what is not here is said in its words.
_WORDS: Final[Mapping[str, str]] = {
    "missing": "{who} has no {field}.",
    "extra_forbidden": "{who} has an unknown field {field!r}.",
    "string_too_short": "{who}: {field} is empty.",
    "string_too_long": "{who}: {field} has more than {max_length} characters.",
    "string_type": "{who}: {field} is not text.",
    "bool_parsing": "{who}: {field} is neither true nor false.",
    "bool_type": "{who}: {field} is neither true nor false.",
    "model_type": "{who} has no fields.",
    "list_type": "This is no list of analysts.",
}


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewAnalyst(_Reply):
    """An analyst as a person writes it: a name and a role are needed, the rest may be left out."""

    id: str = Field(default="", max_length=40, pattern=r"^[\w-]*$")
    name: _Text
    role: _Text
    affiliation: str = Field(default="", max_length=2000)
    description: str = Field(default="", max_length=4000)
    locked: bool = False

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nothing(cls, data: Any) -> Any:
        """A field without a value (`affiliation:`, null) is a field that was left out."""
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, Mapping) else data


class ChangedAnalyst(_Reply):
    """The fields of one analyst that change."""

    id: _Text
    name: _Text | None = None
    role: _Text | None = None
    affiliation: str | None = Field(default=None, max_length=2000)
    description: str | None = Field(default=None, max_length=4000)


class Approve(_Reply):
    """Go on with this panel."""

    action: Literal["approve"]


class Revise(_Reply):
    """Propose again."""

    action: Literal["revise"]
    feedback: _Text


class Edit(_Reply):
    """Change one analyst."""

    action: Literal["edit"]
    analyst: ChangedAnalyst


class Add(_Reply):
    """One more analyst."""

    action: Literal["add"]
    analyst: NewAnalyst


class Single(_Reply):
    """Something about one analyst."""

    action: Literal["remove", "lock", "unlock"]
    id: _Text


class Move(_Reply):
    """Another place for one analyst."""

    action: Literal["move"]
    id: _Text
    to: int = Field(ge=1, le=MAXIMUM_SIZE)


class Replace(_Reply):
    """This panel instead."""

    action: Literal["replace"]
    panel: list[NewAnalyst] = Field(min_length=1, max_length=MAXIMUM_SIZE)


class Cancel(_Reply):
    """End the run."""

    action: Literal["cancel"]


Reply = Annotated[Approve | Revise | Edit | Add | Single | Move | Replace | Cancel, Field(discriminator="action")]
_REPLY: Final[TypeAdapter[Reply]] = TypeAdapter(Reply)
_PANEL: Final[TypeAdapter[list[NewAnalyst]]] = TypeAdapter(list[NewAnalyst])


@dataclass(frozen=True, slots=True)
class Review:
    """What a reply comes to: the panel as it is now, what happens next, and the feedback if there is any."""

    panel: list[Analyst]
    decision: Decision
    feedback: str = ""


def apply_reply(panel: Sequence[Analyst], reply: Any) -> Review:
    """What a reply makes of a panel.

    Raises:
        PanelError: the reply has none of the forms above, says no but not what to change, names an analyst or a place
            that is not there, or would leave the panel empty, too large, or with two analysts of one name.
    """
    try:
        parsed = _REPLY.validate_python(reply)
    except ValidationError as error:
        raise PanelError(f"This reply about the panel cannot be used: {_first(error)}.") from None
    match parsed:
        case Approve():
            return Review(list(panel), "approved")
        case Cancel():
            return Review(list(panel), "cancelled")
        case Revise(feedback=feedback):
            _require_substance(feedback)
            return Review(list(panel), "revise", feedback)
        case Edit(analyst=change):
            return Review(_edited(panel, change), "review")
        case Add(analyst=new):
            return Review(_numbered([*panel, _analyst(new, locked=True)]), "review")
        case Single() | Move():
            return Review(_arranged(panel, parsed), "review")
        case Replace(panel=new_panel):
            return Review(
                _numbered(_recognised(panel, [_analyst(new, locked=new.locked) for new in new_panel])), "review"
            )


def says_only_no(text: str) -> bool:
    """Whether a text is a bare refusal, which is neither approval nor feedback."""
    return text.strip().rstrip(".!").casefold() in _REFUSALS


def parse_panel(data: Any) -> list[Analyst]:
    """A panel from the data of a panel file: a list of analysts, or a mapping with the key `analysts` or `panel`.

    Raises:
        PanelError: it is something else, or an analyst cannot be used; `place` says where in the data.
    """
    way: tuple[str | int, ...] = ()
    if isinstance(data, Mapping):
        key = next((key for key in ("panel", "analysts") if key in data), "")
        if not key:
            raise PanelError("This is no list of analysts.", hint=_FORM)
        if others := [str(other) for other in data if other != key]:
            raise PanelError(f"The unknown field {others[0]!r} stands beside {key}.", hint=_FORM, place=others[:1])
        way, data = (key,), data[key]
    try:
        analysts = _PANEL.validate_python(data)
        if not analysts:
            raise PanelError("The panel file names no analyst.", hint=_FORM)
        return _numbered([_analyst(new, locked=new.locked) for new in analysts])
    except ValidationError as error:
        raise _explained(error, way) from None
    except PanelError as error:
        raise PanelError(str(error), hint=error.hint, place=(*way, *error.place)) from None


def _edited(panel: Sequence[Analyst], change: ChangedAnalyst) -> list[Analyst]:
    _require(panel, change.id)
    fields: Any = change.model_dump(exclude_none=True)
    return _numbered([{**a, **fields, "locked": True} if a["id"] == change.id else a for a in panel])


def _arranged(panel: Sequence[Analyst], reply: Single | Move) -> list[Analyst]:
    _require(panel, reply.id)
    others = [analyst for analyst in panel if analyst["id"] != reply.id]
    if isinstance(reply, Move):
        if reply.to > len(panel):
            raise PanelError(f"There is no place {reply.to}: the panel has 1 to {len(panel)}.")
        moved = [analyst for analyst in panel if analyst["id"] == reply.id]
        return [*others[: reply.to - 1], *moved, *others[reply.to - 1 :]]
    if reply.action == "remove":
        return _numbered(others)
    locked = reply.action == "lock"
    return [{**a, "locked": locked} if a["id"] == reply.id else a for a in panel]


def _recognised(before: Sequence[Analyst], after: Sequence[Analyst]) -> list[Analyst]:
    """`after` with ids of `before`: who has somebody's name is that analyst; failing that, their role, or their id."""
    free = list(before)
    known: dict[int, str] = {}
    for key in ("name", "role", "id"):
        for place, analyst in enumerate(after):
            if place in known:
                continue
            same = next((old for old in free if _folded(old, key) == _folded(analyst, key)), None)
            if same is not None:
                known[place] = same["id"]
                free.remove(same)
    taken = set(known.values())
    fresh = ("" if analyst["id"] in taken else analyst["id"] for analyst in after)
    return [
        {**analyst, "id": known.get(place, own)} for place, (analyst, own) in enumerate(zip(after, fresh, strict=True))
    ]


def _folded(analyst: Analyst, key: str) -> str:
    return str(cast("Mapping[str, Any]", analyst)[key]).casefold()


def _analyst(new: NewAnalyst, *, locked: bool) -> Analyst:
    return {
        "id": new.id,
        "name": new.name,
        "affiliation": new.affiliation,
        "role": new.role,
        "description": new.description or new.role,
        "locked": locked,
    }


def _numbered(panel: Sequence[Analyst]) -> list[Analyst]:
    """The panel with ids that are all different; those that are there stay."""
    if not panel:
        raise PanelError("The panel would be empty.", hint="Add an analyst before you remove the last one.")
    if len(panel) > MAXIMUM_SIZE:
        raise PanelError(f"A panel has at most {MAXIMUM_SIZE} analysts.", place=(MAXIMUM_SIZE,))
    names = [analyst["name"].casefold() for analyst in panel]
    for place, name in enumerate(names):
        if name in names[:place]:
            what = f"Two analysts would have the same name, {panel[place]['name']!r}."
            raise PanelError(what, hint="Give each a name of its own.", place=(place, "name"))
    taken = {analyst["id"] for analyst in panel if analyst["id"]}
    fresh = (f"a{number}" for number in range(1, 2 * MAXIMUM_SIZE + 2) if f"a{number}" not in taken)
    seen: set[str] = set()
    numbered: list[Analyst] = []
    for analyst in panel:
        analyst_id = analyst["id"] if analyst["id"] and analyst["id"] not in seen else next(fresh)
        seen.add(analyst_id)
        numbered.append({**analyst, "id": analyst_id})
    return numbered


def _require_substance(feedback: str) -> None:
    if says_only_no(feedback):
        raise PanelError(f"The feedback {feedback!r} does not say what to change.", hint=SAY_WHAT)


def _require(panel: Sequence[Analyst], analyst_id: str) -> None:
    if all(analyst["id"] != analyst_id for analyst in panel):
        known = ", ".join(analyst["id"] for analyst in panel)
        raise PanelError(f"There is no analyst {analyst_id!r}.", hint=f"The panel has {known}.")


def _explained(error: ValidationError, way: Sequence[str | int]) -> PanelError:
    """What is wrong first in a panel file, with its place."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = first["loc"]
    who = f"analyst {int(place[0]) + 1}" if place else ""
    field = str(place[1]) if len(place) > 1 else ""
    what = _WORDS.get(first["type"], "{who}: {field}: {message}.").format(
        who=who, field=field, message=first["msg"], **first.get("ctx", {})
    )
    return PanelError(what[:1].upper() + what[1:], hint=_FORM, place=(*way, *place))


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
