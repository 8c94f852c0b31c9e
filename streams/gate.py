"""The materiality gate that R01 and R02 share, and how they say what passed it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

from pydantic import Field

from schemas.rules import Severity
from streams.customer import Customer
from streams.money import to_units
from streams.rule import Bands, Facts, Finding, Floor, Measured, Parameters, Prepared
from streams.situation import Situation
from streams.wording import Text, money, share


class GateParameters(Parameters):
    """max(abs_floor, pct x AUM before)."""

    pct: Decimal = Field(Decimal("0.10"), ge=0, description="Share of AUM before the movement")
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(3), Severity.CRITICAL: Decimal(10)}


G = TypeVar("G", bound=GateParameters)


def measure_single(situation: Situation, prepared: Prepared[G]) -> Measured | None:
    """The movement's amount against the gate."""
    effect = situation.effect
    if effect is None or effect.value < prepared.floor:
        return None
    return Measured(effect.value, prepared.gate(effect.aum_before))


def floor_then(prepared: Prepared[Any], customer: Customer, tier: str) -> int:
    """The rule's floor for the tier that was decided then, in base-currency units; the profile's tier, where it gives one, is of always."""
    names = {one.name: one for one in prepared.tiers}
    if customer.profile.tier in names or not names:
        return prepared.floor
    own = getattr(prepared.parameters, "abs_floor", None)
    return to_units(own or names.get(tier, prepared.tiers[0]).abs_floor)


def lowest_floor(prepared: Prepared[Any]) -> int:
    """The least of the rule's floors for a customer of any tier: what screens go by."""
    own = getattr(prepared.parameters, "abs_floor", None)
    return min(prepared.floor, *(to_units(own or tier.abs_floor) for tier in prepared.tiers))


def gate_facts(finding: Finding[G]) -> Facts:
    """What the gate was made of."""
    parameters, tier = finding.prepared.parameters, finding.prepared.tier
    return Facts(facts=(("abs_floor", str(parameters.abs_floor or tier.abs_floor)), ("pct", str(parameters.pct)), ("tier", tier.name)))


def amount_and_share(finding: Finding[G]) -> Text:
    """Such as «¥1,250,000.00 (31.2% of AUM)»; without the share where there was no AUM before."""
    situation = finding.situation
    amount = money(finding.measured.value, situation.bank.base_currency)
    before = situation.effect.aum_before if situation.effect else 0
    if before <= 0:
        return amount
    part = share(Decimal(finding.measured.value) / Decimal(before))
    return amount + Text("（占此前资产的{part}）", " ({part} of AUM before)").fill(part=part)


def other_side(finding: Finding[G]) -> str:
    """Name of the other side, if the feed has it."""
    posting = finding.situation.posting
    other = None if posting is None else posting.counterparty
    return "" if other is None else other.name or ""
