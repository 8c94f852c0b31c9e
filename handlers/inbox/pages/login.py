"""Signing in and out."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from handlers.inbox import users
from handlers.inbox.gate import ByHand, InParts, anyones_voice, local_path, session_cookie
from handlers.inbox.sessions import form_token, is_form_token
from handlers.inbox.templating import page

router = APIRouter()
BEFORE = "wealthwatch_before"
"""Cookie of the login form, so that nobody can log a browser in as somebody else."""


@router.get("/login")
def ask(request: Request, parts: InParts, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    """Show the form."""
    return _form(request, parts, next)


@router.post("/login")
def sign_in(
    request: Request,
    parts: InParts,
    username: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 - the word in the form
    form_token: Annotated[str, Form()] = "",
) -> Response:
    """Begin a session, or say the same for a wrong name as for a wrong password."""
    before = request.cookies.get(BEFORE, "")
    if not before or not is_form_token(before, form_token):
        return _form(request, parts, next, "login.ended", 403)
    address = request.client.host if request.client else ""
    if not request.app.state.login_limit.allows(username, address):
        parts.metrics.logins.labels("too_often").inc()
        return _form(request, parts, next, "login.too_often", 429)
    known = users.check(parts.database, username.strip(), password)
    parts.metrics.logins.labels("good" if known else "wrong").inc()
    if known is None:
        return _form(request, parts, next, "login.wrong", 401, username)
    answer = RedirectResponse(local_path(next), 303)
    _put(answer, parts, session_cookie(parts), parts.sessions.begin(known, parts.clock()), int(parts.sessions.lasts.total_seconds()))
    answer.delete_cookie(BEFORE)
    return answer


@router.post("/logout")
def sign_out(parts: InParts, visit: ByHand) -> Response:
    """End the session."""
    parts.sessions.end(visit.token)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(session_cookie(parts), secure=parts.settings.inbox.secure_cookie, httponly=True, samesite="lax")
    return answer


def _form(request: Request, parts: InParts, wanted: str, trouble: str = "", status: int = 200, username: str = "") -> Response:
    before = request.cookies.get(BEFORE) or secrets.token_urlsafe(16)
    answer = page(
        "login.html",
        anyones_voice(request),
        status,
        visit=None,
        here=f"/login?next={local_path(wanted)}",
        wanted=local_path(wanted),
        token=form_token(before),
        trouble=trouble,
        username=username[:128],
    )
    _put(answer, parts, BEFORE, before, 3600)
    return answer


def _put(answer: Response, parts: InParts, name: str, value: str, seconds: int) -> None:
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=parts.settings.inbox.secure_cookie, path="/")
