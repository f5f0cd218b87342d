"""The engine in which a language model plays every role."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from ...errors import EngineSettingsError, UsageError
from ..prices import rate_of
from ..roles import Engine, Reviewer
from .casting import cast_roles, engine_name, settings_for
from .providers import split_name

if TYPE_CHECKING:
    # Not at run time: this package is imported by whoever imports a type of `agents`.
    from ...settings import Settings
    from .chat import Chat


def language_model_engine(name: str, settings: Settings, environment: Mapping[str, str]) -> Engine:
    """The engine of the model `name` (`provider:model`) and of those that the settings name for single roles.

    Imports the providers' packages, which takes seconds.

    Raises:
        MissingExtraError: a provider's package is not installed.
        EngineSettingsError: a provider's key is not set, or the name of a role's model cannot be used.
        UsageError: there is a cap on cost, and the price of a model is not known.
    """
    # Heavy: jinja2 and pydantic forms are not wanted by those who only ask which model would be chosen.
    from .expert import ModelExpert  # noqa: PLC0415
    from .interviewer import ModelInterviewer  # noqa: PLC0415
    from .planner import ModelPlanner  # noqa: PLC0415
    from .reviewer import ModelReviewer  # noqa: PLC0415
    from .writer import ModelWriter  # noqa: PLC0415

    cast = cast_roles(name, settings, environment)
    # Roles of one model share its chat: what one of them learns about its server, the others know.
    chats: dict[str, Chat] = {}
    for role, model in cast.items():
        if model not in chats:
            try:
                own = settings_for(model, name, settings)
                chats[model] = open_chat(model, own, environment, keep_connections=True)
            except EngineSettingsError as error:
                raise EngineSettingsError(f"{error} {model} is to play the {role}.", hint=error.hint) from error
    planner = ModelPlanner(chats[cast["planner"]])
    return Engine(
        engine_name(name, cast),
        planner,
        ModelInterviewer(chats[cast["interviewer"]]),
        ModelExpert(chats[cast["expert"]]),
        ModelWriter(chats[cast["writer"]]),
        ModelReviewer(chats[cast["reviewer"]]),
        stream_panel=planner.stream_panel if split_name(cast["planner"])[0].streams else None,
        rates={role: chats[model].rate for role, model in cast.items()},
        close=partial(_close, list(chats.values())),
    )


async def _close(chats: Iterable[Chat]) -> None:
    await asyncio.gather(*(chat.close() for chat in chats))


def language_model_reviewer(name: str, settings: Settings, environment: Mapping[str, str]) -> Reviewer:
    """A reviewer alone, played by the model `name`. Imports and raises as `language_model_engine` does."""
    from .reviewer import ModelReviewer  # noqa: PLC0415 - heavy, as above

    return ModelReviewer(open_chat(name, settings, environment, keep_connections=True))


def open_chat(name: str, settings: Settings, environment: Mapping[str, str], *, keep_connections: bool = False) -> Chat:
    """The chat of the model `name`. Imports and raises as `language_model_engine` does.

    One that keeps its connections is closed by whoever opened it, in the event loop that used it.
    """
    from . import prompts, providers  # noqa: PLC0415 - heavy, as above
    from .chat import Chat  # noqa: PLC0415

    provider, _ = providers.split_name(name)
    address = providers.address_of(name, settings, environment)
    rate = rate_of(name, "" if address == provider.address else address)
    if rate is None and settings.max_cost is not None:
        raise UsageError(
            f"The price of {name} at {address} is not known, so --max-cost cannot be held.",
            hint="Use --max-tokens instead, or choose another --model.",
        )
    prompts.load()
    model = providers.open_chat_model(name, settings, environment, keep_connections=keep_connections)
    return Chat(
        model,
        name,
        address=address,
        context_window=providers.context_window(name, settings, environment, model.profile),
        width=providers.width(name, settings, environment),
        strict=provider.name == "openai",
        rate=rate,
    )
