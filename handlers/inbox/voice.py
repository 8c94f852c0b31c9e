"""Everything a page says, in one language, in the bank's time zone, at one moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from handlers.inbox import dates, money
from handlers.inbox.terms import term
from handlers.inbox.texts import TEXTS, in_language
from schemas.customers import Language
from schemas.notifications import Evidence
from schemas.rules import Severity

SEVERITIES = tuple(severity.value for severity in Severity)


@dataclass(frozen=True, slots=True)
class Voice:
    """Speaks one language; the templates call its methods."""

    language: Language
    zone: ZoneInfo
    now: datetime

    def t(self, key: str, /, **values: object) -> str:
        """A text of the pages."""
        return in_language(self.language, TEXTS)(key, **values)

    def term(self, group: str, name: str) -> str:
        """A word of the contract."""
        return term(self.language, group, name)

    def severity(self, rank: int) -> str:
        """A severity's own name, by its place in the order."""
        return SEVERITIES[rank]

    def money(self, amount: Decimal | str, currency: str) -> str:
        """The whole amount."""
        return money.money(Decimal(amount), currency, self.language)

    def change(self, amount: Decimal, currency: str) -> str:
        """An amount with its sign."""
        return money.signed_money(amount, currency, self.language)

    def axis(self, amount: Decimal) -> str:
        """An amount short enough for an axis."""
        return money.short_money(amount, self.language)

    def percent(self, share: Decimal) -> str:
        """A share of 1."""
        return money.percent(share, self.language)

    def number(self, value: Decimal) -> str:
        """A plain number."""
        return money.number(value, self.language)

    def measure(self, value: Decimal, evidence: Evidence, currency: str) -> str:
        """A measured value in its unit."""
        if evidence.unit == "money":
            return self.money(value, currency)
        if evidence.unit == "ratio":
            return self.percent(value)
        return term(self.language, "unit", evidence.unit).format(n=self.number(value))

    def contacts(self, ways: str) -> str:
        """How the customer likes to be reached."""
        return self.listed(self.term("contact", way) for way in ways.split())

    def day(self, value: date) -> str:
        """A date."""
        return dates.day(value, self.language)

    def short_day(self, value: date) -> str:
        """A date without its year."""
        return dates.short_day(value, self.language)

    def heading(self, value: date) -> str:
        """A date over the lines of that date."""
        today = self.now.astimezone(self.zone).date()
        near = {today: "list.today", today - timedelta(days=1): "list.yesterday"}.get(value)
        return f"{self.t(near)} · {self.short_day(value)}" if near else dates.weekday(value, self.language)

    def moment(self, value: datetime) -> str:
        """A date and a time."""
        return dates.moment(value, self.zone, self.language)

    def clock(self, value: datetime) -> str:
        """The time alone."""
        return dates.clock_time(value, self.zone)

    def due(self, value: datetime) -> str:
        """How long is left, or how late it is."""
        return self.t("due.overdue" if value < self.now else "due.in", span=dates.span(value - self.now, self.t))

    def listed(self, words: Iterable[str]) -> str:
        """Words after one another."""
        return ("、" if self.language is Language.CHINESE else ", ").join(words)
