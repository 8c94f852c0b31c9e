"""R08: a loan is drawn, paid back early, or not paid in time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import Field

from schemas.movements import Direction, Kind
from schemas.rules import Severity
from streams.findings import band, identity
from streams.money import to_text
from streams.portfolio import Effect
from streams.posting import Posting
from streams.rule import EVERYTHING, Bands, EventRule, Facts, Finding, Floor, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.single import MILLION, OfLoan
from streams.situation import Situation
from streams.wording import Text, money, share

DRAWDOWN, EARLY_REPAYMENT, OVERDUE = "drawdown", "early_repayment", "overdue"


class LoanParameters(Parameters):
    """From where on each of the three matters; the bands hold for all of them."""

    abs_floor: Floor | None = Field(None, description="Least drawdown or early repayment, instead of the tier's floor")
    share: Decimal = Field(Decimal("0.50"), gt=0, le=1, decimal_places=6, description="Of what was owed, paid back at once")
    overdue_days: int = Field(1, ge=1, le=36_600, description="Told when reached, and again at each higher band")
    bands: Bands = {Severity.NOTICE: Decimal(1), Severity.WARNING: Decimal(7), Severity.CRITICAL: Decimal(30)}


class LoanEvent(EventRule[LoanParameters]):
    """A loan drawdown >= abs_floor, an early repayment >= 50 % of what was owed and >= abs_floor, or overdue days >= 1.

    On the movements of an account that is a liability. Drawdown: a debit of kind loan_drawdown; measured is the amount in base currency.
    Early repayment: a credit of kind loan_repayment, on a date before the loan's maturity date where one is known; measured is the amount /
    what was owed before it (the amount less the balance after it), in the account's currency, rounded down to 0.000001. Overdue:
    `overdue_days` of a movement that is not late, told when the number reaches the threshold and each time it reaches a higher band (7 and
    30 times the threshold); a number that falls tells nothing, and makes the next rise news. One movement tells one of them, overdue first.
    Facts: `type`, `account_id`, `account_currency` (of `amount` and `owed`), `amount`, `owed` (before an early repayment), `overdue_days`,
    `overdue_before`, `abs_floor`.
    """

    rule_id = "R08"
    name = "loan_event"
    causes = EVERYTHING
    parameters = LoanParameters

    def screens(self, prepared: Prepared[LoanParameters]) -> tuple[Screen, ...]:  # noqa: ARG002
        return (OfLoan(),)

    def measure(self, situation: Situation, prepared: Prepared[LoanParameters]) -> Measured | None:
        posting, effect, parameters = situation.posting, situation.effect, prepared.parameters
        if posting is None or effect is None or not effect.account.is_liability:
            return None
        days, before, least = effect.account.overdue_days, effect.overdue_before, parameters.overdue_days
        if days > before and days >= least and (before < least or _rank(prepared, days) > _rank(prepared, before)):
            return Measured(days, least, f"{OVERDUE}:{posting.account_id}", "days")
        if effect.value < prepared.floor:
            return None
        if posting.kind is Kind.LOAN_DRAWDOWN and posting.direction is Direction.DEBIT:
            return Measured(effect.value, prepared.floor, f"{DRAWDOWN}:{identity(posting)}", "money")
        owed = _owed(posting, effect)
        if posting.kind is not Kind.LOAN_REPAYMENT or posting.direction is not Direction.CREDIT or owed <= 0:
            return None
        term = effect.account.maturity
        if term is not None and situation.calendar.date_of(posting.at) >= date.fromisoformat(term).toordinal():
            return None
        return Measured(posting.units * MILLION // owed, int(parameters.share * MILLION), f"{EARLY_REPAYMENT}:{identity(posting)}", "ratio")

    def facts(self, finding: Finding[LoanParameters]) -> Facts:
        posting, effect = finding.situation.posting, finding.situation.effect
        assert posting is not None
        assert effect is not None
        what = _type(finding.measured)
        named = [("type", what), ("account_id", posting.account_id), ("account_currency", posting.currency)]
        if what == OVERDUE:
            return Facts(facts=(*named, ("overdue_days", str(finding.measured.value)), ("overdue_before", str(effect.overdue_before))))
        named.append(("amount", to_text(posting.units)))
        if what == EARLY_REPAYMENT:
            named.append(("owed", to_text(_owed(posting, effect))))
        return Facts(facts=(*named, ("abs_floor", to_text(finding.prepared.floor))))

    def say(self, finding: Finding[LoanParameters]) -> Said:
        posting = finding.situation.posting
        assert posting is not None
        what, amount = _type(finding.measured), money(posting.units, posting.currency)
        if what == OVERDUE:
            return Said(
                Text("贷款逾期", "Loan overdue"),
                Text("客户贷款已逾期{days}天。", "The customer's loan is overdue; days: {days}.").fill(days=str(finding.measured.value)),
                Text(
                    "致电了解客户是否有困难，提醒还款并商量可行的安排。",
                    "Call to learn whether there is a difficulty, remind of the instalment, and look for an arrangement.",
                ),
            )
        if what == DRAWDOWN:
            return Said(
                Text("贷款发放", "Loan drawn"),
                Text("客户提取贷款{amount}。", "The customer drew {amount} of a loan.").fill(amount=amount),
                Text("联系客户了解资金用途，提供相关服务。", "Get in touch: learn what the money is for, and offer what goes with it."),
            )
        return Said(
            Text("贷款提前归还", "Loan paid back early"),
            Text(
                "客户提前归还贷款{amount}，占所欠的{part}。", "The customer paid back {amount} of a loan early: {part} of what was owed."
            ).fill(amount=amount, part=share(Decimal(finding.measured.value) / MILLION)),
            Text(
                "致电了解提前还款的原因，了解后续资金安排。",
                "Call to learn why, and what the customer plans with what need not be paid any more.",
            ),
        )


def _type(measured: Measured) -> str:
    return measured.facet.partition(":")[0]


def _rank(prepared: Prepared[LoanParameters], days: int) -> int:
    return band(prepared.bands, days, prepared.parameters.overdue_days).rank


def _owed(posting: Posting, effect: Effect) -> int:
    """What was owed before a repayment, in the account's currency: its balance was below 0 by so much."""
    return posting.units - effect.account.balance


RULE = LoanEvent()
