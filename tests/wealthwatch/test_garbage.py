"""The collector rests, and what is garbage goes all the same."""

from __future__ import annotations

import asyncio
import gc
import weakref

from tests.patience import PATIENCE_S
from wealthwatch import garbage


class Circle:
    """Refers to itself."""

    def __init__(self) -> None:
        self.own = self


def test_what_refers_to_itself_goes_when_somebody_looks_and_not_before() -> None:
    async def look() -> None:
        gone = asyncio.Event()
        loop = asyncio.get_running_loop()
        circle = weakref.ref(Circle(), lambda _: loop.call_soon_threadsafe(gone.set))
        assert circle() is not None
        looking = asyncio.create_task(garbage.look(0.01))
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        assert circle() is None
        looking.cancel()

    with garbage.resting():
        assert not gc.isenabled()
        asyncio.run(look())
    assert gc.isenabled()
