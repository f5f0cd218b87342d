"""Where settings come from and runs are kept: files, variables, and the home folder.

Without pydantic: a command that needs the home folder alone should not wait for the settings to be imported.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs

PROJECT_FILE: Final = "tertulia.toml"
PREFIX: Final = "TERTULIA_"
_HOME: Final = f"{PREFIX}HOME"


def default_home() -> Path:
    """The home folder where none is set: a folder of the platform's for the user's data."""
    return Path(platformdirs.user_data_dir("tertulia", appauthor=False))


def settings_files(project_folder: Path | None = None) -> tuple[Path, Path]:
    """The user's settings file and the project's, in the order in which they count."""
    user_file = Path(platformdirs.user_config_dir("tertulia", appauthor=False)) / "settings.toml"
    return user_file, (project_folder or _working_folder()) / PROJECT_FILE


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        # It was deleted meanwhile, and a file in it is not found by this name either.
        return Path()


def find_home(environment: Mapping[str, str] | None = None) -> Path:
    """The home folder, as `load_settings` gives it; these are loaded only where something else is set than the folder.

    Raises:
        SettingsError: as `load_settings` does.
    """
    environment = os.environ if environment is None else environment
    others = {name for name, value in environment.items() if name.startswith(PREFIX) and value.strip()} - {_HOME}
    if others or any(map(_may_be_there, settings_files())):
        from .settings import load_settings  # noqa: PLC0415 - imports pydantic

        return load_settings(environment=environment).home
    # Only a value that is set can be wrong, and every text is a folder.
    given = environment.get(_HOME, "").strip()
    return Path(given) if given else default_home()


def _may_be_there(file: Path) -> bool:
    try:
        file.stat()
    except FileNotFoundError:
        return False
    except OSError:
        # Whoever reads it says what is wrong.
        return True
    return True
