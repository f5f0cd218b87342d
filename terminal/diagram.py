"""The report graph as Mermaid, in the form that GitHub, editors and documentation sites draw."""

from __future__ import annotations

import re
from typing import Final

_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_NO_STEP: Final = re.compile(r"^.*(?:__error_handler__|classDef ).*\n", re.MULTILINE)
_TERMINAL: Final = re.compile(r"\(<p>__(start|end)__</p>\)")


def draw_graph() -> str:
    """The graph with the interview's own graph inside it."""
    from ..graph.report import build_graph  # noqa: PLC0415 - imports LangGraph

    drawn = build_graph().compile().get_graph(xray=1).draw_mermaid()
    # Error handlers are no steps of the work, fixed colours cannot be read on every theme, and `\3a` in the names of
    # inner nodes is not Mermaid's.
    drawn = _NO_STEP.sub("", _FRONT_MATTER.sub("", drawn)).replace("\\3a", "_")
    return _TERMINAL.sub(r"([\1])", drawn)
