"""Which model plays which role, where it is looked for, and what is said when it cannot be opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tertulia.agents import open_engine
from tertulia.agents.language_model.casting import cast_roles
from tertulia.errors import EngineSettingsError, SettingsError
from tertulia.requesting import amended
from tertulia.settings import ROLES, Settings, load_settings

LOCAL = "http://127.0.0.1:9/v1"


def test_a_role_without_a_model_of_its_own_is_played_by_the_main_one():
    settings = Settings(writer_model="anthropic:b", planner_model=" ollama:c ")
    cast = cast_roles("openai:a", settings, {})
    assert cast == dict.fromkeys(ROLES, "openai:a") | {"writer": "anthropic:b", "planner": "ollama:c"}


def test_the_engine_is_named_after_its_models_and_opens_each_once():
    settings = Settings(model="openai:a", base_url=LOCAL, writer_model="openai:b", reviewer_model="openai:b")
    engine = open_engine(settings)
    assert engine.name == "openai:a (writer openai:b, reviewer openai:b)"
    assert engine.writer._chat is engine.reviewer._chat
    assert engine.planner._chat is engine.interviewer._chat is engine.expert._chat
    assert engine.writer._chat is not engine.planner._chat
    assert open_engine(Settings(model="openai:a", base_url=LOCAL, expert_model="openai:a")).name == "openai:a"


def test_a_base_url_belongs_to_the_provider_of_the_main_model():
    settings = Settings(model="openai:a", base_url=LOCAL, writer_model="openai:b", planner_model="ollama:c")
    engine = open_engine(settings)
    assert (engine.expert._chat._wire._address, engine.writer._chat._wire._address) == (LOCAL, LOCAL)
    assert engine.planner._chat._wire._address == "http://127.0.0.1:11434"


def test_a_missing_key_is_said_with_the_role_that_needs_it():
    with pytest.raises(EngineSettingsError, match=r"no key for Anthropic.*anthropic:b is to play the writer") as caught:
        open_engine(Settings(model="openai:a", base_url=LOCAL, writer_model="anthropic:b"))
    assert "ANTHROPIC_API_KEY" in caught.value.hint


@pytest.mark.parametrize(
    "settings",
    [
        {"model": "openai:a", "base_url": LOCAL, "writer_model": "extractive"},
        {"model": "extractive", "writer_model": "openai:b"},
        {"writer_model": "openai:b"},
    ],
    ids=["a quoting writer", "a quoting engine", "no model"],
)
def test_the_extractive_engine_shares_no_report(settings):
    """A page whose sentences are partly quotations and partly not would have to say so of each."""
    with pytest.raises(EngineSettingsError, match="every role or none") as caught:
        open_engine(Settings(**settings))
    assert "--model" in caught.value.hint


def test_a_table_of_the_settings_file_names_the_models_of_roles():
    Path("tertulia.toml").write_text(
        'model = "openai:a"\n[models]\nexpert = "openai:b"\nwriter = "openai:c"\n', "utf-8"
    )
    environment = {"TERTULIA_WRITER_MODEL": "openai:d"}
    found = load_settings({"planner_model": "openai:e"}, environment=environment).role_models
    assert found == {
        "planner": "openai:e", "interviewer": "", "expert": "openai:b", "writer": "openai:d", "reviewer": ""
    }  # fmt: skip


@pytest.mark.parametrize("text", ['models = "openai:a"', '[models]\nwriters = "openai:a"'])
def test_a_table_that_names_no_role_is_refused(text):
    Path("tertulia.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="no role") as caught:
        load_settings(environment={})
    assert "writer" in caught.value.hint


REQUEST = {"topic": "t", "model": "openai:typo", "base_url": LOCAL, "role_models": {"writer": "openai:w"}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model": "openai:x"}, {"model": "openai:x", "base_url": LOCAL}),
        ({"model": "x"}, {"model": "x", "base_url": LOCAL}),
        ({"model": "anthropic:x"}, {"model": "anthropic:x", "base_url": ""}),
        ({"model": "anthropic:x", "base_url": "http://h"}, {"model": "anthropic:x", "base_url": "http://h"}),
        ({"base_url": "http://h/v1"}, {"model": "openai:typo", "base_url": "http://h/v1"}),
        ({"model": "extractive"}, {"model": "extractive", "role_models": {}}),
        ({"writer_model": ""}, {"role_models": {"writer": ""}, "base_url": LOCAL}),
        ({"planner_model": "openai:p"}, {"role_models": {"writer": "openai:w", "planner": "openai:p"}}),
    ],
)
def test_a_run_goes_on_with_what_is_named_and_keeps_the_rest(changes, expected):
    """A base URL stays with its provider."""
    request = amended(REQUEST, changes)
    assert {name: request[name] for name in expected} == expected
    assert request["topic"] == "t"


def test_a_run_of_an_older_version_has_no_models_for_roles():
    old = {"topic": "t", "model": "", "base_url": ""}
    assert amended(old, {"model": "openai:x"}) == {**old, "model": "openai:x", "role_models": {}}
