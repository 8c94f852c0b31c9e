"""A rule's own figures, as people read them; a figure that this version does not know is shown as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from handlers.inbox.voice import Voice
from schemas.movements import AssetClass
from schemas.notifications import Notification

HIDDEN = frozenset({"retracts", "currency", "account_currency", "block_squares", "mad", "median", "squares", "weighted"})
"""Ids that lead nowhere for a person, what stands beside the amounts anyway, and what only a recomputation needs: squares, logarithms."""

Show = Callable[[Voice, str, str, str], str]
"""From voice, value, base currency and the account's currency."""

_IN_BASE = (
    "abs_floor", "aum_at_start", "aum_before", "aum_floor", "aum_then", "average", "average_before", "change", "credited", "cusum",
    "demand_deposits", "deviation", "flow", "flow_part", "limit", "line", "market_part", "mean", "missing", "needed_flow", "net_flow",
    "net_outflow", "out", "owned", "peak", "placed", "proceeds", "salary", "salary_level", "sigma", "sum", "through_flow", "value",
)  # fmt: skip
_IN_THE_ACCOUNT_S = ("amount", "balance", "base", "kept", "left", "owed", "position", "stated", "taken")
_DATES = ("came_on", "expected_on", "happened_on", "last_on", "matures_on", "maturity", "on", "reached", "since", "until")


def _ever(voice: Voice, value: str, *_: str) -> str:
    return voice.t("fact.never") if value in ("", "never") else voice.day(date.fromisoformat(value))


def _largest(voice: Voice, value: str, base: str, _: str) -> str:
    # The largest amount of several, or what most of the assets are in.
    try:
        return voice.money(Decimal(value), base)
    except InvalidOperation:
        return voice.term("class", value) if value in set(AssetClass) else value


def _target(voice: Voice, value: str, *_: str) -> str:
    """Of one class, or of each: `fund 0.150000 bond 0.850000`."""
    if " " not in value:
        return voice.percent(Decimal(value))
    return voice.listed(f"{voice.term('class', name)} {voice.percent(Decimal(part))}" for name, part in _pairs(value))


def _held(voice: Voice, value: str, base: str, _: str) -> str:
    return voice.listed(f"{voice.term('class', name)} {voice.money(worth, base)}" for name, worth in _pairs(value))


def _shares(voice: Voice, value: str, *_: str) -> str:
    """Of each close: `32000.00/4447828.70`."""
    held = [[Decimal(part) for part in one.split("/")] for one in value.split()]
    return voice.listed(voice.percent(part / whole if whole else Decimal(0)) for part, whole in held)


def _reasons(voice: Voice, value: str, *_: str) -> str:
    """Rules and their points: `net_outflow_ratio:30 full_sweep:30`."""
    found = [one.partition(":") for one in value.split()]
    return voice.listed(f"{voice.term('rule', name)} {points}" for name, _, points in found)


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    words = value.split()
    return zip(words[::2], words[1::2], strict=True)


_SHOW: dict[str, Show] = {
    **dict.fromkeys(_IN_BASE, lambda voice, value, base, _: voice.money(Decimal(value), base)),
    **dict.fromkeys(_IN_THE_ACCOUNT_S, lambda voice, value, _, account: voice.money(Decimal(value), account)),
    **dict.fromkeys(_DATES, lambda voice, value, *_: voice.day(date.fromisoformat(value))),
    **dict.fromkeys(("pct", "share", "tolerance"), lambda voice, value, *_: voice.percent(Decimal(value))),
    **dict.fromkeys(("tier", "tier_before"), lambda voice, value, *_: voice.term("tier", value)),
    **dict.fromkeys(("last_active", "last_contact_on"), _ever),
    "asset_class": lambda voice, value, *_: voice.term("class", value),
    "closes": _shares,
    "credited_at": lambda voice, value, *_: voice.moment(datetime.fromisoformat(value)),
    "day": lambda voice, value, *_: voice.term("occasion", value),
    "largest": _largest,
    "reasons": _reasons,
    "target": _target,
    "then": _held,
    "type": lambda voice, value, *_: voice.term("loan", value),
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
    facts, triggers = message.evidence.facts, message.evidence.triggers
    named = facts.get("account_currency", facts.get("currency"))
    return named or (triggers[0].currency if triggers else message.base_currency)


def _shown(name: str, value: str, voice: Voice, base: str, account: str) -> str:
    try:
        return _SHOW[name](voice, value, base, account)
    except (KeyError, ValueError, InvalidOperation):
        return value
