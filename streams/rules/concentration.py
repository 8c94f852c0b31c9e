"""R27: too much is in one class, one instrument or with one issuer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.rules import Severity
from streams.customer import CLASSES, Customer
from streams.money import to_decimal, to_text, to_units
from streams.rule import EVERYTHING, Bands, ConditionParameters, ConditionRule, Facts, Finding, Floor, Measured, Prepared, Said
from streams.screens import Screen, Standing, standing_of
from streams.screens.assets import MILLION
from streams.screens.concentration import Concentrated, largest_class, largest_held, squares
from streams.situation import Situation
from streams.wording import Text, asset_class, share_of

CLASS, INSTRUMENT, ISSUER, HHI = "class", "instrument", "issuer", "hhi"


class ConcentrationParameters(ConditionParameters):
    """The largest weight, the largest sum of squares, and the assets from which on they matter."""

    share: Decimal = Field(Decimal("0.40"), gt=0, le=1, decimal_places=6, description="Of one class, instrument or issuer")
    hhi: Decimal = Field(Decimal("0.50"), gt=0, le=1, decimal_places=6, description="Sum of the squared weights of the classes")
    aum_floor: Floor | None = Field(None, description="Least AUM; the lowest tier's floor if none is given")
    bands: Bands = {Severity.INFO: Decimal(1), Severity.NOTICE: Decimal("1.5")}


class Concentration(ConditionRule[ConcentrationParameters]):
    """The largest weight of an asset class, of an instrument, of an issuer >= 40 % of AUM, or the sum of squared class weights >= 0.5.

    Four conditions: `class`, `instrument`, `issuer` and `hhi` (Herfindahl-Hirschman). Which class, instrument or issuer is the largest does
    not matter to them. Every class counts, demand deposits too; an account without an instrument, or an issuer, belongs to none. Rounded
    down to 0.000001. Not asked where AUM is below the floor of AUM (the lowest tier's `abs_floor`): an open one stays open.
    Facts: `largest` and `value` (of the first three), `squares` (of `hhi`: the sum of the squared values), `aum_floor`.
    """

    rule_id = "R27"
    name = "concentration"
    unit = "ratio"
    causes = EVERYTHING
    at_close = True
    parameters = ConcentrationParameters

    def screens(self, prepared: Prepared[ConcentrationParameters]) -> tuple[Screen, ...]:
        share, hhi = to_units(prepared.parameters.share * 100), to_units(prepared.parameters.hhi * 100)
        of_class, instrument, issuer = (self._standing(facet, share, prepared) for facet in (CLASS, INSTRUMENT, ISSUER))
        return (Concentrated(of_class, instrument, issuer, self._standing(HHI, hhi, prepared), _floor(prepared)),)

    def measure(self, situation: Situation, prepared: Prepared[ConcentrationParameters]) -> Iterator[Measured]:
        customer, limit = situation.customer, to_units(prepared.parameters.share * 100)
        if customer.aum < _floor(prepared):
            return
        for facet in (CLASS, INSTRUMENT, ISSUER):
            yield Measured(_largest(customer, facet)[0] * MILLION // customer.aum, limit, facet)
        yield Measured(squares(customer), to_units(prepared.parameters.hhi * 100), HHI)

    def facts(self, finding: Finding[ConcentrationParameters]) -> Facts:
        facet, customer = finding.measured.facet, finding.situation.customer
        floor = ("aum_floor", to_text(_floor(finding.prepared)))
        if facet == HHI:
            total = sum((to_decimal(value) ** 2 for value in customer.owned), Decimal(0))
            return Facts(facts=(("squares", str(total)), floor))
        value, name = _largest(customer, facet)
        return Facts(facts=(("largest", name), ("value", to_text(value)), floor))

    def say(self, finding: Finding[ConcentrationParameters]) -> Said:
        facet, customer = finding.measured.facet, finding.situation.customer
        part = share_of(finding.measured.value)
        name = asset_class(CLASSES[largest_class(customer)[1]])
        if facet == CLASS:
            body = Text("{name}占客户资产{part}。", "{part} of the customer's assets are {name}.").fill(name=name, part=part)
        elif facet == HHI:
            body = Text(
                "各类资产占比的平方和为{number}，其中占比最高的是{name}。",
                "The squared shares of the asset classes add up to {number} (1 would be a single class); most is in {name}.",
            ).fill(number=f"{Decimal(finding.measured.value).scaleb(-6):.2f}", name=name)
        else:
            held = _largest(customer, facet)[1]
            body = _HELD[facet].fill(name=held, part=part)
        return Said(
            _TITLES[facet],
            body,
            Text("与客户讨论分散投资的方案。", "Talk with the customer about spreading the assets more widely."),
        )

    def _standing(self, facet: str, limit: int, prepared: Prepared[ConcentrationParameters]) -> Standing:
        return standing_of(self.name, facet, limit, prepared.parameters.rearm, prepared.bands)


_TITLES = {
    CLASS: Text("资产集中于一类", "Concentrated in one asset class"),
    INSTRUMENT: Text("资产集中于一个产品", "Concentrated in one product"),
    ISSUER: Text("资产集中于一个发行人", "Concentrated with one issuer"),
    HHI: Text("资产配置分散不足", "Assets are spread over few classes"),
}
_HELD = {
    INSTRUMENT: Text("产品{name}占客户资产{part}。", "{part} of the customer's assets are in the product {name}."),
    ISSUER: Text("发行人{name}的产品合计占客户资产{part}。", "{part} of the customer's assets are with the issuer {name}."),
}


def _largest(customer: Customer, facet: str) -> tuple[int, str]:
    """Value and name of the largest class, instrument or issuer; 0 and nothing where there is none."""
    if facet == CLASS:
        value, place = largest_class(customer)
        return value, CLASSES[place].value
    return largest_held(customer, facet == ISSUER)


def _floor(prepared: Prepared[ConcentrationParameters]) -> int:
    """At least one unit, so that there is something to divide by."""
    return max(1, prepared.aum_floor)


RULE = Concentration()
