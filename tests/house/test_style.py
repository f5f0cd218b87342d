"""House style, as far as a test can hold it (STYLE.md); ruff and mypy hold the rest."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from house.tree import ROOT, imports, modules, project_files, syntax

MAXIMUM_MODULE = 400
MAXIMUM_FUNCTION = 60
DRAWERS = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)($|_)", re.IGNORECASE)

# Spelled in parts, so that this file does not find itself.
MACHINE_PATHS = re.compile(
    "|".join(["/" + "root/", "/" + "Users/", "/" + "work/(main|shared)", "/" + "opt/pypi", "[A-Z]:" + r"\\Users"])
)
PACKAGE_HOSTS = re.compile(
    "|".join(["pypi" + r"\.org/simple", "pythonhosted" + r"\.org", "extra-" + "index-url", "--" + "find-links"])
)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_modules_are_short(path: Path) -> None:
    """A module that needs more than 400 lines holds two ideas."""
    assert len((ROOT / path).read_text("utf-8").splitlines()) <= MAXIMUM_MODULE


@pytest.mark.parametrize("path", modules(), ids=str)
def test_functions_are_short(path: Path) -> None:
    """A function that needs more than 60 lines does two things."""
    functions = [node for node in ast.walk(syntax(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > MAXIMUM_FUNCTION} == {}


@pytest.mark.parametrize("path", modules(), ids=str)
def test_files_are_not_drawers(path: Path) -> None:
    """A function lives with the idea it serves, not in a drawer."""
    assert [part for part in path.with_suffix("").parts if DRAWERS.search(part)] == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_classes_are_not_drawers(path: Path) -> None:
    """No RunManager, no TextHelper."""
    names = [node.name for node in ast.walk(syntax(path)) if isinstance(node, ast.ClassDef)]
    assert [name for name in names if re.search(r"(Utils?|Helpers?|Manager)$", name)] == []


@pytest.mark.parametrize("path", modules(), ids=str)
def test_public_names_say_what_they_are_for(path: Path) -> None:
    """Each module, and each public class, function and method, has a docstring."""
    tree = syntax(path)
    assert ast.get_docstring(tree), f"{path} has no docstring"
    assert sorted(_undocumented(tree)) == []


def _undocumented(node: ast.Module | ast.ClassDef) -> list[str]:
    missing: list[str] = []
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or child.name.startswith("_"):
            continue
        if not ast.get_docstring(child) and not _is_overload(child):
            missing.append(child.name)
        if isinstance(child, ast.ClassDef):
            missing += [f"{child.name}.{name}" for name in _undocumented(child)]
    return missing


def _is_overload(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id == "overload" for decorator in node.decorator_list)


@pytest.mark.parametrize("path", modules(), ids=str)
def test_the_sunset_package_is_not_used(path: Path) -> None:
    """langchain-community is being sunset."""
    assert [name for name, _ in imports(path) if name.split(".")[0] == "langchain_community"] == []


@pytest.mark.parametrize("pattern", [MACHINE_PATHS, PACKAGE_HOSTS], ids=["machine paths", "package hosts"])
def test_nothing_points_to_one_machine(pattern: re.Pattern[str]) -> None:
    """No file names a folder of the machine it was written on, or where its packages came from."""
    found = []
    for path in project_files():
        text = (ROOT / path).read_bytes().decode("utf-8", "replace")
        found += [f"{path}: {match[0]}" for match in pattern.finditer(text)]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    """The test above would pass if its patterns matched nothing."""
    assert MACHINE_PATHS.search("see /" + "work/main/app.py")
    assert PACKAGE_HOSTS.search("pip install --" + "find-links .")
    assert len(project_files()) > len(modules())
