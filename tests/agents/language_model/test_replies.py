"""What models wrap around a reply is taken off; what they were asked for is kept."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.agents.language_model.replies import (
    clean_text,
    is_refusal,
    join_continuation,
    json_values,
    other_language,
    plain_prose,
    plain_title,
    split_title,
    without_cut_sentence,
    without_title,
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
    assert next(json_values(reply)) == {"a": [1, {"b": "x"}]}


def test_a_list_of_objects_is_taken_whole():
    assert next(json_values('The panel: [{"name": "A"}, {"name": "B"}]')) == [{"name": "A"}, {"name": "B"}]


def test_line_breaks_inside_strings_are_read():
    assert next(json_values('{"a": "one\ntwo"}')) == {"a": "one\ntwo"}


@pytest.mark.parametrize("reply", ["I cannot.", '{"a": {"b": "cut', '{"a": {"b": 1}, "c": nonsense}', "[1, 2]"])
def test_what_is_not_whole_json_is_refused(reply):
    """An object inside a broken one is not taken for the reply."""
    assert list(json_values(reply)) == []


def test_each_object_is_a_candidate_those_inside_others_are_not():
    assert list(json_values('First {"a": {"b": 1}}, then {"a": 2}.')) == [{"a": {"b": 1}}, {"a": 2}]


@pytest.mark.parametrize(
    "reply",
    [
        "{'a': 'it is \"x\"', 'b': True, 'c': None}",
        '{“a”: “it is "x"”, “b”: true, “c”: null}',
        '{a: "it is "x"", b: true, c: null}',
        '{\n  // what it is\n  "a": "it is \\"x\\"", # said\n  "b": true, /* and */ "c": null,\n}',
        '{"a": "it is \\"x\\""\n "b": true\n "c": null}',
        '{"a": "it is \\u0022x\\u0022", "b": True, "c": undefined}',
    ],
)
def test_json_is_read_in_whatever_hand_it_is_written(reply):
    assert list(json_values(reply)) == [{"a": 'it is "x"', "b": True, "c": None}]


@pytest.mark.parametrize(
    "reply",
    [
        "{'a': 'it's here', 'b': 2}",
        '{"a": "it\'s here", \'b\': 2}',
    ],
)
def test_an_apostrophe_is_no_quotation_mark(reply):
    assert list(json_values(reply)) == [{"a": "it's here", "b": 2}]


@pytest.mark.parametrize("opened", ["{", "[", '{"a":', "[{", "{'a': ["])
def test_what_is_opened_ten_thousand_times_is_nothing(opened):
    assert list(json_values(opened * 10_000)) == []


@given(st.text(alphabet="{}[]\"'“”,:\\/*# \nabtrue01.", max_size=60))
def test_any_scribble_is_read_or_not_and_never_an_error(scribble):
    for value in json_values(scribble):
        assert isinstance(value, dict | list)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda value: st.lists(value) | st.dictionaries(st.text(), value),
)


@given(ANY_JSON)
def test_what_is_json_is_read_as_json(value):
    assert list(json_values(json.dumps({"a": value}))) == [{"a": value}]


# Refusals and languages


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I can’t assist with this request.",
        "I cannot provide an answer to that.",
        "Unfortunately, I am unable to write this.",
        "As an AI language model, I have no opinions.",
        "Lo siento, pero no puedo ayudar con eso.",
        "Ho sento, però no puc ajudar-te amb això.",
        "Síntoo, pero non podo axudar con iso.",
        "Barkatu, baina ezin dut lagundu horretan.",
    ],
)
def test_a_refusal_is_recognised(text):
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "The sources do not say whether the portal has an API.",
        "I cannot answer this from the passages.",
        "The ministry cannot provide figures for 2024 [k7qdm4].",
        "As an aid to reuse, the portal has an API.",
        "Las fuentes no dicen cuántos son.",
        "No puedo ayudar, dijo el alcalde [k7qdm4].",
        "I can't help with that. " + "The portal has an API. " * 40,
    ],
)
def test_a_text_that_only_speaks_of_not_knowing_is_none(text):
    assert not is_refusal(text)


SPANISH = (
    "El portal reúne los conjuntos de datos de todas las administraciones y ofrece una interfaz para consultarlos. "
    "Los organismos publican sus datos en formatos abiertos y los actualizan cada mes, según explica la guía. "
    "La reutilización no necesita permiso, aunque hay que citar de dónde vienen los datos y cuándo se tomaron."
)
GALICIAN = (
    "O portal reúne os conxuntos de datos de todas as administracións e ofrece unha interface para consultalos. "
    "Os organismos publican os seus datos en formatos abertos e actualízanos cada mes, segundo explica a guía. "
    "A reutilización non precisa permiso, aínda que hai que citar de onde veñen os datos e cando se tomaron."
)
ENGLISH = (
    "The portal gathers the data sets of all public bodies and offers an interface through which they can be read. "
    "The bodies publish their data in open formats and bring them up to date each month, as the guide explains. "
    "Nobody needs to ask before using them again, but where the data come from and when must be said."
)


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        (ENGLISH, "es", "en"),
        (SPANISH, "en", "es"),
        (SPANISH, "gl", "es"),
        (SPANISH, "es-MX", ""),
        (GALICIAN, "gl", ""),
        (GALICIAN, "es", "gl"),
        (ENGLISH, "fi", ""),
        ("Los datos son abiertos.", "en", ""),
        (SPANISH[:200] + ENGLISH, "en", ""),
        (f"The guide says: «{SPANISH}» And {ENGLISH}", "en", ""),
    ],
)
def test_another_language_is_named_only_when_it_is_sure(text, wanted, found):
    assert other_language(text, wanted) == found


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
        "The mayor said “we will pay.”\n\nSo the city should save.",
        "Costs fell, in his words: “a record low”\n\nMore.",
        "The answer is yes (in 2024)\n\nMore.",
        "**Open data matters most.**\n\nMore.",
        "It spent 5 million in 2024.**\n\nMore.",
        "It grew [k7qdm4] by half*\n\nMore.",
        "It grew [k7qdm4].\n---\n\nMore.",
    ],
)
def test_a_text_without_title_stays_whole(text):
    assert split_title(text) == ("", text.strip())


@pytest.mark.parametrize(
    "head",
    [
        "# What follows\n\n",
        "**What follows**\n\n",
        "Title: It grows\n",
        "Conclusions\n\n",
        "Ondorioak\n\n",
        "It\n===\n",
    ],
)
def test_a_conclusion_loses_what_is_marked_as_its_title(head):
    assert without_title(f"{head}It grew.\n\nMore.") == "It grew.\n\nMore."


@pytest.mark.parametrize(
    "first",
    ["The answer is no", "The mayor said “we will pay.”", "It grew in the end (by half)", "It grew [k7qdm4].\n---"],
)
def test_a_conclusion_keeps_a_short_first_paragraph(first):
    text = f"{first}\n\nMore."
    assert without_title(text) == text


def test_figures_in_a_title_survive():
    assert plain_title("# **1,234.5 million** people *speak* `Spanish`") == "1,234.5 million people *speak* Spanish"


def test_a_cut_text_goes_back_to_its_last_sure_sentence():
    assert without_cut_sentence("One [k7qdm4]. Two is 3.") == "One [k7qdm4]."
    assert without_cut_sentence("One. [k7qdm4] Two") == "One. [k7qdm4]"
    assert without_cut_sentence("no end in sight") == "no end in sight"


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("One is done. In the U.S. govern", "en", "One is done."),
        ("Uno. El Sr. Pér", "es", "Uno."),
        ("Uno [k7qdm4]. La Sra. Ruiz, p. ej. dijo", "es", "Uno [k7qdm4]."),
        ("Bat. Ikus 5. art", "eu", "Bat."),
        ("One. [k7qdm4] The U.S. govern", "en", "One. [k7qdm4]"),
        ("One.\n\n## A head\n\nThe end of", "en", "One."),
        ("# A head\n\nThe end of", "en", "# A head\n\nThe end of"),
        ("1. One\n2. Two [k7qdm4]\n3. Thr", "en", "1. One\n2. Two [k7qdm4]"),
        ("| a |\n|---|\n| b. |\n| c. T", "en", "| a |\n|---|\n| b. |"),
    ],
)
def test_an_abbreviation_ends_no_sentence_and_a_list_item_does(text, language, kept):
    assert without_cut_sentence(text, language) == kept


@pytest.mark.parametrize(
    ("text", "continuation", "whole"),
    [
        ("1. one.\n2. two.", "3. three.", "1. one.\n2. two.\n3. three."),
        ("- one.\n- two.", "- three.", "- one.\n- two.\n- three."),
        ("| a |\n|---|\n| b |", "| c |", "| a |\n|---|\n| b |\n| c |"),
        ("| a |\n|---|\n| b |", "It grew.", "| a |\n|---|\n| b |\n\nIt grew."),
        ("It grew.", "## More\n\nIt fell.", "It grew.\n\n## More\n\nIt fell."),
        ("It grew.", "- one", "It grew.\n\n- one"),
        ("It grew on May", "3. Then it fell.", "It grew on May 3. Then it fell."),
        ("It grew.", "It grew. It fell.", "It grew. It fell."),
    ],
)
def test_a_list_and_a_table_go_on_where_they_were_cut(text, continuation, whole):
    assert join_continuation(text, continuation) == whole


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
