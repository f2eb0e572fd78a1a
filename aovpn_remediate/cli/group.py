"""A group of commands."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class Group(TyperGroup):
    """A group of commands; its flags are false where the command line does not give them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options."""
        options: list[Any] = super().get_params(ctx)
        # To convert the default None of --install-completion, typer would import pydantic for each --help.
        for option in options:
            if option.default is None and option.is_flag:
                option.default = False
        return options
