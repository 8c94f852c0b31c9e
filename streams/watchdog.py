"""Ends a worker that gets on with nothing although there is something to do: a client of Kafka may stall without a word.

The law of progress:

1. A partition has something to do whenever it does not wait for movements, and also then, if the broker has some that were not fetched.
   Whether it has any is asked anew where none has come for a while: what a client that has stalled remembers of it is old.
2. It gets on when a batch is written, or, while it waits, when movements come. While it reads its changelog its time stands still: a long
   recovery is no stall, and one that is begun again and again is.
3. What has something to do and does not get on for `detector.patience_s` ends the worker; so does a broker that does not say for so long
   whether there is anything to do, and an event loop that does not turn.
4. Time in which this process was stopped does not count. While the group shares the partitions out there is none to judge, so a rebalance
   may take as long as it likes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import structlog

log = structlog.get_logger(__name__)

EVERY_S = 1.0
SAID = 3
"""So many of what has stalled are in the error's text; the log has all."""


class StalledError(RuntimeError):
    """There was something to do and nothing was done; the text says what, for how long, and what was last being done."""


class Doing(StrEnum):
    """What a partition is doing."""

    OPENING = "opening"
    REOPENING = "waiting to open again"
    RULES = "waiting for the rules"
    DECIDING = "deciding"
    WRITING = "writing"
    FETCHING = "fetching"
    """It waits for movements."""
    NOTHING = "nothing any more"
    """Another worker owns it, and the group has not said so yet."""


class Progress:
    """What a partition does and whether it gets on: told by the partition, read by the watchdog, which is another thread."""

    __slots__ = ("doing", "error", "reads", "writes")

    def __init__(self) -> None:
        self.doing = Doing.OPENING
        self.writes = 0
        self.reads = 0
        """Pieces of its changelog."""
        self.error = ""
        """Why it was last opened again, until it gets on."""

    def wrote(self) -> None:
        """A batch is durable."""
        self.doing, self.error = Doing.DECIDING, ""
        self.writes += 1

    def read(self) -> None:
        """A piece of the changelog is read."""
        self.reads += 1

    def rest(self) -> None:
        """Movements are awaited."""
        self.doing, self.error = Doing.FETCHING, ""


@dataclass(frozen=True, slots=True)
class Sight:
    """Something that there is to do, as it is seen at one look.

    Args:
        who: does it.
        done: is another whenever it has got on.
        reading: is another whenever its time has stood still.
        facts: what the log is to say of it.
    """

    who: Hashable
    done: Hashable
    reading: Hashable = 0
    facts: Mapping[str, object] = field(default_factory=dict)


class Waits:
    """For how long what there is to do has not got on."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[Sight, float]] = {}

    def look(self, seconds: float, sights: Iterable[Sight]) -> list[tuple[Sight, float]]:
        """Each sight and its seconds; what is not among them any more has nothing to do, and begins anew when it is seen again.

        Args:
            seconds: since the last look.
            sights: all that has something to do now.
        """
        before, self._seen = self._seen, {}
        for sight in sights:
            last, waited = before.get(sight.who, (None, 0.0))
            if last is None or last.done != sight.done:
                waited = 0.0
            elif last.reading == sight.reading:
                waited += seconds
            self._seen[sight.who] = sight, waited
        return list(self._seen.values())


class Watchdog:
    """Looks every second, from a thread of its own: the event loop may be what stalls."""

    def __init__(self, patience_s: float, sights: Callable[[], Iterable[Sight]], end: Callable[[StalledError], None]) -> None:
        """Prepare.

        Args:
            patience_s: so long what there is to do may not get on.
            sights: what there is to do now; called in the watchdog's thread, as is `end`.
            end: called once, with what has stalled.
        """
        self._patience_s, self._sights, self._end = patience_s, sights, end
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._waited: dict[Hashable, float] = {}

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def waited(self, who: Hashable) -> float:
        """So many seconds someone has not got on, as of the last look; 0 for who has nothing to do."""
        return self._waited.get(who, 0.0)

    def _watch(self) -> None:
        """Look until there is something to tell; a fault of its own ends the worker, too, which nobody would be watching."""
        try:
            self._look()
        except Exception as error:
            log.exception("watchdog_failed")
            self._end(StalledError(f"the watchdog failed ({type(error).__name__}: {error})"))

    def _look(self) -> None:
        waits, looked = Waits(), time.monotonic()
        while not self._stopping.wait(EVERY_S):
            before, looked = looked, time.monotonic()
            found = waits.look(min(looked - before, 2 * EVERY_S), self._sights())
            self._waited = {sight.who: waited for sight, waited in found}
            if stalled := [(sight, waited) for sight, waited in found if waited >= self._patience_s]:
                self._tell(stalled)
                return

    def _tell(self, stalled: list[tuple[Sight, float]]) -> None:
        facts = [{**sight.facts, "seconds": round(waited), "since": _before(waited)} for sight, waited in stalled]
        words = "; ".join(", ".join(f"{name} {value}" for name, value in one.items() if value != "") for one in facts[:SAID])
        if len(facts) > SAID:
            words += f"; and {len(facts) - SAID} more"
        log.error(
            "worker_stalled",
            stalled=facts,
            patience_s=self._patience_s,
            at=_standing(),
            means="there is something to do and it does not get on, so the worker ends; started again it goes on from the last commit",
        )
        self._end(StalledError(f"the worker gets on with nothing ({words})"))


class LastResort:
    """Ends the process a while after it began to stop: a client may wait without end for a broker that is gone, in threads of its own."""

    def __init__(self, seconds: float, code: Callable[[], int]) -> None:
        """Prepare.

        Args:
            seconds: so long it may take to stop in order.
            code: the exit code, asked when the time is over.
        """
        self._seconds, self._code = seconds, code
        self._armed = threading.Lock()

    def arm(self) -> None:
        """The time begins, unless it has; it ends with the process."""
        if self._armed.acquire(blocking=False):
            timer = threading.Timer(self._seconds, self._end)
            timer.daemon = True
            timer.start()

    def _end(self) -> None:
        log.warning(
            "stopped_by_force", seconds=self._seconds, at=_standing(), means="what is not committed is done again by the next owner"
        )
        os._exit(self._code())


def _standing() -> str:
    """Where the main thread stands."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001 - there is no other way to ask
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""


def _before(seconds: float) -> str:
    return datetime.fromtimestamp(time.time() - seconds, UTC).isoformat(timespec="seconds")  # noqa: TID251 - for people, in the log
