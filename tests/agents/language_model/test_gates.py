"""How requests queue before a model server, and what happens when it has had enough. Counted, not timed."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from tertulia.agents.language_model import gates
from tertulia.agents.language_model.gates import Gate, gate_to
from tertulia.agents.waits import hear_waits
from tertulia.errors import EngineUnavailableError

ADDRESS = "http://127.0.0.1:9/v1"


def refusal(status: int = 429, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", ADDRESS)
    response = httpx.Response(status, headers={name.replace("_", "-"): text for name, text in headers.items()})
    return httpx.HTTPStatusError("no", request=request, response=response)


class Server:
    """Counts who is there at once; `refuse` says what the next requests get instead of an answer."""

    def __init__(self) -> None:
        self.busy = self.most = self.asked = 0
        self.refuse: list[Exception] = []

    async def __call__(self) -> str:
        self.asked += 1
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            if self.refuse:
                raise self.refuse.pop()
            return "yes"
        finally:
            self.busy -= 1


class Clock:
    """Waits that are over at once, and noted."""

    def __init__(self, monkeypatch) -> None:
        self.waits: list[float] = []
        self.now = 0.0
        sleep = asyncio.sleep
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

        async def pass_time(seconds: float) -> None:
            if seconds > 0:
                self.waits.append(seconds)
                self.now += seconds
            await sleep(0)

        monkeypatch.setattr(gates.asyncio, "sleep", pass_time)


@pytest.fixture
async def clock(monkeypatch):
    return Clock(monkeypatch)


async def test_no_more_requests_than_the_gate_is_wide_are_under_way():
    gate, server = Gate(ADDRESS, 3), Server()
    assert await asyncio.gather(*(gate.send(server, model="x") for _ in range(20))) == ["yes"] * 20
    assert (server.most, server.asked) == (3, 20)


async def test_all_runs_of_a_process_share_the_gate_to_a_server():
    assert gate_to(ADDRESS, 2) is gate_to(ADDRESS, 9)
    assert gate_to(ADDRESS, 2) is not gate_to("http://127.0.0.1:10/v1", 2)


def test_an_event_loop_has_gates_of_its_own():
    async def gate() -> Gate:
        return gate_to(ADDRESS, 2)

    assert asyncio.run(gate()) is not asyncio.run(gate())


async def test_who_is_told_to_wait_makes_everybody_wait(clock):
    """One refusal, and the seven others that come later do not go and get one of their own."""
    gate, server = Gate(ADDRESS, 8), Server()
    server.refuse = [refusal(retry_after="30")]
    first = asyncio.create_task(gate.send(server, model="x"))
    while not clock.waits:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert await asyncio.gather(first, *(gate.send(server, model="x") for _ in range(7))) == ["yes"] * 8
    assert server.asked == 9
    assert clock.now >= 30


async def test_a_refusal_halves_the_width_once_and_successes_bring_it_back(clock):
    gate, server = Gate(ADDRESS, 8), Server()
    server.refuse = [refusal(retry_after="1") for _ in range(8)]
    await asyncio.gather(*(gate.send(server, model="x") for _ in range(8)))
    assert server.asked == 16
    server.most = 0
    await asyncio.gather(*(gate.send(server, model="x") for _ in range(8)))
    assert server.most <= 6
    await asyncio.gather(*(gate.send(server, model="x") for _ in range(40)))
    server.most = 0
    await asyncio.gather(*(gate.send(server, model="x") for _ in range(20)))
    assert server.most == 8


async def test_a_cancelled_request_leaves_its_place():
    gate, server = Gate(ADDRESS, 1), Server()
    tasks = [asyncio.create_task(gate.send(server, model="x")) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[1].cancel()
    assert await tasks[2] == "yes"
    assert await gate.send(server, model="x") == "yes"


@pytest.mark.parametrize(("seconds", "told"), [(60, []), (61, [61]), (299, [299])])
async def test_a_person_is_told_of_a_wait_of_more_than_a_minute(clock, seconds, told):
    heard: list[tuple[float, str]] = []
    gate, server = Gate(ADDRESS, 8), Server()
    server.refuse = [refusal(retry_after=str(seconds))]
    with hear_waits(lambda *wait: heard.append(wait)):
        assert await gate.send(server, model="x") == "yes"
    assert [wait for wait, _ in heard] == told
    assert all(ADDRESS in reason for _, reason in heard)


async def test_without_a_word_from_the_server_waits_grow(clock):
    gate, server = Gate(ADDRESS, 8), Server()
    server.refuse = [refusal(500), refusal(500)]
    assert await gate.send(server, model="x") == "yes"
    first, second = clock.waits
    assert 0.75 <= first <= 1.25
    assert 1.5 <= second <= 2.5


async def test_the_last_try_is_not_waited_after(clock):
    gate, server = Gate(ADDRESS, 8), Server()
    server.refuse = [refusal(500) for _ in range(3)]
    with pytest.raises(EngineUnavailableError):
        await gate.send(server, model="x")
    assert (server.asked, len(clock.waits)) == (3, 2)
