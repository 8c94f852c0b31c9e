"""`python -m tests.e2e.stalling`: a detector whose consumer stalls at SIGUSR1: it stays in the group, and fetches nothing more."""

from __future__ import annotations

import signal
import sys

from streams.transport import BatchConsumerThread
from wealthwatch.cli import main

threads: list[BatchConsumerThread] = []
started = BatchConsumerThread.on_start


async def on_start(self: BatchConsumerThread) -> None:
    """Remember it."""
    threads.append(self)
    await started(self)


def stall(_signal: int, _frame: object) -> None:
    """End what fetches in the background, as a fault in it would."""
    for thread in threads:
        thread.thread_loop.call_soon_threadsafe(thread._consumer._fetcher._fetch_task.cancel)


BatchConsumerThread.on_start = on_start
signal.signal(signal.SIGUSR1, stall)
sys.argv = ["wealthwatch", "detector"]
main()
