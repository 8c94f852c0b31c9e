"""One file, one command: the folder loads itself.

A module here is the command of its own name (`dead_letters.py` is `wealthwatch dead-letters`) and has either a function `command` or, for
a command with commands of its own, a `typer.Typer` named `app`. `PANEL` puts it under a heading of the help. Whatever is heavy is imported
inside the functions, so that the command line starts fast.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Literal, get_args

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, Context

Panel = Literal["See it", "Run it", "Operate it", "Build on it"]
_PANELS = get_args(Panel)


def names() -> list[str]:
    """Every command there is, from the names of the files."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


class CommandsFolder(TyperGroup):
    """A group that imports a command's file when the command is asked for."""

    def list_commands(self, ctx: Context) -> list[str]:
        """All commands, by panel and then by name."""
        every = {name: self.get_command(ctx, name) for name in names()}
        return sorted(every, key=lambda name: (_PANELS.index(getattr(every[name], "rich_help_panel", None) or _PANELS[-1]), name))

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of that name; an unknown name loads all of them, so that the error can say what was meant."""
        existing = names()
        for name in [cmd_name] if cmd_name in existing else existing:
            if name not in self.commands:
                self.commands[name] = _load(name)
        return super().get_command(ctx, cmd_name)


def _load(name: str) -> Command:
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    panel: Panel = getattr(module, "PANEL", _PANELS[-1])
    around = typer.Typer(add_completion=False, rich_markup_mode="markdown")
    if hasattr(module, "app"):
        around.add_typer(module.app, name=name, rich_help_panel=panel, no_args_is_help=True)
    else:
        around.command(name, rich_help_panel=panel)(module.command)
    return typer.main.get_group(around).commands[name]
