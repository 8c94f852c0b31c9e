"""`make bench-recovery`: how long a cold worker takes to recover the state of a million customers from the changelog, on Apache Kafka.

The states are those of one real history, written under a million names. Counted from the start of the process until `/readyz` says ready.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from schemas.settings import Settings
from schemas.topics import STATES
from streams.decide import decide
from streams.money import Rates
from streams.posting import Posting
from streams.reading import read
from streams.state import encode, new_customer
from streams.timeline import RuleBooks
from streams.windows import Calendar
from streams.world import World
from tests.bench.filling import fill
from tests.bench.load import movements
from tests.bench.measuring import peak_of, running
from tests.bench.systems import PARTITIONS, Site, settings_of
from tests.brokers.apache import ApacheKafka
from wealthwatch.configuration import environment_of

HISTORY = 40
"""Movements in the history of each customer."""


def states(count: int) -> Iterator[tuple[bytes, bytes]]:
    """The changelog of `count` customers."""
    settings = Settings.load()
    world = World(RuleBooks.of(settings), Rates("CNY"), Calendar("Asia/Shanghai"))
    customer = new_customer("C000000000")
    for key, value in movements(HISTORY, 1):
        posting = read(value, key, 100_000)
        assert isinstance(posting, Posting)
        decide(customer, posting, datetime.now(UTC), world)
    records = list(encode(customer))
    for number in range(count):
        name = b"C%09d" % number
        for key, value in records:
            yield key.replace(b"C000000000", name), value.replace(b"C000000000", name)


def ready(port: int) -> bool:
    """Whether the worker says so."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).status == 200
    except OSError:
        return False


def main() -> None:
    """Fill, start, and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    wish = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name, console.status("starting Apache Kafka") as status:
        folder = Path(name)
        broker = ApacheKafka(folder)
        broker.start()
        try:
            settings = settings_of(Site(broker.bootstrap, folder))
            status.update(f"writing the states of {wish.customers:,} customers")
            rows = list(states(1))
            asyncio.run(fill(broker.bootstrap, settings.kafka.topic(STATES), PARTITIONS, states(wish.customers)))
            status.update("recovering")
            began = time.monotonic()
            with running("wealthwatch", [sys.executable, "-m", "wealthwatch", "detector"], folder, environment_of(settings)) as child:
                while not ready(settings.detector.door.port):
                    if child.exit_code is not None:
                        raise RuntimeError(child.last_words())
                    time.sleep(0.05)
                seconds, peak = time.monotonic() - began, peak_of(child)
        finally:
            broker.stop()
    shown = Table(title="Cold recovery, one worker")
    for column in ("customers", "bytes of state each", "seconds to ready", "peak MiB"):
        shown.add_column(column, justify="right")
    shown.add_row(f"{wish.customers:,}", f"{sum(len(value) for _, value in rows):,}", f"{seconds:.1f}", f"{peak:,.0f}")
    console.print(shown)


if __name__ == "__main__":
    main()
