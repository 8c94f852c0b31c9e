"""The live channel: says that something of theirs changed, and ends with the session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sse_starlette import EventSourceResponse

from handlers.inbox.changes import Changes
from handlers.inbox.gate import InParts, SignedIn, Visit
from handlers.inbox.parts import Parts
from handlers.inbox.viewer import viewer, visible

router = APIRouter()
PATIENCE_S = 20.0
AT_MOST_EVERY_S = 0.5
"""A replay changes hundreds of lines a second; a page is told twice."""


@router.get("/events")
async def listen(parts: InParts, visit: SignedIn) -> Response:
    """Stream `changed` events: whose pages (of their customers) look different, and whether the list does."""
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
                    yield {"event": "changed", "data": json.dumps({"pages": sorted(theirs.pages), "lines": bool(theirs.lines)})}
                    await asyncio.sleep(AT_MOST_EVERY_S)


def _theirs(parts: Parts, visit: Visit, changed: Changes) -> Changes | None:
    """What changed of their customers as they are now; None when the session has ended."""
    found = parts.sessions.manager_of(visit.token, parts.clock(), is_use=False)
    if found is None:
        return None
    if not changed:
        return changed
    with parts.database.reading() as connection:
        return changed.of(visible(connection, viewer(connection, *found), set(changed.pages)))
