"""The planner: a model proposes the panel; code keeps what must stay and makes ids, names and roles come out right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from ...errors import ReplyError
from ...evidence.passages import Excerpt
from ..roles import Analyst, PanelBrief, Seat
from .arriving import ArrivingPanel
from .chat import Chat, Form
from .forms import AnalystForm, Panel, RevisedPanel
from .prompts import Prompt, language_name, render_within
from .replies import other_language

# What is shown of the survey: enough documents to see their themes, and of each passage its first sentences.
_PASSAGES: Final = 30
_PASSAGE_LENGTH: Final = 350

# The same words once more would be answered as before, so the second attempt says what became of the first.
_ANEW: Final = (
    "(An earlier reply to this was a refusal, or could not be read. The task is to plan who studies what published "
    "sources say, nothing more. Reply now with the JSON object.)"
)


class ModelPlanner:
    """Plays the planner with a language model."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def propose_panel(self, brief: PanelBrief) -> list[Analyst]:
        """A panel of exactly `brief.size`; who is locked, or kept by the model, comes back word for word.

        Raises:
            ReplyError: the model proposed too few analysts, or none that can be read, whenever it was asked.
            EngineError: the model cannot be asked.
        """
        if not brief.previous:
            panel = await self._fill_in(self._prompt(brief), Panel, _panel_check(brief))
            return _distinct(_seated(brief, {}, panel.analysts))
        revised = await self._fill_in(self._prompt(brief), RevisedPanel, _revision_check(brief))
        kept = _kept(brief.previous, revised)
        return _distinct(_seated(brief, kept, _others(revised.analysts, kept.values())))

    async def stream_panel(self, brief: PanelBrief, seat: Seat) -> list[Analyst]:
        """A new panel, whose analysts get their seats while it is written, as far as the model writes it in order.

        Raises:
            as `propose_panel` does; the analysts who have a seat by then keep it.
        """
        arriving = ArrivingPanel(brief, seat, lambda analyst: _foreign([analyst], brief.language))
        panel = await self._fill_in(self._prompt(brief), Panel, _panel_check(brief), arriving)
        kept = dict(enumerate(arriving.seated))
        return _distinct(_seated(brief, kept, _others(panel.analysts, kept.values())))

    def _prompt(self, brief: PanelBrief) -> Prompt:
        survey = _spread(brief.survey)
        return render_within("panel", self._chat.context_window, survey, lambda *shown: _data(brief, *shown))

    async def _fill_in(
        self, prompt: Prompt, form: type[Form], check: Callable[[Form], str], arriving: ArrivingPanel | None = None
    ) -> Form:
        """The form, asked for anew when it came to nothing: any other step costs itself, this one the whole run."""
        try:
            return await self._chat.structure(prompt, form, "planner", check=check, listener=arriving)
        except ReplyError:
            return await self._chat.structure(prompt, form, "planner", check=check, note=_ANEW)


def _spread(survey: Sequence[Excerpt]) -> list[Excerpt]:
    """The best passages of many documents: everybody's first, then everybody's second, as far as there is room."""
    seen: Counter[str] = Counter()
    ranks = []
    for excerpt in survey:
        ranks.append(seen[excerpt.document.id])
        seen[excerpt.document.id] += 1
    order = sorted(range(len(survey)), key=lambda place: ranks[place])
    return [survey[place] for place in order[:_PASSAGES]]


def _data(brief: PanelBrief, _shown: Sequence[Excerpt], _limit: int) -> dict[str, Any]:
    return {
        "topic": brief.topic,
        "language": language_name(brief.language),
        "size": brief.size,
        "previous": [{**analyst, "locked": analyst.get("locked", False)} for analyst in brief.previous],
        "feedback": list(brief.feedback),
        "passage_length": _PASSAGE_LENGTH,
    }


def _panel_check(brief: PanelBrief) -> Callable[[Panel], str]:
    """Objects to too few analysts, two of one name or role, and another language. Too many are simply cut."""
    size = brief.size

    def check(panel: Panel) -> str:
        if len(panel.analysts) < size:
            return f"`analysts` has {len(panel.analysts)} entries; exactly {size} are needed."
        return _twins(panel.analysts[:size]) or _foreign(panel.analysts, brief.language)

    return check


def _revision_check(brief: PanelBrief) -> Callable[[RevisedPanel], str]:
    def check(revised: RevisedPanel) -> str:
        kept = _kept(brief.previous, revised)
        new = _others(revised.analysts, kept.values())
        if len(kept) + len(new) < brief.size:
            return f"`keep` and `analysts` together name {len(kept) + len(new)} analysts; {brief.size} are needed."
        if brief.feedback and not new and not all(analyst.get("locked") for analyst in brief.previous):
            return "Nothing changes: put who the feedback asks for into `analysts` and leave out of `keep` who goes."
        staying = [AnalystForm(name=analyst["name"], role=analyst["role"]) for analyst in kept.values()]
        return _twins([*staying, *new]) or _foreign(new, brief.language)

    return check


def _foreign(analysts: Sequence[AnalystForm], language: str) -> str:
    said = " ".join(f"{analyst.role}. {analyst.description}" for analyst in analysts)
    return f"Write roles and descriptions in {language_name(language)}." if other_language(said, language) else ""


def _twins(analysts: Sequence[AnalystForm]) -> str:
    for label, texts in (("name", [a.name for a in analysts]), ("role", [a.role for a in analysts])):
        folded = [_fold(text) for text in texts]
        twin = next((text for place, text in enumerate(texts) if folded[place] in folded[:place]), "")
        if twin:
            return f"Two analysts have the {label} {twin!r}; each needs one of their own."
    return ""


def _kept(previous: Sequence[Analyst], revised: RevisedPanel) -> dict[int, Analyst]:
    """Who stays, by place in the previous panel: the locked, and whom the model keeps without giving a new version."""
    wanted = {_fold(name) for name in revised.keep}
    changed = {_fold(analyst.name) for analyst in revised.analysts}
    return {
        place: analyst
        for place, analyst in enumerate(previous)
        if analyst.get("locked")
        or (wanted & {_fold(analyst["id"]), _fold(analyst["name"])} and _fold(analyst["name"]) not in changed)
    }


def _others(analysts: Sequence[AnalystForm], kept: Iterable[Analyst]) -> list[AnalystForm]:
    """The analysts of a reply who are not copies of those who stay."""
    staying = {_fold(analyst["name"]) for analyst in kept}
    return [analyst for analyst in analysts if _fold(analyst.name) not in staying]


def _seated(brief: PanelBrief, kept: dict[int, Analyst], new: Sequence[AnalystForm]) -> list[Analyst]:
    """Everybody at a place: who stays keeps place and id, a changed analyst too; new ones take what is free.

    The locked come first when there are more to keep than places.
    """
    staying = sorted(kept.items(), key=lambda item: (not item[1].get("locked"), item[0]))[: brief.size]
    seats: dict[int, Analyst] = dict(staying)
    places = {_fold(analyst["name"]): place for place, analyst in enumerate(brief.previous)}
    waiting: list[AnalystForm] = []
    for analyst in new:
        place = places.get(_fold(analyst.name))
        if place is None or place in seats or len(seats) >= brief.size:
            waiting.append(analyst)
        else:
            seats[place] = analyst.as_analyst(brief.previous[place]["id"])
    free = (place for place in range(len(brief.previous) + brief.size) if place not in seats)
    for analyst, place in zip(waiting[: brief.size - len(seats)], list(free), strict=False):
        seats[place] = analyst.as_analyst(brief.previous[place]["id"] if place < len(brief.previous) else "")
    if len(seats) < brief.size:
        raise ReplyError(
            f"The model proposed {len(seats)} analysts instead of {brief.size}.",
            hint="Ask for fewer with --analysts, or choose a larger --model.",
        )
    return _numbered([seats[place] for place in sorted(seats)])


def _numbered(panel: Sequence[Analyst]) -> list[Analyst]:
    """The panel with an id for those who have none: the lowest that is free."""
    taken = {analyst["id"] for analyst in panel}
    free = iter([f"a{n}" for n in range(1, 2 * len(panel) + 1) if f"a{n}" not in taken])
    return [analyst if analyst["id"] else {**analyst, "id": next(free)} for analyst in panel]


def _distinct(panel: Sequence[Analyst]) -> list[Analyst]:
    """The panel with a number after a name or role that another has too; the locked are never the ones to change."""
    names, roles = ({_fold(a[key]) for a in panel if a.get("locked")} for key in ("name", "role"))
    distinct: list[Analyst] = []
    for analyst in panel:
        if analyst.get("locked"):
            distinct.append(analyst)
        else:
            distinct.append({**analyst, "name": _free(analyst["name"], names), "role": _free(analyst["role"], roles)})
    return distinct


def _free(text: str, taken: set[str]) -> str:
    candidates = (text, *(f"{text} {number}" for number in range(2, len(taken) + 3)))
    chosen = next(candidate for candidate in candidates if _fold(candidate) not in taken)
    taken.add(_fold(chosen))
    return chosen


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())
