"""The simulator of `make bench` at a fiftieth of its latencies: its counts are exact, real clients understand it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
import pytest
from bench import figures
from pages import search, titled, town, town_in
from players import Players, role_of, tokens

import tertulia

SPEED = Path(__file__).parents[2] / "benchmarks" / "speed"
PACE = 0.02
ROLES_FIRST = {"type": "object", "properties": {"roles": {"type": "array"}, "analysts": {"type": "array"}}}


@dataclass
class Simulator:
    """One that runs, in a process of its own."""

    process: subprocess.Popen[str]
    model: str
    web: str
    wiki: str

    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=self.model, api_key="k", max_retries=0)

    def stop(self) -> dict[str, Any]:
        """End it, and return what it tells: log, processor time, failures."""
        return json.loads(self.process.communicate(timeout=30)[0])


@pytest.fixture
def simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    arguments = [*getattr(request, "param", []), "--pace", str(PACE)]
    command = [sys.executable, SPEED / "simulator.py", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Simulator(process, **json.loads(process.stdout.readline()))
        finally:
            process.kill()


async def test_a_report_makes_exactly_these_requests(simulator: Simulator) -> None:
    """Two analysts of two turns: every call, token and search is counted, and every analyst has a section."""
    report = await tertulia.write_report(
        f"Places in {town(0)}",
        model="openai:x",
        base_url=simulator.model,
        tavily_api_key="tvly-test",
        tavily_api_base_url=simulator.web,
        wikipedia_url=simulator.wiki,
        sources=["web", "wikipedia"],
        analysts=2,
        turns=2,
    )
    told = simulator.stop()
    assert told["failures"] == []
    assert [analyst["role"] for analyst in report["panel"]] == _roles(2)
    assert [section["analyst"] for section in report["sections"]] == [analyst["id"] for analyst in report["panel"]]

    calls = Counter(line["role"] for line in told["log"] if line["kind"] == "model")
    assert calls == {"panel": 1, "question": 4, "answer": 4, "section": 2, "introduction": 1, "conclusion": 1}
    found = figures(told["log"])
    of_analysts = (2 * (tokens("question", who) + tokens("answer", who)) + tokens("section", who) for who in _roles(2))
    assert found["tokens_out"] == 2 * 100 + sum(of_analysts) + 200 + 150
    assert found["tokens_out"] == sum(call["output_tokens"] for call in report["usage"])
    assert found["tokens_in"] == sum(call["input_tokens"] for call in report["usage"])
    # The survey's two, and two for each turn.
    assert found["searches"] == 2 + 2 * 2 * 2
    texts = [title for line in told["log"] for title in line.get("titles", [])]
    assert len(texts) == len(set(texts)) == found["requests"] - found["calls"] - found["searches"]

    longest = max(2 * (tokens("question", who) + tokens("answer", who)) + tokens("section", who) for who in _roles(2))
    calls_of_the_longest = (0.3 + 0.004 * 200) + (5 * 0.3 + 0.004 * longest) + (0.3 + 0.004 * 200)
    assert found["critical"] == pytest.approx(PACE * (3 * 0.8 + calls_of_the_longest), abs=0.001)
    assert found["span"] > found["critical"]


def _roles(count: int) -> list[str]:
    return [role_of(number) for number in range(1, count + 1)]


def test_the_largest_panel_has_no_role_twice() -> None:
    assert len(set(_roles(64))) == 64


def test_a_streamed_panel_has_all_roles_first(simulator: Simulator) -> None:
    """A hundred tokens an analyst in groups of five, and the log says when each analyst was there."""
    options = {"stream": True, "stream_options": {"include_usage": True}}
    form = {"type": "json_schema", "json_schema": {"name": "Panel", "schema": ROLES_FIRST}}
    with simulator.client() as client:
        chunks = list(client.chat.completions.create(**_panel(3), response_format=form, **options))
    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(pieces) == 60
    assert (chunks[-1].usage.completion_tokens, chunks[-2].choices[0].finish_reason) == (300, "stop")
    panel = json.loads("".join(pieces))
    assert list(panel) == ["roles", "analysts"]
    assert panel["roles"] == [analyst["role"] for analyst in panel["analysts"]] == _roles(3)

    (line,) = simulator.stop()["log"]
    assert (line["role"], line["tokens_out"], line["seconds"]) == ("panel", 300, pytest.approx(PACE * 1.5))
    closed = ["".join(pieces[:number]).partition('"analysts"')[2].count("}") for number in range(1, 61)]
    groups = [next(number for number, count in enumerate(closed, 1) if count >= place) for place in (1, 2, 3)]
    came = [PACE * (0.3 + 0.004 * 5 * group) for group in groups]
    assert [line["analysts"][role]["seconds"] for role in _roles(3)] == pytest.approx(came, abs=0.0001)
    moments = [line["begun"], *(line["analysts"][role]["arrived"] for role in _roles(3)), line["ended"]]
    assert moments == sorted(moments)


def test_a_panel_in_the_old_form_comes_whole(simulator: Simulator) -> None:
    """Asked for without a stream and without roles: as many tokens, and nobody is there before its end."""
    with simulator.client() as client:
        reply = client.chat.completions.create(**_panel(2))
    panel = json.loads(reply.choices[0].message.content)
    assert (list(panel), reply.usage.completion_tokens) == (["analysts"], 200)
    (line,) = simulator.stop()["log"]
    assert "analysts" not in line


def _panel(size: int) -> dict[str, Any]:
    return {"model": "x", **_prompt("You plan a research report.", f"Choose exactly {size} analysts.")}


def test_a_repair_is_known_by_what_it_corrects() -> None:
    """A sentence that the conclusion wrote last is the conclusion's."""
    said = [f"The {word} harbour of bafido opens the old market, where it keeps boats [a{n}bcde]" for n, word in _WORDS]
    players = Players()
    conclusion = players.reply(_prompt("You write the conclusion.", ". ".join(said) + "."))
    sentence = conclusion.text.partition(". ")[0]
    repair = players.reply(_prompt("You correct sentences.", f"Sentence 1: {sentence}.\nSentence 2: It is so."))
    assert (repair.role, repair.tokens) == ("repair of conclusion", 2 * 40)
    assert [corrected["id"] for corrected in json.loads(repair.text)["sentences"]] == [1, 2]


_WORDS = list(enumerate(["calm", "deep", "wide", "long", "bare", "cold"], 2))


def _prompt(system: str, user: str) -> dict[str, Any]:
    user = f"Topic: Places in {town(0)}\n\n{user}"
    return {"messages": [{"role": "system", "content": system}, {"role": "user", "content": user}]}


def test_what_the_simulator_cannot_play_is_a_failure(simulator: Simulator) -> None:
    """A prompt that has changed is told, not answered with something."""
    with simulator.client() as client, pytest.raises(openai.InternalServerError, match="nobody plays"):
        client.chat.completions.create(model="x", **_prompt("You sing.", "Sing."))
    assert len(simulator.stop()["failures"]) == 1


@pytest.mark.parametrize("simulator", [["--cap", "1"]], indirect=True)
async def test_with_a_cap_requests_wait_for_their_turn(simulator: Simulator) -> None:
    """Of two requests at once, the second begins when the first is answered."""
    async with openai.AsyncOpenAI(base_url=simulator.model, api_key="k", max_retries=0) as client:
        await asyncio.gather(*(client.chat.completions.create(**_panel(2)) for _ in range(2)))
    first, second = simulator.stop()["log"]
    assert first["ended"] <= second["begun"]


def test_a_town_has_its_own_pages_which_share_no_sentence() -> None:
    """What a query finds is the same whenever it is asked, has the query's themes, and is found by its title."""
    query = f"harbour mill school {town(1)} bafido2"
    found = list(search("web", query))
    assert found == list(search("web", query))
    assert len(found) == 400
    shared = [len({"harbour", "mill", "school"} & set(page.themes)) for page in found]
    assert shared == sorted(shared, reverse=True)
    assert shared[0] >= 2
    sentences = Counter(s for page in found for s in page.text().split("\n")[-1].split(". "))
    assert sentences.most_common(1)[0][1] == 1
    assert {page.title for page in found}.isdisjoint(
        page.title for page in search("web", query.replace(town(1), town(2)))
    )
    assert titled("wiki", next(search("wiki", query)).title) == next(search("wiki", query))
    assert town_in(query) == town(1)


@pytest.mark.long
def test_the_command_writes_its_figures_and_a_timeline(tmp_path: Path) -> None:
    """`make bench`: a table, JSON with the versions and the simulator's own cost, and the run's picture."""
    files = [tmp_path / "found.json", tmp_path / "timeline.svg"]
    arguments = ["2", "--reports", "2", "--pace", str(PACE), "--json", files[0], "--svg", files[1]]
    done = subprocess.run([sys.executable, SPEED / "bench.py", *arguments], capture_output=True, text=True, check=True)
    head, row = done.stdout.splitlines()
    told = json.loads(files[0].read_text("utf-8"))
    (case,) = told["cases"]
    assert row.split(" | ") == [str(case[column]) for column in head.split(" | ")]
    assert (case["sections"], case["calls"], case["failures"]) == (2, 2 * 13, [])
    assert {report["report"] for report in case["each_report"]} == {town(0), town(1)}
    assert case["simulator_cpu"] > 0
    assert set(told) == {"python", "versions", "cpus", "load_at_begin", "simulation", "cases"}
    assert f"Places in {town(0)}" in files[1].read_text("utf-8")
