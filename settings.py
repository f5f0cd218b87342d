"""Settings: one frozen object. Precedence: flag, environment, project file, user file, default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from .errors import SettingsError
from .home import PREFIX, default_home, settings_files
from .redaction import holds_secret

TOPIC_LIMIT: Final = 500

ROLES: Final = ("planner", "interviewer", "expert", "writer", "reviewer")
"""The roles that can have a model of their own."""

Format = Literal["md", "html", "json"]


def _split(value: Any) -> Any:
    """A list as the environment writes it: `web,wikipedia`."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _split_paths(value: Any) -> Any:
    """Paths as the environment writes them, parted as PATH is. An empty one would be the whole working folder."""
    if isinstance(value, list | tuple) and "" in value:
        raise ValueError("It holds an empty path")
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if value and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ValueError("It should be a web address such as http://127.0.0.1:8000/v1")
    if holds_secret(value):
        # A run keeps its address, and process lists show the flag.
        raise ValueError("It may hold no user, password, parameters or fragment; put the key into the environment")
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_split_paths)]


class Settings(BaseModel):
    """Everything that can be set. Each field is a flag, `TERTULIA_<FIELD>`, and a key of the settings files.

    `sources` empty means the defaults (documents if given; wikipedia; web if its key is set); `language` empty means
    the topic's; `model` empty means the first provider whose key is set, else the extractive engine; a role without
    a model of its own is played by `model`. `cache` answers model calls that were made before from a file in `home`.
    `fallback` names the engine that does what the model cannot do for good. `eager` has the first questions asked while
    a person reads the panel, some of them in vain. `unsupported` says what becomes of sentences that their passages do
    not support; `check_model` empty means that no model is asked for its opinion of them. `max_cost` (USD) and
    `max_tokens` (in and out) cap what a run may use.
    `trace_project` is LangSmith's project for its traces. Keys of services come from the environment only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    home: Path = Field(default_factory=default_home)
    output: str = ""
    analysts: int = Field(default=3, ge=1, le=64)
    turns: int = Field(default=2, ge=1, le=10)
    concurrency: int = Field(default=8, ge=1, le=256)
    sources: Names = ()
    docs: Paths = ()
    language: str = Field(default="", pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{2,8})*)?$")
    model: str = ""
    planner_model: str = ""
    interviewer_model: str = ""
    expert_model: str = ""
    writer_model: str = ""
    reviewer_model: str = ""
    base_url: Annotated[str, AfterValidator(_web_address)] = ""
    context_window: int | None = Field(default=None, ge=2_048)
    fallback: Literal["", "extractive"] = ""
    cache: bool = False
    eager: bool = False
    unsupported: Literal["mark", "drop", "keep"] = "mark"
    check_model: str = ""
    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    max_tokens: int | None = Field(default=None, ge=1)
    template: str = "report"
    format: Annotated[tuple[Format, ...], BeforeValidator(_split)] = ("md", "html", "json")
    contact: str = ""
    trace: bool | None = None
    trace_project: str = ""

    ollama_host: str = ""
    tavily_api_key: SecretStr = SecretStr("")
    tavily_api_base_url: str = ""
    wikipedia_url: str = ""

    @property
    def role_models(self) -> dict[str, str]:
        """The model that is named for each role, or ""."""
        return {role: getattr(self, f"{role}_model") for role in ROLES}


# Names that belong to the services, not to us, or that are secrets: read from the environment only.
_SERVICE_VARIABLES: Final = {
    "tavily_api_key": "TAVILY_API_KEY",
    "tavily_api_base_url": "TAVILY_API_BASE_URL",
    "ollama_host": "OLLAMA_HOST",
}
_FLAG_NAMES: Final = {"sources": "source"}


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    project_folder: Path | None = None,
) -> Settings:
    """Settings from every layer. A flag that is None was not given.

    Raises:
        SettingsError: an unknown key, a value of the wrong form or out of range, an unreadable settings file.
    """
    environment = os.environ if environment is None else environment
    user_file, project_file = settings_files(project_folder)
    layers = [
        (f"the settings file {user_file}", _read(user_file)),
        (f"the settings file {project_file}", _read(project_file)),
        ("the environment", _from_environment(environment)),
        ("the command line", {key: value for key, value in (flags or {}).items() if value is not None}),
    ]
    for where, layer in layers:
        _check(layer, where)
    merged: dict[str, Any] = {}
    for _, layer in layers:
        merged.update(layer)
    return Settings(**merged)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Non-empty `TERTULIA_*` variables that name a setting, and the services' own variables."""
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        variable = _SERVICE_VARIABLES.get(name) or PREFIX + _FLAG_NAMES.get(name, name).upper()
        if value := environment.get(variable, "").strip():
            values[name] = value
    return values


def _read(path: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}") from error
    secrets = sorted(set(data) & set(_SERVICE_VARIABLES))
    if secrets:
        variable = _SERVICE_VARIABLES[secrets[0]]
        raise SettingsError(f"{path} sets {secrets[0]}.", hint=f"Set {variable} in the environment instead.")
    models = data.pop("models", {})
    if not isinstance(models, dict) or set(models) - set(ROLES):
        raise SettingsError(
            f"{path}: [models] names something that is no role.", hint=f"The roles are: {', '.join(ROLES)}."
        )
    return data | {f"{role}_model": model for role, model in models.items()}


def _check(layer: Mapping[str, Any], where: str) -> None:
    """Check one layer alone, so that the message names the place the wrong value came from."""
    try:
        Settings(**layer)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        if first["type"] == "extra_forbidden":
            raise SettingsError(f"Unknown setting {name!r} in {where}.", hint="See `tertulia report --help`.") from None
        flag = "--" + _FLAG_NAMES.get(name, name).replace("_", "-")
        # Language is the only setting with a pattern, and a pattern is nothing to show to a person.
        no_code = first["type"] == "string_pattern_mismatch"
        reason = (
            "It should be a language code such as en, es or pt-BR"
            if no_code
            else first["msg"].removeprefix("Value error, ")
        )
        raise SettingsError(f"{flag} ({where}): {reason}.", hint="See `tertulia report --help`.") from None
