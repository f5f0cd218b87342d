"""The home folder is found without the settings, and is theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tertulia.errors import SettingsError
from tertulia.home import find_home, settings_files
from tertulia.settings import load_settings


@pytest.mark.parametrize("environment", [{}, {"TERTULIA_HOME": " "}, {"TERTULIA_HOME": " kept/here "}])
@pytest.mark.parametrize("other", [{}, {"TERTULIA_MODEL": "extractive"}, {"TAVILY_API_KEY": "k"}])
def test_it_is_the_home_of_the_settings(environment: dict[str, str], other: dict[str, str]) -> None:
    """Whether the settings have to be loaded for it or not."""
    given = environment | other
    assert find_home(given) == load_settings(environment=given).home


@pytest.mark.parametrize("place", [0, 1])
def test_a_settings_file_may_name_it(place: int) -> None:
    """In the user's file, or in the project's; the environment comes first."""
    file = settings_files()[place]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('home = "elsewhere"', "utf-8")
    assert find_home({}) == Path("elsewhere")
    assert find_home({"TERTULIA_HOME": "here"}) == Path("here")


def test_what_is_wrong_elsewhere_is_said_here_too() -> None:
    """`tertulia runs` refuses a wrong setting as every command does."""
    with pytest.raises(SettingsError, match="--analysts"):
        find_home({"TERTULIA_ANALYSTS": "many"})
    settings_files()[1].mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        find_home({})
