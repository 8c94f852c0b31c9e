"""The charts of a customer's page, with their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from handlers.inbox.charts.bars import bars
from handlers.inbox.charts.donut import Slice, donut
from handlers.inbox.charts.line import NARROW, WIDE, Mark, line
from handlers.inbox.dossier import Dossier
from handlers.inbox.templating import customer_path
from handlers.inbox.voice import Voice
from schemas.movements import LIABILITIES, AssetClass
from schemas.notifications import Notification


@dataclass(frozen=True, slots=True)
class Share:
    """One line of an allocation table; a liability has no share."""

    name: str
    value: Decimal
    share: Decimal | None


def allocation_table(found: Dossier) -> list[Share]:
    """The classes, largest first, liabilities last."""
    return [] if found.position is None else _shares(found.position.allocation)


def allocation_picture(found: Dossier, voice: Voice) -> Markup | None:
    """The ring, with the AUM in its middle; None without a position."""
    if found.position is None:
        return None
    currency = found.position.base_currency
    slices = _slices(found.position.allocation, voice)
    centre = (voice.axis(Decimal(found.position.aum)), currency)
    return donut("allocation", slices, voice.t("customer.allocation"), voice.t("customer.allocation_desc"), centre)


def history_pictures(found: Dossier, voice: Voice) -> tuple[Markup, Markup] | None:
    """The line, for a wide page and for a phone; None below two dates."""
    if found.position is None or len(found.closes) < 2:
        return None
    currency = found.position.base_currency
    values = [value for _, value in found.closes]
    title = voice.t("customer.history")
    description = voice.t(
        "customer.history_desc",
        first=voice.day(found.closes[0][0]),
        last=voice.day(found.closes[-1][0]),
        low=voice.money(min(values), currency),
        high=voice.money(max(values), currency),
    )
    marks = [
        Mark(
            mark.opened_at.astimezone(voice.zone).date(),
            voice.severity(mark.severity),
            f"{voice.day(mark.opened_at.astimezone(voice.zone).date())} · {mark.title[voice.language]}",
            f"{customer_path(mark.customer_id)}?n={mark.notification_id}#n-{mark.notification_id}",
        )
        for mark in found.marks
    ]

    def show_day(on: date) -> str:
        return voice.short_day(on)

    def show_amount(amount: Decimal) -> str:
        return voice.axis(amount)

    wide, narrow = (
        line(f"history-{name}", found.closes, marks, frame, (title, description), (show_amount, show_day))
        for name, frame in (("wide", WIDE), ("narrow", NARROW))
    )
    return wide, narrow


@dataclass(frozen=True, slots=True)
class BeforeAndAfter:
    """An allocation before and after, as bars and as rows of a table."""

    picture: Markup
    rows: list[tuple[str, Decimal, Decimal]]


def before_and_after(message: Notification, voice: Voice) -> BeforeAndAfter | None:
    """How the allocation changed; None when it did not or is not known."""
    before, after = message.evidence.allocation_before, message.evidence.allocation_after
    if before == after or not (before or after):
        return None
    picture = bars(
        f"bars-{message.message_id}",
        [(voice.t("table.before"), _slices(before, voice)), (voice.t("table.after"), _slices(after, voice))],
        voice.t("item.allocation"),
        voice.t("item.allocation_desc"),
    )
    classes = [name for name in AssetClass if before.get(name) or after.get(name)]
    return BeforeAndAfter(picture, [(name.value, before.get(name, Decimal(0)), after.get(name, Decimal(0))) for name in classes])


def _slices(allocation: Mapping[Any, Decimal | str], voice: Voice) -> list[Slice]:
    return [Slice(one.name, voice.term("class", one.name), one.value) for one in _shares(allocation) if one.share is not None]


def _shares(allocation: Mapping[Any, Decimal | str]) -> list[Share]:
    values = {str(AssetClass(name).value): Decimal(value) for name, value in allocation.items() if Decimal(value)}
    assets = {name: value for name, value in values.items() if name not in LIABILITIES}
    total = sum(assets.values(), Decimal(0))
    shares = [Share(name, value, value / total if total > 0 else None) for name, value in assets.items()]
    debts = [Share(name, value, None) for name, value in values.items() if name in LIABILITIES]
    return sorted(shares, key=lambda one: -one.value) + debts
