"""A language model as the roles see it: it writes text, or it fills in a form. The boundary to LangChain."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel

from ...errors import EngineUnavailableError, ReplyError
from ..prices import Rate
from .cache import forgets_failures
from .connections import close_client
from .failures import refuses_form
from .forms import json_schema, plainly
from .messages import was_cut, was_refused
from .prompts import Prompt, language_name
from .reading import Reading, read_form
from .replies import clean_text, is_refusal, join_continuation, other_language, without_cut_sentence
from .streaming import Listener
from .wire import Messages, Wire
from .wrapping import unwrapped

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable

# Requests at once to the model's server, where nobody says how many.
WIDTH: Final = 8

# How a form is asked for, the surest way first; the last one is the prompt alone.
_LADDER: Final = ("json_schema", "function_calling", "")

_EMPTY: Final = "(Your last reply was empty. Write the reply now.)"
_REFUSED: Final = (
    "(Your last reply was a refusal. The task is to report what published sources say, nothing more. Write the reply "
    "now, as far as you can.)"
)
_TRANSLATE: Final = "(Your last reply was not in {language}. Write the whole reply in {language}.)"
_GO_ON: Final = "Your reply was cut off. Go on with the next sentence. Do not repeat anything and do not comment."
_OBJECTION: Final = (
    "This reply cannot be used: {problem}\n\nReply again with the whole corrected JSON object and nothing else. "
    "It must match this JSON schema:\n{schema}"
)
_QUOTED_REPLY: Final = 4_000
# Words that a text cut by length, twice, must have to be worth keeping without its end.
_ENOUGH: Final = 40

Form = TypeVar("Form", bound=BaseModel)


class Chat:
    """One chat model. Safe to call concurrently; remembers what its server can do."""

    def __init__(
        self,
        model: BaseChatModel,
        name: str,
        *,
        address: str,
        context_window: int,
        strict: bool = False,
        rate: Rate | None = None,
        width: int = WIDTH,
    ) -> None:
        self.name = name
        self.rate = rate
        self._model = model
        self._wire = Wire(name, address=address, context_window=context_window, width=width, rate=rate)
        self._form_options = {"strict": True} if strict else {}
        self._rung = 0
        self._asked: dict[tuple[str, type[BaseModel]], Runnable[Any, Any]] = {}

    @property
    def form_method(self) -> str:
        """How forms are asked for: json_schema, function_calling, or "" for the prompt alone."""
        return _LADDER[self._rung]

    @property
    def context_window(self) -> int:
        """How many tokens prompt and reply may have together; it shrinks when the server says so."""
        return self._wire.context_window

    async def close(self) -> None:
        """Close the connections that are kept to its server; it can be asked nothing after that."""
        await close_client(self._model)

    @forgets_failures
    async def write(self, prompt: Prompt, role: str, *, language: str = "") -> str:
        """A text, freed of reasoning, fences and preambles. Cut by length, it is continued once.

        A text that is empty, a refusal, or surely not in `language` (a code) is asked for once more. One that is in
        the wrong language again is kept: what it says can be followed to its sources all the same.

        Raises:
            ReplyError: the model wrote nothing, or refused, twice, or its provider refused; or it was cut by length
                twice and what there is of it is not worth keeping.
            EngineError: the call failed (see `failures`).
        """
        spare, note = "", ""
        for _ in range(2):
            message = await self._wire.send(self._model, prompt, role, note=note)
            text = clean_text(str(message.text))
            if was_refused(message):
                raise self._refusal(text)
            note = _objection(text, language)
            if not note:
                return await self._continued(prompt, text, role, language) if was_cut(message) else text
            if text and not is_refusal(text):
                spare = text if not was_cut(message) else without_cut_sentence(text, language or "en")
        if spare:
            return spare
        if text:
            raise self._refusal(text)
        raise ReplyError(
            f"{self.name} wrote nothing, twice.", hint="Try again, or choose another --model; some models only think."
        )

    @forgets_failures
    async def structure(
        self,
        prompt: Prompt,
        form: type[Form],
        role: str,
        *,
        check: Callable[[Form], str] | None = None,
        note: str = "",
        listener: Listener | None = None,
    ) -> Form:
        """A filled-in form. `check` says what is wrong with one that is valid, or "".

        `note` stands at the prompt's end, the first time. `listener` hears the first reply while it is written, where
        the server can stream.

        A reply that cannot be used, or to which `check` objects, is asked for once more, with the objection. Of two
        valid forms with objections the second is returned: repairing it is the caller's.

        Raises:
            ReplyError: neither reply is a valid form.
            EngineError: the call failed (see `failures`).
        """
        first = read_form(await self._fill_in(prompt, (), form, role, note=note, listener=listener), form, check)
        if first.form is not None and not first.problem:
            return first.form
        after, note = _objecting(first, form)
        second = read_form(await self._fill_in(prompt, after, form, role, note=note), form, check)
        for reading in (second, first):
            if reading.form is not None:
                return reading.form
        raise ReplyError(
            f"{self.name} did not reply in the form that was asked for: {second.problem}",
            hint="Try again, or choose a larger --model.",
        )

    async def _continued(self, prompt: Prompt, text: str, role: str, language: str) -> str:
        """A cut text with its continuation; cut again, it ends with the last sentence that is surely whole."""
        whole = without_cut_sentence(text, language or "en")
        try:
            message = await self._wire.send(self._model, prompt, role, after=[("ai", whole), ("human", _GO_ON)])
        except EngineUnavailableError:
            if len(whole.split()) < _ENOUGH:
                raise
            return whole
        more = clean_text(str(message.text))
        joined = unwrapped(join_continuation(whole, "" if is_refusal(more) else more))
        if not was_cut(message):
            return joined
        kept = without_cut_sentence(joined, language or "en")
        if len(kept.split()) < _ENOUGH or kept == joined:
            raise ReplyError(
                f"{self.name} did not come to an end within its limit on length, twice.",
                hint="Raise the limit on the length of its replies, or choose another --model.",
            )
        return kept

    async def _fill_in(
        self,
        prompt: Prompt,
        after: Messages,
        form: type[Form],
        role: str,
        *,
        note: str = "",
        listener: Listener | None = None,
    ) -> AIMessage:
        """Ask in the surest way that the server can do; one it refuses is not tried again."""
        for rung in range(self._rung, len(_LADDER)):
            last = rung == len(_LADDER) - 1
            try:
                model = self._model if last else self._asking(_LADDER[rung], form)
                message = await self._wire.send(model, prompt, role, note=note, after=after, listener=listener)
            except Exception as error:
                if last or not refuses_form(error):
                    raise
                self._rung = max(self._rung, rung + 1)
            else:
                if was_refused(message):
                    raise self._refusal(str(message.additional_kwargs.get("refusal") or message.text))
                return message
        raise AssertionError("the ladder ends with a rung that returns or raises")

    def _asking(self, method: str, form: type[BaseModel]) -> Runnable[Any, Any]:
        """The model with a form to fill in; made once, for it takes as long as a reply takes to read."""
        if (method, form) not in self._asked:
            self._asked[method, form] = plainly(self._bound(method, form))
        return self._asked[method, form]

    def _bound(self, method: str, form: type[BaseModel]) -> Runnable[Any, Any]:
        """The model with a form to fill in, without LangChain's parser.

        Each provider's `with_structured_output` is its bound model and a parser after it. The parser loses replies
        and their token counts when they are not perfect, so only the first part is used.
        """
        from langchain_core.runnables import RunnableSequence  # noqa: PLC0415 - heavy: not before a model is wanted

        try:
            pipeline = self._model.with_structured_output(json_schema(form), method=method, **self._form_options)
        except (TypeError, ValueError) as error:
            raise NotImplementedError(f"{self.name} has no {method}") from error
        if not isinstance(pipeline, RunnableSequence):
            raise NotImplementedError(f"{self.name} has its own {method}")
        return pipeline.first

    def _refusal(self, text: str) -> ReplyError:
        said = " ".join(text.split())[:200]
        return ReplyError(
            f"{self.name} refused to reply" + (f": {said}" if said else "."),
            hint="Say the topic in other words, or choose another --model.",
        )


def _objection(text: str, language: str) -> str:
    """What a model is told about a text that cannot be used as it is, or ""."""
    if not text:
        return _EMPTY
    if is_refusal(text):
        return _REFUSED
    if language and other_language(text, language):
        return _TRANSLATE.format(language=language_name(language))
    return ""


def _objecting(reading: Reading[Form], form: type[Form]) -> tuple[Messages, str]:
    """What is said after the prompt, or at its end, in a second attempt: the first reply and what is wrong with it."""
    schema = json.dumps(json_schema(form), ensure_ascii=False)
    objection = _OBJECTION.format(problem=reading.problem, schema=schema)
    if not reading.reply.strip():
        return (), objection
    return [("ai", reading.reply[:_QUOTED_REPLY]), ("human", objection)], ""
