"""The live channel: says that something of theirs changed, and ends with the session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sse_starlette import EventSourceResponse

from handlers.inbox.gate import InParts, SignedIn, Visit
from handlers.inbox.parts import Parts
from handlers.inbox.viewer import viewer, visible

router = APIRouter()
PATIENCE_S = 20.0
AT_MOST_EVERY_S = 0.5
"""A replay changes hundreds of lines a second; a page is told twice."""
MOST_NAMED = 200


@router.get("/events")
async def listen(parts: InParts, visit: SignedIn) -> Response:
    """Stream `changed` events, each with the ids of the customers of theirs that changed."""
    return EventSourceResponse(_events(parts, visit), ping=15, headers={"X-Accel-Buffering": "no"})


async def _events(parts: Parts, visit: Visit) -> AsyncIterator[dict[str, str]]:
    with parts.metrics.live.track_inprogress():
        async with parts.live.listening() as ear:
            yield {"event": "hello", "data": ""}
            while True:
                changed = await ear.listen(PATIENCE_S)
                theirs = await run_in_threadpool(_theirs, parts, visit, changed)
                if theirs is None:
                    yield {"event": "ended", "data": ""}
                    return
                if theirs:
                    yield {"event": "changed", "data": json.dumps(sorted(theirs)[:MOST_NAMED])}
                    await asyncio.sleep(AT_MOST_EVERY_S)


def _theirs(parts: Parts, visit: Visit, changed: set[str]) -> set[str] | None:
    """Those of the changed that are theirs now; None when the session has ended."""
    found = parts.sessions.manager_of(visit.token, parts.clock(), is_use=False)
    if found is None:
        return None
    if not changed:
        return set()
    with parts.database.reading() as connection:
        return visible(connection, viewer(connection, *found), changed)
