"""The published schema of evidence.json is the one that the types give, and reports are valid by it."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from stored_report import changed, small_report

from tertulia.evidence import schema

SHIPPED = files(schema) / "evidence.schema.json"


def test_the_shipped_schema_is_what_the_types_give():
    """After a change of the types: `python -m tertulia.evidence.schema > evidence/schema/evidence.schema.json`."""
    assert json.loads(SHIPPED.read_text("utf-8")) == schema.json_schema()


def test_every_key_is_described_and_every_description_has_its_key():
    generated = schema.json_schema()
    objects = {"Report": generated, **generated["$defs"]}
    described = tomllib.loads((files(schema) / "fields.toml").read_text("utf-8"))
    assert {name: sorted(keys) for name, keys in described.items()} == {
        name: sorted(definition["properties"]) for name, definition in objects.items()
    }
    assert all(definition["description"] for definition in objects.values())


def test_the_documentation_names_every_part():
    text = (Path(__file__).parents[2] / "docs" / "evidence-format.md").read_text("utf-8")
    assert [key for key in schema.json_schema()["properties"] if f"`{key}`" not in text] == []


def test_a_report_is_valid_by_the_schema():
    """Judged by a validator that knows nothing of tertulia."""
    validator = jsonschema_rs.validator_for(json.loads(SHIPPED.read_text("utf-8")))
    report = small_report()
    assert [error.message for error in validator.iter_errors(report)] == []
    assert schema.schema_errors(report) == []


@pytest.mark.parametrize(
    ("path", "value", "where", "what"),
    [
        (("documents", 1, "text"), None, "documents[1].text", "should be a valid string"),
        (("claims", 0, "start"), "7", "claims[0].start", "should be a valid integer"),
        (
            ("claims", 0, "verdict"),
            "true",
            "claims[0].verdict",
            "should be 'supported', 'partly', 'unsupported' or 'uncited'",
        ),
        (("claims", 0, "holds"), 1, "claims[0].holds", "should be a valid boolean"),
        (("sections", 0), {}, "sections[0].analyst", "is missing"),
    ],
)
def test_both_judges_refuse_the_same(path: tuple[str | int, ...], value: Any, where: str, what: str):
    """The schema and the types are one: what one refuses the other does, at the place that is named."""
    report = changed(small_report(), path, value)
    assert (where, what) in schema.schema_errors(report)
    assert not jsonschema_rs.validator_for(schema.json_schema()).is_valid(report)
