"""A form has a few fields; a body larger than that is refused before it is read."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST = 65_536


class BodyTooLarge(Exception):  # noqa: N818 - not a fault of ours
    """The body went on past the limit."""


class BodyLimit:
    """Refuses large bodies, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        read, begun = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST:
                raise BodyTooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if not announced.isdigit() or int(announced) > LARGEST:
                raise BodyTooLarge
            await self._app(scope, counted, noted)
        except BodyTooLarge:
            if not begun:
                await PlainTextResponse("too large\n", status_code=413)(scope, receive, send)
