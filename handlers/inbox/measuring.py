"""Counts requests and their time by route, and turns a fault of ours into a counted, logged answer."""

from __future__ import annotations

import time
import traceback

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handlers.inbox.failures import failure
from handlers.inbox.metrics import Metrics

log = structlog.get_logger(__name__)


class Measuring:
    """Stands around everything else."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer and count; the time is until the answer begins, since a live channel has no end."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        answered = False

        async def counted(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                route = _route(scope)
                self._metrics.requests.labels(scope["method"], route, message["status"]).inc()
                self._metrics.request_seconds.labels(scope["method"], route).observe(time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, counted)
        except Exception as error:  # noqa: BLE001 - the last place that can answer; the message may hold a name, so only the trace is logged
            log.error("a request failed", error=type(error).__name__, trace=traceback.format_tb(error.__traceback__))
            if not answered:
                await failure(Request(scope), "wrong", 500)(scope, receive, counted)


def _route(scope: Scope) -> str:
    """The route's pattern: an address itself would make a label for every customer."""
    if scope["path"].startswith("/static/"):
        return "/static"
    return str(getattr(scope.get("route"), "path", "none"))
