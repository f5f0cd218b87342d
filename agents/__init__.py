"""Who thinks: the roles, and the engines that play them."""

from __future__ import annotations

import os

from ..settings import Settings
from .language_model.providers import EXTRACTIVE, choose_model
from .roles import Engine

__all__ = ["EXTRACTIVE", "choose_model", "open_engine"]


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings and the keys in the environment ask for (see `choose_model`).

    Reads files and imports the engine's packages, which takes seconds: not on the event loop.

    Raises:
        EngineSettingsError: the model's name or its provider's key is missing or wrong.
        MissingExtraError: the provider's package is not installed.
    """
    name = choose_model(settings, os.environ)
    if name == EXTRACTIVE:
        from .extractive import extractive_engine  # noqa: PLC0415 - each engine costs its own imports

        return extractive_engine()
    from .language_model import language_model_engine  # noqa: PLC0415

    return language_model_engine(name, settings, os.environ)
