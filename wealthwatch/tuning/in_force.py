"""The timeline of the settings: of a file alone, or with what stands on `wealth.rules`."""

from __future__ import annotations

from pathlib import Path

from schemas.settings import Settings
from streams.timeline import RuleBooks, read


def in_force(settings: Settings) -> RuleBooks:
    """The settings file's, and every version on the topic; what is refused there stands in `refused`."""
    from handlers.rule_records import newest

    books = RuleBooks.of(settings)
    for text, (key, value) in newest(settings).items():
        books.put(text, read(key, value))
    return books


def of_file(path: Path) -> RuleBooks:
    """The settings of one file, which is not that of `--config`.

    Raises:
        SettingsError: something in it is misspelt.
    """
    return RuleBooks.of(Settings.load(path))
