"""Which model plays which role, and where each of them is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...errors import EngineSettingsError
from .providers import EXTRACTIVE, choose_model, same_provider

if TYPE_CHECKING:
    from ...settings import Settings


def cast_roles(main: str, settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """The model of each role as `provider:model`: the one that the settings name for it, else `main`.

    Raises:
        EngineSettingsError: a name cannot be used, or the extractive engine would play some roles and a model others.
    """
    cast: dict[str, str] = {}
    for role, wanted in settings.role_models.items():
        asked = settings.model_copy(update={"model": wanted or main})
        cast[role] = choose_model(asked, environment) if wanted else main
        if (cast[role] == EXTRACTIVE) != (main == EXTRACTIVE):
            raise EngineSettingsError(
                f"The extractive engine plays every role or none; {role} would be {cast[role]}, the others {main}.",
                hint=f"Name a language model with --model as well, or none for the {role}.",
            )
    return cast


def engine_name(main: str, cast: Mapping[str, str]) -> str:
    """How an engine of several models is called: `openai:a (writer anthropic:b)`; of one, by that model's name."""
    others = [f"{role} {model}" for role, model in cast.items() if model != main]
    return f"{main} ({', '.join(others)})" if others else main


def settings_for(model: str, main: str, settings: Settings) -> Settings:
    """The settings that a model is opened with: the base URL belongs to the provider of `main`, and to no other."""
    if settings.base_url and main != EXTRACTIVE and not same_provider(model, main):
        return settings.model_copy(update={"base_url": ""})
    return settings
