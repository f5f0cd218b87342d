"""What a loopback model says, whatever protocol its server speaks; the default brain plays every role.

A brain gets a request as OpenAI's chat completions have it: the servers of other protocols translate theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .base import Response


@dataclass(frozen=True)
class Reply:
    """What the model says. With `as_tool_call` None it fills in a tool whenever it is told to.

    `finish_reason` is stop, length, or refusal: each server has its own words for them. `drip` makes it come slowly.
    """

    text: str
    finish_reason: str = "stop"
    as_tool_call: bool | None = None
    with_usage: bool = True
    drip: bool = False

    @property
    def filled_in(self) -> dict[str, Any] | None:
        """The text as the arguments of a tool, where it is a JSON object."""
        try:
            value = json.loads(self.text)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


@dataclass(frozen=True)
class Fault:
    """What goes wrong instead. `body` is sent as it is, else an error object; status 0 hangs up.

    `cut` hangs up in the middle of a good reply. With `too_long` the prompt does not fit, in the protocol's own words.
    Without headers the client is told to try again at once, unless `patient`: then it waits as long as it thinks right.
    """

    status: int = 500
    message: str = "The server had an error."
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    too_long: bool = False
    patient: bool = False

    def response(self, error: Any, whole: Response) -> Response:
        """What is sent: `error` is the protocol's error object, `whole` the good reply that is cut."""
        if self.cut:
            return replace(whole, cut=True)
        headers = self.headers if self.patient else {**AT_ONCE, **self.headers}
        return Response(self.status, error if self.body is None else self.body, headers)


TOO_LONG = Fault(400, too_long=True)
UNSUPPORTED_FORMAT = Fault(400, "response_format is not supported by this model")
UNSUPPORTED_TOOLS = Fault(400, "this model does not support tools")
# The client waits before it tries again; this header makes it wait a millisecond.
AT_ONCE = {"retry-after-ms": "1"}

Brain = Callable[[dict[str, Any]], str | Reply | Fault]


def prompt_text(body: dict[str, Any]) -> str:
    """All that a model reads of a request."""
    return "\n\n".join(str(message["content"] or "") for message in body["messages"])


def counted(body: dict[str, Any]) -> tuple[int, int]:
    """How many tokens a prompt that is too long has, and how many would fit: three quarters of them."""
    tokens = len(prompt_text(body)) // 4
    return tokens, tokens * 3 // 4


def script(*said: str | Reply | Fault) -> Brain:
    """A brain that says these things in this order, and after the last one nothing but faults."""
    left = iter(said)
    return lambda _: next(left, Fault(418, "the script is over"))


# The default brain. It reads the prompt as a model would, and answers with what stands in it.

PASSAGE = re.compile(
    r'<passage key="(?P<key>\w+)" title="(?P<title>[^"]*)"[^>]*>\n(?P<text>.*?)\n</passage>', re.DOTALL
)
SECTION = re.compile(r'<section title="[^"]*">\n(.*?)\n</section>', re.DOTALL)
CITED_SENTENCE = re.compile(r"[^\n|]*?\[[a-z0-9]{6}\][.!?]")


def play_every_role(body: dict[str, Any]) -> str:
    """A valid reply to any of tertulia's prompts, the same for the same prompt, made of sentences of the prompt."""
    system, user = (str(message["content"]) for message in body["messages"][:2])
    whole = _played(system, user)
    told = str(body["messages"][2]["content"]) if len(body["messages"]) > 2 else ""
    # A reply that was cut is gone on with, not begun again.
    return whole[len(told) :].strip() if told and whole.startswith(told) and told != whole else whole


def _played(system: str, user: str) -> str:
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
    return json.dumps({"roles": [analyst["role"] for analyst in analysts], "analysts": analysts})


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
    question = user.rpartition("\nQuestion: ")[2].partition("\n")[0]
    return " ".join(_cited(match["text"], match["key"]) for match in _nearest(user, question)[:4])


def _section(user: str) -> str:
    role = _line(user, "This section: ").partition(".")[0]
    found = [_cited(match["text"], match["key"], 2) for match in _nearest(user, role)[:8]]
    return f"# {role}: what is documented\n\n" + "\n\n".join(
        " ".join(found[n : n + 3]) for n in range(0, len(found), 3)
    )


def _nearest(user: str, text: str) -> list[re.Match[str]]:
    """The passages of a prompt, those first that share most words with a text: who asks else hears something else."""
    words = set(text.casefold().split())

    def shared(match: re.Match[str]) -> int:
        return len(words & set(f"{match['title']} {match['text']}".casefold().split()))

    return sorted(PASSAGE.finditer(user), key=lambda match: -shared(match))


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
