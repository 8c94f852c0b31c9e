"""Gets tellings through their channels: tries, backs off, tries again, gives up. The one place that repeats anything.

Each channel has its own few threads and its own queue, so that one that is down delays no other. What is said of one notification goes
through a channel in the order in which it was decided: its `resolved` waits for its `opened`.

A delivery lives in memory only. The notifier commits no offset beyond a message that still has one, so that a restart begins it anew, with
the same message_id and with its tries counted from the start.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from queue import Empty, SimpleQueue
from uuid import UUID

from handlers.channels import Delivered, Retry, Sender, Telling
from schemas.managers import Channel
from schemas.settings import Notifier

THREADS = 4
"""Of each channel that is not prompt."""
MOST_WAITING = 20_000
"""Deliveries of one channel; what comes on top is given up at once, and the journal says so."""
TOO_MANY = "too many deliveries are waiting"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One telling on one channel, the record it comes from, and when that was appended and decided about."""

    telling: Telling
    channel: Channel
    partition: int
    offset: int
    appended_at: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a delivery ended: delivered if there is no error; `fault` is a bug of ours."""

    delivery: Delivery
    attempts: int
    error: str | None = None
    fault: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a delivery is tried."""

    attempts: int
    first_wait_s: float
    longest_wait_s: float

    @classmethod
    def of(cls, settings: Notifier) -> Patience:
        """As the settings say."""
        return cls(settings.attempts, settings.first_wait_s, settings.longest_wait_s)

    def wait_s(self, attempts: int, message_id: UUID, asked: timedelta | None = None) -> float:
        """Seconds to the next try: doubling, spread by the message's own id over the upper half, at least what the other side asked for.

        Nothing waits longer than `longest_wait_s`, whoever asks.
        """
        doubled = min(self.longest_wait_s, self.first_wait_s * 2.0 ** min(attempts - 1, 64))
        share = int.from_bytes(sha256(f"{message_id}/{attempts}".encode()).digest()[:4]) / 2**32
        return min(self.longest_wait_s, max(doubled * (0.5 + share / 2), asked.total_seconds() if asked else 0.0))


class Courier:
    """Delivers on every channel.

    Args:
        senders: the channels.
        patience: for each delivery.
        most_waiting: bound of each channel's queue.
    """

    def __init__(self, senders: Mapping[Channel, Sender], patience: Patience, most_waiting: int = MOST_WAITING) -> None:
        self._senders = senders
        self._finished: SimpleQueue[Outcome] = SimpleQueue()
        self._lanes = {channel: _Lane(sender, patience, self._finished, most_waiting) for channel, sender in senders.items()}

    def at_once(self, delivery: Delivery) -> Outcome | None:
        """Try a prompt channel here and now; None if it is for `submit`."""
        sender = self._senders[delivery.channel]
        if not sender.prompt:
            return None
        answer = sender.send(delivery.telling)
        if isinstance(answer, Delivered):
            return Outcome(delivery, 1)
        return None if isinstance(answer, Retry) else Outcome(delivery, 1, answer.error)

    def submit(self, delivery: Delivery) -> None:
        """Take a delivery; its end comes out of `finished`."""
        self._lanes[delivery.channel].submit(delivery)

    def finished(self) -> list[Outcome]:
        """What has ended since the last call.

        Raises:
            BaseException: whatever a channel raised: that is a bug of ours, and the process must not go on as if nothing were.
        """
        outcomes: list[Outcome] = []
        while True:
            try:
                outcome = self._finished.get_nowait()
            except Empty:
                return outcomes
            if outcome.fault:
                raise outcome.fault
            outcomes.append(outcome)

    def forget(self, partition: int) -> None:
        """Drop what waits of a partition that is no longer ours; its new owner begins it anew."""
        for lane in self._lanes.values():
            lane.forget(partition)

    def close(self, within_s: float) -> None:
        """Begin nothing new, wait a little for what is under way, and close the channels."""
        deadline = time.monotonic() + within_s
        for lane in self._lanes.values():
            lane.stop()
        for lane in self._lanes.values():
            lane.join(deadline)
        for sender in self._senders.values():
            sender.close()


@dataclass(frozen=True, slots=True)
class _Try:
    delivery: Delivery
    born: int
    attempts: int = 0

    @property
    def notification_id(self) -> UUID:
        return self.delivery.telling.notification.notification_id


class _Lane:
    def __init__(self, sender: Sender, patience: Patience, finished: SimpleQueue[Outcome], most_waiting: int) -> None:
        self._sender = sender
        self._patience = patience
        self._finished = finished
        self._most_waiting = most_waiting
        self._due: list[tuple[float, int, _Try]] = []
        self._behind: dict[UUID, deque[_Try]] = {}
        """By notification: what waits for the one before it; a key stands for as long as one is on its way."""
        self._size = 0
        self._forgotten: dict[int, int] = {}
        """By partition: tries of deliveries born before are not made again."""
        self._order = count()
        self._changed = threading.Condition()
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def submit(self, delivery: Delivery) -> None:
        with self._changed:
            if self._size >= self._most_waiting:
                self._finished.put(Outcome(delivery, 0, TOO_MANY))
                return
            self._size += 1
            notification_id = delivery.telling.notification.notification_id
            one = _Try(delivery, next(self._order))
            if notification_id in self._behind:
                self._behind[notification_id].append(one)
                return
            self._behind[notification_id] = deque()
            self._schedule(time.monotonic(), one)
            if len(self._threads) < THREADS:
                thread = threading.Thread(target=self._work, name="delivery", daemon=True)
                self._threads.append(thread)
                thread.start()

    def forget(self, partition: int) -> None:
        with self._changed:
            self._forgotten[partition] = next(self._order)
            for behind in self._behind.values():
                if behind and behind[0].delivery.partition == partition:
                    self._size -= len(behind)
                    behind.clear()
            for _, _, one in self._due:
                if one.delivery.partition == partition:
                    self._size -= 1
                    del self._behind[one.notification_id]
            self._due = [entry for entry in self._due if entry[2].delivery.partition != partition]
            heapq.heapify(self._due)

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def join(self, deadline: float) -> None:
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _schedule(self, at: float, one: _Try) -> None:
        heapq.heappush(self._due, (at, next(self._order), one))
        self._changed.notify()

    def _work(self) -> None:
        while one := self._take():
            try:
                answer = self._sender.send(one.delivery.telling)
            except BaseException as fault:  # noqa: BLE001 - it is raised again where the process can stop for it
                self._end(one, Outcome(one.delivery, one.attempts + 1, fault=fault))
                continue
            attempts = one.attempts + 1
            if not isinstance(answer, Retry) or attempts >= self._patience.attempts:
                self._end(one, Outcome(one.delivery, attempts, None if isinstance(answer, Delivered) else answer.error))
            elif one.born < self._forgotten.get(one.delivery.partition, 0):
                self._end(one, None)
            else:
                wait_s = self._patience.wait_s(attempts, one.delivery.telling.notification.message_id, answer.after)
                with self._changed:
                    self._schedule(time.monotonic() + wait_s, replace(one, attempts=attempts))

    def _take(self) -> _Try | None:
        with self._changed:
            while not self._stopped:
                if not self._due:
                    self._changed.wait()
                elif (wait := self._due[0][0] - time.monotonic()) > 0:
                    self._changed.wait(wait)
                else:
                    return heapq.heappop(self._due)[2]
            return None

    def _end(self, one: _Try, outcome: Outcome | None) -> None:
        with self._changed:
            self._size -= 1
            behind = self._behind[one.notification_id]
            if behind:
                self._schedule(time.monotonic(), behind.popleft())
            else:
                del self._behind[one.notification_id]
        if outcome:
            self._finished.put(outcome)
