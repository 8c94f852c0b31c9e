"""Pages for what went wrong, each with one sentence on what to do next."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from handlers.inbox.gate import Forged, NotFound, NotSignedIn, anyones_voice
from handlers.inbox.publisher import NotPublished
from handlers.inbox.templating import page


def failure(request: Request, what: str, status: int) -> HTMLResponse:
    """The page for `what`, which has its words under `fail.`."""
    return page("failure.html", anyones_voice(request), status, what=what, visit=None, here="/")


def install(app: FastAPI) -> None:
    """Answer every exception that a page may raise."""

    def not_signed_in(request: Request, _: Exception) -> Response:
        if request.url.path == "/events":
            return Response(status_code=401)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/login" if request.method != "GET" or wanted == "/" else f"/login?next={quote(wanted, safe='')}", 303)

    def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return failure(request, "not_found" if status == 404 else "wrong_input", status)

    app.add_exception_handler(NotSignedIn, not_signed_in)
    app.add_exception_handler(Forged, lambda request, _: failure(request, "forged", 403))
    app.add_exception_handler(NotFound, lambda request, _: failure(request, "not_found", 404))
    app.add_exception_handler(NotPublished, lambda request, _: failure(request, "not_published", 503))
    app.add_exception_handler(RequestValidationError, lambda request, _: failure(request, "wrong_input", 400))
    app.add_exception_handler(HTTPException, of_http)
