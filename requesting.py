"""What a run is asked for: made of the settings when it starts, kept with it, and what it goes on with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import report_templates
from .agents import EXTRACTIVE, same_provider
from .errors import UsageError
from .report_templates.cited_text import one_line
from .settings import ROLES, TOPIC_LIMIT, Settings


def request_of(settings: Settings, topic: str, *, approve: bool, panel: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The request of a new run, as plain data without secrets.

    Raises:
        UsageError: the topic is empty or too long.
    """
    from .sources import default_names  # noqa: PLC0415 - only a run that starts needs it

    topic = one_line(topic)
    if not topic or len(topic) > TOPIC_LIMIT:
        raise UsageError(
            f"The topic has {len(topic)} characters; it must have 1 to {TOPIC_LIMIT}.",
            hint="Say in a sentence what the report is about.",
        )
    request: dict[str, Any] = {
        "topic": topic,
        "language": settings.language,
        "size": len(panel) or settings.analysts,
        "turn_limit": settings.turns,
        "approve": approve,
        "unsupported": settings.unsupported,
        "check_model": settings.check_model,
        "max_cost": settings.max_cost,
        "max_tokens": settings.max_tokens,
        "model": settings.model,
        "role_models": settings.role_models,
        "cache": settings.cache,
        "eager": settings.eager,
        "fallback": settings.fallback,
        "base_url": settings.base_url,
        "context_window": settings.context_window,
        # Chosen once: a run that goes on where a key is set or missing must search where its questions are for.
        "sources": list(settings.sources) or default_names(settings),
        "docs": [str(path) for path in settings.docs],
        "folder": str(Path.cwd()),
        "format": list(settings.format),
        # A run may be resumed from another folder: its files still belong where they were asked for.
        "output": _rooted(settings.output, but=("", "-")),
        "template": _rooted(settings.template, but=report_templates.TEMPLATES),
    }
    if panel:
        request["panel"] = [dict(analyst) for analyst in panel]
    return request


def amended(request: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The request of a run with other models, another server or other caps, as `Settings` names them."""
    roles = {**request.get("role_models", {})}
    roles |= {role: changes[f"{role}_model"] for role in ROLES if f"{role}_model" in changes}
    model = changes.get("model", request["model"])
    if model == EXTRACTIVE:
        # It plays every role or none.
        roles = {}
    moves = model and request["model"] and not same_provider(model, request["model"])
    base_url = changes.get("base_url", "" if moves else request["base_url"])
    caps = {name: changes[name] for name in ("max_cost", "max_tokens") if name in changes}
    return {**request, **caps, "model": model, "role_models": roles, "base_url": base_url}


def settings_of(settings: Settings, request: Mapping[str, Any]) -> Settings:
    """The settings that a run is opened with: those of now, with what it was asked for in their place."""
    return settings.model_copy(
        update={
            "model": request["model"],
            **{f"{role}_model": request.get("role_models", {}).get(role, "") for role in ROLES},
            "cache": request.get("cache", False),
            "fallback": request.get("fallback", ""),
            "check_model": request.get("check_model", ""),
            "max_cost": request.get("max_cost"),
            "max_tokens": request.get("max_tokens"),
            "base_url": request["base_url"],
            "context_window": request.get("context_window"),
            "sources": tuple(request["sources"]),
            "docs": tuple(_found(path, request["folder"]) for path in request["docs"]),
        }
    )


def _found(path: str, folder: str) -> Path:
    """A path of the user's: as it was given in the folder where the run began, wherever it goes on from."""
    given = Path(path)
    return given if Path(folder) == Path.cwd() else Path(folder) / given


def _rooted(path: str, *, but: Sequence[str]) -> str:
    """A path as it is found from every folder; some words are no paths."""
    return path if path in but else str(Path(path).expanduser().absolute())
