"""The lock of every door: who is it, in which language do they read, and did they send this form themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Form, Request

from handlers.inbox.parts import Parts
from handlers.inbox.sessions import form_token, is_form_token
from handlers.inbox.viewer import Viewer, viewer
from handlers.inbox.voice import Voice
from schemas.customers import Language

LANGUAGE_COOKIE = "wealthwatch_language"
LISTENS = "x-live"
"""Header of a page that refreshes itself: nobody sits there, so the session grows no younger."""


class NotSignedIn(Exception):  # noqa: N818 - not a fault
    """There is no session, or it has ended."""


class Forged(Exception):  # noqa: N818 - not a fault of ours
    """The form does not carry this session's token."""


class NotFound(Exception):  # noqa: N818 - not a fault
    """It is not there, or not theirs: nobody learns which."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of somebody who is logged in."""

    who: Viewer
    token: str
    voice: Voice

    @property
    def form_token(self) -> str:
        """What every form must carry."""
        return form_token(self.token)


def session_cookie(parts: Parts) -> str:
    """The cookie's name; over HTTPS the prefix binds it to this host and path."""
    return "__Host-wealthwatch" if parts.settings.inbox.secure_cookie else "wealthwatch"


def the_parts(request: Request) -> Parts:
    """What the application was made with."""
    found: Parts = request.app.state.parts
    return found


def anyones_voice(request: Request, known: str | None = None) -> Voice:
    """The language of the cookie, else the manager's own, else the browser's, else Chinese."""
    parts = the_parts(request)
    wished = [request.cookies.get(LANGUAGE_COOKIE), known, *_accepted(request.headers.get("accept-language", ""))]
    language = next((Language(tag) for tag in wished if tag in set(Language)), Language.CHINESE)
    return Voice(language, parts.zone, parts.clock())


def signed_in(request: Request) -> Visit:
    """Let in who has a session.

    Raises:
        NotSignedIn: there is none.
    """
    parts = the_parts(request)
    token = request.cookies.get(session_cookie(parts), "")
    found = token and parts.sessions.manager_of(token, parts.clock(), is_use=LISTENS not in request.headers)
    if not found:
        raise NotSignedIn
    with parts.database.reading() as connection:
        who = viewer(connection, *found)
    return Visit(who, token, anyones_voice(request, who.language))


def sent_by_hand(visit: Annotated[Visit, Depends(signed_in)], form_token: Annotated[str, Form()] = "") -> Visit:
    """Let in who has a session and sent one of its forms.

    Raises:
        NotSignedIn: there is no session.
        Forged: the form is somebody else's.
    """
    if not is_form_token(visit.token, form_token):
        raise Forged
    return visit


def local_path(path: str) -> str:
    """The path if it leads to a page of ours, else the list: nobody is sent elsewhere from here."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if good else "/"


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header that we speak, most wished first."""
    wishes = []
    for place, wish in enumerate(header.split(",")[:20]):
        tag, _, quality = wish.strip().partition(";q=")
        spoken = {"zh": Language.CHINESE, "en": Language.ENGLISH}.get(tag[:2].lower())
        if spoken:
            try:
                wishes.append((-float(quality or 1), place, spoken.value))
            except ValueError:
                continue
    return [language for _, _, language in sorted(wishes)]


InParts = Annotated[Parts, Depends(the_parts)]
SignedIn = Annotated[Visit, Depends(signed_in)]
ByHand = Annotated[Visit, Depends(sent_by_hand)]
