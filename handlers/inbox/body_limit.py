"""A form has a few fields; a body larger than that is refused, announced or not."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 65_536
TOO_LARGE = 413


class BodyLimit:
    """Stands before everything that reads a body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 413."""
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST:
                raise HTTPException(TOO_LARGE)  # inside of the application: its own page answers
            return message

        announced = dict(scope.get("headers", ())).get(b"content-length", b"0")
        if scope["type"] == "http" and not (announced.isdigit() and int(announced) <= LARGEST):
            await PlainTextResponse("too large\n", TOO_LARGE)(scope, receive, send)
            return
        await self._app(scope, counted, send)
