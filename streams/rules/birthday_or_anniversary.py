"""R35: the customer's day comes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.customers import Segment
from schemas.rules import Severity
from streams.customer import Customer
from streams.rule import Bands, EventRule, Facts, Finding, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.calendar import DayComes, is_day_of
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day

BIRTHDAY, ANNIVERSARY = "birthday", "anniversary"


class DayParameters(Parameters):
    """How long before."""

    days: int = Field(3, ge=1, le=30, description="Dates before the day")
    bands: Bands = {Severity.INFO: Decimal(1)}


class BirthdayOrAnniversary(EventRule[DayParameters]):
    """At the first tick of the date 3 days before a yearly return, years >= 1, of the customer's birthday or of the day they came.

    The 29 February returns on the 28 in years that have none. A company's birthday is the day it was founded. The measured value and the
    threshold are the days. Facts: `day` (birthday or anniversary), `on`, `years`.
    """

    rule_id = "R35"
    name = "birthday_or_anniversary"
    unit = "days"
    causes = frozenset()
    at_close = True
    parameters = DayParameters

    def screens(self, prepared: Prepared[DayParameters]) -> tuple[Screen, ...]:
        return (DayComes(prepared.parameters.days),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[DayParameters]) -> int:
        days = prepared.parameters.days
        coming = (_next_return(since, day + days) for since in (customer.profile.born_on, customer.profile.customer_since) if since)
        return min((on - days for on in coming), default=0)

    def measure(self, situation: Situation, prepared: Prepared[DayParameters]) -> Measured | str | None:  # noqa: ARG002
        return None

    def measure_close(self, situation: Situation, prepared: Prepared[DayParameters]) -> Iterator[Measured]:
        profile, days = situation.customer.profile, prepared.parameters.days
        for which, since in ((BIRTHDAY, profile.born_on), (ANNIVERSARY, profile.customer_since)):
            if is_day_of(since, situation.day + days):
                yield Measured(days, days, which)

    def facts(self, finding: Finding[DayParameters]) -> Facts:
        when, years = _when(finding)
        return Facts(facts=(("day", finding.measured.facet), ("on", on(when).isoformat()), ("years", str(years))))

    def say(self, finding: Finding[DayParameters]) -> Said:
        when, years = _when(finding)
        if finding.measured.facet == ANNIVERSARY:
            what = Text(f"成为本行客户{years}周年", f"{years} year{'' if years == 1 else 's'} with the bank")
            title = Text("客户周年纪念日临近", "The customer's anniversary is near")
        elif finding.situation.customer.profile.segment == Segment.PERSONAL:
            what, title = Text("生日", "birthday"), Text("客户生日临近", "The customer's birthday is near")
        else:
            what, title = Text("成立纪念日", "founding day"), Text("客户成立纪念日临近", "The company's founding day is near")
        return Said(
            title,
            Text("{when}是客户的纪念日：{what}。", "{when} is the customer's day: {what}.").fill(when=day(on(when)), what=what),
            Text("准备祝福，当天致电或发送问候。", "Prepare a greeting, and call or write on the day."),
        )


def _when(finding: Finding[DayParameters]) -> tuple[int, int]:
    """The day, and how manieth return it is."""
    profile = finding.situation.customer.profile
    since = profile.born_on if finding.measured.facet == BIRTHDAY else profile.customer_since
    when = finding.situation.day + finding.measured.value
    return when, on(when).year - on(since).year


def _next_return(since: int, after: int) -> int:
    """The first yearly return after a date."""
    began, year = on(since), max(on(after).year, on(since).year + 1)
    while True:
        last = began.replace(year=year, day=28) if (began.month, began.day) == (2, 29) else began.replace(year=year)
        if last.month == 2 and began.day == 29 and on(last.toordinal() + 1).month == 2:
            last = on(last.toordinal() + 1)
        if last.toordinal() > after:
            return last.toordinal()
        year += 1


RULE = BirthdayOrAnniversary()
