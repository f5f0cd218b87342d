"""A model, a web and a wiki on loopback with a deterministic latency, and a log of every request.

The model takes 0.30 s and 4 ms for each token it writes, Tavily 0.8 s, MediaWiki 0.4 s a request; the time that finding
the answer takes is a part of it. A streamed reply comes in groups of five tokens, each when its last token is written.
How long a reply is depends on its role and, by up to a fifth, on the analyst (`players`); what is found on a query
(`pages`).

    python benchmarks/speed/simulator.py [--cap N] [--pace P] [--page CHARACTERS]

prints the addresses as JSON, serves until its input closes, then prints as JSON the log, its own processor time in
seconds since it began to serve, and what failed in it. `--cap` is how many requests the model works on at once,
`--pace` multiplies all latencies, `--page` is the length of a page.

A line of the log has the `kind` (model, web, wiki), `report` (the town), `analyst` and `turn` of a request, the moments
in seconds at which it had come (`begun`; with a cap, when its turn came) and was answered (`ended`), and the `seconds`
that the latency model gives it: what it took more is the simulator's fault, or the machine's. Of a streamed panel
`analysts` says for each analyst after how many `seconds` its object was to be closed, and when that was sent
(`arrived`).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

import pages
from players import CHARACTERS, Players, Said, asked_by
from servers.brain import Reply, prompt_text
from servers.mediawiki import Wiki, WikiPage
from servers.openai import completion, streamed_lines
from servers.tavily import WebPage, answer
from serving import Exchange, serving

MODEL_SECONDS, TOKEN_SECONDS = 0.30, 0.004
WEB_SECONDS, WIKI_SECONDS = 0.8, 0.4
GROUP = 5  # tokens of a streamed reply that are sent together

Line = dict[str, Any]


class Log:
    """Every request, in the order in which they ended."""

    def __init__(self, pace: float) -> None:
        self.lines: list[Line] = []
        self.pace = pace
        self._begun = time.monotonic()

    @contextmanager
    def line(self, kind: str, report: str, analyst: str, turn: int) -> Iterator[Line]:
        """A request that is being answered."""
        line = {"kind": kind, "report": report, "analyst": analyst, "turn": turn, "begun": self.now(), "seconds": 0.0}
        try:
            yield line
        finally:
            line["ended"] = self.now()
            self.lines.append(line)

    def now(self) -> float:
        return round(time.monotonic() - self._begun, 4)

    async def wait(self, line: Line, seconds: float) -> None:
        """Until this long after the request came."""
        await asyncio.sleep(line["begun"] + seconds * self.pace - self.now())

    async def answer(self, line: Line, seconds: float, exchange: Exchange, body: Any) -> None:
        line["seconds"] = round(seconds * self.pace, 4)
        await self.wait(line, seconds)
        await exchange.send(body)


class Model:
    """Plays every role at the pace of a hosted model. `cap` is how many requests it works on at once."""

    def __init__(self, log: Log, cap: int = 0) -> None:
        self._log = log
        self._players = Players()
        self._places: Any = asyncio.Semaphore(cap) if cap else nullcontext()

    async def answer(self, exchange: Exchange) -> None:
        if exchange.path != "/v1/chat/completions":
            raise ValueError(f"no such path: {exchange.path}")
        body = exchange.json()
        async with self._places:
            begun = self._log.now()
            said = self._players.reply(body)
            with self._log.line("model", said.report, said.analyst, said.turn) as line:
                line |= {"role": said.role, "begun": begun, "tokens_out": said.tokens}
                line["tokens_in"] = len(prompt_text(body)) // CHARACTERS
                if body.get("stream"):
                    await self._stream(exchange, line, body, said)
                else:
                    await self._log.answer(line, _seconds(said.tokens), exchange, completion(body, Reply(said.text)))

    async def _stream(self, exchange: Exchange, line: Line, body: Line, said: Said) -> None:
        line["seconds"] = round(_seconds(said.tokens) * self._log.pace, 4)
        events = streamed_lines(body, Reply(said.text), GROUP * CHARACTERS)
        waiting = dict(said.ends)
        if waiting:
            line["analysts"] = {}
        async with exchange.stream() as send:
            for start in range(0, said.tokens, GROUP):
                written = min(start + GROUP, said.tokens)
                await self._log.wait(line, _seconds(written))
                await send(next(events))
                for analyst in [name for name, end in waiting.items() if end <= written * CHARACTERS]:
                    seconds = round(_seconds(written) * self._log.pace, 4)
                    line["analysts"][analyst] = {"seconds": seconds, "arrived": self._log.now()}
                    del waiting[analyst]
            await send("".join(events))


def _seconds(tokens: int) -> float:
    return MODEL_SECONDS + TOKEN_SECONDS * tokens


class Web:
    """Tavily."""

    def __init__(self, log: Log, characters: int) -> None:
        self._log = log
        self._characters = characters

    async def answer(self, exchange: Exchange) -> None:
        asked = exchange.json()
        query = asked["query"]
        with self._log.line("web", pages.town_in(query), *asked_by(query)) as line:
            line["query"] = query
            found = islice(pages.search("web", query), asked["max_results"])
            results = [(self._page(page), 1 - 0.01 * place) for place, page in enumerate(found)]
            await self._log.answer(line, WEB_SECONDS, exchange, answer(asked, results))

    def _page(self, page: pages.Page) -> WebPage:
        text = page.text(self._characters)
        return WebPage(f"https://{page.town.lower()}-{page.number}.example/", page.title, text[:200], text)


class FoundWiki(Wiki):
    """A wiki of which only the pages of one answer are made."""

    def search(self, text: str) -> list[WikiPage]:  # noqa: ARG002 - they were found before
        return list(self.by_title.values())


class MediaWiki:
    """Wikipedia: its search brings the text of one page along, the others are asked for by their titles."""

    def __init__(self, log: Log, characters: int) -> None:
        self._log = log
        self._characters = characters

    async def answer(self, exchange: Exchange) -> None:
        asked = exchange.query
        query = asked.get("gsrsearch") or asked.get("srsearch") or asked["titles"]
        with self._log.line("wiki", pages.town_in(query), *asked_by(query)) as line:
            if "titles" in asked:
                line["titles"] = query.split("|")
                found = [page for title in line["titles"] if (page := pages.titled("wiki", title))]
            else:
                end = int(asked.get("gsroffset", 0)) + int(asked.get("gsrlimit", asked.get("srlimit", 10)))
                found = list(islice(pages.search("wiki", query), end))
                line |= {"query": query, "again": " OR " in query or "gsroffset" in asked}
                line["found"] = [page.title for page in found]
            told = FoundWiki([self._page(page) for page in found], "http://wiki.example", set()).query(asked)
            await self._log.answer(line, WIKI_SECONDS, exchange, told)

    def _page(self, page: pages.Page) -> WikiPage:
        # A page's number is its own in all towns.
        number = pages.number_of(page.title) % 10**12
        return WikiPage(number, page.title, re.sub(r"(?m)^## (.*)", r"== \1 ==", page.text(self._characters)))


async def simulate(log: Log, cap: int, characters: int) -> Line:
    """Serve until the input closes, and say what it cost."""
    failures: list[str] = []
    async with AsyncExitStack() as stack:
        services = (Model(log, cap), Web(log, characters), MediaWiki(log, characters))
        model, web, wiki = [await stack.enter_async_context(serving(one.answer, failures)) for one in services]
        addresses = {"model": f"{model}/v1", "web": web, "wiki": f"{wiki}/{{language}}/w/api.php"}
        print(json.dumps(addresses), flush=True)
        begun = time.process_time()
        await asyncio.to_thread(sys.stdin.read)
        used = time.process_time() - begun
    return {"log": sorted(log.lines, key=lambda line: line["begun"]), "cpu": round(used, 3), "failures": failures}


def main() -> None:
    parser = argparse.ArgumentParser(description="A model, a web and a wiki with a latency, and a log.")
    parser.add_argument("--cap", type=int, default=0, help="requests that the model works on at once; 0: all")
    parser.add_argument("--pace", type=float, default=1.0, help="multiplies all latencies")
    parser.add_argument("--page", type=int, default=pages.CHARACTERS, help="characters of a page")
    given = parser.parse_args()
    print(json.dumps(asyncio.run(simulate(Log(given.pace), given.cap, given.page))))


if __name__ == "__main__":
    main()
