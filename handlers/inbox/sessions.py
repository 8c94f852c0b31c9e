"""Logins that last: a random token in the browser's cookie, its hash in the database, two ends (idle and absolute)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from handlers.inbox.database import Database
from handlers.inbox.tables import Session, User
from schemas.settings import Inbox

TOUCH_EVERY = timedelta(minutes=1)
"""A session in use is written this often, not at every request."""


class Sessions:
    """The sessions of one inbox."""

    def __init__(self, database: Database, settings: Inbox) -> None:
        self._database = database
        self.lasts = timedelta(hours=settings.session_hours)
        self._idle = timedelta(minutes=settings.idle_minutes)

    def begin(self, username: str, now: datetime) -> str:
        """Start a session and forget those that ended; returns the token for the cookie."""
        token = secrets.token_urlsafe(32)
        with self._database.writing() as connection:
            connection.execute(delete(Session).where((Session.ends_at <= now) | (Session.seen_at <= now - self._idle)))
            connection.execute(
                insert(Session).values(token_hash=_hash(token), username=username, created_at=now, seen_at=now, ends_at=now + self.lasts)
            )
        return token

    def manager_of(self, token: str, now: datetime, *, is_use: bool = True) -> tuple[str, str] | None:
        """The username and manager_id of a session that has not ended; a page that only listens does not count as use."""
        with self._database.reading() as connection:
            found = connection.execute(
                select(User.username, User.manager_id, Session.seen_at)
                .join(Session, Session.username == User.username)
                .where(Session.token_hash == _hash(token), Session.ends_at > now, Session.seen_at > now - self._idle)
            ).first()
        if found is None:
            return None
        if is_use and found.seen_at <= now - TOUCH_EVERY:
            with self._database.writing() as connection:
                connection.execute(update(Session).where(Session.token_hash == _hash(token)).values(seen_at=now))
        return found.username, found.manager_id

    def end(self, token: str) -> None:
        """Log out."""
        with self._database.writing() as connection:
            connection.execute(delete(Session).where(Session.token_hash == _hash(token)))


def form_token(token: str) -> str:
    """What every form of this session must carry; who has only the page or only the cookie cannot make it."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(token: str, given: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(form_token(token).encode(), given.encode())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
