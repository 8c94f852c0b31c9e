"""`make test-faults`: every scenario with one seed, or only some, and the table; exit code 1 if anything was lost or told twice."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom

from rich.console import Console

from tests.brokers.apache import ApacheKafka
from tests.brokers.cluster import Cluster
from tests.faults.bank import Bank
from tests.faults.report import Row, show
from tests.faults.scenarios import REGRESSIONS, SCENARIOS, Scenario
from tests.faults.scene import LeftOutError, scene

WIDTH = 150
"""Of the table where there is no terminal."""


class Stage:
    """Starts brokers when the first scenario needs them; all that is used is in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._begun = folder, 0
        self._one: ApacheKafka | None = None
        self._three: Cluster | None = None

    def brokers(self, count: int) -> tuple[str, list[ApacheKafka]]:
        """One broker, or a cluster of three; only one of the two runs at a time."""
        if count == 1:
            self._drop_three()
            if self._one is None:
                self._one = ApacheKafka(self._room())
                self._one.start()
            return self._one.bootstrap, [self._one]
        self._drop_one()
        if self._three is None:
            self._three = Cluster(self._room())
            self._three.start()
        return self._three.bootstrap, self._three.nodes

    def play(self, scenario: Scenario, seed: int) -> Row:
        """Run one scenario."""
        began = time.monotonic()
        name = f"{scenario.name}-{seed}"
        try:
            bootstrap, brokers = self.brokers(scenario.brokers)
            random = Random(f"{scenario.name} {seed}")
            home = self._folder / name
            bank = Bank.make(home, random.randrange(1 << 16), scenario.customers, scenario.days, scenario.hot)
            rate = bank.count / scenario.seconds if scenario.seconds else scenario.rate
            with scene(name, bootstrap, brokers, bank, rate, random, home) as set_:
                after = scenario.play(set_)
                outcome = set_.finish()
                if after is not None:
                    after()
            return Row(scenario.name, seed, time.monotonic() - began, outcome)
        except LeftOutError as missing:
            return Row(scenario.name, seed, time.monotonic() - began, left_out=str(missing))
        except Exception as error:  # noqa: BLE001 - whatever it was, the table has it, and the other scenarios are played
            traceback.print_exc()
            self.close()  # the next begins with brokers of its own
            return Row(scenario.name, seed, time.monotonic() - began, error=f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """End all brokers."""
        self._drop_one()
        self._drop_three()

    def _room(self) -> Path:
        """A folder for brokers that begin with nothing."""
        self._begun += 1
        room = self._folder / f"brokers-{self._begun}"
        room.mkdir()
        return room

    def _drop_one(self) -> None:
        if self._one is not None:
            self._one.kill()
            self._one = None

    def _drop_three(self) -> None:
        if self._three is not None:
            self._three.stop()
            self._three = None


@contextmanager
def stage(keep: Path | None) -> Iterator[Stage]:
    """A stage in a folder that goes when we do, or in one that stays."""
    with tempfile.TemporaryDirectory(prefix="wealthwatch-faults-") as name:
        folder = keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        found = Stage(folder)
        try:
            yield found
        finally:
            found.close()


def main() -> None:
    """Play, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="of the random moments; else one that is printed")
    parser.add_argument("--rounds", type=int, default=1, help="all scenarios so often, each time with the next seed")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help=f"of {', '.join(one.name for one in SCENARIOS)}")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="logs, banks and brokers' data stay there, topics only of what failed")
    wish = parser.parse_args()
    if strange := set(wish.only) - {one.name for one in SCENARIOS}:
        parser.error(f"there is no scenario {', '.join(sorted(strange))}")
    for client in ("aiokafka", "kafka"):
        logging.getLogger(client).setLevel(logging.CRITICAL)  # that a broker is away is meant
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    seed = SystemRandom().randrange(1 << 31) if wish.seed is None else wish.seed
    chosen = [one for one in SCENARIOS if not wish.only or one.name in wish.only]
    kept = [] if wish.only or wish.seed is not None else [(one, at) for one in SCENARIOS for at in REGRESSIONS.get(one.name, ())]
    plays = kept + [(one, seed + number) for number in range(wish.rounds) for one in chosen]
    rows = []
    with stage(wish.keep) as here:
        for scenario, at in plays:
            console.print(f"{scenario.name}, seed {at}: {scenario.play.__doc__}", markup=False, highlight=False)
            rows.append(here.play(scenario, at))
            console.print(f"  {rows[-1].briefly}", markup=False, highlight=False)
    show(console, rows)
    sys.exit(not all(row.good for row in rows))


if __name__ == "__main__":
    main()
