"""R17: many payments to one payee, none of them large, that are large together."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pydantic import Field

from schemas.notifications import Classification, Window
from schemas.rules import Severity
from streams.customer import Customer
from streams.gate import floor_then, lowest_floor
from streams.memory import PAYMENT_DAYS, name_of
from streams.money import to_text
from streams.portfolio import payee_of
from streams.rule import (
    CORRECTIONS,
    EXTERNAL_DEBIT,
    Bands,
    ConditionParameters,
    ConditionRule,
    Facts,
    Finding,
    Floor,
    Measured,
    Prepared,
    Said,
)
from streams.screens import Screen
from streams.screens.single import Drips, Paid, leaving, paid_to
from streams.situation import Situation
from streams.windows import window
from streams.wording import Text, money


class DripParameters(ConditionParameters):
    """How many payments, and the gate."""

    debits: int = Field(5, ge=3, le=100, description="At least so many, in 30 dates")
    pct: Decimal = Field(Decimal("0.10"), ge=0, description="Share of AUM before the movement")
    abs_floor: Floor | None = Field(None, description="Instead of the tier's floor")
    bands: Bands = {Severity.WARNING: Decimal(1), Severity.CRITICAL: Decimal(5)}


class DripOutflow(ConditionRule[DripParameters]):
    """>= 5 external debits to one payee in 30 dates, today included, none >= the gate, their sum >= the gate; each payee by itself.

    The payee is the counterparty's account if given, else its name; without either nothing is measured. One gate serves all three: max(
    abs_floor, pct x AUM before) at that debit in the window which arrived last, with the floor of the tier as decided on its date. The
    measured value is the sum where there are 5 debits and none at the gate, else 0. A reversed debit is taken out. It is asked at the
    payee's debits and their reversals and at the first tick of a date. The 512 latest payments are remembered. It is restricted: the
    customer's manager does not get it, so that nobody is tipped off. Facts: `payee`, `debits`, `sum`, `largest`, `aum_before` (the last
    debit), `abs_floor`, `pct`.
    """

    rule_id = "R17"
    name = "drip_outflow"
    causes = CORRECTIONS | {EXTERNAL_DEBIT}
    at_close = True
    classification = Classification.RESTRICTED
    parameters = DripParameters

    def screens(self, prepared: Prepared[DripParameters]) -> tuple[Screen, ...]:
        return (Drips(prepared.parameters.debits, lowest_floor(prepared)),)

    def measure(self, situation: Situation, prepared: Prepared[DripParameters]) -> Iterator[Measured]:
        for payee in _asked(situation, self.name):
            found = _paid(situation, payee)
            gate = _gate(situation.customer, prepared, found) if found.count else prepared.floor
            shaped = found.count >= prepared.parameters.debits and found.largest < gate
            yield Measured(found.total if shaped else 0, gate, payee)

    def facts(self, finding: Finding[DripParameters]) -> Facts:
        situation, prepared = finding.situation, finding.prepared
        found = _paid(situation, finding.measured.facet)
        first, last = window(situation.day, PAYMENT_DAYS)
        return Facts(
            Window(name=f"{PAYMENT_DAYS}d", first=first, last=last),
            (
                ("payee", finding.measured.facet),
                ("debits", str(found.count)),
                ("sum", to_text(found.total)),
                ("largest", to_text(found.largest)),
                ("aum_before", to_text(found.before)),
                ("abs_floor", to_text(_floor(situation.customer, prepared, found))),
                ("pct", str(prepared.parameters.pct)),
            ),
        )

    def say(self, finding: Finding[DripParameters]) -> Said:
        found = _paid(finding.situation, finding.measured.facet)
        posting = finding.situation.posting
        named = posting is not None and posting.counterparty is not None and payee_of(posting) == finding.measured.facet
        other = posting.counterparty.name if named and posting is not None and posting.counterparty is not None else None
        payee = other or finding.measured.facet
        return Said(
            Text("多笔小额付款流向同一收款人", "Many small payments to one payee"),
            Text(
                "近{days}日向{payee}付款{count}笔，合计{total}，无一笔达到大额标准。",
                "In {days} days {payee} got {total} in small payments, none of them large by itself; payments: {count}.",
            ).fill(
                days=str(PAYMENT_DAYS),
                payee=payee,
                count=str(found.count),
                total=money(found.total, finding.situation.bank.base_currency),
            ),
            Text(
                "受限信息：由合规部门核查，请勿告知客户及其客户经理。",
                "Restricted: for the compliance desk to look into. Tell neither the customer nor the customer's manager.",
            ),
        )


def _asked(situation: Situation, rule: str) -> list[str]:
    """The payees whose number may have changed, and those of whom something is open."""
    customer, posting, effect = situation.customer, situation.posting, situation.effect
    asked = [key.partition(":")[2] for key in customer.conditions if key.partition(":")[0] == rule]
    if posting is not None and effect is not None:
        asked += [payee_of(posting)] if effect.payee else []
    else:
        regulars = customer.memory.regulars
        asked += [regulars[payee] for payee in leaving(customer.memory, situation.day) if payee in regulars]
    return list(dict.fromkeys(asked))


def _paid(situation: Situation, payee: str) -> Paid:
    return paid_to(situation.customer.memory, name_of(payee), situation.day)


def _floor(customer: Customer, prepared: Prepared[DripParameters], found: Paid) -> int:
    return floor_then(prepared, customer, customer.memory.tier_on(found.day, customer.tier)) if found.count else prepared.floor


def _gate(customer: Customer, prepared: Prepared[DripParameters], found: Paid) -> int:
    """The gate at the payment that arrived last."""
    over, under = prepared.share
    return max(_floor(customer, prepared, found), -(-found.before * over // under))


RULE = DripOutflow()
