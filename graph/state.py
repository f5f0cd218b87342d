"""The state of a run: plain, versioned, serialisable data. Page texts are not in it; the ledger has them."""

from __future__ import annotations

import operator
from typing import Annotated, Any, Final, Literal, NotRequired

from typing_extensions import TypedDict

from ..agents.panel import Decision
from ..agents.roles import Analyst, Judgement, Question, Section, Turn
from ..agents.usage import Usage

SCHEMA_VERSION: Final = 1

Unsupported = Literal["mark", "drop", "keep"]
"""What becomes of a sentence that does not hold after its repair."""


STAND_IN: Final = "stand-in"
"""How a gap begins to which the fallback engine was the answer: `stand-in section`."""

CAP_REACHED: Final = "cap reached"
"""The reason of what was left out because the run's cap on cost or tokens did not allow it."""

MODEL_FAILED: Final = "model failed"
"""Why an interview ended that the model did not let go on."""


COMPOSED: Final = ("introduction", "conclusion")
"""The parts that are written about all sections."""

NOTHING_NEW: Final = "nothing new"
"""The reason of an interview's gap when all that its section says stands in earlier ones."""


class Gap(TypedDict):
    """Something the report lacks, and why. `analyst` is "" for a gap that concerns the whole run.

    Without a reason it takes back what was said of the same thing, or without that, of the analyst's interview.
    """

    analyst: str
    what: str
    reason: str


def take_back(what: str, analyst: str = "") -> Gap:
    """What a step writes that has done again what may have failed before."""
    return {"analyst": analyst, "what": what, "reason": ""}


class Finding(TypedDict):
    """What one source gave for one question: the keys of its best passages, best first."""

    turn: int
    source: str
    keys: list[str]


class Interview(TypedDict):
    """A finished interview. `reason` says why it ended; `invented` counts citations that were removed.

    `unwritten` says why its section was put together from the answers instead of written; "" if it was written.
    """

    analyst: str
    turns: list[Turn]
    section: Section
    reason: str
    invented: int
    unwritten: NotRequired[str]


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Join what parallel branches wrote under their own keys."""
    return {**old, **new}


def note_gaps(old: list[Gap], new: list[Gap]) -> list[Gap]:
    """Join what steps say is missing; what they take back is not."""
    gaps = list(old)
    for gap in new:
        if gap["reason"]:
            gaps.append(gap)
        else:
            gaps = [one for one in gaps if one["analyst"] != gap["analyst"] or gap["what"] not in {"", one["what"]}]
    return gaps


class ReportInput(TypedDict, total=False):
    """What a run starts from. Only `topic` is required.

    `size` is the number of analysts; `approve` skips the review; a `panel` that is given is not proposed anew.
    """

    topic: str
    language: str
    size: int
    turn_limit: int
    approve: bool
    panel: list[Analyst]
    unsupported: Unsupported


class ReportState(ReportInput, total=False):
    """The report graph's state.

    `survey` holds passage keys; `early` says that the interviews begin while the panel is being written, and `seated`
    who held them then; `feedback` all feedback so far; `interviews` is keyed by analyst id, so that what
    finished first changes nothing, and so is `failed` (the reason, "" once it succeeded); `failure` says why a run
    ended without a report; `sections` are in panel order, and `retold` says whose are told by answers because what was
    written stands in the others; `composed` counts the invented citations that were removed
    from introduction and conclusion; `repaired` and
    `dropped` count sentences, and `judgements` holds a model's opinion of them, by place (an analyst's id,
    introduction, conclusion) and sentence; `report` is the finished Markdown.
    """

    schema_version: int
    engine: str
    created_at: str
    finished_at: str
    survey: list[str]
    early: bool
    seated: Annotated[dict[str, Analyst], merge]
    feedback: list[str]
    rounds: int
    decision: Decision
    notice: str
    interviews: Annotated[dict[str, Interview], merge]
    failed: Annotated[dict[str, str], merge]
    failure: str
    sections: list[Section]
    retold: list[str]
    title: str
    introduction: str
    conclusion: str
    composed: Annotated[dict[str, int], merge]
    repaired: Annotated[dict[str, int], merge]
    dropped: Annotated[dict[str, int], merge]
    judgements: Annotated[dict[str, dict[str, Judgement]], merge]
    report: str
    gaps: Annotated[list[Gap], note_gaps]
    usage: Annotated[list[Usage], operator.add]


class InterviewState(TypedDict, total=False):
    """The interview subgraph's state: one analyst's conversation.

    Where an earlier try came as far as a section, it begins with what that brought: turns, gaps and a `draft`, of which
    `told` says how many turns it tells, and `unwritten` whether it is to be written again; and if nothing is to be
    asked any more, a question that ends the interview.
    """

    topic: str
    language: str
    turn_limit: int
    analyst: Analyst
    unsupported: Unsupported
    question: Question
    draft: Section
    told: int
    unwritten: str
    findings: Annotated[list[Finding], operator.add]
    turns: Annotated[list[Turn], operator.add]
    invented: Annotated[int, operator.add]
    interviews: Annotated[dict[str, Interview], merge]
    seated: Annotated[dict[str, Analyst], merge]
    failed: Annotated[dict[str, str], merge]
    repaired: Annotated[dict[str, int], merge]
    dropped: Annotated[dict[str, int], merge]
    judgements: Annotated[dict[str, dict[str, Judgement]], merge]
    gaps: Annotated[list[Gap], note_gaps]
    usage: Annotated[list[Usage], operator.add]


class InterviewTask(TypedDict):
    """What an interview is sent out with. `panel` and `survey` are its `graph.context.Surroundings`.

    The last seven are there where an earlier try came as far as a section (see `InterviewState`).
    """

    topic: str
    language: str
    turn_limit: int
    analyst: Analyst
    unsupported: Unsupported
    panel: list[Analyst]
    survey: list[str]
    turns: NotRequired[list[Turn]]
    question: NotRequired[Question]
    draft: NotRequired[Section]
    told: NotRequired[int]
    unwritten: NotRequired[str]
    invented: NotRequired[int]
    gaps: NotRequired[list[Gap]]


class InterviewOutput(TypedDict, total=False):
    """What an interview hands to the report graph."""

    interviews: dict[str, Interview]
    seated: dict[str, Analyst]
    failed: dict[str, str]
    repaired: dict[str, int]
    dropped: dict[str, int]
    judgements: dict[str, dict[str, Judgement]]
    gaps: list[Gap]
    usage: list[Usage]


class SearchTask(TypedDict):
    """One source to search for one question."""

    source: str
    queries: list[str]
    turn: int
    question: str
    language: str
    analyst: str
