"""A bank that does not grow: always the same customers, for whom event time passes quickly, as lines to be published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from handlers.feeds import Feed, load
from tests.bench.load import KINDS

START = date(2024, 1, 1)
DAY = 86_400
MANAGERS = 20
LINE = (
    b'{"schema_version":1,"event_id":"soak-%012d","source":"core","account_id":"A%06d-1","customer_id":"C%06d","branch":"B01/S03/O012",'
    b'"asset_class":"demand_deposit","kind":"%s","direction":"%s","amount":"%d.%02d","currency":"CNY","balance_after":"%d.%02d",'
    b'"product":"DDA","occurred_at":"%sT%02d:%02d:%02d+08:00","booked_on":"%s",'
    b'"counterparty":{"name":"ACME Holdings","account":"CN%010d","bank":"BKCHCNBJ"},"channel":"mobile"}'
)


@dataclass(frozen=True, slots=True)
class SteadyBank:
    """Movements of customers at random, evenly over the dates; every other side is a new one, as no real bank has so many.

    Args:
        customers: how many there are, from the first movement on.
        movements: of all of them.
        dates: of event time that pass meanwhile.
    """

    customers: int
    movements: int
    dates: int
    seed: int = 1

    def feed(self) -> Feed:
        """As a replay wants it."""
        return replace(load("jsonl"), movements=lambda _: self.lines(), customers=lambda _: self.profiles(), managers=lambda _: managers())

    def profiles(self) -> Iterator[bytes]:
        """Who they are."""
        for number in range(self.customers):
            name = f"C{number:06d}"
            yield json.dumps({"customer_id": name, "name": f"Customer {number}", "manager_id": f"M{number % MANAGERS:02d}"}).encode()

    def lines(self) -> Iterator[bytes]:
        """The movements."""
        random = Random(self.seed)
        kinds = [(kind.encode(), direction.encode(), direction == "credit") for kind, direction, _ in KINDS]
        balances = [int(100 * random.lognormvariate(9.2, 1.3)) for _ in range(self.customers)]
        day, named = -1, b""
        for place in range(self.movements):
            at = place * self.dates * DAY // self.movements
            if at // DAY != day:
                day = at // DAY
                named = (START + timedelta(days=day)).isoformat().encode()
            customer = int(random.random() * self.customers)
            kind, direction, credit = kinds[int(random.random() * len(kinds))]
            cents, balance = int(10 ** (3 + 3.4 * random.random())), balances[customer]
            if not credit:
                cents = max(1, min(cents, balance // 2))
            balances[customer] = balance = balance + cents if credit else balance - cents
            clock = at % DAY
            yield LINE % (
                *(place, customer, customer, kind, direction, *divmod(cents, 100), *divmod(balance, 100)),
                *(named, clock // 3_600, clock // 60 % 60, clock % 60, named, int(random.random() * 1e10)),
            )


def managers() -> Iterator[bytes]:
    """Those who are told."""
    for number in range(MANAGERS):
        yield json.dumps({"manager_id": f"M{number:02d}", "name": f"Manager {number}"}).encode()


NOWHERE = Path("/dev/null")
"""A path for a feed that reads none."""
