"""Instants as people write and read them, in the bank's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from schemas.rules import RuleSettings
from schemas.settings import Bank, SettingsError


def moment(text: str | None, bank: Bank) -> datetime:
    """The instant of a text such as `2025-03-01T09:00`, in the bank's time zone unless it says otherwise; now if there is none.

    Raises:
        SettingsError: it is no such text.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"{text!r} is not a time such as 2025-03-01T09:00 or 2025-03-01T09:00+08:00") from None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(bank.time_zone))).astimezone(UTC)


def when(version: RuleSettings, bank: Bank) -> str:
    """Since when a version holds."""
    since = version.active_since
    return "always" if since is None else since.astimezone(ZoneInfo(bank.time_zone)).isoformat(timespec="seconds")
