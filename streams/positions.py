"""A customer's allocation as it is published on `wealth.positions`; `schemas.positions.Position` is its contract."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from schemas.message import SCHEMA_VERSION
from streams.book import RuleBook
from streams.customer import CLASSES, Account, Customer
from streams.money import to_text
from streams.windows import on

_encode = msgspec.json.Encoder().encode


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
            "closes": [{"on": _written(day), "aum": to_text(value)} for day, value in customer.history.closes()],
            "segment": customer.profile.segment,
            "tier": book.tier_of(customer),
            "manager_id": customer.profile.manager_id,
        }
    )


@lru_cache(maxsize=4_096)
def _written(day: int) -> str:
    """A date, which the closes of many customers share."""
    return on(day).isoformat()


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
