"""The rules to run: those in force, or those of a file of their own."""

from __future__ import annotations

import tomllib
from pathlib import Path

from schemas.settings import Settings, SettingsError
from streams.book import RuleBook


def in_force(settings: Settings) -> Settings:
    """The same settings, as plain data that a process can be given."""
    return Settings.model_construct(**{name: getattr(settings, name) for name in Settings.model_fields})


def with_rules(settings: Settings, file: Path | None) -> Settings:
    """The settings with the `[rules.*]` of a file instead of theirs, and its `[bank]` where it has one.

    Raises:
        SettingsError: the file is not there, is not TOML, or names what does not exist.
    """
    if file is None:
        RuleBook.of(settings)
        return in_force(settings)
    if not file.is_file():
        raise SettingsError(f"no rules file at {file}")
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        read = Settings.load(file)
        found = in_force(settings).model_copy(
            update={"rules": read.rules if "rules" in tables else {}, "bank": read.bank if "bank" in tables else settings.bank}
        )
        RuleBook.of(found)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not TOML: it is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None
    return found
