"""An OpenAI-compatible model server on loopback. What it says comes from a brain; the default one plays every role.

with OpenAIServer() as server: … base_url=server.base_url …
with OpenAIServer(script('{"a": 1}', Fault(503))) as server: …
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .base import LoopbackServer, Request, Response


@dataclass(frozen=True)
class Reply:
    """What the model says. With `as_tool_call` None it fills in a tool whenever it is told to."""

    text: str
    finish_reason: str = "stop"
    as_tool_call: bool | None = None
    with_usage: bool = True


@dataclass(frozen=True)
class Fault:
    """What goes wrong instead. `body` is sent as it is, else an error object; status 0 hangs up."""

    status: int = 500
    message: str = "The server had an error."
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


UNSUPPORTED_FORMAT = Fault(400, "response_format is not supported by this model")
UNSUPPORTED_TOOLS = Fault(400, "this model does not support tools")
# The client waits before it tries again; this header makes it wait a millisecond.
AT_ONCE = {"retry-after-ms": "1"}

Brain = Callable[[dict[str, Any]], str | Reply | Fault]


class OpenAIServer(LoopbackServer):
    """Serves `/v1/models` and `/v1/chat/completions`, whole or streamed, with tools, schemas and usage."""

    def __init__(self, brain: Brain | None = None) -> None:
        super().__init__()
        self.brain: Brain = brain or play_every_role

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of all requests for a completion, in order of arrival."""
        return [request.json() for request in self.requests if request.path == "/v1/chat/completions"]

    def respond(self, request: Request) -> Response:
        if request.path == "/v1/models":
            return Response(body={"object": "list", "data": [{"id": "x", "object": "model"}]})
        if request.path != "/v1/chat/completions":
            return Response(404, {"error": {"message": f"no such path: {request.path}"}})
        body = request.json()
        said = self.brain(body)
        if isinstance(said, Fault):
            error = {"error": {"message": said.message, "type": "fault", "code": None}}
            return Response(said.status, error if said.body is None else said.body, {**AT_ONCE, **said.headers})
        reply = Reply(said) if isinstance(said, str) else said
        return _streamed(body, reply) if body.get("stream") else Response(body=_completion(body, reply))


def script(*said: str | Reply | Fault) -> Brain:
    """A brain that says these things in this order, and after the last one nothing but faults."""
    left = iter(said)
    return lambda _: next(left, Fault(418, "the script is over"))


def _completion(body: dict[str, Any], reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply.text}
    reason = reply.finish_reason
    if _calls_tool(body, reply):
        function = {"name": body["tools"][0]["function"]["name"], "arguments": reply.text}
        message |= {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
        reason = "tool_calls" if reason == "stop" else reason
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
    }
    return completion | ({"usage": _usage(body, reply)} if reply.with_usage else {})


def _streamed(body: dict[str, Any], reply: Reply) -> Response:
    whole = _completion(body, reply)
    head = {**whole, "object": "chat.completion.chunk"}
    head.pop("usage", None)
    delta = dict(whole["choices"][0]["message"])
    if calls := delta.get("tool_calls"):
        delta["tool_calls"] = [{**calls[0], "index": 0}]
    reason = whole["choices"][0]["finish_reason"]
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]},
    ]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "choices": [], "usage": _usage(body, reply)})
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return Response(body="".join(lines) + "data: [DONE]\n\n", headers={"content-type": "text/event-stream"})


def _calls_tool(body: dict[str, Any], reply: Reply) -> bool:
    told = bool(body.get("tools")) and body.get("tool_choice") not in (None, "none", "auto")
    return told if reply.as_tool_call is None else reply.as_tool_call


def _usage(body: dict[str, Any], reply: Reply) -> dict[str, int]:
    prompt, completion = len(_text(body)) // 4, len(reply.text) // 4
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _text(body: dict[str, Any]) -> str:
    return "\n\n".join(str(message["content"] or "") for message in body["messages"])


# The default brain. It reads the prompt as a model would, and answers with what stands in it.

PASSAGE = re.compile(
    r'<passage key="(?P<key>\w+)" title="(?P<title>[^"]*)"[^>]*>\n(?P<text>.*?)\n</passage>', re.DOTALL
)
SECTION = re.compile(r'<section title="[^"]*">\n(.*?)\n</section>', re.DOTALL)
CITED_SENTENCE = re.compile(r"[^\n|]*?\[[a-z0-9]{6}\][.!?]")


def play_every_role(body: dict[str, Any]) -> str:
    """A valid reply to any of tertulia's prompts, the same for the same prompt, made of sentences of the prompt."""
    system, user = (str(message["content"]) for message in body["messages"][:2])
    for opening, part in (
        ("You plan a research report", _panel),
        ("You are an analyst who", _question),
        ("You are an expert who", _answer),
        ("You write one section", _section),
        ("You write the title and the introduction", _introduction),
        ("You write the conclusion", _conclusion),
        ("You correct sentences", _repair),
        ("You check a research report", _judge),
    ):
        if system.startswith(opening):
            return part(user)
    raise AssertionError(f"a prompt that nobody plays: {system[:80]}")


def _panel(user: str) -> str:
    titles = list(dict.fromkeys(match["title"] for match in PASSAGE.finditer(user)))
    names = ["Ana Ruiz", "Ben Ode", "Carla Font", "Dan Ito", "Eva Lind", "Fay Noor"]
    if revised := re.search(r"together make exactly (\d+)", user):
        ids = re.findall(r"^- (a\d+)(?: \(locked[^)]*\))?:", user, re.MULTILINE)
        unlocked = [*re.findall(r"^- (a\d+):", user, re.MULTILINE), ""][-2]
        wish = re.findall(r"<feedback>(.*?)</feedback>", user, re.DOTALL)[-1:] or ["Another view"]
        keep = [analyst for analyst in ids if analyst != unlocked][: int(revised[1])]
        return json.dumps({"keep": keep, "analysts": [_analyst("Zoe Wish", wish[0][:60])]})
    size = int(re.search(r"Choose exactly (\d+)", user)[1])
    analysts = [
        _analyst(f"{names[n % 6]} {n // 6 + 1}".removesuffix(" 1"), titles[n] if n < len(titles) else f"Theme {n + 1}")
        for n in range(size)
    ]
    return json.dumps({"analysts": analysts})


def _analyst(name: str, role: str) -> dict[str, str]:
    description = f"Wants to know what is documented about {role}, and what is not."
    return {"name": name, "affiliation": "a university", "role": role, "description": description}


def _question(user: str) -> str:
    topic, role = _line(user, "Topic of the report: "), _line(user, "Your focus: ").partition(".")[0]
    turn = re.search(r"This is turn (\d+)", user)[1]
    sources = _line(user, f"This is turn {turn}").rpartition("Sources to search: ")[2].rstrip(".").split(", ")
    queries = {source: [f"{role} {topic}"[:80], f"{topic} {turn}"[:80]] for source in sources}
    question = f"What do the sources tell about {role}, part {turn}?"
    return json.dumps({"reason": "Nothing is known yet.", "done": False, "question": question, "queries": queries})


def _answer(user: str) -> str:
    return " ".join(_cited(match["text"], match["key"]) for match in list(PASSAGE.finditer(user))[:4])


def _section(user: str) -> str:
    role = _line(user, "This section: ").partition(".")[0]
    found = [_cited(match["text"], match["key"], 2) for match in list(PASSAGE.finditer(user))[:8]]
    return f"# {role}: what is documented\n\n" + "\n\n".join(
        " ".join(found[n : n + 3]) for n in range(0, len(found), 3)
    )


def _introduction(user: str) -> str:
    titles = re.findall(r'<section title="([^"]*)">', user)
    sentences = [CITED_SENTENCE.findall(section)[:1] for section in SECTION.findall(user)]
    told = " ".join(sentence.strip() for found in sentences for sentence in found)
    return f"# {_line(user, 'Topic: ')} rests on {len(titles)} findings\n\n{told}"


def _conclusion(user: str) -> str:
    sentences = [CITED_SENTENCE.findall(section)[-1:] for section in SECTION.findall(user)]
    return " ".join(sentence.strip() for found in sentences for sentence in found)


def _repair(user: str) -> str:
    """Each sentence is corrected to the first one of its first passage; nothing where it has no passage."""
    passages = {match["key"]: match["text"] for match in PASSAGE.finditer(user)}
    keys = [next((key for key in keys if key in passages), "") for keys in _keys_by_sentence(user)]
    texts = [_cited(passages[key], key) if key else "" for key in keys]
    return json.dumps({"sentences": [{"id": number, "text": text} for number, text in enumerate(texts, 1)]})


def _judge(user: str) -> str:
    supported = {"reason": "The passage says so.", "status": "supported"}
    count = len(_keys_by_sentence(user))
    return json.dumps({"sentences": [{"id": number, **supported} for number in range(1, count + 1)]})


def _keys_by_sentence(user: str) -> list[list[str]]:
    return [re.findall(r"\b\w{6}\b", keys) for keys in re.findall(r"^Its passages: (.*)$", user, re.MULTILINE)]


def _cited(text: str, key: str, most: int = 1) -> str:
    """The first sentences of a passage, each with its key before the full stop."""
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", " ".join(text.split())) if len(s.split()) > 3 and "|" not in s]
    return " ".join(f"{sentence.rstrip('.!?')} [{key}]." for sentence in sentences[:most])


def _line(text: str, start: str) -> str:
    return next(line for line in text.split("\n") if line.startswith(start)).removeprefix(start)
