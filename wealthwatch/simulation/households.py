"""Money that members of a household send each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.days import Day
from wealthwatch.simulation.population import Client
from wealthwatch.simulation.stories import Stage

CHANCE = 0.02
LARGEST_SHARE = 0.12
"""Of the sender's balance in the morning, so that it is still there when the hour comes."""


class Households:
    """The families among the customers."""

    def __init__(self, random: Random, clients: Sequence[Client], stage: Stage) -> None:
        self._random = random
        self._stage = stage
        members: dict[int, list[Client]] = {}
        for client in clients:
            if client.household >= 0 and not client.comes_on and not client.quiet:
                members.setdefault(client.household, []).append(client)
        self._families = [family for family in members.values() if len(family) > 1]

    def plan(self, day: Day) -> None:
        """Transfers within families on a date, both sides of each."""
        chance, post = self._random.random, self._stage.dealings.ledger.post
        if not day.index:
            return
        for family in self._families:
            if chance() < CHANCE:
                giver, taker = self._random.sample(family, 2)
                amount = min(int(giver.current.balance * LARGEST_SHARE * chance()), giver.income) // 10_000 * 10_000
                if amount > 0:
                    second = 28_800 + int(chance() * 36_000)
                    self._stage.put(giver, day.index, second, _transfer, post, giver, taker, "transfer_out", -amount)
                    self._stage.put(taker, day.index, second + 1, _transfer, post, taker, giver, "transfer_in", amount)


def _transfer(second: int, post: Callable[..., str], mine: Client, theirs: Client, kind: str, amount: int) -> None:
    tail = other.tail("PMNT-ICDT-BOOK", "mobile", account=theirs.current.number, customer=theirs.customer_id)
    post(mine.current, second, kind, amount, tail)
