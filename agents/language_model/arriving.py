"""Analysts that are read from a panel while it is still being written, so that their interviews can begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from ..roles import Analyst, PanelBrief, Seat
from .forms import AnalystForm

# A reply that begins in another way (thinking aloud, prose) is read when it is whole.
_BEGINNINGS: Final = ("{", "```")


class ArrivingPanel:
    """Hears a reply piece by piece and gives a seat to each analyst that is complete, in order.

    It begins once the roles of all are known, and stops for good at the first thing that is odd: then the reply is
    read when it is whole, as any other. `objection` says what is wrong with an analyst, or "".
    """

    def __init__(self, brief: PanelBrief, seat: Seat, objection: Callable[[AnalystForm], str]) -> None:
        self.seated: list[Analyst] = []
        self._brief = brief
        self._seat = seat
        self._objection = objection
        self._text = ""
        self._stopped = False

    def hear(self, piece: str) -> None:
        """Take in the next piece of the reply."""
        self._text += piece
        # Only a closing brace can complete an analyst: reading at every token would take time that grows squared.
        if not self._stopped and "}" in piece:
            self._read()

    def _read(self) -> None:
        start = self._text.find("{")
        if start < 0 or not self._text.lstrip().startswith(_BEGINNINGS):
            self._stopped = True
            return
        try:
            told = from_json(self._text[start:], allow_partial=True)
        except ValueError:
            # Also what follows a whole object, such as the end of a fence.
            self._stopped = True
            return
        roles, analysts = (told.get(name) for name in ("roles", "analysts")) if isinstance(told, dict) else (None, None)
        if isinstance(roles, list) and len(roles) == self._brief.size and isinstance(analysts, list):
            # The last one may not be whole yet.
            for entry in analysts[len(self.seated) : -1]:
                self._take(entry, [str(role) for role in roles])

    def _take(self, entry: Any, roles: Sequence[str]) -> None:
        if self._stopped or len(self.seated) == self._brief.size:
            return
        try:
            form = AnalystForm.model_validate(entry)
        except ValidationError:
            self._stopped = True
            return
        taken = {text.casefold() for analyst in self.seated for text in (analyst["name"], analyst["role"])}
        if self._objection(form) or taken & {form.name.casefold(), form.role.casefold()}:
            self._stopped = True
            return
        self.seated.append(form.as_analyst(f"a{len(self.seated) + 1}"))
        self._seat(self.seated[-1], roles)
