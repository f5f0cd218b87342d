"""What an assistant says around a text is not printed; what the text says is, however it begins and ends."""

from __future__ import annotations

import json
import time

import pytest

from tertulia.agents.language_model.replies import clean_text, split_title


@pytest.mark.parametrize(
    "talk",
    [
        "Sure!",
        "Certainly.",
        "Here you go",
        "¡Por supuesto!",
        "Sure, here's the section.",
        "Sure. I have written the section below.",
        "**Here is the section:**",
        "Section:",
        "Here's a concise section on housing in Vigo, based on the passages:",
        "Of course! Below is the introduction for the report:\n\n---",
        "Based on the provided passages, here is the answer:",
        "Here's the rest:",
        "Understood. I will write the section now.",
        "As requested, here is the section:",
        "Thank you for the material. Here are the title and introduction:",
        "**Final Answer**",
        "Aquí tienes la sección del informe solicitada:",
        "¡Claro! Aquí tienes la sección que me pediste:",
        "A continuación se presenta la sección sobre vivienda:",
        "Per descomptat! Aquí tens la secció de l'informe:",
        "Noski! Hona hemen eskatutako atala:",
        "Por suposto, aquí tes a sección:",
    ],
)
def test_a_courtesy_and_an_announcement_go(talk: str):
    assert clean_text(f"{talk}\n\n# Vigo grows\n\nIt grew [k7qdm4].") == "# Vigo grows\n\nIt grew [k7qdm4]."


@pytest.mark.parametrize(
    "first",
    [
        "Here are the measures that the city took in 2024 [k7qdm4]:",
        "Here are the measures that the city took in 2024:",
        "Great Britain has the following measures:",
        "Esta es una ciudad con tres problemas [k7qdm4]:",
        "Based on the census, unemployment fell to these levels:",
        "Here is the text of the law:",
        "Here is what the report says:",
        "Here is the answer [k7qdm4]:",
        "This is the report that the ministry wrote:",
        "Este es el informe más reciente:",
        "La versión final de la ley dice:",
        "A continuación se detallan las medidas:",
        "Jarraian datozen neurriak hartu ziren:",
        "Okay, the city has three problems:",
        "Bai.",
        "No.",
    ],
)
def test_a_sentence_of_the_text_is_no_preamble(first: str):
    text = f"{first}\n\n- A [k7qdm4]\n- B [m3xz8a]"
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "closing",
    [
        "\n\nLet me know if you would like me to expand on any of these points!",
        "\n\nI hope this helps! Let me know if you'd like any changes.",
        " Please let me know if you need changes.",
        "\n\nIf you'd like, I can expand on any point.",
        "\n\nWould you like me to add a table?",
        "\n\n---\n\n*Note: This section is based solely on the passages.*",
        "\n\n(Word count: 312)",
        "\n\n**Word count:** 312",
        "\n\n(310 words)",
        "\n\n**Note**: I have kept the section under 400 words.",
        "\n\nEspero que te sirva. Si necesitas más detalles, dímelo.",
        "\n\n¿Quieres que lo amplíe?",
        "\n\nSi vols que ho ampliï, digue'm-ho.",
        "\n\nSe queres máis detalles, dime.",
        "\n\nGehiago nahi baduzu, esan iezadazu.",
    ],
)
def test_an_offer_and_a_remark_at_the_end_go(closing: str):
    assert clean_text(f"# Vigo grows\n\nIt grew [k7qdm4].{closing}") == "# Vigo grows\n\nIt grew [k7qdm4]."


@pytest.mark.parametrize(
    "last",
    [
        "If you want to reuse the data, you can download them.",
        "“Let me know if you can,” the mayor said.",
        "Let me know if you can, the mayor said [k7qdm4].",
        "I hope the city grows, he said.",
        "Note: the figures are of 2024.",
        "Note: this report counts registered users only.",
        "Would you like to live there?",
        "- Let me know if it helps",
    ],
)
def test_a_sentence_of_the_text_is_no_closing(last: str):
    text = f"It grew [k7qdm4].\n\n{last}"
    assert clean_text(text) == text


@pytest.mark.parametrize("text", ["Sure, here is the section:", "Let me know if you need more.", "Here you go"])
def test_nothing_but_talk_is_kept_for_it_may_be_the_text(text: str):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "reply",
    [
        "Here you go\n\n```markdown\n{}\n```",
        "Here it is:\n```markdown\n{}\n```\n\nLet me know if you need changes!",
        "Sure!\n\n```\n{}\n```",
        "As you wished\n\n```md\n{}\n```\n\nThese are some 300 words.",
        "~~~markdown\n{}\n~~~",
    ],
)
def test_the_inside_of_a_fence_is_taken_wherever_it_stands(reply: str):
    assert split_title(clean_text(reply.format("# Vigo grows\n\nIt grew [k7qdm4]."))) == (
        "Vigo grows",
        "It grew [k7qdm4].",
    )


@pytest.mark.parametrize(
    "text",
    [
        "It grew [k7qdm4].\n\n```markdown\n| a |\n|---|\n```",
        "It grew, as the table shows.\n\n```markdown\n| a |\n|---|\n```",
        "# Vigo grows\n\n```markdown\n# A file\n```",
        "It grew.\n\n```\nx\n```\n\nIt fell.",
    ],
)
def test_text_around_a_fence_is_kept(text: str):
    assert clean_text(text) == text


BODY = "It grew by 5 % in 2024 [k7qdm4]."


@pytest.mark.parametrize(
    "data",
    [
        {"title": "Vigo grows", "section": BODY},
        {"reasoning": f"I must say that {BODY} And so on.", "título": "Vigo grows", "texto": BODY},
        {"section": {"heading": "Vigo grows", "text": BODY, "language": "en"}},
        {"title": "Vigo grows", "text": BODY, "keys": ["k7qdm4"]},
        {"title": "Vigo grows", "text": f"# Vigo grows\n\n{BODY}"},
    ],
)
@pytest.mark.parametrize("form", ["{}", "```json\n{}\n```", "Here is the section:\n\n{}"])
def test_a_text_that_comes_as_json_is_read(data: dict[str, object], form: str):
    reply = form.replace("{}", json.dumps(data, indent=1))
    assert clean_text(reply) == f"# Vigo grows\n\n{BODY}"


def test_every_text_of_json_that_cites_is_kept():
    assert clean_text(json.dumps({"a": [BODY, "It fell [m3xz8a]."]})) == f"{BODY}\n\nIt fell [m3xz8a]."
    assert clean_text('{"answer": "The sources found do not say."}') == "The sources found do not say."


@pytest.mark.parametrize("text", ["{}", '{"a": 1}', '{"a": "b"', '{"a": "b"} and {"c": "d"}', "{a} is {b}"])
def test_what_is_no_object_of_texts_is_kept(text: str):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "sure, ",
        "sure\n",
        "here is the ",
        "```\n",
        "Let me know if x. ",
        "thanks for ",
        "okay, ",
        "{",
        "{}",
        '{"a":"b"}',
        "~~~\n",
        "---\n",
        " ",
    ],
)
def test_any_reply_is_unwrapped_in_time(piece: str):
    started = time.process_time()
    for text in (piece * (250_000 // len(piece)), f"{(piece * 300)[:290]}\n\nx", f"x\n\n{(piece * 300)[:290]}"):
        clean_text(text)
    assert time.process_time() - started < 5
