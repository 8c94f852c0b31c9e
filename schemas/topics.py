"""The topic map: every topic's name, key, partitions and keeping, as `contract.md` of the documentation lists them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    Args:
        name: without the prefix.
        key: what the record's key holds.
        spread: over all partitions (`customers`), or on one (`small`).
        keeping: for how long: `compact`, or a number of days of log.
        max_bytes: largest record.
    """

    name: str
    key: str
    spread: Literal["customers", "small"]
    keeping: Literal["compact"] | int
    max_bytes: int = 1_048_576

    def config(self) -> dict[str, str]:
        """The broker's settings for this topic."""
        # A host's wrong clock must not decide what is kept; and by its own time the broker refuses what is an hour ahead.
        config = {"max.message.bytes": str(self.max_bytes), "message.timestamp.type": "LogAppendTime"}
        if self.keeping == "compact":
            return {**config, "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        return {**config, "cleanup.policy": "delete", "retention.ms": str(self.keeping * DAY_MS), "retention.bytes": "-1"}


LARGEST = 8 * 1_048_576

MOVEMENTS = Topic("movements", "customer_id", "customers", 30, LARGEST)
CUSTOMERS = Topic("customers", "customer_id", "customers", "compact")
HOUSEHOLDS = Topic("households", "household_id", "customers", 30, LARGEST + 65_536)
"""Of the detectors among themselves: what members did, for those who decide their household."""
TICKS = Topic("ticks", "partition", "customers", 30)
STATES = Topic("detector-states", "customer_id", "customers", "compact", LARGEST)
NOTIFICATIONS = Topic("notifications", "customer_id", "customers", 400)
POSITIONS = Topic("positions", "customer_id", "customers", "compact")
JOURNAL = Topic("journal", "notification_id", "customers", 400)
DEAD_LETTERS = Topic("dead-letters", "the source record's", "customers", 90, LARGEST + 65_536)
FOLLOW_UPS = Topic("follow-ups", "notification_id", "customers", 400)
MANAGERS = Topic("managers", "manager_id", "small", "compact")
PRICES = Topic("prices", "instrument or currency", "small", "compact")
RULES = Topic("rules", "rule@version", "small", "compact")
SILENCES = Topic("silences", "silence_id", "small", "compact")

TOPICS = (
    MOVEMENTS,
    CUSTOMERS,
    HOUSEHOLDS,
    TICKS,
    STATES,
    NOTIFICATIONS,
    POSITIONS,
    JOURNAL,
    DEAD_LETTERS,
    FOLLOW_UPS,
    MANAGERS,
    PRICES,
    RULES,
    SILENCES,
)
