"""The ordinary days of people: salary, shopping, bills, saving, and now and then something larger."""

from __future__ import annotations

from math import exp, log
from random import Random

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.days import HOURS_OF_BUSINESS, HOURS_OF_SPENDING, HOURS_OF_SPENDING_AT_REST, Day, times
from wealthwatch.simulation.dealings import Dealings
from wealthwatch.simulation.plans import Plans
from wealthwatch.simulation.population import FLOORS, Client

POOL = 8_192
SOMETHING_LARGER = (1 / 160, 1 / 48, 1 / 36, 1 / 36)
"""Chance on a date, by tier, of a transfer that may be worth a manager's attention."""
SMALLEST, LARGEST = 0.15, 1.8
"""Of the customer's materiality gate: how large that transfer is."""


class Life:
    """Plans the day of a person."""

    def __init__(self, random: Random, dealings: Dealings, town: other.Town) -> None:
        self._random = random
        self._dealings = dealings
        self._town = town
        self._work = times(random, HOURS_OF_SPENDING, POOL)
        self._rest = times(random, HOURS_OF_SPENDING_AT_REST, POOL)
        self.office = times(random, HOURS_OF_BUSINESS, POOL)
        self.spread = [exp(random.gauss(-0.32, 0.8)) for _ in range(POOL)]

    def live(self, client: Client, day: Day, plans: Plans) -> None:
        """Everything a person will do on a date."""
        chance = self._random.random
        dealings = self._dealings
        wish = client.spends * 2 * chance()
        count = int(wish) + (chance() < wish % 1)
        if count:
            clock = self._work if day.business else self._rest
            scale = client.spending / (30 * client.spends)
            shops = self._town.shops
            for _ in range(count):
                amount = int(scale * self.spread[int(chance() * POOL)]) + 100
                second, shop = clock[int(chance() * POOL)], shops[int(chance() * len(shops))]
                if client.card is not None and chance() < 0.6:
                    plans.add(second, dealings.charge, client, amount, shop)
                else:
                    plans.add(second, dealings.pay, client, "card_payment", amount, shop)
        if client.pay_day in day.pays and client.income:
            self._payday(client, plans)
        if day.of_month == client.card_day:
            plans.add(32_400, dealings.settle_card, client)
        if day.of_month in client.bill_days:
            self._bills(client, plans, first=day.of_month == client.bill_days[0])
        if chance() < 0.1:
            self._small(client, plans, clock=self._work if day.business else self._rest)
        if not client.quiet:
            if chance() < SOMETHING_LARGER[client.tier]:
                self.larger(client, plans)
            if day.business and chance() < 0.03:
                self.invest(client, plans)

    def _payday(self, client: Client, plans: Plans) -> None:
        employers = self._town.employers
        when = 9 * 3_600 + client.number % 7_200
        plans.add(when, self._dealings.earn, client, "salary", client.income, employers[client.employer % len(employers)])
        if self._random.random() < 0.4:
            plans.add(self._work[client.number % POOL], self._dealings.buy, client, "fund", client.income // 10_000 * 1_000)

    def _bills(self, client: Client, plans: Plans, *, first: bool) -> None:
        chance, dealings = self._random.random, self._dealings
        amount = int(client.income * (0.02 + 0.05 * chance())) + 3_000
        plans.add(8 * 3_600, dealings.pay, client, "bill_payment", amount, self._town.payees[int(chance() * len(self._town.payees))])
        if first and client.loans:
            plans.add(7 * 3_600, dealings.repay, client, client.loans[0], client.income * 22 // 100)
        elif first:
            _, landlord = self._town.people[client.employer % len(self._town.people)]
            plans.add(19 * 3_600, dealings.pay, client, "transfer_out", client.income * 18 // 10_000 * 100, landlord)
        elif client.number % 4 == 0:
            plans.add(8 * 3_600 + 60, dealings.pay, client, "insurance_premium", client.income * 3 // 100, other.PREMIUM)

    def _small(self, client: Client, plans: Plans, clock: list[int]) -> None:
        chance, dealings = self._random.random, self._dealings
        second = clock[int(chance() * POOL)]
        amount = (int(client.income * (0.01 + 0.06 * chance())) // 10_000 + 1) * 10_000
        incoming, outgoing = self._town.people[int(chance() * len(self._town.people))]
        which = chance()
        if which < 0.35:
            plans.add(second, dealings.pay, client, "transfer_out", amount, outgoing)
        elif which < 0.65:
            plans.add(second, dealings.earn, client, "transfer_in", amount, incoming)
        elif which < 0.95:
            plans.add(second, dealings.pay, client, "withdrawal", amount, other.CASH_OUT)
        else:
            plans.add(second, dealings.earn, client, "deposit", amount, other.CASH_IN)

    def larger(self, client: Client, plans: Plans) -> None:
        """A house, a car, a bonus, an inheritance: from a fraction of the customer's gate to a multiple of it."""
        chance, dealings = self._random.random, self._dealings
        gate = max(FLOORS[client.tier], client.worth // 10)
        amount = round(gate * exp(log(SMALLEST) + chance() * log(LARGEST / SMALLEST))) // 100_000 * 100_000 + 100_000
        second = self.office[int(chance() * POOL)]
        pool = self._town.firms if client.company or chance() < 0.5 else self._town.people
        incoming, outgoing = pool[int(chance() * len(pool))]
        if chance() < 0.5:
            plans.add(second, dealings.earn, client, "transfer_in", amount, incoming)
        else:
            plans.add(second, dealings.pay_out, client, amount, outgoing)

    def invest(self, client: Client, plans: Plans) -> None:
        """Spare money put to work; or, where money is short, a holding redeemed."""
        chance, dealings = self._random.random, self._dealings
        second = self.office[int(chance() * POOL)]
        spare = client.current.balance - 3 * client.income
        if spare < 1_000_000:
            if client.held and (spare < 0 or chance() < 0.1):
                held = client.held[int(chance() * len(client.held))]
                plans.add(second, dealings.redeem, client, held, 1.0 if chance() < 0.3 else 0.2 + 0.5 * chance())
            return
        amount = int(spare * (0.2 + 0.4 * chance())) // 100_000 * 100_000
        which = chance()
        if client.foreign and which < 0.3:
            plans.add(second, dealings.exchange, client, client.foreign[0], amount // 4 if chance() < 0.6 else -amount // 4)
        elif amount <= 0:
            return
        elif which < 0.5 and len(client.fixed) < 4:
            asset_class = "structured_deposit" if client.tier and chance() < 0.3 else "time_deposit"
            plans.add(second, dealings.place, client, asset_class, amount, (30, 90, 180, 365)[int(chance() * 4)])
        elif which < 0.75 or client.company:
            plans.add(second, dealings.buy, client, "wealth_product", amount)
        elif which < 0.78:
            plans.add(second, dealings.draw, client, client.income * 3)
        else:
            plans.add(second, dealings.buy, client, ("fund", "fund", "bond", "equity")[int(chance() * 4)], amount)
