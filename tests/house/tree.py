"""The source tree as the house tests see it: which files are ours, and what a module imports."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BESIDE_THE_PACKAGE = {"tests", "docs", "benchmarks"}
_MADE_BY_TOOLS = {"build", "dist", "reports", "__pycache__"}
_HIDDEN_BUT_OURS = {".ci", ".github", ".gitignore"}


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that belongs to the project, tests and documents too, relative to the root."""
    return tuple(sorted(_walk()))


def _walk() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if _is_ours(name)]
        yield from (Path(folder, name).relative_to(ROOT) for name in files if _is_ours(name))


def _is_ours(name: str) -> bool:
    """Whether a file or folder is part of the project, and no environment, cache, build or report."""
    made = name in _MADE_BY_TOOLS or name.endswith(".egg-info")
    return not made and (not name.startswith(".") or name in _HIDDEN_BUT_OURS)


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the package, relative to the root."""
    python_files = (path for path in project_files() if path.suffix == ".py")
    return tuple(path for path in python_files if path.parts[0] not in _BESIDE_THE_PACKAGE)


@cache
def syntax(path: Path) -> ast.Module:
    """A module of the package, parsed."""
    return ast.parse((ROOT / path).read_text("utf-8"), str(path))


def imports(path: Path) -> list[tuple[str, int]]:
    """What a module imports, with the line: `.evidence.ledger` inside the package, `httpx` outside."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(name, node.lineno) for name in _imported_from(node, path)]
    return found


def _imported_from(node: ast.ImportFrom, path: Path) -> list[str]:
    if not node.level:
        return [node.module or ""]
    base = list(path.parts[: len(path.parts) - node.level])
    base += node.module.split(".") if node.module else []
    # `from .. import errors` at the root names a module, not something in one.
    return ["." + ".".join(base)] if base else ["." + alias.name for alias in node.names]
