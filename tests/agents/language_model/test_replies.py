"""What models wrap around a reply is taken off; what they were asked for is kept."""

from __future__ import annotations

import re

import pytest

from tertulia.agents.language_model.replies import (
    clean_text,
    join_continuation,
    parse_json,
    plain_prose,
    plain_title,
    split_title,
    without_cut_sentence,
)


@pytest.mark.parametrize(
    "reply",
    [
        "The text.",
        "<think>Let me see.\n\nYes.</think>\n\nThe text.",
        "<THINKING>Hm.</THINKING>The text.",
        "thoughts whose opening tag the template ate</think>The text.",
        "```\nThe text.\n```",
        "```markdown\nThe text.\n```\n",
        "```md\nThe text.",
        "Sure, here is the section you asked for:\n\nThe text.",
        "Aquí tienes la sección:\n\nThe text.",
        "<think>x</think>\nHere's the answer:\n```markdown\nThe text.\n```",
    ],
)
def test_only_the_text_is_left(reply):
    assert clean_text(reply) == "The text."


@pytest.mark.parametrize(
    "text",
    [
        "Portals grow.",
        "In conclusion, portals grow.",
        "Based on the provided passages, portals grow.",
        "## Findings\n\nPortals grow.",
        "**Findings**\n\nIn summary, portals grow.",
        "__Findings:__\nPortals grow.",
    ],
)
def test_prose_begins_with_what_it_says(text):
    assert plain_prose(text) == "Portals grow."


@pytest.mark.parametrize(
    "line", ["Sources: [k7qdm4][m3xz8a]", "**Fuentes:** [k7qdm4], [m3xz8a].", "__Keys__: (k7qdm4; m3xz8a)"]
)
def test_a_list_of_sources_goes_and_under_a_table_loses_its_name(line):
    table = "| a | b |\n|---|---|\n| c | 1 |"
    assert plain_prose(f"Portals grow.\n\n{line}") == "Portals grow."
    assert re.fullmatch(rf"{re.escape(table)}\n\n\W+k7qdm4\W+m3xz8a\W+", plain_prose(f"{table}\n\n{line}"))


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("En conclusión, el portal crece.", "El portal"),
        ("Según los pasajes proporcionados, el portal crece.", "El portal"),
        ("Segons les fonts consultades, el portal creix.", "El portal"),
        ("Iturrien arabera, ataria hazi da.", "Ataria"),
        ("En conclusión, o portal medra.", "O portal"),
    ],
)
def test_stock_openings_are_known_in_five_languages(text, begins):
    assert plain_prose(text).startswith(begins)


@pytest.mark.parametrize(
    "text",
    [
        "**Spain has 36,000 sections [k7qdm4].**",
        "**Portals** grow.",
        "**Portals grow in every region.**",
        "According to the law, portals grow.",
        "| a |\n|---|\n| **b** |",
        "- **b**\n- c",
    ],
)
def test_bold_sentences_and_sources_that_are_named_are_kept(text):
    assert plain_prose(text) == text


@pytest.mark.parametrize("reply", ["", "  \n", "<think>I never came to an end", "<think></think>", "```\n\n```"])
def test_nothing_but_wrapping_is_nothing(reply):
    assert clean_text(reply) == ""


@pytest.mark.parametrize(
    "text",
    [
        "Sure signs of growth: the portal doubled.\n\nMore.",
        "The portal has:\n\n- one\n- two",
        "A text with code:\n\n```\nx = 1\n```\n\nand an end.",
        "Claro que sí.",
    ],
)
def test_text_that_only_looks_like_wrapping_is_kept(text):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "reply",
    [
        '{"a": [1, {"b": "x"}]}',
        '```json\n{"a": [1, {"b": "x"}]}\n```',
        'Here it is:\n{"a": [1, {"b": "x"}]}\nI hope that helps {smile}.',
        '<think>{"a": "not this"}</think>{"a": [1, {"b": "x"}]}',
        '{"a": [1, {"b": "x",},],}',
        'With a note [1] and {an aside}: {"a": [1, {"b": "x"}]}',
        '{broken} {"a": [1, {"b": "x"}]}',
    ],
)
def test_json_is_found_whatever_stands_around_it(reply):
    assert parse_json(reply) == {"a": [1, {"b": "x"}]}


def test_a_list_of_objects_is_taken_whole():
    assert parse_json('The panel: [{"name": "A"}, {"name": "B"}]') == [{"name": "A"}, {"name": "B"}]


def test_line_breaks_inside_strings_are_read():
    assert parse_json('{"a": "one\ntwo"}') == {"a": "one\ntwo"}


@pytest.mark.parametrize("reply", ["I cannot.", '{"a": {"b": "cut', '{"a": {"b": 1}, "c": nonsense}', "[1, 2]"])
def test_what_is_not_whole_json_is_refused(reply):
    """An object inside a broken one is not taken for the reply."""
    with pytest.raises(ValueError, match="no complete JSON object"):
        parse_json(reply)


def test_an_empty_reply_is_named_as_such():
    with pytest.raises(ValueError, match="empty"):
        parse_json("<think>hm</think>")


@pytest.mark.parametrize(
    "reply",
    [
        "# Half the portals have an API\n\nBody.",
        "### Half the portals have an API ###\nBody.",
        "**Half the portals have an API**\n\nBody.",
        "Title: Half the portals have an API\n\nBody.",
        "## Título: «Half the portals have an API»\n\nBody.",
        "**Title:** Half the portals have an API\n\nBody.",
        '# "Half the portals have an API".\n\nBody.',
        "# Half the portals have an API [k7qdm4]\n\nBody.",
        "Half the portals have an API\n============\n\nBody.",
        "Half the portals have an API\n\nBody.",
        "# **Half the portals have an API**\n\n\nBody.",
    ],
)
def test_the_first_line_is_the_title_in_whatever_dress(reply):
    assert split_title(reply) == ("Half the portals have an API", "Body.")


@pytest.mark.parametrize(
    "text",
    [
        "The portal has an API [k7qdm4].\n\nMore.",
        "- a list item\n- another",
        "| a | b |\n|---|---|",
        "One line only",
        "A first line that runs on\ninto the second line.",
        "# " + "long " * 60,
        "",
    ],
)
def test_a_text_without_title_stays_whole(text):
    assert split_title(text) == ("", text.strip())


def test_figures_in_a_title_survive():
    assert plain_title("# **1,234.5 million** people *speak* `Spanish`") == "1,234.5 million people *speak* Spanish"


def test_a_cut_text_goes_back_to_its_last_sure_sentence():
    assert without_cut_sentence("One [k7qdm4]. Two is 3.") == "One [k7qdm4]."
    assert without_cut_sentence("One. [k7qdm4] Two") == "One. [k7qdm4]"
    assert without_cut_sentence("no end in sight") == "no end in sight"


@pytest.mark.parametrize(
    ("continuation", "whole"),
    [
        ("Two.", "One was first in the row. Two."),
        ("was first in the row. Two.", "One was first in the row. Two."),
        ("| a |\n|---|", "One was first in the row.\n\n| a |\n|---|"),
        ("", "One was first in the row."),
    ],
)
def test_a_continuation_is_joined_without_repetition(continuation, whole):
    assert join_continuation("One was first in the row.", continuation) == whole
