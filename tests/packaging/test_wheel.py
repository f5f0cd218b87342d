"""What is packed is the package: all of it, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from house.tree import ROOT, modules

ENTRY_POINT = "[console_scripts]\ntertulia = tertulia.cli:main"
_LEAVE = (".*", "__pycache__", "build", "dist", "*.egg-info", "reports", "tests", "benchmarks")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the source tree, so that building leaves nothing behind; `dist/` holds the wheel and the sdist."""
    copy = tmp_path_factory.mktemp("packaging") / "source"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*_LEAVE))
    build(copy, "sdist")
    build(copy, "wheel")
    yield copy
    shutil.rmtree(copy)


def build(source: Path, what: str) -> None:
    """Build with the installed setuptools: no network."""
    script = f"from setuptools import build_meta; build_meta.build_{what}('dist')"
    (source / "dist").mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", script], cwd=source, check=True, capture_output=True, timeout=120)


def packed(folder: Path) -> set[str]:
    """The names of the files in the wheel."""
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def data_files() -> set[str]:
    """What the package reads at run time, beside its modules."""
    rooms = [path.parent for path in modules() if path.name == "__init__.py" and path.parent.parts]
    suffixes = {".j2", ".css", ".toml", ".json", ".js"}
    found = {
        f"{path.relative_to(ROOT)}" for room in rooms for path in (ROOT / room).rglob("*") if path.suffix in suffixes
    }
    documents = (ROOT / "examples" / "open-data-in-spain").iterdir()
    return found | {f"{path.relative_to(ROOT)}" for path in documents} | {"py.typed", "events.schema.json"}


def test_the_wheel_holds_only_the_package(folder: Path) -> None:
    """Whoever installs the wheel gets `tertulia/…` and no top-level `agents`, `tests` or `docs`."""
    tops = {name.split("/")[0] for name in packed(folder)}
    assert sorted(top for top in tops if not top.endswith(".dist-info")) == ["tertulia"]
    assert len(tops) == 2


def test_the_wheel_holds_every_module(folder: Path) -> None:
    """Each module of the tree is in the wheel, and no other Python file is."""
    python_files = {name for name in packed(folder) if name.endswith(".py")}
    scripts = {path for path in modules() if not (ROOT / path.parent / "__init__.py").is_file()}
    assert python_files == {f"tertulia/{path.as_posix()}" for path in set(modules()) - scripts}


def test_the_wheel_holds_what_the_package_reads(folder: Path) -> None:
    """Prompts, templates, locales, phrases and the documents of the demo are in the wheel."""
    assert {f"tertulia/{name}" for name in data_files()} - packed(folder) == set()


def test_the_wheel_installs_the_command(folder: Path) -> None:
    """`tertulia` is the one command, and the licence goes with it."""
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (entry_points,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert archive.read(entry_points).decode().strip() == ENTRY_POINT
        assert [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]


def test_a_wheel_built_from_the_sdist_is_the_same(folder: Path, tmp_path: Path) -> None:
    """The sdist is complete."""
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.name.startswith("tertulia-"))
    build(source, "wheel")
    assert packed(source) == packed(folder)
