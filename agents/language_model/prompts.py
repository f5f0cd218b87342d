"""Prompts: the files in `agents/prompts`, filled with data and cut to what the model can read.

Each file has a block `system` (role and rules, the same in every call, so that providers can cache it) and a block
`user` (data first, the task last). Text of users, models and pages comes in as variables only and passes the filter
`material`, which takes away its power to close a delimiter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Final

from jinja2 import DictLoader, Environment, StrictUndefined

from ...evidence.languages import base_language
from ...evidence.passages import Excerpt

# Cautious: English has about four bytes of UTF-8 to a token, Basque and tables about three; so have Greek and Chinese,
# whose letters take two and three bytes.
BYTES_PER_TOKEN: Final = 3
_LARGEST_REPLY: Final = 4_096

# How prompts are made to fit: passages go down to this many, then answers and sections are shortened in these steps,
# then the rest of the passages go but one: a task about passages needs one.
_LAST_PASSAGES: Final = 4
_SHORTER: Final = (4_000, 2_000, 1_000, 500, 250)
_UNSHORTENED: Final = 1_000_000

# Also as a model may read them: with spaces, and with signs that look like an angle bracket.
_DELIMITERS: Final = re.compile(
    r"[<\uff1c\ufe64](?=\s*[/\uff0f]?\s*(?:passage|interview|section|feedback)\b)", re.IGNORECASE
)
_SPACE: Final = re.compile(r"\s+")

_LANGUAGES: Final = {
    "en": "English",
    "es": "Spanish",
    "ca": "Catalan",
    "eu": "Basque",
    "gl": "Galician",
    "fr": "French",
    "de": "German",
    "pt": "Portuguese",
    "it": "Italian",
    "nl": "Dutch",
    "pl": "Polish",
    "ro": "Romanian",
    "sv": "Swedish",
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked with. One that `render_within` made can be made again, smaller."""

    system: str
    user: str
    _again: Callable[[int], Prompt] | None = field(default=None, repr=False, compare=False)

    @property
    def tokens(self) -> int:
        """How many tokens it has, at most."""
        return tokens_in(self.system) + tokens_in(self.user)

    def within(self, tokens: int) -> Prompt:
        """The same prompt in at most so many tokens, if it can be cut that far."""
        return self if self._again is None or self.tokens <= tokens else self._again(tokens)


def tokens_in(text: str) -> int:
    """How many tokens a text has, at most: counted from its bytes, because each model has a tokenizer of its own."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def render(name: str, **data: Any) -> Prompt:
    """The prompt `name` with its data.

    Raises:
        jinja2.UndefinedError: the prompt uses a variable that is not in the data.
    """
    template = _environment().get_template(f"{name}.md.j2")
    blocks = {
        block: "".join(template.blocks[block](template.new_context(dict(data)))).strip() for block in ("system", "user")
    }
    system, user = (re.sub(r"\n{3,}", "\n\n", blocks[block]) for block in ("system", "user"))
    return Prompt(system, user)


def render_within(
    name: str, window: int, excerpts: Sequence[Excerpt], data: Callable[[Sequence[Excerpt], int], dict[str, Any]]
) -> Prompt:
    """The prompt `name`, cut to fit into `window` tokens together with its reply.

    `data` gives the variables for the excerpts that are shown and the length to which it has to shorten texts. The
    lowest-ranked excerpts go first; instructions and the keys of what is shown are never cut.
    """

    def cut(budget: int) -> Prompt:
        return replace(_cut(name, budget, excerpts, data), _again=cut)

    return cut(window - reply_room(window))


def _cut(
    name: str, budget: int, excerpts: Sequence[Excerpt], data: Callable[[Sequence[Excerpt], int], dict[str, Any]]
) -> Prompt:
    """The prompt in at most `budget` tokens, or as near to it as it can be cut."""
    shown = list(excerpts)
    for limit, fewest in ((_UNSHORTENED, _LAST_PASSAGES), *((n, _LAST_PASSAGES) for n in _SHORTER), (_SHORTER[-1], 1)):
        while True:
            prompt = render(name, excerpts=shown, **data(shown, limit))
            if prompt.tokens <= budget:
                return prompt
            if len(shown) <= fewest:
                break
            _drop(shown, prompt.tokens - budget, fewest)
    return prompt


def reply_room(window: int) -> int:
    """How many of a window's tokens prompts leave to the reply."""
    return min(_LARGEST_REPLY, window // 4)


def load() -> None:
    """Read all prompts now, so that nothing is read from disk while the event loop runs. Each is compiled when it is
    first used: a run begins with one of them.
    """
    _environment()


def language_name(code: str) -> str:
    """A language as prompts name it: `es` and `es-MX` are Spanish; one that is not in the list goes by its code."""
    return _LANGUAGES.get(base_language(code), f'the language with the code "{code}"')


def shorten(text: str, length: int) -> str:
    """A text of at most `length` characters, cut at a sentence if that loses little, else at a word."""
    if len(text) <= length:
        return text
    cut = text[: length - 2]
    sentence = max(cut.rfind(". "), cut.rfind(".\n"))
    place = sentence + 1 if sentence > length // 2 else max(cut.rfind(" "), length // 2)
    return cut[:place].rstrip() + " …"


def _drop(shown: list[Excerpt], excess: int, fewest: int) -> None:
    """Take excerpts off the end until at least `excess` tokens are gone, or only the fewest are left."""
    while excess > 0 and len(shown) > fewest:
        excess -= tokens_in(shown.pop().text)


def _material(text: str) -> str:
    """Foreign text that cannot open or close a delimiter of the prompt."""
    return _DELIMITERS.sub("‹", text)


def _attribute(text: str) -> str:
    """Foreign text for an attribute: one line, no quotation marks, no angle brackets, not long."""
    line = _SPACE.sub(" ", text).strip()
    return shorten(line.replace('"', "'").replace("<", "‹").replace(">", "›"), 160)


@cache
def _environment() -> Environment:
    folder = resources.files(__name__.removesuffix(".language_model.prompts")) / "prompts"
    sources = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".j2")}
    environment = Environment(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts are not HTML; `material` is their escaping
        auto_reload=False,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(material=_material, attribute=_attribute, shorten=shorten)
    environment.globals["passage_length"] = _UNSHORTENED
    return environment
