"""Decides whether a notification message is told or held, and why: a row of early returns, each with its named reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.inhibition import OPENING
from handlers.told import Told
from schemas.journal import Reason, Verdict
from schemas.notifications import Notification
from schemas.rules import Mode, Severity
from schemas.silences import Silence


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one message: told, or held with a reason."""

    verdict: Verdict
    reason: Reason | None = None
    silence_id: str | None = None


TELL = Decision(Verdict.TOLD)


def hold(reason: Reason, silence_id: str | None = None) -> Decision:
    """Hold a message back."""
    return Decision(Verdict.HELD, reason, silence_id)


def triage(
    notification: Notification, told: Told, silences: Iterable[Silence], cooldown_s: Mapping[Severity, float], now: datetime
) -> Decision:
    """Decide about one message.

    A message that closes (resolved, retracted) follows the fate of what it closes: a manager who was told hears the end of it, whatever
    was silenced since; one who was not told does not. The remaining reasons are about messages that open or escalate, and about the
    closing of something we no longer remember. What is restricted is silenced by nobody: whoever asks for quiet does not know of it.

    Args:
        notification: the message; a restricted one names the desk that the settings name, or nobody (`handlers.partition.Policy`).
        told: what this partition told and held before.
        silences: all that are known, also those that are over.
        cooldown_s: seconds of event time, by the message's severity.
        now: the wall clock, for silences only.
    """
    if told.knows(notification.message_id):
        return hold(Reason.ALREADY_TOLD)
    closing = notification.status not in OPENING
    if closing and (fate := told.fate(notification.notification_id)) and fate.reason:
        return hold(fate.reason, fate.silence_id)
    if notification.rule.mode is not Mode.LIVE:
        return hold(Reason.TEST_MODE)
    if notification.manager_id is None:
        return hold(Reason.NO_MANAGER if notification.classification is None else Reason.RESTRICTED)
    if closing and fate:
        return TELL
    if notification.classification is None and (silence := silenced_by(notification, silences, now)):
        return hold(Reason.SILENCED, silence.silence_id)
    if not closing and any(one.inhibits(notification) for one in told.inhibitors(notification.customer_id)):
        return hold(Reason.INHIBITED)
    if not closing and _cooling(notification, told, cooldown_s):
        return hold(Reason.COOLDOWN)
    return TELL


def silenced_by(notification: Notification, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """Return the silence that holds the message back: of several, the one that ends last."""
    return max(
        (silence for silence in silences if _covers(silence, notification, now)),
        key=lambda silence: (silence.ends_at, silence.silence_id),
        default=None,
    )


def _covers(silence: Silence, notification: Notification, now: datetime) -> bool:
    return (
        silence.starts_at <= now < silence.ends_at
        and notification.severity.rank <= silence.up_to.rank
        and silence.customer_id in (None, notification.customer_id)
        and silence.rule in (None, notification.rule.name)
        and silence.manager_id in (None, notification.manager_id)
        and (silence.branch is None or _below(notification.branch, silence.branch))
    )


def _below(branch: str, path: str) -> bool:
    path = path.rstrip("/")
    return branch == path or branch.startswith(path + "/")


def _cooling(notification: Notification, told: Told, cooldown_s: Mapping[Severity, float]) -> bool:
    # What was told with less severity does not hold a worse finding back: that is news.
    window = timedelta(seconds=cooldown_s.get(notification.severity, 0.0))
    return bool(window) and any(
        opening.rank >= notification.severity.rank and abs(notification.occurred_at - opening.occurred_at) < window
        for opening in told.openings(notification.dedup_key)
    )
