"""Runs of three analysts and two turns against a model that misbehaves, and what makes their reports usable."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from command import TOPIC, WEB, WIKI, World
from protocols import PROTOCOLS, ModelServer, Protocol
from servers.brain import Brain
from servers.faults import FaultPlan
from servers.mediawiki import MediaWikiServer
from servers.tavily import TavilyServer, WebPage

import tertulia
from tertulia.app import App

ANALYSTS, TURNS = 3, 2
_KEY = re.compile(r"\[([a-z0-9]{6})\]")
_LEFTOVERS = re.compile(r"</?think>|I'm sorry|Here you are|<!DOCTYPE|Traceback", re.IGNORECASE)
_FOREIGN = re.compile(r"\b(?:haben|wurden|bezahlte)\b")


@dataclass
class Place:
    """A model, a web and a wiki on loopback; `settings` and `environment` lead a run to them."""

    protocol: Protocol
    world: World
    environment: dict[str, str]

    @property
    def model(self) -> ModelServer:
        return self.world.model

    @property
    def settings(self) -> dict[str, Any]:
        counts = {"analysts": ANALYSTS, "turns": TURNS}
        return {**self.protocol.settings(self.model), **counts, "sources": ["web", "wikipedia"]}

    @property
    def arguments(self) -> list[str]:
        """What the command is called with for the same run."""
        model = ["--model", self.protocol.model, "--base-url", self.model.base_url]
        counts = ["--analysts", str(ANALYSTS), "--turns", str(TURNS)]
        return ["report", TOPIC, *model, *counts, "--source", "web", "--source", "wikipedia", "--yes"]

    async def run(self, **more: Any) -> Outcome:
        """A run through the Python API: its report, or why it has none."""
        try:
            report = await tertulia.write_report(TOPIC, **{**self.settings, **more})
        except tertulia.TertuliaError as error:
            return Outcome("failed", {}, f"{error} {error.hint}")
        status = App(tertulia.load_settings({})).runs.get(report["run"]["id"]).status
        return Outcome(status, report)


@dataclass(frozen=True)
class Outcome:
    """What a run came to: done, partial or failed."""

    status: str
    report: Mapping[str, Any]
    reason: str = ""


@contextmanager
def place(name: str, brain: Brain, pages: Sequence[WebPage] = WEB) -> Iterator[Place]:
    protocol = PROTOCOLS[name]
    with protocol.open(brain) as model, TavilyServer(pages=pages) as web, MediaWikiServer(WIKI) as wiki:
        environment = {
            **protocol.environment,
            "TAVILY_API_KEY": "tvly-test",
            "TAVILY_API_BASE_URL": web.url,
            "TERTULIA_WIKIPEDIA_URL": wiki.address,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        yield Place(protocol, World(model, web, wiki, {**inherited, **environment}), environment)


def faults_of_report(outcome: Outcome, *, sections: int = ANALYSTS - 1) -> list[str]:
    """What a person could not accept in what a run gave; nothing when the report is usable."""
    if outcome.status not in {"done", "partial"}:
        return [f"no report: {outcome.reason}"]
    report = outcome.report
    gaps = {gap["what"] for gap in report["gaps"]}
    missing = _missing(report)
    # An interview that found nothing of its own is a gap, but nothing that failed.
    lost = missing - {gap["what"] for gap in report["gaps"] if gap["reason"] in {"nothing found", "nothing new"}}
    # A section that was put together from answers is there, but the model owes it still, unless it had nothing to add.
    lost |= {
        gap["what"] for gap in report["gaps"] if gap["what"].startswith("section ") and gap["reason"] != "nothing new"
    }
    texts = [report["introduction"], *(section["text"] for section in report["sections"]), report["conclusion"]]
    whole = "\n\n".join(texts)
    cited = {key for text in texts for key in _KEY.findall(text)}
    sources = [source["number"] for source in report["sources"]]
    problems = {
        "no title": not report["title"],
        f"{len(report['sections'])} sections": len(report["sections"]) < sections,
        "an empty section": not all(section["text"].strip() for section in report["sections"]),
        f"missing without a gap: {missing - gaps}": bool(missing - gaps),
        "a lost turn without a word": not all(_complete(interview, gaps) for interview in report["interviews"]),
        "a citation without a source": not cited <= set(report["citations"]),
        "a source that is not cited": {report["citations"][key] for key in cited & set(report["citations"])}
        != set(sources),
        "sources out of order": sources != list(range(1, len(sources) + 1)),
        "a section without citations": not all(_KEY.search(section["text"]) for section in report["sections"]),
        f"leftovers: {_LEFTOVERS.findall(whole)}": bool(_LEFTOVERS.search(whole)),
        "another language": bool(_FOREIGN.search(whole)),
        f"{outcome.status} with {lost or 'nothing'} lost": (outcome.status == "partial") != bool(lost),
    }
    return [problem for problem, found in problems.items() if found]


def faults_of_traffic(plan: FaultPlan) -> list[str]:
    """What went over the wire that should not have."""
    most = max(plan.tries.values())
    too_long = [asked.prompt for asked in plan.log if asked.fault == "context length"]
    problems = {
        f"{len(plan.repeated)} calls repeated that had succeeded": bool(plan.repeated),
        f"{most} requests for one call": most > 3,
        "a prompt that was too long came again as it was": len(too_long) != len(set(too_long)),
    }
    return [problem for problem, found in problems.items() if found]


def _missing(report: Mapping[str, Any]) -> set[str]:
    """The parts that a whole report has and this one has not, in the words of its gaps."""
    printed = {section["analyst"] for section in report["sections"]}
    interviews = {f"interview {analyst['role']}" for analyst in report["panel"] if analyst["id"] not in printed}
    return interviews | {part for part in ("introduction", "conclusion") if not report[part]}


def _complete(interview: Mapping[str, Any], gaps: set[str]) -> bool:
    """The model here never ends an interview by itself: one that is short must say why."""
    return len(interview["turns"]) >= TURNS or interview["reason"] != "turn limit" or bool(gaps)
