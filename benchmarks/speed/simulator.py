"""A model, a web and a wiki on loopback with a deterministic latency, and a log of every request.

The model takes 0.30 s and 4 ms for each token it writes, Tavily 0.8 s, MediaWiki 0.4 s a request. How long a reply is
depends on its role and, by up to a fifth, on the analyst. Replies are verbatim sentences of the prompt, so that nothing
needs a repair.

    python benchmarks/speed/simulator.py [--cap N]      prints the addresses as JSON, serves until its input closes,
                                                        then prints the log as JSON
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from servers.base import Request, Response
from servers.brain import PASSAGE, Reply
from servers.mediawiki import MediaWikiServer, WikiPage
from servers.openai import OpenAIServer
from servers.tavily import TavilyServer, WebPage

MODEL_SECONDS, TOKEN_SECONDS = 0.30, 0.004
WEB_SECONDS, WIKI_SECONDS = 0.8, 0.4
# Tokens that each role writes; the planner writes as many for each analyst.
TOKENS = {"panel": 100, "question": 60, "answer": 250, "section": 500, "introduction": 200, "conclusion": 150}
VARIATION = 0.2
CHARACTERS = 4  # of a token

_ROLES = {
    "You plan a research report": "panel",
    "You are an analyst who": "question",
    "You are an expert who": "answer",
    "You write one section": "section",
    "You write the title and the introduction": "introduction",
    "You write the conclusion": "conclusion",
    "You correct sentences": "repair",
}
_THINGS = ["harbour", "school", "river", "bridge", "market", "library", "forest", "museum", "theatre", "garden"]
_VERBS = ["shelters", "supports", "remembers", "repairs", "welcomes", "measures", "describes", "finances", "protects"]
_ENDS = [
    "the old quarter",
    "its neighbours",
    "the coast",
    "the young",
    "visitors",
    "the craft",
    "its memory",
    "the valley",
]
# A sentence of the pages with its key. The example of a citation that a prompt gives is none: it would need a repair.
_CITED = re.compile(r"The [^\n|.]*?\[[a-z0-9]{6}\]\.")


def pages(kind: str, count: int) -> list[tuple[str, str]]:
    """Titles and texts of an invented country: plain sentences, each different, about 6 kB a page."""
    chance = random.Random(kind)
    found = []
    for number in range(count):
        thing = _THINGS[number % len(_THINGS)]
        lines = []
        for part in range(9):
            words = [
                f"The {thing} of {chance.choice(_THINGS)} street {chance.choice(_VERBS)} {chance.choice(_ENDS)} and "
                f"{chance.choice(_VERBS)} {chance.choice(_ENDS)} with {chance.choice(_THINGS)} number {_word(chance)}."
                for _ in range(6)
            ]
            lines.append(f"## Part {_word(random.Random(part))}\n\n{' '.join(words)}")
        found.append((f"The {thing} in {kind} {_word(chance)}", "\n\n".join(lines)))
    return found


def _word(chance: random.Random) -> str:
    return "".join(chance.choice("bdfglmnprst") + chance.choice("aeiou") for _ in range(4))


class Log:
    """Every request: who, when (seconds since the begin), and tokens."""

    def __init__(self) -> None:
        self.begun = time.monotonic()
        self.lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def wait(self, begun: float, seconds: float, **said: Any) -> None:
        time.sleep(max(0.0, begun + seconds - time.monotonic()))
        line = {**said, "begun": begun - self.begun, "ended": time.monotonic() - self.begun, "seconds": seconds}
        with self._lock:
            self.lines.append(line)


class Model(OpenAIServer):
    """Plays every role at the pace of a hosted model. `cap` is how many requests it works on at once."""

    def __init__(self, log: Log, cap: int) -> None:
        super().__init__(self._say)
        self._log = log
        self._places: Any = threading.Semaphore(cap) if cap else nullcontext()

    def respond(self, request: Request) -> Response:
        with self._places:
            begun = time.monotonic()
            response = super().respond(request)
            if request.path.endswith("/chat/completions"):
                who = _who(request.json())
                said = response.body["usage"]
                tokens = said["completion_tokens"]
                told = {"tokens_in": said["prompt_tokens"], "tokens_out": tokens, **who}
                self._log.wait(begun, MODEL_SECONDS + TOKEN_SECONDS * tokens, kind="model", **told)
            return response

    def _say(self, body: dict[str, Any]) -> Reply:
        who = _who(body)
        role, analyst = who["role"], who["analyst"]
        user = str(body["messages"][1]["content"])
        size = TOKENS.get(role, 0) * CHARACTERS
        if analyst:
            size = int(size * (1 + VARIATION * (_number(analyst) % 201 - 100) / 100))
        if role == "panel":
            return Reply(_panel(user, size))
        if role == "question":
            return Reply(_question(f"{analyst} {who['turn']}", size))
        if role == "repair":
            return Reply(json.dumps({"sentences": []}))
        if role == "answer":
            return Reply(_answer(user, size))
        sentences = list(dict.fromkeys(_CITED.findall(user)))
        # Each its own choice, else every section would say the same.
        random.Random(analyst or role).shuffle(sentences)
        text = _filled(sentences, size)
        title = f"What {analyst.partition(' ')[0].lower()}s see" if role == "section" else "What is known"
        return Reply(text if role == "conclusion" else f"# {title}\n\n{text}")


def _panel(user: str, size: int) -> str:
    found = re.search(r"Choose exactly (\d+)", user)
    analysts = []
    for number in range(1, int(found[1] if found else 0) + 1):
        one = {
            "name": f"Person Number{_word(random.Random(number))}",
            "affiliation": "a house",
            "role": f"Watcher {_word(random.Random(-number))}",
        }
        room = size - len(json.dumps(one)) - 22
        analysts.append({**one, "description": ("Looks at what is known and what is not. " * 20)[:room]})
    return json.dumps({"analysts": analysts})


def _question(mark: str, size: int) -> str:
    form = {
        "reason": "More.",
        "done": False,
        "question": f"What is known here, {mark}?",
        "queries": {name: [f"{mark} {name}"] for name in ("web", "wikipedia")},
    }
    more = " And why?" * max(0, (size - len(json.dumps(form))) // 9)
    return json.dumps({**form, "question": f"{form['question']}{more}"})


def _answer(user: str, size: int) -> str:
    """A few whole sentences of each passage, each with the passage's key."""
    sentences = [
        f"{sentence[:-1]} [{match['key']}]."
        for match in PASSAGE.finditer(user)
        for sentence in re.findall(r"The [^.\n]*\.", match["text"])[1:4]
    ]
    return _filled(sentences, size)


def _filled(sentences: list[str], size: int) -> str:
    text = ""
    for sentence in sentences:
        if len(text) >= size:
            break
        text += sentence.strip() + " "
    return text.strip()


def _who(body: dict[str, Any]) -> dict[str, Any]:
    system, user = (str(message["content"]) for message in body["messages"][:2])
    role = next(name for opening, name in _ROLES.items() if system.startswith(opening))
    found = re.search(r"Watcher \w+", _around(role, user))
    turn = re.search(r"This is turn (\d+)", user)
    asked = re.findall(r"Watcher \w+ (\d+)\?", user)
    number = int(turn[1]) if turn else int(asked[-1]) if asked else 0
    return {
        "role": role,
        "analyst": found[0] if found and role not in {"panel", "introduction", "conclusion"} else "",
        "turn": number,
    }


def _around(role: str, user: str) -> str:
    """Where a prompt says whose it is."""
    marks = {"question": "Your focus: ", "section": "This section: ", "answer": "Question: "}
    return user.rpartition(marks[role])[2] if marks.get(role, "") in user and role in marks else user


class Web(TavilyServer):
    def __init__(self, log: Log) -> None:
        found = enumerate(pages("town", 60))
        super().__init__(
            pages=[WebPage(f"https://w{n}.example/", title, text[:200], text) for n, (title, text) in found]
        )
        self._log = log

    def respond(self, request: Request) -> Response:
        begun = time.monotonic()
        query = request.json()["query"]
        body = json.dumps({**request.json(), "query": _things_of(query)}).encode()
        response = super().respond(replace(request, body=body))
        self._log.wait(begun, WEB_SECONDS, kind="web", query=query)
        return response


class Wiki(MediaWikiServer):
    def __init__(self, log: Log) -> None:
        found = enumerate(pages("country", 40), 1)
        super().__init__(
            {"en": [WikiPage(n, title, re.sub(r"## (.*)", r"== \1 ==", text)) for n, (title, text) in found]}
        )
        self._log = log

    def respond(self, request: Request) -> Response:
        begun = time.monotonic()
        field = next((name for name in ("srsearch", "gsrsearch") if name in request.query), "")
        query = request.query.get(field, "") if field else request.query.get("titles", "")
        if field:
            request = replace(request, query={**request.query, field: _things_of(query)})
        response = super().respond(request)
        self._log.wait(begun, WIKI_SECONDS, kind="wiki", query=query, search=bool(field))
        return response


def _things_of(query: str) -> str:
    """What a query finds: pages about one thing, the same for the same query."""
    return _THINGS[_number(query) % len(_THINGS)]


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cap", type=int, default=0)
    log = Log()
    with Model(log, parser.parse_args().cap) as model, Web(log) as web, Wiki(log) as wiki:
        print(json.dumps({"model": model.base_url, "web": web.url, "wiki": wiki.address}), flush=True)
        sys.stdin.read()
    print(json.dumps(sorted(log.lines, key=lambda line: line["begun"])))


if __name__ == "__main__":
    main()
