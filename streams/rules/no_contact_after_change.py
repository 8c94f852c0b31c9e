"""R44: something has happened, or a long time has passed, and nobody has talked to the customer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import ceil

from pydantic import Field

from schemas.rules import Severity
from streams.customer import Customer
from streams.rule import Bands, ConditionParameters, ConditionRule, Facts, Finding, Measured, Prepared, Said
from streams.screens import Screen, standing_of
from streams.screens.relationship import NotSpokenWith, silent_days, unanswered_days
from streams.situation import Situation
from streams.windows import on
from streams.wording import Text, day

CHANGE, LONG = "change", "long"
FORGOTTEN = 90
"""So many dates after it a notification calls for no talk any more."""


class ContactParameters(ConditionParameters):
    """How long is too long."""

    days: int = Field(3, ge=1, lt=FORGOTTEN, description="Dates after a warning or critical notification")
    long_days: int = Field(90, ge=1, description="Dates since the last contact")
    from_tier: int = Field(1, ge=0, description="Place of the lowest tier that is to be talked to anyway; 0 is the lowest of all")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(2)}


class NoContactAfterChange(ConditionRule[ContactParameters]):
    """No contact logged for >= 3 days after a warning or critical notification, or, from the second tier (gold) on, for >= 90 days.

    Two conditions, `change` and `long`. Contact is the profile's `last_contact_on`; of a customer without one nothing is known, and the
    rule says nothing. `change` is measured in dates from the date of the first live notification of these severities, opened or escalated,
    that is later than the last contact and no older than 90 dates; those taken back do not count, nor those of this rule. `long` is
    measured in dates since the last contact. Both resolve when a contact is logged that makes them shorter. Asked at a date's first tick.
    Facts: `last_contact_on`, `since` (the date from which is counted).
    """

    rule_id = "R44"
    name = "no_contact_after_change"
    unit = "days"
    causes = frozenset()
    at_close = True
    parameters = ContactParameters

    def screens(self, prepared: Prepared[ContactParameters]) -> tuple[Screen, ...]:
        parameters = prepared.parameters
        change, long = (
            standing_of(self.name, facet, threshold, parameters.rearm, prepared.bands)
            for facet, threshold in ((CHANGE, parameters.days), (LONG, parameters.long_days))
        )
        return (NotSpokenWith(FORGOTTEN, change, long, _is_tended(prepared)),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[ContactParameters]) -> int:
        spoken, parameters = customer.profile.last_contact_on, prepared.parameters
        if not spoken:
            return 0
        if any(f"{self.name}:{facet}" in customer.conditions for facet in (CHANGE, LONG)):
            return day + 1  # a contact is logged without a movement
        changed = customer.memory.unanswered(max(spoken, day - FORGOTTEN))
        multiples = [Decimal(1), *(multiple for _, multiple in prepared.bands)]
        ahead = [changed + FORGOTTEN, *(changed + ceil(parameters.days * multiple) for multiple in multiples)] if changed else []
        if _is_tended(prepared):
            ahead += [spoken + ceil(parameters.long_days * multiple) for multiple in multiples]
        return min((one for one in ahead if one > day), default=0)

    def measure(self, situation: Situation, prepared: Prepared[ContactParameters]) -> Iterator[Measured]:
        customer, parameters, today = situation.customer, prepared.parameters, situation.day
        after_change = unanswered_days(customer, today, FORGOTTEN)
        long = silent_days(customer, today) if _is_tended(prepared) else 0
        for value, threshold, facet in ((after_change, parameters.days, CHANGE), (long, parameters.long_days, LONG)):
            if value >= threshold or f"{self.name}:{facet}" in customer.conditions:
                yield Measured(value, threshold, facet)

    def facts(self, finding: Finding[ContactParameters]) -> Facts:
        spoken = finding.situation.customer.profile.last_contact_on
        since = finding.situation.day - finding.measured.value
        return Facts(facts=(("last_contact_on", on(spoken).isoformat() if spoken else ""), ("since", on(since).isoformat())))

    def say(self, finding: Finding[ContactParameters]) -> Said:
        spoken = finding.situation.customer.profile.last_contact_on
        last = day(on(spoken)) if spoken else Text("未知", "not known")
        value = str(finding.measured.value)
        if finding.measured.facet == CHANGE:
            title = Text("重要变化后尚未联系客户", "No contact after an important change")
            body = Text(
                "客户发生重要变化已{value}天，尚无联系记录。上次联系：{last}。",
                "It is {value} days since an important change, and no contact is logged. Last contact: {last}.",
            )
        else:
            title = Text("长期未联系客户", "Nobody has talked to the customer for long")
            body = Text("已{value}天没有联系记录。上次联系：{last}。", "No contact has been logged for {value} days. Last contact: {last}.")
        action = Text("今日致电客户，并登记联系结果。", "Call today, and log what was said.")
        return Said(title, body.fill(value=value, last=last), action)


def _is_tended(prepared: Prepared[ContactParameters]) -> bool:
    """Whether customers of this tier are to be talked to without a change."""
    places = [tier.name for tier in prepared.tiers]
    return prepared.tier.name in places and places.index(prepared.tier.name) >= prepared.parameters.from_tier


RULE = NoContactAfterChange()
