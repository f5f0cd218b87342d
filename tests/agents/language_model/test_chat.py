"""What goes over the wire to a model, how often, and what becomes of its replies. The client is the real one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field
from servers.openai import UNSUPPORTED_FORMAT, UNSUPPORTED_TOOLS, Fault, OpenAIServer, Reply, script

from tertulia.agents.language_model.prompts import Prompt, render_within
from tertulia.agents.usage import collect_usage
from tertulia.errors import (
    EngineError,
    EngineSettingsError,
    EngineUnavailableError,
    PromptTooLongError,
    ReplyError,
)

from .briefs import excerpts
from .chats import PROMPT, chat_with


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """A request is tried again at once."""
    monkeypatch.setattr("tertulia.agents.language_model.gates.FIRST_WAIT", 0.001)


class Count(BaseModel):
    """How many there are."""

    number: int = Field(ge=1)
    note: str = ""


async def write(*said) -> tuple[str, OpenAIServer]:
    with OpenAIServer(script(*said)) as server:
        return await chat_with(server).write(PROMPT, "writer"), server


async def structure(*said, check=None) -> tuple[Count, OpenAIServer]:
    with OpenAIServer(script(*said)) as server:
        return await chat_with(server).structure(PROMPT, Count, "planner", check=check), server


async def failure_of(*said, kind: type[EngineError]) -> tuple[EngineError, int]:
    """The error that a text call ends with, and how many requests it took."""
    with OpenAIServer(script(*said)) as server:
        with pytest.raises(kind) as caught:
            await chat_with(server).write(PROMPT, "writer")
        return caught.value, len(server.asked)


# Text


async def test_a_text_takes_one_request_of_two_messages():
    text, server = await write("Three.")
    assert text == "Three."
    [body] = server.asked
    assert [(m["role"], m["content"]) for m in body["messages"]] == [("system", "You count."), ("user", "How many?")]
    assert not body.get("stream")
    assert "temperature" not in body


async def test_a_text_is_freed_of_what_is_wrapped_around_it():
    text, server = await write("<think>Hm.</think>Sure, here it is:\n```markdown\nThree [k7qdm4].\n```")
    assert text == "Three [k7qdm4]."
    assert len(server.asked) == 1


async def test_an_empty_text_is_asked_for_once_more():
    text, server = await write("<think>Hm.</think>", "Three.")
    assert text == "Three."
    assert [len(body["messages"]) for body in server.asked] == [2, 2]
    assert "empty" in server.asked[1]["messages"][1]["content"]


async def test_an_empty_text_twice_is_an_error():
    error, requests = await failure_of("", " ", "never asked for", kind=ReplyError)
    assert "openai:x wrote nothing" in str(error)
    assert requests == 2


async def test_a_cut_text_is_continued_once_from_its_last_whole_sentence():
    text, server = await write(Reply("One. Two. Thr", finish_reason="length"), "Three. Four.")
    assert text == "One. Two. Three. Four."
    assert [m["role"] for m in server.asked[1]["messages"]] == ["system", "user", "assistant", "user"]
    assert server.asked[1]["messages"][2]["content"] == "One. Two."


async def test_json_that_was_cut_is_read_when_it_is_whole():
    cut = Reply('{"title": "It grows", "text": "One [k7qdm4]. In the U.S. govern', finish_reason="length")
    text, server = await write(cut, 'Two [k7qdm4]."}')
    assert text == "# It grows\n\nOne [k7qdm4]. Two [k7qdm4]."
    assert server.asked[1]["messages"][2]["content"].endswith("One [k7qdm4].")


async def test_a_text_cut_twice_ends_with_its_last_whole_sentence():
    first = "The portal has an interface that anybody can use without asking [k7qdm4]. It is free. "
    second = "The data come from all public bodies, which bring them up to date each month, as the guide says. " * 2
    cut = [Reply(first + "And th", finish_reason="length"), Reply(second + "Or", finish_reason="length")]
    text, server = await write(*cut, "never asked for")
    assert text == (first + second).strip()
    assert len(server.asked) == 2


async def test_what_there_is_of_a_cut_text_outlives_a_server_that_is_gone():
    text, server = await write(Reply(ENGLISH + "And th", finish_reason="length"), *[Fault(503)] * 3)
    assert text == ENGLISH.strip()
    assert len(server.asked) == 4


async def test_a_short_text_cut_twice_is_an_error():
    cut = Reply("One. Two", finish_reason="length")
    error, requests = await failure_of(cut, cut, "never asked for", kind=ReplyError)
    assert "length" in str(error)
    assert requests == 2


REFUSAL = "I'm sorry, but I can't help with that."
ENGLISH = (
    "The portal gathers the data of all public bodies and offers an interface through which they can be read. " * 3
)
SPANISH = "El portal reúne los datos de todas las administraciones y ofrece una interfaz para que se consulten. " * 3


async def test_a_refusal_is_asked_for_once_more():
    text, server = await write(REFUSAL, "Three.")
    assert text == "Three."
    assert "refusal" in server.asked[1]["messages"][1]["content"]


async def test_a_refusal_twice_is_an_error_that_quotes_it():
    error, requests = await failure_of(REFUSAL, REFUSAL, "never asked for", kind=ReplyError)
    assert REFUSAL in str(error)
    assert requests == 2


async def test_what_a_providers_filter_stopped_is_not_asked_for_again():
    error, requests = await failure_of(Reply("", finish_reason="content_filter"), "never asked for", kind=ReplyError)
    assert "refused" in str(error)
    assert requests == 1


async def test_another_language_is_asked_again_once_by_its_name():
    with OpenAIServer(script(ENGLISH, SPANISH)) as server:
        assert await chat_with(server).write(PROMPT, "writer", language="es") == SPANISH.strip()
    assert "Write the whole reply in Spanish" in server.asked[1]["messages"][1]["content"]


@pytest.mark.parametrize("second", [ENGLISH, "", REFUSAL])
async def test_another_language_twice_is_better_than_nothing(second):
    with OpenAIServer(script(ENGLISH, second, "never asked for")) as server:
        assert await chat_with(server).write(PROMPT, "writer", language="es") == ENGLISH.strip()
    assert len(server.asked) == 2


# What the model can read

LONG = excerpts(60, 1_000)
ANSWER = {"topic": "t", "language": "English", "turns": [], "question": "What costs it?"}


def long_prompt() -> Prompt:
    """A prompt of passages that can be cut, 12,000 tokens as a whole."""
    return render_within("answer", 20_000, LONG, lambda shown, _: {**ANSWER, "keys": [e.key for e in shown]})


def reads(tokens: int, message: str = "This model's maximum context length is {} tokens.") -> Callable[..., Any]:
    """A brain that reads no more than so many tokens of four characters."""

    def brain(body: dict[str, Any]) -> str | Fault:
        size = sum(len(m["content"]) for m in body["messages"]) // 4
        return "Three." if size <= tokens else Fault(400, message.format(tokens))

    return brain


@pytest.mark.parametrize("message", ["maximum context length is {} tokens", "the prompt is too long"])
@pytest.mark.parametrize("window", [8_192, 4_096])
async def test_a_prompt_that_the_server_finds_too_long_is_cut_and_sent_again(window, message):
    with OpenAIServer(reads(window, message)) as server:
        chat = chat_with(server)
        assert await chat.write(long_prompt(), "expert") == "Three."
        first = len(server.asked)
        assert await chat.write(long_prompt(), "expert") == "Three."
    assert 2 <= first <= 4
    # What was learned holds for the next prompt.
    assert len(server.asked) == first + 1
    assert chat.context_window < 20_000
    for body in server.asked:
        said = body["messages"][1]["content"]
        assert re.findall(r'passage key="(\w+)"', said) == re.findall(r"Valid keys: (.*)", said)[0].split(", ")
        assert "Question: What costs it?" in said


async def test_a_prompt_that_cannot_be_cut_is_an_error_after_one_request():
    error, requests = await failure_of(Fault(400, "maximum context length is 10 tokens"), kind=PromptTooLongError)
    assert "--context-window" in error.hint
    assert requests == 1


async def test_many_calls_at_once_learn_the_window_once():
    with OpenAIServer(reads(4_096)) as server:
        chat = chat_with(server)
        assert await asyncio.gather(*(chat.write(long_prompt(), "expert") for _ in range(6))) == ["Three."] * 6
    assert len(server.asked) <= 18
    assert chat.context_window == 4_096


async def test_what_follows_a_prompt_is_counted_with_it():
    """In a second attempt the prompt makes room for the first reply and the schema."""
    junk = "no form " * 1_000
    with OpenAIServer(script(junk, '{"number": 3}')) as server:
        chat = chat_with(server, window=8_192)
        prompt = render_within("answer", 8_192, LONG, lambda shown, _: {**ANSWER, "keys": [e.key for e in shown]})
        await chat.structure(prompt, Count, "planner")
    first, second = (sum(len(m["content"].encode()) for m in body["messages"]) // 3 for body in server.asked)
    assert first <= 6_144
    assert second <= 6_144
    assert len(server.asked[1]["messages"]) == 4


async def test_a_model_that_counts_more_tokens_than_we_do_is_shown_less():
    sizes: list[int] = []

    def brain(body: dict[str, Any]) -> Fault:
        sizes.append(sum(len(m["content"]) for m in body["messages"]))
        choice = {"index": 0, "message": {"role": "assistant", "content": "Three."}, "finish_reason": "stop"}
        usage = {"prompt_tokens": sizes[-1] * 2 // 3, "completion_tokens": 1, "total_tokens": sizes[-1] * 2 // 3 + 1}
        completion = {"id": "1", "object": "chat.completion", "created": 1, "model": "x"}
        return Fault(200, body={**completion, "choices": [choice], "usage": usage})

    with OpenAIServer(brain) as server:
        chat = chat_with(server, window=8_192)
        for _ in range(2):
            prompt = render_within(
                "answer", chat.context_window, LONG, lambda shown, _: {**ANSWER, "keys": [e.key for e in shown]}
            )
            await chat.write(prompt, "expert")
    assert sizes[0] * 2 // 3 > 8_192
    assert sizes[1] * 2 // 3 <= 6_144


# Failures


@pytest.mark.parametrize(
    ("fault", "kind", "requests"),
    [
        (Fault(401), EngineSettingsError, 1),
        (Fault(403), EngineSettingsError, 1),
        (Fault(404), EngineSettingsError, 1),
        (Fault(400), EngineSettingsError, 1),
        (Fault(429), EngineUnavailableError, 3),
        (Fault(500), EngineUnavailableError, 3),
        (Fault(503), EngineUnavailableError, 3),
        (Fault(0), EngineUnavailableError, 3),
        (Fault(200, body="<html>Welcome</html>"), EngineUnavailableError, 3),
        (Fault(200, body=b"{broken", headers={"content-type": "application/json"}), EngineUnavailableError, 3),
        (Fault(200, body={"choices": None}), EngineUnavailableError, 3),
        (Fault(200, body={"choices": []}), EngineUnavailableError, 3),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
async def test_a_fault_is_an_error_of_the_house_after_at_most_three_requests(fault, kind, requests):
    error, made = await failure_of(fault, fault, fault, "never asked for", kind=kind)
    assert type(error) is kind
    assert "127.0.0.1" in str(error)
    assert error.hint
    assert made == requests


async def test_a_passing_fault_is_ridden_out():
    text, server = await write(Fault(429), Fault(503), "Three.")
    assert text == "Three."
    assert len(server.asked) == 3


async def test_a_server_that_is_gone_is_named():
    with OpenAIServer() as server:
        chat = chat_with(server)
    with pytest.raises(EngineUnavailableError, match=f"127.0.0.1:{server.port}/v1 cannot be reached"):
        await chat.write(PROMPT, "writer")


async def test_a_call_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr("tertulia.agents.language_model.gates.CALL_TIMEOUT", 0.05)
    holding = asyncio.Event()

    class Silent:
        async def ainvoke(self, *_):
            await holding.wait()

    with OpenAIServer() as server:
        chat = chat_with(server)
        chat._model = Silent()
        with pytest.raises(EngineUnavailableError, match="in time"):
            await chat.write(PROMPT, "writer")


async def test_the_wish_to_stop_gets_through():
    """A cancelled call is cancelled, not turned into an error of the model."""
    started = asyncio.Event()

    class Silent:
        async def ainvoke(self, *_):
            started.set()
            await asyncio.Event().wait()

    with OpenAIServer() as server:
        chat = chat_with(server)
        chat._model = Silent()
        task = asyncio.create_task(chat.write(PROMPT, "writer"))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# Forms


async def test_a_form_takes_one_request_with_a_strict_schema():
    count, server = await structure('{"number": 3, "note": "all"}')
    assert count == Count(number=3, note="all")
    [body] = server.asked
    asked = body["response_format"]["json_schema"]
    assert (asked["name"], asked["strict"]) == ("Count", True)
    assert asked["schema"]["required"] == ["number", "note"]
    assert asked["schema"]["additionalProperties"] is False
    assert "tools" not in body


@pytest.mark.parametrize(
    "reply",
    [
        '```json\n{"number": 3}\n```',
        'The count is as follows.\n{"number": 3,}\nAnything else?',
        '<think>{"number": 9}</think>{"number": 3}',
        '{"number": "3", "surprise": true}',
    ],
)
async def test_a_form_is_read_with_tolerance(reply):
    count, server = await structure(reply)
    assert count.number == 3
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "reply",
    [
        '{"count": {"number": 3}}',
        '[{"number": 3}]',
        '{"name": "Count", "arguments": {"number": 3}}',
        '{"name": "Count", "arguments": "{\\"number\\": 3}"}',
        '{"type": "object", "properties": {"number": 3, "note": "all"}}',
        '{"number": "about three"}\nCorrected:\n{"number": 3}',
        "{'number': 3, 'note': None}",
    ],
)
async def test_a_form_is_found_in_what_is_around_it(reply):
    count, server = await structure(reply.replace("None", "'all'"))
    assert count.number == 3
    assert len(server.asked) == 1


async def test_of_two_valid_forms_the_one_without_objection_is_taken():
    count, server = await structure('{"number": 3} or {"number": 4}', check=lambda c: "" if c.number > 3 else "No.")
    assert count.number == 4
    assert len(server.asked) == 1


async def test_a_refused_form_is_an_error_after_one_request():
    refused = Reply(REFUSAL, finish_reason="refusal")
    with OpenAIServer(script(refused, "never asked for")) as server, pytest.raises(ReplyError, match="can't help"):
        await chat_with(server).structure(PROMPT, Count, "planner")
    assert len(server.asked) == 1


async def test_a_server_without_schemas_is_given_a_tool():
    with OpenAIServer(script(UNSUPPORTED_FORMAT, '{"number": 3}', '{"number": 4}')) as server:
        chat = chat_with(server)
        counts = [await chat.structure(PROMPT, Count, "planner") for _ in range(2)]
    assert [count.number for count in counts] == [3, 4]
    tried, *then = server.asked
    assert "response_format" in tried
    # What was refused once is not tried again.
    assert len(then) == 2
    for body in then:
        assert "response_format" not in body
        assert body["tools"][0]["function"]["name"] == "Count"


async def test_a_server_without_tools_either_is_asked_in_plain_words():
    with OpenAIServer(script(UNSUPPORTED_FORMAT, UNSUPPORTED_TOOLS, 'Well: {"number": 3}', '{"number": 4}')) as server:
        chat = chat_with(server)
        counts = [await chat.structure(PROMPT, Count, "planner") for _ in range(2)]
    assert [count.number for count in counts] == [3, 4]
    assert len(server.asked) == 4
    for body in server.asked[2:]:
        assert "tools" not in body
        assert "response_format" not in body


async def test_a_tool_that_is_answered_in_prose_counts():
    count, server = await structure(UNSUPPORTED_FORMAT, Reply('{"number": 3}', as_tool_call=False))
    assert count.number == 3
    assert len(server.asked) == 2


async def test_broken_arguments_of_a_tool_are_read_with_tolerance():
    count, _ = await structure(UNSUPPORTED_FORMAT, '{"number": 3,}')
    assert count.number == 3


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ("I would say three.", "no complete JSON object"),
        ('{"number": 0}', "number: Input should be greater than or equal to 1"),
        ('{"count": 3}', "number: Field required"),
        ("null", "no complete JSON object"),
        ("", "empty"),
        ('{"number": ', "no complete JSON object"),
    ],
)
async def test_an_unusable_form_is_asked_for_once_more_with_the_reason(reply, problem):
    count, server = await structure(reply, '{"number": 3}')
    assert count.number == 3
    assert len(server.asked) == 2
    said = [message["content"] for message in server.asked[1]["messages"]]
    assert problem in said[-1]
    assert '"number"' in said[-1]
    assert reply in said[-2]


async def test_an_unusable_form_twice_is_an_error():
    with (
        OpenAIServer(script("three", "3", "never asked for")) as server,
        pytest.raises(ReplyError, match="no complete JSON object"),
    ):
        await chat_with(server).structure(PROMPT, Count, "planner")
    assert len(server.asked) == 2


async def test_a_form_that_was_cut_off_says_so():
    """The client raises instead of returning what there is; it is a reply all the same, and its tokens count."""
    with collect_usage() as calls:
        count, server = await structure(Reply('{"number": 3, "note": "en', finish_reason="length"), '{"number": 3}')
    assert count.number == 3
    assert "cut off" in server.asked[1]["messages"][-1]["content"]
    assert len(calls) == 2
    assert all(call["output_tokens"] > 0 for call in calls)


async def test_an_objection_is_put_to_the_model_once():
    count, server = await structure(
        '{"number": 3}', '{"number": 4}', check=lambda c: "" if c.number > 3 else "Too few."
    )
    assert count.number == 4
    assert "Too few." in server.asked[1]["messages"][-1]["content"]


async def test_an_objection_that_stays_is_left_to_the_caller():
    count, server = await structure('{"number": 3}', '{"number": 2}', "no more", check=lambda _: "Too few.")
    assert count.number == 2
    assert len(server.asked) == 2


async def test_a_valid_form_outlives_a_worse_second_attempt():
    count, _ = await structure('{"number": 3}', "I cannot", check=lambda _: "Too few.")
    assert count.number == 3


async def test_a_fault_while_filling_in_is_not_taken_for_a_refusal():
    with OpenAIServer(script(*[Fault(503)] * 3, "never asked for")) as server, pytest.raises(EngineUnavailableError):
        await chat_with(server).structure(PROMPT, Count, "planner")
    assert len(server.asked) == 3


# What calls cost, and what a trace shows


async def test_every_call_is_counted_usable_or_not():
    with collect_usage() as calls:
        await structure("not a form", '{"number": 3}')
    assert [(call["role"], call["model"]) for call in calls] == [("planner", "openai:x")] * 2
    assert all(call["input_tokens"] > 0 for call in calls)
    assert calls[0]["output_tokens"] == len("not a form") // 4


async def test_what_a_server_does_not_count_is_estimated_and_marked_so():
    with collect_usage() as calls:
        await write(Reply("Three.", with_usage=False))
    assert [(call["input_tokens"], call["output_tokens"], call["estimated"]) for call in calls] == [(7, 2, True)]


async def test_calls_carry_their_role_as_run_name():
    from langchain_core.callbacks import AsyncCallbackHandler

    seen: list[tuple[str, list[str], str]] = []

    class Handler(AsyncCallbackHandler):
        async def on_chat_model_start(self, serialized, messages, *, tags, metadata, name, **_):
            seen.append((name, tags, metadata["model"]))

    with OpenAIServer(script('{"number": 3}', "Three.")) as server:
        chat = chat_with(server)
        chat._model.callbacks = [Handler()]
        await chat.structure(PROMPT, Count, "planner")
        await chat.write(PROMPT, "writer")
    assert seen == [("planner", ["planner"], "openai:x"), ("writer", ["writer"], "openai:x")]


def test_a_second_event_loop_can_use_the_same_server():
    """The client keeps connections; one of a loop that is gone must not be taken again."""
    with OpenAIServer(script("One.", "Two.")) as server:
        texts = [asyncio.run(chat_with(server).write(PROMPT, "writer")) for _ in range(2)]
    assert texts == ["One.", "Two."]


async def test_many_calls_at_once_share_what_was_learnt():
    """Whichever finds out first, nobody gets a wrong form; the refused way is tried at most once by each."""
    with OpenAIServer(lambda body: UNSUPPORTED_FORMAT if "response_format" in body else '{"number": 3}') as server:
        chat = chat_with(server)
        counts = await asyncio.gather(*(chat.structure(PROMPT, Count, "planner") for _ in range(8)))
        await chat.structure(PROMPT, Count, "planner")
    assert [count.number for count in counts] == [3] * 8
    assert len(server.asked) <= 17
    assert json.dumps(server.asked[-1]).count("response_format") == 0
