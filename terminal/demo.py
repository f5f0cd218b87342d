"""The demonstration: a report from the bundled documents, the same on every machine."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from .. import examples
from ..settings import Settings, load_settings

DEMO_TOPIC: Final = "Open data in Spain"
_FOLDER: Final = "open-data-in-spain"


def demo_settings(output: str | None) -> Settings:
    """Settings for the demonstration: of this machine's only home and output, so that no key and no model matters."""
    here = load_settings({"output": output})
    return Settings(
        home=here.home,
        output=here.output,
        model="extractive",
        sources=("documents",),
        docs=(_folder(),),
        trace=here.trace,
        trace_project=here.trace_project,
    )


def _folder() -> Path:
    folder = Path(str(files(examples) / _FOLDER))
    # The report names its documents as they are given here; below the working folder that can be short.
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
