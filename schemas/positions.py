"""A customer's allocation, on `wealth.positions` (key: customer_id, compacted): for read models, coalesced."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from schemas.customers import Segment
from schemas.message import CurrencyCode, Identifier, Message, Text, Total, TotalQuantity
from schemas.movements import AssetClass


class AccountPosition(Message):
    """One account; `value` is what it is worth in the base currency, by its instrument's price or its balance, None without a rate."""

    account_id: Identifier
    asset_class: AssetClass
    currency: CurrencyCode
    balance: Total
    value: Total | None
    product: Text | None = None
    instrument: Text | None = None
    quantity: TotalQuantity | None = None
    maturity_date: date | None = None


class DailyClose(Message):
    """AUM at the end of a date, in the base currency; dates without a change are left out."""

    on: date
    aum: Total


class Position(Message):
    """What a customer holds now, and how AUM came here."""

    schema_version: Literal[1] = 1
    customer_id: Identifier
    as_of: AwareDatetime
    base_currency: CurrencyCode
    aum: Total
    net_assets: Total
    allocation: dict[AssetClass, Total]
    accounts: tuple[AccountPosition, ...]
    closes: tuple[DailyClose, ...] = ()
    segment: Segment
    tier: Text
    manager_id: Identifier | None = None
