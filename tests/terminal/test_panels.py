"""Panel files: what is written is read back, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tertulia.errors import PanelError
from tertulia.terminal.panels import read_panel, write_panel

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


def test_what_is_written_is_read_back():
    """Names that look like YAML stay names."""
    panel = read_panel(written("panel.yaml", write_panel(PANEL)))
    assert [{**analyst, "locked": analyst["locked"] or False} for analyst in panel] == [
        {**analyst, "locked": analyst.get("locked", False)} for analyst in PANEL
    ]


@pytest.mark.parametrize("name", ["panel.json", "panel.yaml"])
def test_json_is_read_too(name: str):
    text = json.dumps({"analysts": [{"name": "Ana", "role": "Biologist"}]}, indent="\t" if name.endswith("json") else 1)
    (analyst,) = read_panel(written(name, text))
    assert (analyst["name"], analyst["role"], analyst["description"]) == ("Ana", "Biologist", "Biologist")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("p.yaml", "- name: A\n  role: [\n", "p.yaml: not valid YAML, line 3"),
        ("p.json", '[\n{"name": }]', "p.json: not valid JSON, line 2"),
        ("p.yaml", "just words", "p.yaml: The panel file cannot be used"),
        ("p.yaml", "", "p.yaml: The panel file cannot be used"),
        ("p.yaml", "[]", "p.yaml: The panel file names no analyst"),
        ("p.yaml", "- name: A\n", "0.role: Field required"),
        ("p.yaml", "- {name: A, role: B}\n- {name: a, role: C}\n", "same name"),
        ("p.yaml", "a: &a [*a]", "p.yaml: "),
        ("p.yaml", "!!python/object/apply:os.system [ls]", "p.yaml: not valid YAML, line 1"),
        ("p.yaml", "[" * 5000, "p.yaml: not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(name: str, text: str, expected: str):
    with pytest.raises(PanelError, match=r"^p\.") as raised:
        read_panel(written(name, text))
    assert expected in str(raised.value)


def test_a_file_that_is_no_text_or_not_there():
    Path("p.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PanelError, match=r"p\.yaml cannot be read: it is not UTF-8 text"):
        read_panel(Path("p.yaml"))
    with pytest.raises(PanelError, match="nowhere cannot be read: No such file"):
        read_panel(Path("nowhere"))
