"""A rule's own figures, as people read them; a figure that this version does not know is shown as it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from handlers.inbox.voice import Voice
from schemas.notifications import Notification

HIDDEN = frozenset({"retracts", "currency"})
"""Ids that lead nowhere for a person, and what stands beside the amounts anyway."""

Show = Callable[[Voice, str, str, str], str]
"""From voice, value, base currency and the account's currency."""

_SHOW: dict[str, Show] = {
    **dict.fromkeys(("abs_floor", "line", "missing"), lambda voice, value, base, _: voice.money(Decimal(value), base)),
    **dict.fromkeys(("left", "base", "kept", "stated"), lambda voice, value, _, account: voice.money(Decimal(value), account)),
    **dict.fromkeys(("tier", "tier_before"), lambda voice, value, *_: voice.term("tier", value)),
    "pct": lambda voice, value, *_: voice.percent(Decimal(value)),
    "last_active": lambda voice, value, *_: voice.t("fact.never") if value == "never" else voice.day(date.fromisoformat(value)),
}


def readable(message: Notification, voice: Voice) -> list[tuple[str, str]]:
    """Label and value of each figure, in the rule's own order."""
    base, account = message.base_currency, account_currency(message)
    return [
        (voice.term("fact", name), _shown(name, value, voice, base, account))
        for name, value in message.evidence.facts.items()
        if name not in HIDDEN
    ]


def measured_currency(message: Notification) -> str:
    """The currency of the measured value: the base currency, but for a rule that names another one."""
    return message.evidence.facts.get("currency", message.base_currency)


def account_currency(message: Notification) -> str:
    """The currency of the account that the message is about."""
    triggers = message.evidence.triggers
    return message.evidence.facts.get("currency", triggers[0].currency if triggers else message.base_currency)


def _shown(name: str, value: str, voice: Voice, base: str, account: str) -> str:
    try:
        return _SHOW[name](voice, value, base, account)
    except (KeyError, ValueError, InvalidOperation):
        return value
