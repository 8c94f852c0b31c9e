"""The live channel tells each page what is theirs, and ends with the session."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from handlers.inbox.changes import Changes
from handlers.inbox.database import Database
from handlers.inbox.gate import Visit
from handlers.inbox.live import Live
from handlers.inbox.pages import events
from handlers.inbox.parts import Parts
from handlers.inbox.users import add_user, remove_user
from handlers.inbox.viewer import Viewer
from handlers.inbox.voice import Voice
from schemas.customers import Language
from tests.handlers.inbox.conftest import PASSWORD, ZONE, fill
from tests.handlers.inbox.messages import customer
from tests.patience import PATIENCE_S


def changed(customers: set[str]) -> Changes:
    return Changes(frozenset(customers), frozenset(customers))


async def test_an_ear_hears_what_changed_since_it_listened_last_from_any_thread() -> None:
    live = Live()
    live.tell(changed({"before anyone listens"}))
    live.attach(asyncio.get_running_loop())
    async with live.listening() as ear:
        thread = threading.Thread(target=lambda: (live.tell(changed({"C1"})), live.tell(changed({"C2"}))))
        thread.start()
        thread.join()
        assert await ear.listen(5) == changed({"C1", "C2"})
        assert await ear.listen(0.01) == Changes()
        live.tell(changed({"C3"}))
        assert await ear.listen(5) == changed({"C3"})
    assert live._ears == set()


@asynccontextmanager
async def listening(parts: Parts, database: Database) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    add_user(database, "m1", "M1", PASSWORD)
    token = parts.sessions.begin("m1", parts.clock())
    parts.live.attach(asyncio.get_running_loop())
    visit = Visit(Viewer("m1", "M1", "m1"), token, Voice(Language.ENGLISH, ZONE, parts.clock()))
    stream = events._events(parts, visit)
    assert (await anext(stream))["event"] == "hello"
    try:
        yield stream
    finally:
        await stream.aclose()  # type: ignore[attr-defined]


async def test_a_page_hears_of_its_manager_s_customers_and_of_no_other(parts: Parts, database: Database) -> None:
    fill(database, customer("C1"), customer("C2", manager_id="M2"))
    async with listening(parts, database) as stream:
        assert parts.metrics.registry.get_sample_value("wealthwatch_inbox_live_connections") == 1
        heard = asyncio.ensure_future(anext(stream))
        parts.live.tell(changed({"C2"}))
        parts.live.tell(changed({"C2", "unknown"}))
        assert not (await asyncio.wait({heard}, timeout=0.3))[0]
        parts.live.tell(changed({"C1", "C2"}))
        told = await asyncio.wait_for(heard, PATIENCE_S)
        assert told["event"] == "changed"
        assert json.loads(told["data"]) == {"pages": ["C1"], "lines": True}
    assert parts.metrics.registry.get_sample_value("wealthwatch_inbox_live_connections") == 0


async def test_a_customer_handed_over_is_heard_of_by_the_new_manager_at_once(parts: Parts, database: Database) -> None:
    fill(database, customer("C1", manager_id="M2"))
    async with listening(parts, database) as stream:
        parts.live.tell(fill(database, customer("C1", manager_id="M1")))
        assert (await asyncio.wait_for(anext(stream), PATIENCE_S))["event"] == "changed"


async def test_the_channel_ends_with_the_session_even_when_nothing_happens(
    parts: Parts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PATIENCE_S", 0.05)
    async with listening(parts, database) as stream:
        remove_user(database, "m1")
        assert (await asyncio.wait_for(anext(stream), PATIENCE_S))["event"] == "ended"
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
