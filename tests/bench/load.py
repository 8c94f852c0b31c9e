"""The movements that every system of a benchmark is given: full messages of about 500 bytes, many customers, four weeks of event time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from random import Random

KINDS = (
    ("salary", "credit", "PMNT-RCDT-SALA"),
    ("transfer_in", "credit", "PMNT-RCDT-ESCT"),
    ("deposit", "credit", "PMNT-CNTR-CDPT"),
    ("withdrawal", "debit", "PMNT-CNTR-CWDL"),
    ("transfer_out", "debit", "PMNT-ICDT-ESCT"),
    ("card_payment", "debit", "PMNT-CCRD-POSD"),
    ("bill_payment", "debit", "PMNT-IDDT-ESDD"),
)
START = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))
DAYS = 28


def movements(count: int, customers: int, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of `count` movements in the order of event time; one in some hundred is large.

    Accounts have money when they are first seen, the median 10,000, and their feed states the balance, as those of banks do; a payment
    takes half of it at most. Of accounts that begin with nothing, every third is soon overdrawn, and what is measured is how fast that is
    told.
    """
    random = Random(seed)
    balances = [int(100 * random.lognormvariate(9.2, 1.3)) for _ in range(customers)]
    for place in range(count):
        number = random.randrange(customers)
        kind, direction, code = KINDS[place % len(KINDS)]
        customer = f"C{number:09d}"
        at = START + timedelta(seconds=place * DAYS * 86_400 / count)
        cents = int(100 * 10 ** random.uniform(1, 4.4))
        if direction == "debit":
            cents = max(1, min(cents, balances[number] // 2))
        balances[number] += cents if direction == "credit" else -cents
        value = {
            "schema_version": 1,
            "event_id": f"core-{place:012d}",
            "source": "core",
            "account_id": f"A{number:09d}-1",
            "customer_id": customer,
            "branch": "B01/S03/O012",
            "asset_class": "demand_deposit",
            "kind": kind,
            "direction": direction,
            "amount": f"{cents // 100}.{cents % 100:02d}",
            "currency": "CNY",
            "balance_after": f"{Decimal(balances[number]).scaleb(-2):.2f}",
            "product": "DDA",
            "occurred_at": at.isoformat(),
            "booked_on": at.date().isoformat(),
            "bank_transaction_code": code,
            "counterparty": {"name": "ACME Holdings", "account": f"CN{random.randrange(10**10):010d}", "bank": "BKCHCNBJ"},
            "channel": "mobile",
        }
        yield customer.encode(), json.dumps(value, separators=(",", ":")).encode()
