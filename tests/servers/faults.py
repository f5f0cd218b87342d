"""A model that misbehaves on plan: which request meets which fault is drawn from a seed, and everything is logged.

The draw depends on the prompt and on how often it came, not on the order of arrival, so that runs with parallel
interviews meet the same faults each time.
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .brain import TOO_LONG, Brain, Fault, Reply, play_every_role, prompt_text

# What a loopback port or a passage key makes of a prompt differs from run to run; the draw must not.
_PASSING = re.compile(r"127\.0\.0\.1:\d+|^Valid keys.*$|^Its passages:.*$|\b[a-z0-9]{6}\b", re.MULTILINE)
_SENTENCE = re.compile(r"[^\n.]+?(?P<key> ?\[[a-z0-9]{6}\])\.")
_FOREIGN = (
    "Die Gezeitenmühlen dieser Küste haben damals jedes Jahr sehr viel Gerste für die Stadt gemahlen",
    "Das Wasser füllte zweimal am Tag die Teiche, und die Tore wurden von der Ebbe wieder geschlossen",
    "Der Staat bezahlte die Hälfte von dem, was die Reparatur einer jeden Mühle gekostet hat",
)
# Characters from which on a server may say that a prompt is too long for it.
_LONG = 5_000
_HTML = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>"

ON_THE_WIRE = {
    "429 with Retry-After": Fault(429, "Rate limit reached.", headers={"retry-after": "0"}, patient=True),
    "429 with Retry-After 1": Fault(429, "Rate limit reached.", headers={"retry-after": "1"}, patient=True),
    "429 without": Fault(429, "Rate limit reached.", patient=True),
    "500": Fault(500),
    "503": Fault(503, "The server is overloaded."),
    "dropped": Fault(0),
    "dropped in the body": Fault(cut=True),
    "HTML": Fault(200, body=_HTML),
    "context length": TOO_LONG,
}
OF_FORMS = ("malformed JSON", "schema violation")
OF_TEXTS = ("wrong language",)
OF_REPLIES = ("truncated", "empty", "refusal", "refusal flagged", "reasoning tags", "slow drip")
FAULTS = (*ON_THE_WIRE, *OF_FORMS, *OF_TEXTS, *OF_REPLIES)

# After these the reply can be used as it is: asking for it again would pay twice.
HARMLESS = frozenset({"", "slow drip", "reasoning tags"})


@dataclass(frozen=True)
class Asked:
    """One request: its whole prompt, which says whether two are the same, and the fault it met ("" for none)."""

    prompt: str
    step: str
    fault: str


class FaultPlan:
    """A brain that behaves like `brain`, but for a share of its requests. `log` says what became of each."""

    def __init__(
        self, seed: int, share: float = 0.2, *, faults: Sequence[str] = FAULTS, brain: Brain = play_every_role
    ) -> None:
        self._seed = seed
        self._share = share
        self._faults = faults
        self._brain = brain
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.log: list[Asked] = []

    def __call__(self, body: dict[str, Any]) -> str | Reply | Fault:
        said = self._brain(body)
        if not isinstance(said, str):
            return said
        prompt = prompt_text(body)
        place = _PASSING.sub("", prompt)
        with self._lock:
            self._seen[place] += 1
            draw = random.Random(f"{self._seed} {self._seen[place]} {place}")
            is_form = said.startswith("{")
            unfit = {*(OF_TEXTS if is_form else OF_FORMS), *(() if len(prompt) > _LONG else ("context length",))}
            fitting = [fault for fault in self._faults if fault not in unfit]
            fault = draw.choice(fitting) if draw.random() < self._share else ""
            self.log.append(Asked(prompt, _step(body), fault))
        return ON_THE_WIRE[fault] if fault in ON_THE_WIRE else _spoiled(fault, said)

    @property
    def faults(self) -> Counter[str]:
        """How often each fault was met."""
        return Counter(asked.fault for asked in self.log if asked.fault)

    @property
    def tries(self) -> Counter[str]:
        """How many requests each prompt took."""
        return Counter(asked.prompt for asked in self.log)

    @property
    def repeated(self) -> list[str]:
        """The prompts that were sent again after they had been answered well."""
        answered: set[str] = set()
        again = []
        for asked in self.log:
            if asked.prompt in answered:
                again.append(asked.prompt)
            if asked.fault in HARMLESS:
                answered.add(asked.prompt)
        return again


def _step(body: dict[str, Any]) -> str:
    """The step that a prompt belongs to, in the words it begins with."""
    return " ".join(str(body["messages"][0]["content"]).split()[:5])


def _spoiled(fault: str, said: str) -> Reply:
    """The good reply as it is spoiled by a fault of its content."""
    match fault:
        case "malformed JSON":
            return Reply("Here you are: " + said[: len(said) * 2 // 3].replace('"', "'"))
        case "schema violation":
            return Reply('{"answer": 42, "analysts": "three", "done": [], "sentences": {"id": "x"}}')
        case "wrong language":
            places = iter(range(len(said)))
            return Reply(_SENTENCE.sub(lambda m: f"{_FOREIGN[next(places) % len(_FOREIGN)]}{m['key']}. ", said))
        case "truncated":
            return Reply(said[: len(said) * 2 // 3], finish_reason="length")
        case "empty":
            return Reply("")
        case "refusal" | "refusal flagged":
            reason = "refusal" if fault == "refusal flagged" else "stop"
            return Reply("I'm sorry, but I can't help with that request.", finish_reason=reason)
        case "reasoning tags":
            return Reply(f"<think>\nThe passages say {{a lot}}. Let me see.\n</think>\n\n{said}")
        case _:
            return Reply(said, drip=fault == "slow drip")
