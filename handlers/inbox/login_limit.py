"""How often a password may be tried: by user and address, and ten times as often by address alone."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

MANY_USERS = 10
"""One address serves a whole branch, so it may try for so many users."""


class LoginLimit:
    """Counts tries in memory; each inbox process its own."""

    def __init__(self, per_minute: int) -> None:
        self._tries = MovingWindowRateLimiter(MemoryStorage())
        self._of_a_user = RateLimitItemPerMinute(per_minute)
        self._of_an_address = RateLimitItemPerMinute(per_minute * MANY_USERS)

    def allows(self, username: str, address: str) -> bool:
        """Count one try and say whether it may be made."""
        return self._tries.hit(self._of_an_address, "address", address) and self._tries.hit(
            self._of_a_user, "user", username[:128].casefold(), address
        )
