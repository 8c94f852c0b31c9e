"""Dates and times in the bank's time zone, as each language writes them."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from babel.dates import format_date, format_skeleton

from handlers.inbox.money import LOCALES
from handlers.inbox.texts import Translate
from schemas.customers import Language


def day(value: date, language: Language) -> str:
    """A date with its year."""
    return format_date(value, "medium", locale=LOCALES[language])


def short_day(value: date, language: Language) -> str:
    """A date of this year."""
    return format_skeleton("MMMd", datetime(value.year, value.month, value.day), locale=LOCALES[language])  # noqa: DTZ001 - a date, no moment


def weekday(value: date, language: Language) -> str:
    """A date with its weekday."""
    return format_date(value, "full", locale=LOCALES[language])


def moment(value: datetime, zone: tzinfo, language: Language) -> str:
    """A date and a time to the minute."""
    local = value.astimezone(zone)
    return f"{day(local.date(), language)} {local:%H:%M}"


def clock_time(value: datetime, zone: tzinfo) -> str:
    """The time to the minute."""
    return f"{value.astimezone(zone):%H:%M}"


def span(length: timedelta, text: Translate) -> str:
    """A length of time in its largest unit."""
    seconds = int(abs(length).total_seconds())
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return text(f"span.{unit}", n=seconds // size)
    return text("span.now")
