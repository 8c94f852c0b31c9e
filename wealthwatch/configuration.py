"""The settings of the command that runs: defaults, the file of `--config`, the environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from schemas.settings import Settings


def settings_of(context: typer.Context, **overrides: Any) -> Settings:
    """Load the settings for one command.

    Raises:
        schemas.settings.SettingsError: a file is missing, a key unknown or a value wrong; the command line shows it as one line.
    """
    from schemas.settings import Settings

    return Settings.load(context.find_root().obj, **overrides)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables that give a child process these settings."""
    sections = settings.model_dump(exclude_defaults=True)
    return {f"WEALTHWATCH_{name.upper()}": json.dumps(value, default=_plain) for name, value in sections.items()}


def _plain(value: Any) -> Any:
    from pydantic import SecretStr

    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
