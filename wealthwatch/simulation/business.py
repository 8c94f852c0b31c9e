"""The ordinary days of companies and institutions: receipts and payments on working days, payroll, taxes, loans."""

from __future__ import annotations

from random import Random

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.days import Day
from wealthwatch.simulation.dealings import Dealings
from wealthwatch.simulation.life import POOL, Life
from wealthwatch.simulation.plans import Plans
from wealthwatch.simulation.population import Client

SOMETHING_LARGER = 1 / 40
WORKING_DAYS = 21


class Business:
    """Plans the day of a company; `income` is what it takes in a month."""

    def __init__(self, random: Random, dealings: Dealings, town: other.Town, life: Life) -> None:
        self._random = random
        self._dealings = dealings
        self._town = town
        self._life = life

    def trade(self, client: Client, day: Day, plans: Plans) -> None:
        """Everything a company will do on a date."""
        if not day.business:
            return
        chance, dealings, life = self._random.random, self._dealings, self._life
        scale = client.income / (WORKING_DAYS * client.spends)
        firms = self._town.firms
        rich = client.current.balance > client.worth * 8 // 10
        for incoming in (True, False):
            wish = client.spends * 2 * chance()
            for _ in range(int(wish) + (chance() < wish % 1)):
                amount = int(scale * life.spread[int(chance() * POOL)]) + 100
                second = life.office[int(chance() * POOL)]
                credit, debit = firms[(client.employer + int(chance() * 12)) % len(firms)]
                if incoming:
                    plans.add(second, dealings.earn, client, "transfer_in", amount, credit)
                else:
                    kind = "cheque" if chance() < 0.08 else "transfer_out"
                    plans.add(second, dealings.pay, client, kind, amount * (8 if rich else 7) // 10, debit)
        if client.pay_day in day.pays:
            plans.add(10 * 3_600, dealings.pay, client, "transfer_out", client.income * 18 // 100, other.PAYROLL)
        if 15 in day.pays:
            plans.add(11 * 3_600, dealings.pay, client, "tax", client.income * 3 // 100 + 100, other.TAXED)
        if client.loans and client.bill_days[0] in day.pays:
            plans.add(7 * 3_600, dealings.repay, client, client.loans[0], client.income * 4 // 100)
        if not client.quiet:
            if chance() < SOMETHING_LARGER:
                life.larger(client, plans)
            if chance() < 0.03:
                life.invest(client, plans)
