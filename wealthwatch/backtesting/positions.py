"""What a customer holds at the end, as `positions.jsonl` says it."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec

from schemas.movements import LIABILITIES
from streams.book import RuleBook
from streams.customer import Customer
from streams.positions import snapshot

COLUMNS = {
    "customer_id": "VARCHAR",
    "as_of": "TIMESTAMPTZ",
    "base_currency": "VARCHAR",
    "aum": "DECIMAL(38, 4)",
    "net_assets": "DECIMAL(38, 4)",
    "weights": "MAP(VARCHAR, DECIMAL(38, 6))",
    "accounts": (
        "STRUCT(account_id VARCHAR, asset_class VARCHAR, currency VARCHAR, balance DECIMAL(38, 4), instrument VARCHAR, "
        "quantity DECIMAL(38, 8))[]"
    ),
}
"""The SQL types of the same in Parquet."""
_ACCOUNT = ("account_id", "asset_class", "currency", "balance", "instrument", "quantity")
_MILLIONTH = Decimal("0.000001")


class _Snapshot(msgspec.Struct):
    customer_id: str
    as_of: str
    base_currency: str
    aum: Decimal
    net_assets: Decimal
    allocation: dict[str, Decimal]
    accounts: list[dict[str, Any]]


_decode = msgspec.json.Decoder(_Snapshot).decode
_encode = msgspec.json.Encoder(decimal_format="string").encode


def position(customer: Customer, book: RuleBook) -> bytes:
    """One line, without its end; accounts in the order of their names, weights as shares of AUM where there is any."""
    told = _decode(snapshot(customer, book))
    accounts = sorted(told.accounts, key=lambda account: account["account_id"])
    return _encode(
        {
            "customer_id": told.customer_id,
            "as_of": told.as_of,
            "base_currency": told.base_currency,
            "aum": told.aum,
            "net_assets": told.net_assets,
            "weights": _weights(told),
            "accounts": [{name: account[name] for name in _ACCOUNT if account.get(name) is not None} for account in accounts],
        }
    )


def _weights(told: _Snapshot) -> dict[str, Decimal]:
    """Of each asset class, rounded half to even to millionths; none where AUM is not positive."""
    if told.aum <= 0:
        return {}
    classes = {name: value for name, value in told.allocation.items() if name not in LIABILITIES}
    return {name: (value / told.aum).quantize(_MILLIONTH, ROUND_HALF_EVEN) for name, value in classes.items()}
