"""The panel and what a person may say about it.

A reply is an explicit object, so that a stray "no" never approves anything:

    {"action": "approve"}                          go on with this panel
    {"action": "revise", "feedback": "…"}          propose again, with all feedback so far in view
    {"action": "edit", "analyst": {"id": "a2", …}} change the given fields of one analyst, and lock it
    {"action": "add", "analyst": {…}}              one more, locked
    {"action": "remove", "id": "a2"}
    {"action": "lock", "id": "a2"}                 never to be changed by feedback (`unlock` takes it back)
    {"action": "replace", "panel": [{…}, …]}       this panel instead, in this order
    {"action": "cancel"}                           end the run
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..errors import PanelError
from .roles import Analyst

MAXIMUM_SIZE: Final = 64

Decision = Literal["approved", "revise", "review", "cancelled"]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewAnalyst(_Reply):
    """An analyst as a person writes it: a name and a role are needed, the rest may be left out."""

    id: str = ""
    name: _Text
    role: _Text
    affiliation: str = Field(default="", max_length=2000)
    description: str = Field(default="", max_length=4000)
    locked: bool = False


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


class Replace(_Reply):
    """This panel instead."""

    action: Literal["replace"]
    panel: list[NewAnalyst] = Field(min_length=1, max_length=MAXIMUM_SIZE)


class Cancel(_Reply):
    """End the run."""

    action: Literal["cancel"]


Reply = Annotated[Approve | Revise | Edit | Add | Single | Replace | Cancel, Field(discriminator="action")]
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
        PanelError: the reply has none of the forms above, names an analyst that is not there, or would leave
            the panel empty, too large, or with two analysts of one name.
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
            return Review(list(panel), "revise", feedback)
        case Edit(analyst=change):
            return Review(_edited(panel, change), "review")
        case Add(analyst=new):
            return Review(_numbered([*panel, _analyst(new, locked=True)]), "review")
        case Single(action=action, id=analyst_id):
            return Review(_without_or_locked(panel, action, analyst_id), "review")
        case Replace(panel=new_panel):
            return Review(_numbered([_analyst(new, locked=new.locked) for new in new_panel]), "review")


def parse_panel(data: Any) -> list[Analyst]:
    """A panel from the data of a panel file: a list of analysts, or a mapping with the key `analysts` or `panel`.

    Raises:
        PanelError: it is something else, or an analyst lacks a name or a role.
    """
    if isinstance(data, Mapping):
        data = data.get("panel", data.get("analysts", data))
    try:
        analysts = _PANEL.validate_python(data)
    except ValidationError as error:
        raise PanelError(
            f"The panel file cannot be used: {_first(error)}.",
            hint="It is a list of analysts, each with name, role and, if you like, affiliation and description.",
        ) from None
    if not analysts:
        raise PanelError("The panel file names no analyst.")
    return _numbered([_analyst(new, locked=new.locked) for new in analysts])


def _edited(panel: Sequence[Analyst], change: ChangedAnalyst) -> list[Analyst]:
    _require(panel, change.id)
    fields: Any = change.model_dump(exclude_none=True)
    return _numbered([{**a, **fields, "locked": True} if a["id"] == change.id else a for a in panel])


def _without_or_locked(panel: Sequence[Analyst], action: str, analyst_id: str) -> list[Analyst]:
    _require(panel, analyst_id)
    if action == "remove":
        return _numbered([a for a in panel if a["id"] != analyst_id])
    locked = action == "lock"
    return [{**a, "locked": locked} if a["id"] == analyst_id else a for a in panel]


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
        raise PanelError(f"A panel has at most {MAXIMUM_SIZE} analysts.")
    names = [analyst["name"].casefold() for analyst in panel]
    if len(set(names)) < len(names):
        raise PanelError("Two analysts would have the same name.", hint="Give each a name of its own.")
    taken = {analyst["id"] for analyst in panel if analyst["id"]}
    fresh = (f"a{number}" for number in range(1, 2 * MAXIMUM_SIZE + 2) if f"a{number}" not in taken)
    seen: set[str] = set()
    numbered: list[Analyst] = []
    for analyst in panel:
        analyst_id = analyst["id"] if analyst["id"] and analyst["id"] not in seen else next(fresh)
        seen.add(analyst_id)
        numbered.append({**analyst, "id": analyst_id})
    return numbered


def _require(panel: Sequence[Analyst], analyst_id: str) -> None:
    if all(analyst["id"] != analyst_id for analyst in panel):
        known = ", ".join(analyst["id"] for analyst in panel)
        raise PanelError(f"There is no analyst {analyst_id!r}.", hint=f"The panel has {known}.")


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
