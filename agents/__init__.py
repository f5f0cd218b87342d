"""Who thinks: the roles, and the engines that play them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import EngineSettingsError
from .fallback import with_fallback
from .language_model.casting import cast_roles, settings_for
from .language_model.providers import EXTRACTIVE, choose_model, same_provider
from .roles import Engine, Reviewer

if TYPE_CHECKING:
    # Not at run time: pydantic is nothing that commands should wait for which only look at types of this package.
    from ..settings import Settings

__all__ = ["EXTRACTIVE", "choose_model", "open_engine", "open_reviewer", "same_provider"]


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings and the keys in the environment ask for (see `choose_model`).

    Reads files and imports the engine's packages, which takes seconds: not on the event loop.

    Raises:
        EngineSettingsError: a model's name or its provider's key is missing or wrong.
        MissingExtraError: a provider's package is not installed.
    """
    name = choose_model(settings, os.environ)
    if name == EXTRACTIVE:
        cast_roles(name, settings, os.environ)
        from .extractive import extractive_engine  # noqa: PLC0415 - each engine costs its own imports

        return extractive_engine()
    from .language_model import language_model_engine  # noqa: PLC0415

    engine = language_model_engine(name, settings, os.environ)
    if settings.fallback == EXTRACTIVE:
        from .extractive import extractive_engine  # noqa: PLC0415

        return with_fallback(engine, extractive_engine())
    return engine


def open_reviewer(settings: Settings, name: str) -> Reviewer:
    """A reviewer of its own, played by the language model `name` as `--check-model` gives it.

    The base URL is the main model's: a reviewer of another provider is looked for at its provider's own address.
    Reads files and imports the provider's packages, which takes seconds: not on the event loop.

    Raises:
        EngineSettingsError: the model's name or its provider's key is missing or wrong, or it is no language model.
        MissingExtraError: the provider's package is not installed.
    """
    chosen = choose_model(settings.model_copy(update={"model": name}), os.environ)
    if chosen == EXTRACTIVE:
        raise EngineSettingsError(
            "The extractive engine cannot check sentences.", hint="Name a language model: --check-model provider:model."
        )
    from .language_model import language_model_reviewer  # noqa: PLC0415 - each engine costs its own imports

    if settings.model:
        settings = settings_for(chosen, choose_model(settings, os.environ), settings)
    return language_model_reviewer(chosen, settings, os.environ)
