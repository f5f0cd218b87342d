"""The seats of a panel that is still being written: each interview waits for its analyst, and begins with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..agents.roles import Analyst
from .state import InterviewTask, ReportState


class Seats:
    """Who sits where, as far as it is known. `panel` is what an earlier process had finished before it was killed."""

    def __init__(self, panel: Sequence[Analyst] = ()) -> None:
        self._analysts = {analyst["id"]: analyst for analyst in panel}
        self._roles: Sequence[str] = [analyst["role"] for analyst in panel]
        self._changed = asyncio.Event()

    def seat(self, analyst: Analyst, roles: Sequence[str]) -> None:
        """Give an analyst a seat, for good. `roles` are those of the whole panel, in order."""
        self._analysts.setdefault(analyst["id"], analyst)
        self._roles = self._roles or roles
        self._changed.set()
        self._changed = asyncio.Event()

    def fill(self, panel: Sequence[Analyst]) -> list[Analyst]:
        """Seat the rest of a panel; returns the panel as it sits, which is the one that was given if all went well."""
        roles = [analyst["role"] for analyst in panel]
        for analyst in panel:
            self.seat(analyst, roles)
        return [self._analysts[analyst["id"]] for analyst in panel]

    def settled(self, task: InterviewTask) -> InterviewTask:
        """An interview's task with its analyst, where that is known; of the others only the roles are."""
        seat = task["analyst"]["id"]
        if task["panel"] or seat not in self._analysts:
            return task
        others = [_seat(number, role) for number, role in enumerate(self._roles, 1)]
        panel = [self._analysts[seat] if other["id"] == seat else other for other in others]
        return {**task, "analyst": self._analysts[seat], "panel": panel}

    async def settle(self, task: InterviewTask) -> InterviewTask:
        """The same, once the analyst is known."""
        while not (settled := self.settled(task))["panel"]:
            await self._changed.wait()
        return settled


def waiting_interviews(state: ReportState) -> list[InterviewTask]:
    """The tasks of the interviews of a panel that is being written: each has a seat and waits for its analyst."""
    return [
        {
            "topic": state["topic"],
            "language": state["language"],
            "turn_limit": state["turn_limit"],
            "analyst": _seat(number),
            "unsupported": state.get("unsupported", "mark"),
            "panel": [],
            "survey": state.get("survey", []),
        }
        for number in range(1, state["size"] + 1)
    ]


def _seat(number: int, role: str = "") -> Analyst:
    return {"id": f"a{number}", "name": "", "affiliation": "", "role": role, "description": ""}
