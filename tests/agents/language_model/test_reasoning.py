"""What a model thinks is never printed, and what it answers always is, whatever its template puts around both."""

from __future__ import annotations

import time

import pytest

from tertulia.agents.language_model.reasoning import remove_reasoning


@pytest.mark.parametrize(
    "reply",
    [
        "<think>Hm.</think>The text.",
        "<think>Hm.\n\n<think>Well.</think> So.</think>\nThe text.",
        "a template ate the opening tag</think>The text.",
        "[THINK]Hm.[/THINK]The text.",
        "◁think▷Hm.◁/think▷The text.",
        "<seed:think>Hm.</seed:think>The text.",
        "<analysis>Hm.</analysis>\n\nThe text.",
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>The text.<|return|>",
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>The text.",
        "analysisHm.assistantfinalThe text.",
        "<|im_start|>assistant\nThe text.<|im_end|>",
        "The text.<|im_end|>\n<|im_start|>user\nAnd then?",
        "The text.<|eot_id|>",
        "The text.</s>",
        "<answer>The text.</answer>",
        "<think>Hm.</think><answer>\nThe text.\n</answer>",
        "I weigh it.\n\n<answer>The text.</answer>",
        "The text.\n\n<reflection>\nHm.\n</reflection>",
        "The text.<think>Hm.\nWell.</think>",
    ],
)
def test_reasoning_goes_and_the_answer_stays(reply: str):
    assert remove_reasoning(reply) == "The text."


@pytest.mark.parametrize(
    "reply", ["<think>Hm", "[THINK]Hm", "◁think▷Hm", "<analysis>Hm", "<|channel|>analysis<|message|>Hm"]
)
def test_reasoning_that_never_ends_is_no_answer(reply: str):
    assert remove_reasoning(reply) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Models write between the <think> tag and </think> before they answer [k7qdm4].",
        "The <analysis> tag is new [k7qdm4].",
        "A `</think>` ends it [k7qdm4].",
        "The portal [k7qdm4].\n<section>One more.</section>",
        "He is known for his analysis of it [k7qdm4].",
    ],
)
def test_a_text_that_speaks_of_tags_is_kept(text: str):
    assert remove_reasoning(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<think>",
        "</think>",
        "a<think>",
        "a<think></think>",
        "[THINK]",
        "<|im_end|>",
        "</s>",
        "<|channel|>",
        "<|channel|>final",
        "<answer>",
        "<|channel|>final<|message|>",
        "<|im_start|>",
        "<|im_end|><|im_start|>",
        "`<think>",
        "assistantfinal",
    ],
)
def test_a_reply_of_nothing_but_tags_is_read_in_time(piece: str):
    started = time.process_time()
    remove_reasoning(piece * (250_000 // len(piece)))
    assert time.process_time() - started < 5
