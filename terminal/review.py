"""Who reviews a panel: a person at a terminal, or the replies that were given on the command line."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ..agents.panel import SAY_WHAT, apply_reply, says_only_no
from ..app import Reviewer
from ..errors import PanelError
from .cards import MOST_CARDS, show_card, show_cards
from .consoles import say
from .text import plain_line, plain_text

if TYPE_CHECKING:
    from rich.console import Console

Reply = Mapping[str, Any]
Wish = Literal["approve", "feedback", "edit", "remove", "lock", "move", "add", "show", "quit", "help", "unclear"]

_APPROVALS: Final = frozenset({"a", "approve", "approved", "y", "yes", "ok", "okay", "s", "si", "sí", "bai"})
_QUITS: Final = frozenset({"q", "quit", "exit"})
_ACTIONS: Final[Mapping[str, Wish]] = {
    "e": "edit",
    "edit": "edit",
    "r": "remove",
    "remove": "remove",
    "l": "lock",
    "lock": "lock",
    "unlock": "lock",
    "m": "move",
    "move": "move",
}
_NUMBERED: Final = re.compile(r"(?P<action>[a-z]+)\s*(?P<number>[0-9]{1,3})(?:\s+(?:to )?(?P<place>[0-9]{1,3}))?")
_FIELDS: Final = ("name", "affiliation", "role", "description")
_LEGEND: Final = "[a]pprove  [e]dit 1  [r]emove 1  [l]ock 1  [m]ove 1 2  [+]add  [q]uit  [?]help"
_LEGEND_FEEDBACK: Final = "Anything else is feedback, and the panel is proposed again."
_LEGEND_NUMBER: Final = "A number shows the whole card."
_LEGEND_NO_ROUNDS: Final = "The panel was proposed as often as it may be; feedback changes it no more."
_HELP: Final = (
    "a, y, yes, ok    approve: the interviews begin",
    "e 2              edit analyst 2, field by field; edited analysts are locked",
    "r 2              remove analyst 2",
    "l 2              lock analyst 2, so that feedback does not change it, or unlock it",
    "m 3 1            move analyst 3 to place 1; the report follows the order of the panel",
    "+                add an analyst",
    "2                show all of analyst 2",
    "q                leave; the run is kept and `tertulia resume` asks again",
    "anything else    is feedback: the panel is proposed again with all feedback in view",
)


@dataclass(frozen=True, slots=True)
class Command:
    """What a person asked for at the prompt.

    `number` counts the cards from 1, as does `place`, where one is moved to; `text` is feedback or a notice.
    """

    wish: Wish
    number: int = 0
    place: int = 0
    text: str = ""


def parse_command(line: str, size: int) -> Command:
    """What a line at the prompt means for a panel of this size.

    Only a single word of approval approves. An empty line means nothing, a bare no does not say what to change, and
    whatever is no command is feedback.
    """
    text = " ".join(line.split())
    word = text.rstrip(".!").casefold()
    if word in _APPROVALS:
        return Command("approve")
    if word in _QUITS:
        return Command("quit")
    if text in {"+", "add"}:
        return Command("add")
    if word in {"?", "h", "help"}:
        return Command("help")
    if not word:
        return Command("unclear", text="Approve with a, or say what to change.")
    if says_only_no(word):
        return Command("unclear", text=f"{SAY_WHAT} q leaves the panel for later.")
    if word in _ACTIONS:
        return Command("unclear", text=f"Which one? For instance: {_example(_ACTIONS[word], 1)}")
    if re.fullmatch("[0-9]{1,3}", word):
        return _numbered("show", int(word), 0, size, is_placed=False)
    numbered = _NUMBERED.fullmatch(word)
    wish = _ACTIONS.get(numbered["action"]) if numbered is not None else None
    if numbered is None or wish is None or (numbered["place"] and wish != "move"):
        return Command("feedback", text=text)
    return _numbered(
        wish, int(numbered["number"]), int(numbered["place"] or 0), size, is_placed=bool(numbered["place"])
    )


def _numbered(wish: Wish, number: int, place: int, size: int, *, is_placed: bool) -> Command:
    if not 1 <= number <= size:
        return Command("unclear", text=f"There is no analyst {number}: the panel has 1 to {size}.")
    if wish != "move":
        return Command(wish, number)
    if not is_placed:
        return Command("unclear", text=f"Where to? For instance: {_example(wish, number)}")
    if not 1 <= place <= size:
        return Command("unclear", text=f"There is no place {place}: the panel has 1 to {size}.")
    if number == place:
        return Command("unclear", text=f"Analyst {number} is at place {place}.")
    return Command(wish, number, place)


def _example(wish: Wish, number: int) -> str:
    return f"m {number} {2 if number == 1 else 1}" if wish == "move" else f"{wish[0]} {number}"


class TerminalReviewer:
    """Shows the panel as cards and asks a person. `interrupted` says whether they left with Ctrl-C.

    `ask` shows a prompt and returns a line. It blocks, and may: mostly nothing else is under way while a panel waits,
    and a thread that waits for a line could not be stopped by Ctrl-C. Where something is, `foreground` has the whole
    conversation held in the main thread (`foreground.Foreground`). `pause` takes the progress picture off the screen.
    """

    def __init__(
        self,
        console: Console,
        ask: Callable[[str], str],
        pause: Callable[[], None],
        foreground: Callable[[Callable[[], Reply | None]], Awaitable[Reply | None]] | None = None,
    ) -> None:
        self.interrupted = False
        self._console = console
        self._ask = ask
        self._pause = pause
        self._foreground = foreground

    async def __call__(self, review: Mapping[str, Any]) -> Reply | None:
        """The person's reply, or None when they decide later."""
        self._pause()
        show_cards(self._console, review)
        self._say(_LEGEND, style="dim")
        feedback = _LEGEND_FEEDBACK if review["rounds_left"] else _LEGEND_NO_ROUNDS
        self._say(f"{_LEGEND_NUMBER} {feedback}" if len(review["panel"]) > MOST_CARDS else feedback, style="dim")
        if self._foreground is None:
            return self._hear(review["panel"])
        return await self._foreground(lambda: self._hear(review["panel"]))

    def _hear(self, panel: Sequence[Mapping[str, Any]]) -> Reply | None:
        try:
            return self._converse(panel)
        except EOFError:
            return None
        except KeyboardInterrupt:
            self.interrupted = True
            return None

    def _converse(self, panel: Sequence[Mapping[str, Any]]) -> Reply | None:
        while True:
            command = parse_command(self._ask("> "), len(panel))
            if command.wish == "quit":
                return None
            reply = self._reply_to(command, panel[command.number - 1])
            if reply is not None:
                return reply

    def _reply_to(self, command: Command, chosen: Mapping[str, Any]) -> Reply | None:
        """What the run is told; None when the person was told something instead and is asked again."""
        match command.wish:
            case "approve":
                return {"action": "approve"}
            case "feedback":
                return {"action": "revise", "feedback": command.text}
            case "remove":
                return {"action": "remove", "id": chosen["id"]}
            case "move":
                return {"action": "move", "id": chosen["id"], "to": command.place}
            case "lock":
                return {"action": "unlock" if chosen.get("locked") else "lock", "id": chosen["id"]}
            case "edit":
                return self._edit(chosen)
            case "add":
                return self._add()
            case "show":
                show_card(self._console, command.number, chosen)
                return None
        for line in _HELP if command.wish == "help" else [command.text]:
            self._say(line)
        return None

    def _edit(self, analyst: Mapping[str, Any]) -> Reply | None:
        self._say("Enter keeps what is there.", style="dim")
        if changes := self._ask_fields(analyst):
            return {"action": "edit", "analyst": {"id": analyst["id"], **changes}}
        self._say("Nothing was changed.")
        return None

    def _add(self) -> Reply | None:
        analyst = self._ask_fields({})
        if analyst.get("name") and analyst.get("role"):
            return {"action": "add", "analyst": analyst}
        self._say("An analyst needs a name and a role; nobody was added.")
        return None

    def _ask_fields(self, analyst: Mapping[str, Any]) -> dict[str, str]:
        """The fields a person fills in; Enter keeps the value that is there."""
        answers: dict[str, str] = {}
        for name in _FIELDS:
            old = plain_line(analyst.get(name, ""))
            answer = " ".join(self._ask(f"{name} [{old}]: " if old else f"{name}: ").split())
            if answer and answer != old:
                answers[name] = answer
        return answers

    def _say(self, text: str, style: str = "") -> None:
        from rich.text import Text  # noqa: PLC0415 - only terminals pay for it

        self._console.print(Text(plain_text(text), style=style))


class ScriptedReviewer:
    """Gives the replies of the command line in their order, then leaves the rest to `then`, if there is anybody.

    `unused` are the replies that no panel asked for.
    """

    def __init__(self, replies: Sequence[Reply], then: Reviewer | None = None) -> None:
        self.unused = list(replies)
        self._asked = False
        self._given = 0
        self._then = then

    async def __call__(self, review: Mapping[str, Any]) -> Reply | None:
        """The next reply.

        Raises:
            PanelError: the last one was refused; going on would approve something else than was asked for.
        """
        if self._given and review["notice"]:
            raise PanelError(review["notice"])
        if not self._asked:
            self._asked = True
            self._skip_what_was_said(review["feedback"])
        if self.unused:
            self._given += 1
            return self.unused.pop(0)
        return await self._then(review) if self._then is not None else None

    def _skip_what_was_said(self, before: Sequence[str]) -> None:
        """A command that was killed is typed again: feedback that the panel has already is not applied twice."""
        said = [reply["feedback"] for reply in self.unused if reply["action"] == "revise"]
        fits = (count for count in range(len(said), 0, -1) if list(before[-count:]) == said[:count])
        for feedback in said[: next(fits, 0)]:
            say(f"The panel has this feedback already: {feedback}")
            del self.unused[0]


def scripted_replies(*, approve: bool, feedback: Sequence[str], panel: Sequence[Mapping[str, Any]] = ()) -> list[Reply]:
    """What the flags of the command line say about a panel: feedback in order or a panel instead, then approval.

    Raises:
        PanelError: a feedback is empty or too long.
    """
    replies: list[Reply] = [{"action": "revise", "feedback": plain_line(text)} for text in feedback]
    for reply in replies:
        apply_reply((), reply)
    if panel:
        replies.append({"action": "replace", "panel": [dict(analyst) for analyst in panel]})
    if approve or panel:
        replies.append({"action": "approve"})
    return replies
