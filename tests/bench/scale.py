"""`make bench-scale`: what a movement costs as customers grow, with the store in memory and the one on disk.

No broker: one partition's turn, its store, and the states as they would be committed, on movements made up here, the full live rule set.
Each row is a process of its own. Its store is filled with customers who have moved 40 times in four weeks, as a recovery fills it; once it
has come to rest, movements of the day after, of customers at random, are decided in batches of 4,000. In memory 10 million customers want
more than most machines have: such a row is left out, and says so.
"""

from __future__ import annotations

import argparse
import gc
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from aiokafka import ConsumerRecord
from rich.console import Console
from rich.table import Table

from schemas.settings import Settings
from streams.changelog import Positions
from streams.database import Shared
from streams.decide import decide
from streams.money import Rates
from streams.posting import Posting
from streams.publisher import Written
from streams.reading import read
from streams.rocks_states import Origin, RocksStates
from streams.state import encode, new_customer
from streams.states import MemoryStates, States
from streams.timeline import RuleBooks
from streams.turn import Turn
from streams.windows import Calendar
from streams.world import World
from tests.bench.load import DAYS, START, movements

BATCH, TURN = 4_000, 64
RESULT = Path("bench/scale.json")
BYTES = 7_000
"""Of memory that a customer of the store in memory costs, about."""
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


HISTORY = 40
"""Movements of each customer that the store is filled with."""
WEALTH = b'"amount":"2000000.00"'
"""The first of them: whoever has nothing is news with every movement."""


def plain(movement: bytes) -> bytes:
    """A movement without the balance that the feed states: here it is moved to another customer."""
    return re.sub(rb'"balance_after":"[^"]*",', b"", movement)


def states_of(customers: int, world: World) -> Iterator[tuple[bytes, bytes]]:
    """The changelog of so many customers, each with the same history."""
    customer = new_customer("C000000000")
    for place, (key, value) in enumerate(movements(HISTORY, 1)):
        if place == 0:
            value = re.sub(rb'"amount":"[0-9.]+"', WEALTH, value).replace(b'"direction":"debit"', b'"direction":"credit"')
        posting = read(plain(value), key, 100_000)
        assert isinstance(posting, Posting)
        decide(customer, posting, datetime.now(UTC), world)
    records = encode(customer)
    for number in range(customers):
        name = b"%09d" % number
        for key, value in records:
            yield key.replace(b"000000000", name), value.replace(b"C000000000", b"C" + name).replace(b"A000000000", b"A" + name)


def opened(kind: str, folder: Path, cache_mib: int) -> States:
    """An empty store."""
    if kind == "memory":
        return MemoryStates()
    return RocksStates(folder / "store", Shared(cache_mib), Origin("bench", "states", "", 0, 1), others=False)


def filled(states: States, customers: int, world: World) -> float:
    """Fill the store as a recovery does; the seconds that this took."""
    began, piece = time.monotonic(), list[ConsumerRecord]()
    for offset, (key, value) in enumerate(states_of(customers, world)):
        piece.append(ConsumerRecord("states", 0, offset, 0, 0, key, value, None, 0, 0, ()))
        if len(piece) == 8_000:
            states.restore(piece)
            piece = []
    states.restore(piece)
    states.restored()
    states.unpublished.clear()
    seconds = time.monotonic() - began
    if isinstance(states, RocksStates):
        calm(states._db._db)
    return seconds


BUSY = ("rocksdb.num-running-compactions", "rocksdb.num-running-flushes")


def calm(rocksdb: Any) -> None:
    """Wait until RocksDB has put in order what the filling wrote, for which it takes the other core; a worker's own writes come on top."""
    while any(map(rocksdb.property_int_value, BUSY)):
        time.sleep(0.2)


def batches(count: int, customers: int) -> Iterator[list[ConsumerRecord]]:
    """Movements of customers at random within a day, as they are fetched."""
    random, piece = Random(7), list[ConsumerRecord]()
    for offset, (key, value) in enumerate(movements(count, 1, seed=2)):
        name = b"C%09d" % random.randrange(customers)
        value = plain(value).replace(key, name).replace(b"A000000000", b"A" + name[1:])
        at = (START + timedelta(days=DAYS, seconds=offset * 86_000 // count)).isoformat().encode()
        value = re.sub(rb'"occurred_at":"[^"]*"', b'"occurred_at":"' + at + b'"', value)
        piece.append(ConsumerRecord("movements", 0, 1_000_000 + offset, 1_780_000_000_000, 0, name, value, None, 0, 0, ()))
        if len(piece) == BATCH:
            yield piece
            piece = []


def one(kind: str, customers: int, count: int, cache_mib: int) -> dict[str, Any]:
    """One row, measured in this process."""
    settings = Settings.load()
    world = World(RuleBooks.of(settings), Rates("CNY"), Calendar("Asia/Shanghai"))
    with tempfile.TemporaryDirectory() as folder:
        states = opened(kind, Path(folder), cache_mib)
        fill_s = filled(states, customers, world)
        said = list[object]()
        turn = Turn(states.customers, world, 262_144, said.append, lambda *_: None)
        gc.collect()
        gc.freeze()
        gc.disable()
        rows = list(batches(count, customers))
        began, cpu, offset = time.monotonic(), time.process_time(), states.checkpoint
        for records in rows:
            taken, turn.acquainted = turn.take(records), True
            for place in range(0, len(taken), TURN):
                turn.decide(taken, place, min(place + TURN, len(taken)))
                turn.encode()
            kept = [one for own in turn.states.values() for one in own]
            states.customers.keep(kept, turn.touched.values())
            states.write(Positions(movements=turn.next, published=True), Written(offset, offset + len(kept) + 1, len(kept) + 1))
            offset += len(kept) + 1
            turn.states, turn.touched = {}, {}
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        disk = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        known = states.customers.customers
        states.close()
    assert known == customers
    return {
        "store": kind,
        "customers": customers,
        "movements_per_s": round(count / seconds),
        "cpu_us": round(cpu / count * 1e6, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "disk_mib": disk >> 20,
        "fill_s": round(fill_s, 1),
    }


def memory_mib() -> int:
    """Memory that is free here."""
    line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return int(line.split()[1]) // 1024


def measured(kind: str, customers: int, wish: argparse.Namespace) -> dict[str, Any]:
    """One row, measured in a process of its own."""
    if kind == "memory" and customers * BYTES >> 20 > memory_mib() * 0.8:
        return {"store": kind, "customers": customers, "left_out": f"about {customers * BYTES >> 30} GiB of memory"}
    row = [kind, str(customers), str(wish.movements), str(wish.cache_mib)]
    done = subprocess.run([sys.executable, "-m", "tests.bench.scale", "--row", *row], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, print a table, write bench/scale.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=SIZES)
    parser.add_argument("--movements", type=int, default=200_000, help="decided in each row")
    parser.add_argument("--cache-mib", type=int, default=1_024, help="detector.store_cache_mib")
    parser.add_argument("--row", nargs=4, help=argparse.SUPPRESS)
    wish = parser.parse_args()
    if wish.row:
        kind, *numbers = wish.row
        print(json.dumps(one(kind, *map(int, numbers))))
        return
    console, rows = Console(), list[dict[str, Any]]()
    for customers in wish.customers:
        for kind in ("memory", "rocksdb"):
            with console.status(f"{kind}, {customers:,} customers"):
                rows.append(measured(kind, customers, wish))
    shown = Table(title="A turn and its store, one process")
    columns = ("movements_per_s", "cpu_us", "peak_mib", "disk_mib", "fill_s")
    for column in ("store", "customers", "movements/s", "CPU us each", "peak MiB", "disk MiB", "seconds to fill"):
        shown.add_column(column, justify="left" if column == "store" else "right")
    for row in rows:
        figures = [row["left_out"]] if "left_out" in row else [f"{row[column]:,}" for column in columns]
        shown.add_row(row["store"], f"{row['customers']:,}", *figures)
    console.print(shown)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"movements": wish.movements, "cache_mib": wish.cache_mib, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
