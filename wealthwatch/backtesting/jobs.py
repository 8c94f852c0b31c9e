"""All jobs together: one in this process, several in processes of their own; read, agree on the end of time, finish."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, cast

from handlers.feeds import FeedError
from streams.backtest import full_hour_after
from wealthwatch import garbage
from wealthwatch.backtesting.job import SHOWN_BAD, Job
from wealthwatch.backtesting.task import Outcome, Span, Task

SAY_EVERY_S = 0.2
THOUSANDTHS = 1_000
Progress = Callable[[float, int], None]
"""Takes the share of the reading that is done and the movements read."""


class JobEndedError(RuntimeError):
    """A job's process ended without a word, most likely because the machine had no memory left."""


def run(task: Task, progress: Progress) -> Outcome:
    """Run all jobs; what they came to together.

    Raises:
        FeedError: a feed is not what it should be.
        JobEndedError: the operating system ended a job.
    """
    if task.jobs > 1:
        return _in_processes(task, progress)
    with garbage.resting():
        job = Job(task, 0)
        latest = job.read(lambda done, count: progress(done / THOUSANDTHS, count))
        return _together([job.finish(_end([latest]))])


def _in_processes(task: Task, progress: Progress) -> Outcome:
    context = multiprocessing.get_context("spawn")
    far = context.RawArray("q", 2 * task.jobs)
    with _started(context, task, far) as connections:

        def say() -> None:
            progress(sum(far[::2]) / (THOUSANDTHS * task.jobs), min(far[1::2]))

        end = _end(_answers(connections, say))
        for connection in connections:
            connection.send(end)
        return _together(_answers(connections, say))


def _end(latest: Iterable[int | None]) -> int:
    """Up to when time passes, given the latest event time of each job."""
    return max((full_hour_after(at) for at in latest if at is not None), default=0)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits: a process that is half started would say so with a traceback, and nobody would end it."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


@contextmanager
def _started(context: Any, task: Task, far: Any) -> Iterator[list[Connection]]:
    processes, connections = [], []
    try:
        for number in range(task.jobs):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(task, number, theirs, far), daemon=True)
            with _uninterrupted():
                process.start()
                theirs.close()
                processes.append(process)
                connections.append(ours)
        yield connections
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _answers(connections: Sequence[Connection], say: Callable[[], None]) -> list[Any]:
    """What each job says next, in the order of the jobs."""
    found: dict[Any, Any] = {}
    while waiting := [one for one in connections if one not in found]:
        for ready in wait(waiting, SAY_EVERY_S):
            try:
                found[ready] = cast("Connection", ready).recv()
            except EOFError:
                raise JobEndedError("a job was ended from outside") from None
            if isinstance(found[ready], BaseException):
                raise found[ready]
        say()
    return [found[one] for one in connections]


def _work(task: Task, number: int, parent: Connection, far: Any) -> None:
    """A job's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us
    threading.Thread(target=_end_with_the_parent, daemon=True).start()

    def told(done: int, count: int) -> None:
        far[2 * number], far[2 * number + 1] = done, count

    try:
        with garbage.resting():
            job = Job(task, number)
            parent.send(job.read(told))
            parent.send(job.finish(parent.recv()))
    except (FeedError, OSError) as error:
        parent.send(error)
    except Exception as error:  # noqa: BLE001 - it is raised again where it is seen
        parent.send(RuntimeError(f"job {number} failed: {error}\n{traceback.format_exc()}"))


def _end_with_the_parent() -> None:
    """A job is no use to anybody once whoever started it is gone, however that ended."""
    started_by = multiprocessing.parent_process()
    assert started_by is not None
    wait([started_by.sentinel])
    os._exit(1)


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """One outcome of all."""
    whole = Outcome(found=[[] for _ in outcomes[0].found], tallies=outcomes[0].tallies)
    for one in outcomes:
        whole.customers += one.customers
        whole.managers |= one.managers
        whole.results += one.results
        whole.faults += one.faults
        whole.failures += one.failures
        whole.bad += one.bad
        whole.held += one.held
        for runs, more in zip(whole.found, one.found, strict=True):
            runs += more
        for place, span in one.spans.items():
            known = whole.spans.get(place, span)
            whole.spans[place] = Span(min(known.first, span.first), max(known.last, span.last))
    for one in outcomes[1:]:
        for tally, counted in zip(whole.tallies, one.tallies, strict=True):
            tally.add(counted)
    whole.bad = sorted(whole.bad, key=lambda bad: bad.place)[:SHOWN_BAD]
    whole.results, whole.faults = Counter(dict(sorted(whole.results.items()))), Counter(dict(sorted(whole.faults.items())))
    whole.failures = Counter(dict(sorted(whole.failures.items())))
    return whole
