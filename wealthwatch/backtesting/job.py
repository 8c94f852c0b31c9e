"""One job: reads every feed, decides its own share of the customers, and leaves sorted runs of what was found and held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from heapq import merge
from operator import itemgetter
from zoneinfo import ZoneInfo

from schemas.dead_letters import Fault
from schemas.notifications import Notification
from streams.backtest import KEPT_ERAS, Backtest, order_of
from streams.decide import Result
from streams.findings import written
from streams.history import History
from streams.reading import read
from streams.wire import MISMATCH, OUT_OF_RANGE, Refusal
from wealthwatch.backtesting.beside import Bad, prices, profiles
from wealthwatch.backtesting.positions import position
from wealthwatch.backtesting.routing import Gathered, Item
from wealthwatch.backtesting.runs import Runs
from wealthwatch.backtesting.source import Source
from wealthwatch.backtesting.tally import Tally
from wealthwatch.backtesting.task import Outcome, Span, Task

REFUSED = "refused"
SHOWN_BAD = 10
"""So many of what was refused are shown."""

Told = Callable[[int, int], None]
"""Takes the share of the reading that is done, in thousandths, and the movements read, everybody's."""

_REFUSED = {Result.MISMATCHED: MISMATCH, Result.OUT_OF_RANGE: OUT_OF_RANGE}


class Job:
    """Reads first, and finishes when it is told how far time goes: that is only known when all jobs have read."""

    def __init__(self, task: Task, number: int) -> None:
        self._task, self._number = task, number
        known, self._share = profiles(number, task.jobs, task.customers)
        learnt, refused = prices(task.prices)
        self._backtests = [Backtest(rules.settings, known.ours, learnt, rules.versions) for rules in task.books]
        self._together = len(self._backtests[0].eras) <= KEPT_ERAS
        self._runs = [Runs(task.folder, f"found.{place}.{number}") for place in range(len(task.books))]
        zone = ZoneInfo(task.books[0].settings.bank.time_zone)
        self._tallies = [Tally(zone) for _ in task.books]
        self._largest = task.books[0].settings.detector.largest_movement_bytes
        self._outcome = Outcome(managers=known.managers)
        for bad in [*known.refused, *(refused if number == 0 else ())]:
            self._refuse(bad)

    def read(self, told: Told) -> int | None:
        """Decide all of our movements; the latest event time of them, None if there are none.

        Raises:
            handlers.feeds.FeedError: a feed is not what it should be.
        """
        sizes = [max(1, source.size) for source in self._task.sources]
        whole, before, counted = sum(sizes), 0, 0
        for place, (source, size) in enumerate(zip(self._task.sources, sizes, strict=True)):
            count = 0
            for done, count, gathered in source.gather(self._share, self._largest):
                self._decide(place, source, gathered)
                told((before + min(done, size)) * 1_000 // whole, counted + count)
            before, counted = before + size, counted + count
        return max((span.last for span in self._outcome.spans.values()), default=None)

    def finish(self, to: int) -> Outcome:
        """Let time pass up to `to` for our customers, and write what they hold."""
        for place, backtest in enumerate(self._backtests):
            for found in backtest.finish(to):
                self._keep(found, place)
            self._outcome.failures += Counter({f"{rule}: {fault}": count for (rule, fault), count in backtest.books.failures().items()})
        held = Runs(self._task.folder, f"held.{self._number}")
        first = self._backtests[0]
        for customer in first.customers.values():
            customer.history = History()  # of the past, and writing them would take most of the time
            if customer.accounts:
                held.add(customer.customer_id.encode(), position(customer, first.books.at(to)))
        self._outcome.customers = len(first.customers)
        self._outcome.tallies = self._tallies
        self._outcome.found = [runs.close() for runs in self._runs]
        self._outcome.held = held.close()
        return self._outcome

    def _decide(self, place: int, source: Source, gathered: Gathered) -> None:
        if self._together:
            for items in gathered.values():
                self._take(place, source, items)
        else:  # prices change so often that going back and forth in them would cost more than is won
            self._take(place, source, merge(*gathered.values(), key=itemgetter(0)))  # a household's stay in its own order

    def _take(self, place: int, source: Source, items: Iterable[Item]) -> None:
        first, *others = self._backtests
        outcome, largest = self._outcome, self._largest
        span = outcome.spans.get(place)
        applied, take, stamped = 0, first.take, source.stamped
        for number, key, value in items:
            posting = read(value, key, largest)
            if stamped and not isinstance(posting, Refusal) and posting.at > source.latest(number):
                posting = Refusal(Fault.IN_THE_FUTURE, "occurred_at: more than a day after the broker's append")
            if isinstance(posting, Refusal):
                detail = posting.detail if posting.fault is not Fault.TOO_LARGE else f"more than {largest} bytes"
                outcome.results[REFUSED] += 1
                self._refuse(Bad((place, number), source.where(number), posting.fault, detail))
                continue
            decision = take(posting)
            if decision.result is Result.APPLIED:
                applied += 1
            elif (refusal := _REFUSED.get(decision.result)) is not None:
                outcome.results[REFUSED] += 1
                self._refuse(Bad((place, number), source.where(number), refusal.fault, refusal.detail))
                continue
            else:
                outcome.results[decision.result] += 1
            for found in decision.notifications:
                self._keep(found, 0)
            for place, other in enumerate(others, 1):
                for found in other.take(posting).notifications:
                    self._keep(found, place)
            at = posting.at
            if span is None:
                span = outcome.spans[place] = Span(at, at)
            elif at > span.last:
                span.last = at
            elif at < span.first:
                span.first = at
        outcome.results[Result.APPLIED] += applied

    def _keep(self, found: Notification, place: int) -> None:
        self._runs[place].add(order_of(found), written(found))
        self._tallies[place].take(found)

    def _refuse(self, bad: Bad) -> None:
        outcome = self._outcome
        outcome.faults[bad.fault] += 1
        if len(outcome.bad) < SHOWN_BAD or bad.place < outcome.bad[-1].place:
            outcome.bad = sorted([*outcome.bad, bad], key=lambda one: one.place)[:SHOWN_BAD]
