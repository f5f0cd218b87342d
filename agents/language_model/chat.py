"""A language model as the roles see it: it writes text, or it fills in a form. The boundary to LangChain."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from pydantic import BaseModel, ValidationError

from ...errors import ReplyError
from ..budget import paid_call
from ..prices import Rate
from .cache import forgets_failures, is_cached
from .failures import refuses_form
from .forms import json_schema
from .gates import gate_to
from .prompts import Prompt
from .replies import clean_text, join_continuation, parse_json, without_cut_sentence

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable, RunnableConfig

# Requests at once to the model's server, where nobody says how many.
WIDTH: Final = 8

# How a form is asked for, the surest way first; the last one is the prompt alone.
_LADDER: Final = ("json_schema", "function_calling", "")

_CUT: Final = {"length", "max_tokens", "model_length", "max_output_tokens"}
_ANSWER_AGAIN: Final = "(Your last reply was empty. Write the reply now.)"
_GO_ON: Final = "Your reply was cut off. Go on with the next sentence. Do not repeat anything and do not comment."
_OBJECTION: Final = (
    "This reply cannot be used: {problem}\n\nReply again with the whole corrected JSON object and nothing else. "
    "It must match this JSON schema:\n{schema}"
)
_QUOTED_REPLY: Final = 8_000

Form = TypeVar("Form", bound=BaseModel)
Messages = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Form]):
    """A reply as it was read: the filled-in form if there is one, and what is wrong with it."""

    reply: str
    form: Form | None
    problem: str


class Chat:
    """One chat model. Safe to call concurrently; remembers which way of filling in forms its server can do."""

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
        self.context_window = context_window
        self._width = width
        self._model = model
        self._address = address
        self._form_options = {"strict": True} if strict else {}
        self._rung = 0

    @property
    def form_method(self) -> str:
        """How forms are asked for: json_schema, function_calling, or "" for the prompt alone."""
        return _LADDER[self._rung]

    @forgets_failures
    async def write(self, prompt: Prompt, role: str) -> str:
        """A text, freed of reasoning, fences and preambles. Cut by length, it is continued once.

        Raises:
            ReplyError: the model wrote nothing, twice, or was cut by length again.
            EngineError: the call failed (see `failures`).
        """
        for note in ("", _ANSWER_AGAIN):
            message = await self._call(self._model, _messages(prompt, note), role)
            text = clean_text(str(message.text))
            if text:
                return await self._continued(prompt, text, role) if _was_cut(message) else text
        raise ReplyError(
            f"{self.name} wrote nothing, twice.", hint="Try again, or choose another --model; some models only think."
        )

    @forgets_failures
    async def structure(
        self, prompt: Prompt, form: type[Form], role: str, *, check: Callable[[Form], str] | None = None
    ) -> Form:
        """A filled-in form. `check` says what is wrong with one that is valid, or "".

        A reply that cannot be used, or to which `check` objects, is asked for once more, with the objection. Of two
        valid forms with objections the second is returned: repairing it is the caller's.

        Raises:
            ReplyError: neither reply is a valid form.
            EngineError: the call failed (see `failures`).
        """
        messages = _messages(prompt)
        first = _read(await self._fill_in(messages, form, role), form, check)
        if first.form is not None and not first.problem:
            return first.form
        second = _read(await self._fill_in(_objecting(prompt, first, form), form, role), form, check)
        for reading in (second, first):
            if reading.form is not None:
                return reading.form
        raise ReplyError(
            f"{self.name} did not reply in the form that was asked for: {second.problem}",
            hint="Try again, or choose a larger --model.",
        )

    async def _continued(self, prompt: Prompt, text: str, role: str) -> str:
        whole = without_cut_sentence(text)
        message = await self._call(self._model, [*_messages(prompt), ("ai", whole), ("human", _GO_ON)], role)
        if _was_cut(message):
            raise ReplyError(f"{self.name} did not come to an end within its limit on length, twice.")
        return join_continuation(whole, clean_text(str(message.text)))

    async def _fill_in(self, messages: Messages, form: type[Form], role: str) -> AIMessage:
        """Ask in the surest way that the server can do; one it refuses is not tried again."""
        for rung in range(self._rung, len(_LADDER)):
            last = rung == len(_LADDER) - 1
            try:
                model = self._model if last else self._bound(_LADDER[rung], form)
                return await self._call(model, messages, role)
            except Exception as error:
                if last or not refuses_form(error):
                    raise
                self._rung = max(self._rung, rung + 1)
        raise AssertionError("the ladder ends with a rung that returns or raises")

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

    async def _call(self, model: Runnable[Any, Any], messages: Messages, role: str) -> AIMessage:
        config: RunnableConfig = {"run_name": role, "tags": [role], "metadata": {"role": role, "model": self.name}}

        async def request() -> AIMessage:
            try:
                return cast("AIMessage", await model.ainvoke(list(messages), config))
            except Exception as error:
                if cut := _cut_message(error):
                    return cut
                raise

        async with paid_call(role, self.name, self.rate, _measured(model, messages)) as call:
            message = await gate_to(self._address, self._width).send(request, model=self.name)
            # What a call cost is noted whether its reply can be used or not.
            if is_cached(message):
                call.settle_from_cache()
            else:
                call.settle(message.usage_metadata, _reply_of(message))
        return message


def _measured(model: Runnable[Any, Any], messages: Messages) -> str:
    """All that is sent: the messages, and the form, which providers count too."""
    form = getattr(model, "kwargs", {})
    return "\n".join(text for _, text in messages) + (json.dumps(form, default=str) if form else "")


def _messages(prompt: Prompt, note: str = "") -> list[tuple[str, str]]:
    user = f"{prompt.user}\n\n{note}" if note else prompt.user
    return [("system", prompt.system), ("human", user)]


def _objecting(prompt: Prompt, reading: _Reading[Form], form: type[Form]) -> list[tuple[str, str]]:
    """The messages of a second attempt: the first reply and what is wrong with it."""
    schema = json.dumps(json_schema(form), ensure_ascii=False)
    objection = _OBJECTION.format(problem=reading.problem, schema=schema)
    if not reading.reply.strip():
        return _messages(prompt, objection)
    return [*_messages(prompt), ("ai", reading.reply[:_QUOTED_REPLY]), ("human", objection)]


def _read(message: AIMessage, form: type[Form], check: Callable[[Form], str] | None) -> _Reading[Form]:
    reply = _reply_of(message)
    try:
        filled = form.model_validate(parse_json(reply))
    except ValidationError as error:
        return _Reading(reply, None, _problems(error))
    except ValueError as error:
        cut = " It was cut off because it was too long." if _was_cut(message) else ""
        return _Reading(reply, None, f"{error}{cut}")
    return _Reading(reply, filled, check(filled) if check else "")


def _reply_of(message: AIMessage) -> str:
    """What a model filled in, wherever it put it: the arguments of a tool call, good or broken, or the text."""
    if message.tool_calls:
        return json.dumps(message.tool_calls[0]["args"], ensure_ascii=False)
    if message.invalid_tool_calls:
        return message.invalid_tool_calls[0]["args"] or ""
    return str(message.text)


def _problems(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False, include_context=False)[:5]
    return "; ".join(f"{'.'.join(str(part) for part in item['loc']) or 'reply'}: {item['msg']}" for item in found)


def _was_cut(message: AIMessage) -> bool:
    metadata = message.response_metadata
    incomplete = metadata.get("incomplete_details") or {}
    reasons = (metadata.get(name) for name in ("finish_reason", "stop_reason", "done_reason"))
    return any(str(reason).lower().rpartition(".")[2] in _CUT for reason in (*reasons, incomplete.get("reason")))


def _cut_message(error: Exception) -> AIMessage | None:
    """The reply inside the exception that OpenAI's client raises when a form was cut off by length."""
    completion = getattr(error, "completion", None)
    if type(error).__name__ != "LengthFinishReasonError" or completion is None:
        return None
    from langchain_core.messages import AIMessage  # noqa: PLC0415 - heavy: not before a model is wanted

    usage = completion.usage
    spent = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    return AIMessage(
        content=completion.choices[0].message.content or "",
        response_metadata={"finish_reason": "length"},
        usage_metadata={"input_tokens": spent[0], "output_tokens": spent[1], "total_tokens": sum(spent)},
    )
