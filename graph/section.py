"""The section of an interview: written, or put together from the answers; checked; and judged."""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.runtime import Runtime

from ..agents.roles import Engine, Section, SectionBrief, Turn
from ..agents.stopgaps import section_of_answers
from ..errors import EngineError, EngineSettingsError, PromptTooLongError, ReplyError, SourceError
from ..events import InterviewDone, SectionWritten
from ..evidence.citations import citations_in
from ..evidence.verification import title_holds
from .context import Context, step
from .replies import clean_reply
from .routing import is_told
from .state import InterviewState, take_back
from .verify import check_and_repair, judge


async def write_section(state: InterviewState, runtime: Runtime[Context]) -> InterviewState:
    """The interview as a section of the report, citing only what its expert was shown.

    A section that is not written is put together from the answers, which are there and paid for.

    Raises:
        SourceError: no search of the interview was answered, so that there is nothing to write about.
    """
    analyst, turns = state["analyst"], state.get("turns", [])
    _require_an_answer(state)
    async with step(runtime, "write_section", analyst=analyst["id"], turn=len(turns)) as current:
        context = current.context
        excerpts = context.ledger.excerpts(_shown(turns))
        section: Section = {"analyst": analyst["id"], "title": analyst["role"], "text": ""}
        invented, unwritten = 0, ""
        if excerpts:
            panel = context.surroundings.panel
            brief = SectionBrief(state["topic"], state["language"], analyst, panel, turns, excerpts)
            try:
                section, invented = await _written(context.engine, brief)
            except EngineError as error:
                section = _put_together(state, error)
                unwritten = current.say_missing(f"section {analyst['role']}", error)
            words, cited = len(section["text"].split()), citations_in([section["text"]])
            current.emit(SectionWritten, title=section["title"], words=words, citations=len(cited))
        context.budget.end_interview(analyst["id"], written=bool(section["text"]))
        update: InterviewState = {
            "draft": section,
            "invented": invented,
            "gaps": [take_back("stand-in section", analyst["id"]), *current.gaps],
            "usage": current.usage,
        }
        return update if unwritten == state.get("unwritten", "") else {**update, "unwritten": unwritten}


async def check_section(state: InterviewState, runtime: Runtime[Context]) -> InterviewState:
    """The section with its failing sentences repaired, once; and with it the interview is complete."""
    analyst, turns, section = state["analyst"], state.get("turns", []), state["draft"]
    place, language, topic = analyst["id"], state["language"], state["topic"]
    async with step(runtime, "check_section", analyst=place, turn=len(turns)) as current:
        excerpts = current.context.ledger.excerpts(_shown(turns))
        checked = await check_and_repair(
            current,
            section["text"],
            excerpts,
            place=place,
            language=language,
            topic=topic,
            unsupported=state.get("unsupported", "mark"),
        )
        cited = current.context.ledger.excerpts(citations_in([checked.text]))
        if not title_holds(section["title"], cited, language=language, topic=topic):
            section = {**section, "title": analyst["role"]}
        reason = state["question"]["reason"] if state["question"]["done"] else "turn limit"
        current.emit(InterviewDone, turns=len(turns), reason=reason)
        return {
            "interviews": {
                place: {
                    "analyst": place,
                    "turns": turns,
                    "section": {**section, "text": checked.text if cited else ""},
                    "reason": reason,
                    "invented": state.get("invented", 0),
                    "unwritten": state.get("unwritten", ""),
                }
            },
            "seated": {place: analyst},
            "failed": {place: ""},
            "repaired": {place: checked.repaired},
            "dropped": {place: checked.dropped},
            "gaps": [take_back("repair", place), *current.gaps],
            "usage": current.usage,
        }


async def judge_section(state: InterviewState, runtime: Runtime[Context]) -> InterviewState:
    """A model's opinion of each cited sentence, when one is asked for (`--check-model`): one call for the section."""
    analyst = state["analyst"]["id"]
    section = state["interviews"][analyst]["section"]
    async with step(runtime, "judge_section", analyst=analyst) as current:
        opinions = await judge(current, section["text"], language=state["language"], topic=state["topic"])
        gaps = [take_back("judgement", analyst), *current.gaps]
        return {"judgements": {analyst: opinions}, "gaps": gaps, "usage": current.usage}


def _require_an_answer(state: InterviewState) -> None:
    """Nothing found because no source answered is no finding: the interview failed, and a retry may hold it.

    Raises:
        SourceError: every search failed, and nothing else was shown to the expert.
    """
    failures = [gap["reason"] for gap in state.get("gaps", []) if gap["what"].startswith("source ")]
    if failures and len(failures) == len(state.get("findings", [])) and not _shown(state.get("turns", [])):
        raise SourceError(f"No source answered. The first: {failures[0]}")


async def _written(engine: Engine, brief: SectionBrief) -> tuple[Section, int]:
    """The section as the writer has it, cleaned, and how many citations of nothing went.

    Raises:
        EngineError: it is not written; or it cites nothing, though the answers do: nobody could follow what it says.
    """
    draft = await engine.writer.write_section(brief)
    cleaned = clean_reply(engine, draft["text"], _shown(brief.turns), title=draft["title"])
    if not cleaned.citations and not engine.is_extractive and citations_in(turn["answer"] for turn in brief.turns):
        raise ReplyError(f"{engine.name} wrote a section that cites nothing.")
    text = cleaned.text if cleaned.citations else ""
    return {"analyst": brief.analyst["id"], "title": draft["title"], "text": text}, cleaned.invented


def _put_together(state: InterviewState, error: EngineError) -> Section:
    """The answers as they stand; where these bring nothing, the section that an earlier try left.

    Raises:
        EngineError: nothing is answered; or the settings are wrong, and no section is there yet: it waits until they
            are right.
    """
    section = section_of_answers(state["analyst"], state["turns"], state["language"])
    brings_nothing = not section["text"] or is_lasting(error)
    if "draft" in state and (brings_nothing or is_told(state)):
        return state["draft"]
    if brings_nothing:
        raise error
    return section


def is_lasting(error: EngineError) -> bool:
    """Whether every call would fail like this one: a wrong key does that, a prompt that is too long does not."""
    return isinstance(error, EngineSettingsError) and not isinstance(error, PromptTooLongError)


def _shown(turns: Sequence[Turn]) -> list[str]:
    """The keys of all passages that the expert saw, each once."""
    return list(dict.fromkeys(key for turn in turns for key in turn["shown"]))
