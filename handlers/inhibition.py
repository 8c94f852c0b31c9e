"""Inhibition: a message is not told where another one of the same customer says it, and more.

The law of it:

1. A message that opens or escalates carries the rules that it inhibits, and for how long. Whether it is told itself does not matter: who
   asked for quiet about the greater thing, or heard of it lately, is not to hear of the lesser instead. Only one in test inhibits nothing.
2. It inhibits what the same movement led to (or the same passing hour, where no movement did), and what follows within its seconds of event
   time, both ends included. It inhibits neither what was before it nor what its own notification says; what it held back stays held, also
   once it is resolved or retracted, but from then on it inhibits nothing.
3. What is restricted is neither inhibited, as it is not silenced, nor does it inhibit: what a manager hears must not depend on it.
4. The detector publishes what inhibits before what is inhibited, of one movement. Else, where the lesser comes first, the greater counts
   if it stands in what was fetched together; what was told is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from schemas.notifications import EVERY_RULE, Inhibition, Notification, Status
from schemas.rules import Mode

OPENING = frozenset({Status.OPENED, Status.ESCALATED})
FEED = "FEED"
"""The `rule_id` of what is said about a feed, not about a customer's wealth."""


@dataclass(frozen=True, slots=True)
class Inhibitor:
    """A message that inhibits."""

    offset: int
    notification_id: UUID
    occurred_at: datetime
    triggers: frozenset[str]
    inhibition: Inhibition

    def inhibits(self, other: Notification) -> bool:
        """Whether a message of the same customer need not be told beside this one."""
        rules = self.inhibition.rules
        named = other.rule.name in rules or (EVERY_RULE in rules and other.rule.rule_id != FEED)
        return (
            named
            and other.classification is None
            and other.notification_id != self.notification_id
            and (self._same(other) or self._soon_after(other))
        )

    def _same(self, other: Notification) -> bool:
        triggers = triggers_of(other)
        return not self.triggers.isdisjoint(triggers) or (not self.triggers and not triggers and self.occurred_at == other.occurred_at)

    def _soon_after(self, other: Notification) -> bool:
        within = timedelta(seconds=self.inhibition.within_s)
        return bool(within) and timedelta() <= other.occurred_at - self.occurred_at <= within


def inhibition_of(message: Notification) -> Inhibition | None:
    """What a message inhibits; None where it is in test, restricted, or ends something."""
    counts = message.rule.mode is Mode.LIVE and message.status in OPENING and message.classification is None
    return message.inhibits if counts else None


def triggers_of(message: Notification) -> tuple[str, ...]:
    """The identities of the movements that decided; none where a passing hour did."""
    return tuple(f"{trigger.source}/{trigger.event_id}" for trigger in message.evidence.triggers)
