"""The wall clock and chance: the inbox serves people, who live in the present."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)  # noqa: TID251 - a login, a step and a due time are about now


def fresh_id() -> UUID:
    """An id for one thing a person is about to do; made where the form is made, so that a second submit is known."""
    return UUID(bytes=secrets.token_bytes(16), version=4)
