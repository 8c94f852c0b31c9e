"""R30: a position's term ends soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pydantic import Field

from streams.customer import Account, Customer
from streams.money import to_text
from streams.rule import EventRule, Facts, Finding, Measured, Parameters, Prepared, Said
from streams.screens import Screen
from streams.screens.calendar import MaturesSoon, terms_ending, working_day
from streams.situation import Situation
from streams.wording import Text, day, money


class MaturityParameters(Parameters):
    """How many working days ahead it is said, three times at most."""

    first: int = Field(30, ge=1, le=60, description="Working days before the maturity date")
    second: int = Field(7, ge=1, le=60, description="The same, once more")
    last: int = Field(1, ge=1, le=60, description="The same, for the last time")

    @property
    def notices(self) -> tuple[int, ...]:
        """The numbers of days, each once."""
        return tuple(sorted({self.first, self.second, self.last}))


class MaturityUpcoming(EventRule[MaturityParameters]):
    """First tick of the n-th business day before an account's maturity date, n in [30, 7, 1], if it has a balance above 0.

    Business days are those of the bank's country, make-up days included; the n-th of them before a date is counted back from it, the date
    itself not among them. The date is the latest that a movement of the account gave. The measured value and the threshold are n.
    Facts: `account_id`, `matures_on`, `balance` and `currency` of the account, `product`.
    """

    rule_id = "R30"
    name = "maturity_upcoming"
    unit = "days"
    causes = frozenset()
    at_close = True
    parameters = MaturityParameters

    def screens(self, prepared: Prepared[MaturityParameters]) -> tuple[Screen, ...]:
        return (MaturesSoon(prepared.country, prepared.parameters.notices),)

    def next_day(self, customer: Customer, day: int, prepared: Prepared[MaturityParameters]) -> int:
        notices, country = prepared.parameters.notices, prepared.country
        longest = 2 * max(notices) + 40
        found: list[int] = []
        for account in customer.accounts.values():
            if account.maturity is None or account.balance <= 0:
                continue
            matures = date.fromisoformat(account.maturity).toordinal()
            if matures - day > longest:
                found.append(matures - longest)
            elif matures > day:
                found += [on for count in notices if (on := working_day(country, matures, -count)) > day]
        return min(found, default=0)

    def measure(self, situation: Situation, prepared: Prepared[MaturityParameters]) -> Measured | str | None:  # noqa: ARG002
        return None

    def measure_close(self, situation: Situation, prepared: Prepared[MaturityParameters]) -> Iterator[Measured]:
        ending = terms_ending(prepared.country, situation.day, prepared.parameters.notices)
        for account_id, account in situation.customer.accounts.items():
            if account.balance > 0 and account.maturity in ending:
                count = ending[account.maturity]
                yield Measured(count, count, f"{account_id}:{count}")

    def facts(self, finding: Finding[MaturityParameters]) -> Facts:
        account_id, account = _account(finding)
        return Facts(
            facts=(
                ("account_id", account_id),
                ("matures_on", account.maturity or ""),
                ("balance", to_text(account.balance)),
                ("currency", account.currency),
                ("product", account.product or ""),
            )
        )

    def say(self, finding: Finding[MaturityParameters]) -> Said:
        _, account = _account(finding)
        count = finding.measured.value
        return Said(
            Text("产品即将到期", "A product will soon mature"),
            Text(
                "一笔{amount}的产品将于{on}到期（还有{count}个工作日）。",
                "A holding of {amount} matures on {on}, in {count} working day{more}.",
            ).fill(
                amount=money(account.balance, account.currency),
                on=day(date.fromisoformat(account.maturity or "")),
                count=str(count),
                more="" if count == 1 else "s",
            ),
            Text(
                "联系客户，了解到期资金安排，准备续作方案。",
                "Get in touch: ask what is planned for the money and prepare what could follow.",
            ),
        )


def _account(finding: Finding[MaturityParameters]) -> tuple[str, Account]:
    account_id = finding.measured.facet.rpartition(":")[0]
    return account_id, finding.situation.customer.accounts[account_id]


RULE = MaturityUpcoming()
