"""Panel files: what is written is read back, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tertulia.errors import PanelError
from tertulia.terminal.panels import read_panel, write_panel
from tertulia.terminal.text import plain_text

PANEL = [
    {
        "id": "a1",
        "name": "Ana: «la de arriba»",
        "affiliation": "Más, S. A.",
        "role": "Bióloga",
        "description": "- no #1",
    },
    {"id": "a2", "name": "Bo", "affiliation": "", "role": "no", "description": "two\nlines", "locked": True},
]


def written(name: str, text: str) -> Path:
    Path(name).write_text(text, "utf-8")
    return Path(name)


def as_file(panel: list[dict[str, Any]]) -> str:
    return write_panel(panel, title="Bees", command="tertulia resume x --panel FILE")


def test_what_is_written_is_read_back():
    """Names that look like YAML stay names."""
    panel = read_panel(written("panel.yaml", as_file(PANEL)))
    assert panel == [{**analyst, "locked": analyst.get("locked", False)} for analyst in PANEL]


@given(st.lists(st.text(max_size=40), min_size=4, max_size=4))
@example(["\u202eEve\x1b[2J", "- &a [*a]", "a\r\nb\u2028c", "# no\n  comment \n---\n!!python/name:os.system"])
@example(["null", "~", "1e3", "2026-01-01"])
def test_hostile_text_comes_back_as_it_was_and_never_steers_a_terminal(texts: list[str]):
    """Whatever a model puts into a name, a role or a description is data; only white space around it goes."""
    name, role, affiliation, description = (text.strip() for text in texts)
    if not name or not role:
        return
    analyst = {"id": "a1", "name": name, "affiliation": affiliation, "role": role, "description": description or role}
    text = as_file([analyst])
    assert plain_text(text) == text
    assert read_panel(written("panel.yaml", text)) == [{**analyst, "locked": False}]


def test_a_file_begins_with_what_can_be_done_with_it():
    """A topic cannot break out of the comment."""
    text = write_panel(PANEL, title="Bees\n- name: Eve\x85- name: Eve", command="tertulia resume x --panel FILE")
    assert [line[0] for line in text.splitlines()[:4]] == ["#"] * 4
    assert "tertulia resume x --panel FILE" in text
    assert len(read_panel(written("panel.yaml", text))) == 2


def test_words_that_yaml_takes_for_something_else_are_words():
    text = "- name: 2026\n  role: no\n  affiliation:\n  locked: yes\n"
    (analyst,) = read_panel(written("panel.yaml", text))
    assert (analyst["name"], analyst["role"], analyst["affiliation"], analyst["locked"]) == ("2026", "no", "", True)


@pytest.mark.parametrize("name", ["panel.json", "panel.yaml"])
def test_json_is_read_too(name: str):
    text = json.dumps({"analysts": [{"name": "Ana", "role": "Biologist"}]}, indent="\t" if name.endswith("json") else 1)
    (analyst,) = read_panel(written(name, text))
    assert (analyst["name"], analyst["role"], analyst["description"]) == ("Ana", "Biologist", "Biologist")


TWO = "- name: Ana\n  role: Biologist\n- name: Bo\n"
MANY = "".join(f"- name: n{number}\n  role: r\n" for number in range(65))

WRONG = {
    "broken YAML": ("- name: A\n  role: [\n", "p.yaml, line 3: not valid YAML: "),
    "a tab": (f"{TWO}\trole: x\n", "p.yaml, line 4: not valid YAML: "),
    "a control character": (f"{TWO}  role: \x01\n", "p.yaml, line 4: not valid YAML: the character #x0001"),
    "two documents": ("---\n- a\n---\n- b\n", "p.yaml, line 3: not valid YAML: "),
    "words": ("just words", "p.yaml, line 1: This is no list of analysts."),
    "nothing": ("", "p.yaml, line 1: The file holds no panel."),
    "comments": ("# one\n# two\n", "p.yaml, line 3: The file holds no panel."),
    "nobody": ("[]", "p.yaml, line 1: The panel file names no analyst."),
    "no role": (TWO, "p.yaml, line 3: Analyst 2 has no role."),
    "a role left open": (f"{TWO}  role:\n", "p.yaml, line 4: Analyst 2 has no role."),
    "an empty role": (f"{TWO}  role: ' '\n", "p.yaml, line 4: Analyst 2: role is empty."),
    "a long role": (f"{TWO}  role: {'x' * 2001}\n", "p.yaml, line 4: Analyst 2: role has more than 2000 characters."),
    "a list for a role": (f"{TWO}  role: [x]\n", "p.yaml, line 4: Analyst 2: role is not text."),
    "neither true nor false": (f"{TWO}  role: x\n  locked: hm\n", "p.yaml, line 5: Analyst 2: locked is neither true"),
    "an unknown field": (f"{TWO}  role: x\n  rule: y\n", "p.yaml, line 5: Analyst 2 has an unknown field 'rule'."),
    "a field twice": (f"{TWO}  role: x\n  name: C\n", "p.yaml, line 5: The field 'name' stands here for the second"),
    "one name twice": (f"{TWO}  role: x\n- role: y\n  name: ANA\n", "p.yaml, line 6: Two analysts would have the same"),
    "an analyst without fields": ("- name: A\n  role: x\n- text\n", "p.yaml, line 3: Analyst 2 has no fields."),
    "something beside": ("panel:\n- {name: A, role: x}\nnote: y\n", "p.yaml, line 3: The unknown field 'note'"),
    "a mistake below a key": ("\nanalysts:\n- name: A\n", "p.yaml, line 3: Analyst 1 has no role."),
    "too many": (MANY, "p.yaml, line 129: A panel has at most 64 analysts."),
    "far too many": ("- name: A\n  role: x\n" * 5000, "This is more than a panel holds"),
    "an alias": ("- &a {name: A, role: x}\n- *a\n", "p.yaml, line 2: A panel file has no aliases (*a)."),
    "a billion laughs": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
        "p.yaml, line 2: A panel file has no aliases (*a0).",
    ),
    "code": ("!!python/object/apply:os.system [ls]", "p.yaml, line 1: Analyst 1 has no fields."),
    "depth": ("[" * 5000, "p.yaml, line 1: This is more than a panel holds"),
    "a huge file": ("x" * 1_000_001, "p.yaml cannot be read: it is larger than 1,000,000 bytes."),
}
WRONG_JSON = {
    "broken JSON": ('[\n{"name": }]', "p.json, line 2: not valid JSON: "),
    "depth": ("[" * 100_000, "p.json, line 1: not valid JSON: "),
    "null": ("null", "p.json, line 1: This is no list of analysts."),
    "an empty role": ('[\n\t{"name":"A",\n\t"role":""}]', "p.json, line 3: Analyst 1: role is empty."),
    "a number": ('[{"name": "A",\n"role": 5}]', "p.json, line 2: Analyst 1: role is not text."),
    "a field twice": ('[{"name": "A",\n"role": "x",\n"name": "B"}]', "p.json, line 3: The field 'name' stands here"),
    "one name twice": ('[{"name":"A","role":"x"},\n{"name":"a","role":"y"}]', "p.json, line 2: Two analysts would"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_line(case: str):
    text, expected = WRONG[case]
    with pytest.raises(PanelError) as raised:
        read_panel(written("p.yaml", text))
    assert expected in str(raised.value)


@pytest.mark.parametrize("case", WRONG_JSON)
def test_what_is_wrong_in_json_is_named_with_its_line(case: str):
    text, expected = WRONG_JSON[case]
    with pytest.raises(PanelError) as raised:
        read_panel(written("p.json", text))
    assert expected in str(raised.value)


def test_a_file_that_is_no_text_or_not_there():
    Path("p.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PanelError, match=r"p\.yaml cannot be read: it is not UTF-8 text"):
        read_panel(Path("p.yaml"))
    with pytest.raises(PanelError, match="cannot be read: Is a directory"):
        read_panel(Path())
    with pytest.raises(PanelError, match="nowhere cannot be read: No such file"):
        read_panel(Path("nowhere"))
