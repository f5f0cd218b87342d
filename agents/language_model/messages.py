"""What came back from a chat model: where its text is, why it ended, and what is hidden in an exception."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

_CUT: Final = {"length", "max_tokens", "model_length", "max_output_tokens", "model_context_window_exceeded"}
_REFUSED: Final = {
    "refusal",
    "content_filter",
    "safety",
    "recitation",
    "blocklist",
    "prohibited_content",
    "spii",
    "guardrail_intervened",
}


def was_cut(message: AIMessage) -> bool:
    """Whether the reply ended because it was too long."""
    return not _CUT.isdisjoint(_reasons(message))


def was_refused(message: AIMessage) -> bool:
    """Whether the provider says that the model, or a filter before or behind it, refused."""
    feedback = message.response_metadata.get("prompt_feedback") or {}
    blocked = isinstance(feedback, dict) and feedback.get("block_reason")
    return bool(message.additional_kwargs.get("refusal") or blocked or not _REFUSED.isdisjoint(_reasons(message)))


def reply_of(message: AIMessage) -> str:
    """What a model filled in, wherever it put it: the arguments of a tool call, good or broken, or the text."""
    if message.tool_calls:
        return json.dumps(message.tool_calls[0]["args"], ensure_ascii=False)
    if message.invalid_tool_calls:
        return message.invalid_tool_calls[0]["args"] or ""
    return str(message.text)


def cut_message(error: Exception) -> AIMessage | None:
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


def _reasons(message: AIMessage) -> set[str]:
    metadata = message.response_metadata
    incomplete = metadata.get("incomplete_details") or {}
    reasons = (metadata.get(name) for name in ("finish_reason", "stop_reason", "done_reason"))
    return {str(reason).lower().rpartition(".")[2] for reason in (*reasons, incomplete.get("reason"))}
