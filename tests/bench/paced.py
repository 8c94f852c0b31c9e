"""`python -m tests.bench.paced BOOTSTRAP TOPIC CUSTOMERS OUT RATE:SECONDS ...`: movements at a steady pace, one pace after the other.

What is written happens now, as in life: each movement has an id of its own, the present as its event time, and states the balance after it;
a debit takes half of what is there at most. OUT takes a JSON list of what
was held: for each pace its beginning and end (milliseconds of the wall clock) and how many movements were written.
"""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import datetime, timedelta, timezone
from itertools import count, cycle
from pathlib import Path

from confluent_kafka import Producer

from tests.bench.load import movements

POOL = 100_000
PAUSE_S = 0.004
ZONE = timezone(timedelta(hours=8))
VARYING = ("event_id", "amount", "balance_after", "occurred_at", "booked_on")
PARTS = re.compile("".join(f'(.*"{name}":")[^"]*' for name in VARYING).encode() + b"(.*)")


class Bank:
    """Renders movements from a pool of them, again and again, with what varies put between the parts that do not."""

    def __init__(self, customers: int) -> None:
        self._balances: dict[bytes, int] = {}
        pool = []
        for key, value in movements(POOL, customers):
            match, told = PARTS.fullmatch(value), json.loads(value)
            assert match is not None
            cents, credit = _cents(told["amount"]), told["direction"] == "credit"
            self._balances.setdefault(key, _cents(told["balance_after"]) - (cents if credit else -cents))
            pool.append((key, cents, credit, match.groups()))
        self._rows, self._numbers = cycle(pool), count()

    def next(self, moment: bytes, day: bytes) -> tuple[bytes, bytes]:
        """Key and value."""
        key, cents, credit, parts = next(self._rows)
        balance = self._balances[key]
        if not credit:
            cents = max(1, min(cents, balance // 2))
        balance += cents if credit else -cents
        self._balances[key] = balance
        a, b, c, d, e, f = parts
        amount, after = b"%d.%02d" % divmod(cents, 100), b"%d.%02d" % divmod(balance, 100)
        return key, b"".join((a, b"live-%012d" % next(self._numbers), b, amount, c, after, d, moment, e, day, f))


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))


def main(bootstrap: str, topic: str, customers: int, out: Path, paces: list[tuple[float, float]]) -> None:
    """Hold one pace after the other."""
    bank = Bank(customers)
    client = {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random"}
    producer = Producer({**client, "linger.ms": 2, "acks": "all", "queue.buffering.max.messages": 1_000_000})
    held = []
    for rate, seconds in paces:
        began, wrote, written = time.monotonic(), time.time(), 0
        while (passed := time.monotonic() - began) < seconds:
            now = datetime.now(ZONE)
            moment, day = now.isoformat(timespec="milliseconds").encode(), now.date().isoformat().encode()
            for _ in range(int(passed * rate) - written):
                key, value = bank.next(moment, day)
                producer.produce(topic, value, key)
                written += 1
            producer.poll(0)
            time.sleep(PAUSE_S)
        held.append({"rate": rate, "from_ms": wrote * 1_000, "to_ms": time.time() * 1_000, "movements": written})
    producer.flush()
    out.write_text(json.dumps(held), encoding="utf-8")


if __name__ == "__main__":
    told = [pace.split(":") for pace in sys.argv[5:]]
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), [(float(rate), float(seconds)) for rate, seconds in told])
