"""R19: the level of weekly net flow has changed, and stays changed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.notifications import Window
from schemas.rules import Severity
from streams.customer import Customer
from streams.history import CREDITS, DEBITS, WIDTH
from streams.money import to_text
from streams.rule import EVERYTHING, Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen
from streams.screens.change_point import Changed, FlowChanged, changed
from streams.screens.flows import MILLION, WEEK
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money

RISE, FALL = "rise", "fall"


class ChangePointParameters(ConditionParameters):
    """How far the sum goes, and how many weeks are looked at; 56 are what 400 dates hold."""

    sigmas: Decimal = Field(Decimal(5), gt=0, le=100, decimal_places=6, description="Deviations that the cumulative sum reaches")
    reference_weeks: int = Field(26, ge=4, le=28, description="Weeks that say what is usual; without them there is insufficient history")
    watched_weeks: int = Field(26, ge=1, le=28, description="Weeks after them over which the sum runs, at most")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(2)}


class ChangePoint(ConditionRule[ChangePointParameters]):
    """Page's two-sided CUSUM of weekly external net flow, k = sigma / 2, is >= 5 sigma; upwards and downwards, each by itself.

    Weeks are Monday to Sunday, closed, and wholly within the dates that are kept: the latest 52 at most, so the running week never counts,
    and the week in which a customer was first seen does not unless that was a Monday. The first 26 of these are the reference: their mean
    is mu, the deviation of this population sigma; sigma = 0, or no week after the reference, is insufficient history. Over the weeks x
    after the reference, from 0 on, up = max(0, up + x - mu - k) and down = max(0, down - x + mu - k). As weeks pass, the reference moves
    with them: a change that has lasted for half a year has become usual, and the condition resolves. Facets: `rise` for up, `fall` for
    down. The measured value is up / sigma or down / sigma, rounded down to a millionth. It changes at the first tick of a Monday, and when
    something comes late. Facts: `mean`, `sigma`, `cusum` (up or down, in money), `weeks` (since the reference).
    """

    rule_id = "R19"
    name = "change_point"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = ChangePointParameters

    def screens(self, prepared: Prepared[ChangePointParameters]) -> tuple[Screen, ...]:
        own = prepared.parameters
        keys = (f"{self.name}:{RISE}", f"{self.name}:{FALL}")
        return (FlowChanged(int(own.sigmas * MILLION), own.reference_weeks, own.watched_weeks, keys),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[ChangePointParameters]) -> int:
        rows, own = customer.history.rows, prepared.parameters
        counts = day - WEEK * (own.reference_weeks + own.watched_weeks + 1)
        if not any(rows[place] > counts and rows[place + CREDITS] != rows[place + DEBITS] for place in range(0, len(rows), WIDTH)):
            return 0
        return day + 1 + -day % WEEK

    def measure(self, situation: Situation, prepared: Prepared[ChangePointParameters]) -> Iterator[Measured]:
        own = prepared.parameters
        found = changed(situation.customer.history, situation.day, own.reference_weeks, own.watched_weeks)
        if found is not None:
            for facet in (RISE, FALL):
                yield Measured(found.deviations(facet == RISE), int(own.sigmas * MILLION), facet)

    def facts(self, finding: Finding[ChangePointParameters]) -> Facts:
        found = _made_of(finding)
        last = _last_sunday(finding.situation.day)
        first, until = window(last, WEEK * (found.reference + found.weeks))
        made_of = (
            ("mean", to_text(found.mean)),
            ("sigma", to_text(found.sigma)),
            ("cusum", to_text(found.sum_of(finding.measured.facet == RISE))),
            ("weeks", str(found.weeks)),
        )
        return Facts(Window(name=f"{found.reference + found.weeks}w", first=first, last=until), made_of)

    def say(self, finding: Finding[ChangePointParameters]) -> Said:
        found, currency = _made_of(finding), finding.situation.bank.base_currency
        rise = finding.measured.facet == RISE
        values: dict[str, Text | str] = {
            "mean": money(found.mean, currency),
            "sigma": money(found.sigma, currency),
            "reference": str(found.reference),
            "weeks": Text(str(found.weeks), "1 week" if found.weeks == 1 else f"{found.weeks} weeks"),
            "sum": money(found.sum_of(rise), currency),
            "way": Text("高于", "above") if rise else Text("低于", "below"),
        }
        return Said(
            Text("资金净流入持续增加", "Net flow has risen lastingly")
            if rise
            else Text("资金净流入持续减少", "Net flow has fallen lastingly"),
            Text(
                "前{reference}周每周净流量平均{mean}（波动{sigma}），其后{weeks}周内累计{way}平时{sum}。",
                "Over {reference} weeks the weekly net flow was {mean}, give or take {sigma}; in {weeks} since, it has come to be "
                "{sum} {way} that in all.",
            ).fill(**values),
            Text("了解收入或业务的变化，更新资产配置方案。", "Ask what has changed in income or business; bring the allocation up to date.")
            if rise
            else Text("了解资金去向，及时安排面谈挽留。", "Ask where the money now goes and arrange a talk to keep it."),
        )


def _last_sunday(day: int) -> int:
    """The end of the last closed week."""
    return day - 1 - (day - 1) % WEEK


def _made_of(finding: Finding[ChangePointParameters]) -> Changed:
    own = finding.prepared.parameters
    found = changed(finding.situation.customer.history, finding.situation.day, own.reference_weeks, own.watched_weeks)
    assert found is not None
    return found


RULE = ChangePoint()
