"""Python's collector of reference cycles, kept from looking through a worker's states again and again.

It looks whenever there are so many more objects than before, and most of what a detector makes anew is movements that wait and states that
stay: a tenth of its time went into finding nothing. Cycles come from what fails, a connection or a session, so now and then is enough.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager

EVERY_S = 600.0


@contextmanager
def resting() -> Iterator[None]:
    """Nothing that is there already is garbage, and the collector does not look for any by itself."""
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.enable()


async def look(every_s: float = EVERY_S) -> None:
    """Look for garbage now and then, for ever."""
    while True:
        await asyncio.sleep(every_s)
        gc.collect()
