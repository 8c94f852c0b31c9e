"""Passwords: argon2id hashes, and a check that takes as long for somebody who does not exist."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 256

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The hash to keep, with its salt and parameters."""
    return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password of the hash; with none, the work is done all the same and the answer is no."""
    try:
        _hasher.verify(kept or _nobodys(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _hasher.hash("a password that nobody has")
