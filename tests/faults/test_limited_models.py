"""Models that cannot do much, and servers that say no: a full report, or one request and a clear word."""

from __future__ import annotations

import json

import pytest
from runs import ANALYSTS, faults_of_report, place
from servers.brain import TOO_LONG, Fault, Reply, play_every_role, prompt_text
from servers.tavily import WebPage

WINDOW = 8_192
# As a tokenizer that has not seen much of a language.
CHARACTERS_PER_TOKEN = 2.3

COASTS = ["northern", "eastern", "southern", "western", "inner", "outer"]
PARAGRAPH = (
    "In the year 1{c}{n}4 the tidal mills of the {coast} coast of Orvania ground {c}{n}00 sacks of barley. "
    "Their 1{c} ponds filled twice a day behind oak gates, and the state of Orvania paid half of what the repair of "
    "each tidal mill cost. The millers of the {coast} coast kept a book of the tides in {c} volumes, and the port of "
    "the {coast} coast shipped the flour on 2{c} boats. A storm broke {n}{c} gates of the {coast} coast in the winter "
    "after, and for {c} months the people of Orvania ate bread of rye, which they did not like and remembered in 3{c} "
    "songs about the tidal mills of the {coast} coast, of which a choir still sings {n}."
)
LONG_PAGES = [
    WebPage(
        f"https://mills.example/long-{n}",
        f"Tidal mills of the {coast} coast",
        f"Tidal mills of the {coast} coast …",
        f"# Tidal mills of the {coast} coast\n\n"
        + "\n\n".join(PARAGRAPH.format(c=c, n=n, coast=coast) for c in range(2, 10)),
        "2023-03-09",
    )
    for n, coast in enumerate(COASTS, start=1)
]


def without_json(said: str) -> str:
    """The same said by a model that knows no JSON."""
    if not said.startswith("{"):
        return said
    told = json.loads(said)
    if "analysts" in told:
        people = (f"{n}. **{a['name']}** ({a['affiliation']}): {a['role']}" for n, a in enumerate(told["analysts"], 1))
        return "I suggest these analysts:\n" + "\n".join(people)
    if "question" in told:
        return f"I would like to know this. {told['question']}"
    return "The sentences should say what the passages say."


class SmallModel:
    """Knows no JSON and reads no more than its window; counts the prompts that it refuses."""

    def __init__(self) -> None:
        self.refused = 0

    def __call__(self, body):
        if len(prompt_text(body)) > WINDOW * CHARACTERS_PER_TOKEN:
            self.refused += 1
            return TOO_LONG
        return without_json(play_every_role(body))


@pytest.fixture
def at(monkeypatch):
    """Leads a run to a place."""

    def lead(here):
        for variable, value in here.environment.items():
            monkeypatch.setenv(variable, value)
        return here

    return lead


@pytest.mark.long
@pytest.mark.parametrize("name", ["openai", "ollama"])
async def test_a_model_that_knows_no_json_and_reads_8000_tokens_gives_a_full_report(name, at):
    model = SmallModel()
    with place(name, model, LONG_PAGES) as here:
        outcome = await at(here).run(sources=["web"], turns=4)
    assert faults_of_report(outcome, sections=ANALYSTS) == []
    assert (outcome.status, len(outcome.report["sections"])) == ("done", ANALYSTS)
    # Ollama's window is known beforehand; what another server can read is learned from its refusals, and not again.
    assert (model.refused == 0) if name == "ollama" else (1 <= model.refused <= ANALYSTS)


@pytest.mark.parametrize("name", ["openai", "ollama"])
async def test_a_server_that_counts_no_tokens_is_no_obstacle(name, at):
    with place(name, lambda body: Reply(play_every_role(body), with_usage=False)) as here:
        outcome = await at(here).run()
    assert faults_of_report(outcome, sections=ANALYSTS) == []
    assert outcome.status == "done"


@pytest.mark.parametrize(("name", "status"), [("openai", 401), ("anthropic", 403), ("ollama", 404), ("openai", 400)])
async def test_a_server_that_says_no_is_asked_once_and_what_to_fix_is_said(name, status, at):
    with place(name, lambda _: Fault(status, "no")) as here:
        outcome = await at(here).run()
    assert (outcome.status, len(here.model.asked)) == ("failed", 1)
    assert "Check" in outcome.reason
    assert "Traceback" not in outcome.reason


async def test_a_section_that_a_server_forbids_costs_one_request_and_that_section(at):
    forbidden: list[str] = []

    def brain(body):
        if not forbidden and str(body["messages"][0]["content"]).startswith("You write one section"):
            forbidden.append(prompt_text(body))
        return Fault(403, "no") if prompt_text(body) in forbidden else play_every_role(body)

    with place("openai", brain) as here:
        outcome = await at(here).run()
        sent = [prompt_text(body) for body in here.model.asked]
    assert faults_of_report(outcome) == []
    assert (outcome.status, len(outcome.report["sections"])) == ("partial", ANALYSTS - 1)
    assert sent.count(forbidden[0]) == 1


async def test_a_model_that_fails_in_the_second_turn_ends_that_interview_early(at):
    """What was answered before is written about, and the report says what happened."""

    def brain(body):
        user = str(body["messages"][1]["content"])
        second = "This is turn 2" in user and "You are Ana Ruiz" in user
        return Reply("No.", finish_reason="refusal") if second else play_every_role(body)

    with place("anthropic", brain) as here:
        outcome = await at(here).run()
    assert faults_of_report(outcome, sections=ANALYSTS) == []
    answered = [sum(bool(turn["answer"]) for turn in interview["turns"]) for interview in outcome.report["interviews"]]
    assert answered == [1, 2, 2]
    [gap] = outcome.report["gaps"]
    assert gap["what"] == f"questions {outcome.report['panel'][0]['role']}"
