"""The commands as typer builds them, without what only a value that is given needs.

For a flag that was not given and has no default, as its `--help`, typer imports pydantic to turn nothing into nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer.core import TyperOption


class Command(TyperCommand):
    """One command."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Its `--help`, which is off until it is given."""
        return _off(super().get_help_option(ctx))


class Commands(TyperGroup):
    """The program with its commands."""

    def get_help_option(self, ctx: Any) -> TyperOption | None:
        """Its `--help`, which is off until it is given."""
        return _off(super().get_help_option(ctx))


def _off(option: TyperOption | None) -> TyperOption | None:
    if option is not None:
        option.default = False
    return option
