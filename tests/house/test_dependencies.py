"""What is installed, asked for and pinned: above the known advisories, by name and version, without addresses."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from typing import Any

import pytest
from house.tree import ROOT, imports, modules
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tertulia.version import VERSION

# The first versions without a known advisory (docs/decisions/0001-dependencies.md).
FLOORS = {
    "langgraph": "1.0.10",
    "langgraph-checkpoint": "4.0.0",
    "langgraph-checkpoint-sqlite": "3.0.1",
    "langchain-core": "1.2.22",
    "langchain-text-splitters": "1.1.2",
    "langsmith": "0.8.18",
    "jinja2": "3.1.6",
    "markdown": "3.8.1",
    "starlette": "1.0.1",
    "urllib3": "2.6.3",
    "pypdf": "6.16.1",
}
# Packages that only come along with others, or not at all: they need no line in pyproject.toml.
INDIRECT = {"langchain-text-splitters", "pypdf", "starlette"}
# Asked for without an import statement: urllib3 comes with requests and is named for its floor; wikipedia is loaded as
# private copies, one per language, because its state is global.
WITHOUT_IMPORT = {"urllib3", "wikipedia"}

PIN = re.compile(
    r"(?P<name>[a-z0-9]+(-[a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.]*)( ; (?P<marker>[a-z_<>=!'0-9. A-Z()]+))?"
)

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()


def direct() -> list[Requirement]:
    """What `pip install tertulia` asks for."""
    return [Requirement(line) for line in PROJECT["project"]["dependencies"]]


def everything() -> list[Requirement]:
    """That, the extras and the development tools."""
    extras = [line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
    return direct() + [Requirement(line) for line in extras + PROJECT["dependency-groups"]["dev"]]


def pins() -> dict[str, list[Version]]:
    """The pinned versions of each package: more than one where Python versions differ."""
    found: dict[str, list[Version]] = {}
    for line in CONSTRAINTS:
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        found.setdefault(canonicalize_name(requirement.name), []).append(Version(specifier.version))
    return found


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_what_is_installed_is_above_the_floor(name: str) -> None:
    """No installed package has a known advisory."""
    try:
        installed = version(name)
    except PackageNotFoundError:
        assert name in INDIRECT
        return
    assert Version(installed) >= Version(FLOORS[name])


@pytest.mark.parametrize("name", sorted(set(FLOORS) - INDIRECT))
def test_what_is_asked_for_is_above_the_floor(name: str) -> None:
    """`pip install tertulia` cannot choose a version with a known advisory."""
    (requirement,) = [found for found in direct() if canonicalize_name(found.name) == name]
    (lowest,) = [Version(part.version) for part in requirement.specifier if part.operator == ">="]
    assert lowest >= Version(FLOORS[name])


@pytest.mark.parametrize("name", sorted(set(FLOORS) & set(pins())))
def test_what_is_pinned_is_above_the_floor(name: str) -> None:
    """`make demo` and `make test` install no version with a known advisory."""
    assert min(pins()[name]) >= Version(FLOORS[name])


@pytest.mark.parametrize("requirement", everything(), ids=str)
def test_everything_asked_for_is_pinned(requirement: Requirement) -> None:
    """Each dependency has a pin, and the pin is one that the project accepts. `make constraints` renews them."""
    pinned = pins()[canonicalize_name(requirement.name)]
    assert [version for version in pinned if not requirement.specifier.contains(version)] == []


@pytest.mark.parametrize("line", CONSTRAINTS)
def test_constraints_are_names_and_versions(line: str) -> None:
    """No address, hash, option or comment: the file does not say where packages come from."""
    assert PIN.fullmatch(line)


@pytest.mark.parametrize("line", ["a @ file:///x", "a==1 --hash=sha256:0", "--index-url x", "a==1 ; x == 'https://y'"])
def test_the_pin_pattern_refuses_addresses(line: str) -> None:
    """The test above would pass if its pattern matched anything."""
    assert not PIN.fullmatch(line)


def test_the_sunset_package_is_not_a_dependency() -> None:
    """langchain-community is being sunset, and nothing brings it along."""
    assert "langchain-community" not in {canonicalize_name(found.name) for found in everything()} | set(pins())


def test_the_version_is_the_packages() -> None:
    """It stands in two places: the installed package is not asked, for that takes longer than `--version` should."""
    assert PROJECT["project"]["version"] == VERSION


def test_the_packages_are_the_folders() -> None:
    """setuptools cannot find packages when the root is one, so they are listed: the list is the tree."""
    folders = {path.parent.parts for path in modules() if path.name == "__init__.py"}
    listed = {tuple(name.split(".")[1:]) for name in PROJECT["tool"]["setuptools"]["packages"]}
    assert listed == folders


def imported() -> dict[str, set[str]]:
    """The top-level names of other people's modules that the package imports, with the files that do."""
    found: dict[str, set[str]] = {}
    for path in modules():
        for name in (name.split(".")[0] for name, _ in imports(path) if not name.startswith(".")):
            if name not in sys.stdlib_module_names:
                found.setdefault(name, set()).add(str(path))
    return found


def test_whatever_is_imported_is_asked_for() -> None:
    """Nothing works only because another package happens to bring it along."""
    asked = {canonicalize_name(found.name) for found in everything()}
    providers = packages_distributions()
    strays = {
        module: files
        for module, files in imported().items()
        if not asked & {canonicalize_name(name) for name in providers.get(module, [module])}
    }
    assert strays == {}


def test_whatever_is_asked_for_is_imported() -> None:
    """A dependency that nobody uses is one more thing that can have an advisory."""
    providers = packages_distributions()
    used = {canonicalize_name(name) for module in imported() for name in providers.get(module, [])}
    assert sorted({canonicalize_name(found.name) for found in direct()} - used - set(WITHOUT_IMPORT)) == []
