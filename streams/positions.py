"""A customer's allocation as it is published on `wealth.positions`; `schemas.positions.Position` is its contract."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from schemas.message import SCHEMA_VERSION
from streams.book import RuleBook
from streams.customer import CLASSES, Account, Customer
from streams.history import CLOSE, WIDTH, History
from streams.money import to_text
from streams.windows import on

_encode = msgspec.json.Encoder().encode
_LEFT_BRACKET: Final = 91
_RIGHT_BRACKET: Final = 93
_COMMA: Final = 44
_MINUS: Final = 45
_POINT: Final = 46
_ZERO: Final[i64] = 48
_ENDS: Final = b'"}'
_begins: Final[dict[int, bytes]] = {}
_MOST_DATES: Final = 100_000


def snapshot(customer: Customer, book: RuleBook) -> bytes:
    """The message's bytes."""
    return _encode(
        {
            "schema_version": SCHEMA_VERSION,
            "customer_id": customer.customer_id,
            "as_of": datetime.fromtimestamp(customer.clock, UTC),
            "base_currency": book.bank.base_currency,
            "aum": to_text(customer.aum),
            "net_assets": to_text(customer.net_assets),
            "allocation": {name: to_text(value) for name, value in customer.allocation().items()},
            "accounts": [_account(name, account) for name, account in customer.accounts.items()],
            "closes": msgspec.Raw(_closes(customer.history)),
            "segment": customer.profile.segment,
            "tier": book.tier_of(customer),
            "manager_id": customer.profile.manager_id,
        }
    )


def _closes(history: History) -> bytes:
    """Every date that is kept with its close, as JSON: of a customer of years most of the message, so it is written as bytes."""
    to = BytesWriter()
    rows = history.rows
    size: i64 = len(rows)
    place: i64 = 0
    to.append(_LEFT_BRACKET)
    while place < size:
        if place > 0:
            to.append(_COMMA)
        day: int = rows[place]
        begins = _begins.get(day)
        if begins is None:
            begins = _begin(day)
        to.write(begins)
        _write_money(to, rows[place + CLOSE])
        to.write(_ENDS)
        place += WIDTH
    to.append(_RIGHT_BRACKET)
    return to.getvalue()


def _begin(day: int) -> bytes:
    """Up to the amount: of a date that the closes of many customers share."""
    if len(_begins) > _MOST_DATES:
        _begins.clear()
    found = _begins[day] = b'{"on":"%s","aum":"' % on(day).isoformat().encode()
    return found


def _write_money(to: BytesWriter, units: i64) -> None:
    """The same as `to_text`, in ASCII."""
    if units < 0:
        to.append(_MINUS)
        units = -units
    to.write(str(int(units // 10_000)).encode())
    to.append(_POINT)
    rest: i64 = units % 10_000
    to.append(u8(_ZERO + rest // 1_000))
    to.append(u8(_ZERO + rest // 100 % 10))
    if rest % 100 != 0:
        to.append(u8(_ZERO + rest // 10 % 10))
        to.append(u8(_ZERO + rest % 10))


def _account(name: str, account: Account) -> dict[str, Any]:
    found: dict[str, Any] = {
        "account_id": name,
        "asset_class": CLASSES[account.asset_class],
        "currency": account.currency,
        "balance": to_text(account.balance),
        "value": None if account.value is None else to_text(account.value),
    }
    if account.product is not None:
        found["product"] = account.product
    if account.instrument is not None:
        found["instrument"] = account.instrument
        found["quantity"] = format(Decimal(account.held).scaleb(-8), "f")
    if account.maturity is not None:
        found["maturity_date"] = account.maturity
    return found
