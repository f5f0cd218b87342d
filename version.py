"""The version: a constant, for asking the installed package takes longer than all else that `--version` does."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
