"""Who may log in: a name, a password, and the manager they are."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from handlers.inbox import passwords
from handlers.inbox.clock import now
from handlers.inbox.database import Database
from handlers.inbox.tables import Session, User


class UserError(ValueError):
    """What was asked of the list of users cannot be; the text says why."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user, without the password."""

    username: str
    manager_id: str
    created_at: datetime


def add_user(database: Database, username: str, manager_id: str, password: str) -> None:
    """Let this user log in as this manager.

    Raises:
        UserError: the name is taken or not one, or the password too short or too long.
    """
    if not username.strip() or username != username.strip() or len(username) > 128:
        raise UserError("a username has 1 to 128 characters and no space around them")
    _acceptable(password)
    with database.writing() as connection:
        if connection.execute(select(User.username).where(User.username == username)).first():
            raise UserError(f"there is already a user {username}")
        connection.execute(
            insert(User).values(username=username, manager_id=manager_id, password_hash=passwords.hashed(password), created_at=now())
        )


def create_login(database: Database, manager_id: str, username: str) -> str:
    """Make a login with a password that nobody chose, or give an existing one a new password; returns the password."""
    password = secrets.token_urlsafe(9)
    if username in {login.username for login in users(database)}:
        set_password(database, username, password)
    else:
        add_user(database, username, manager_id, password)
    return password


def set_password(database: Database, username: str, password: str) -> None:
    """Give the user another password and end their logins.

    Raises:
        UserError: there is no such user, or the password is too short or too long.
    """
    _acceptable(password)
    with database.writing() as connection:
        changed = connection.execute(update(User).where(User.username == username).values(password_hash=passwords.hashed(password)))
        if not changed.rowcount:
            raise UserError(f"there is no user {username}")
        connection.execute(delete(Session).where(Session.username == username))


def remove_user(database: Database, username: str) -> None:
    """Let this user log in no more, and end their logins.

    Raises:
        UserError: there is no such user.
    """
    with database.writing() as connection:
        if not connection.execute(delete(User).where(User.username == username)).rowcount:
            raise UserError(f"there is no user {username}")


def users(database: Database) -> list[Login]:
    """All users, by name."""
    with database.reading() as connection:
        rows = connection.execute(select(User.username, User.manager_id, User.created_at).order_by(User.username))
        return [Login(*row) for row in rows]


def check(database: Database, username: str, password: str) -> str | None:
    """The user's name when the password is theirs; as slow for an unknown name as for a wrong password."""
    with database.reading() as connection:
        kept = connection.execute(select(User.password_hash).where(User.username == username)).scalar()
    if not passwords.matches(password, kept) or kept is None:
        return None
    if passwords.is_outdated(kept):
        with database.writing() as connection:
            connection.execute(update(User).where(User.username == username).values(password_hash=passwords.hashed(password)))
    return username


def _acceptable(password: str) -> None:
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        raise UserError(f"a password has {passwords.SHORTEST} to {passwords.LONGEST} characters")
