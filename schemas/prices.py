"""A rate or a price, on `wealth.prices` (key: what is priced, compacted)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.message import CurrencyCode, Identifier, Message


class Price(Message):
    """One unit of `of` (a currency code or an instrument) costs `price` in `currency`."""

    schema_version: Literal[1] = 1
    of: Identifier
    currency: CurrencyCode
    price: Annotated[Decimal, Field(gt=0)]
    at: AwareDatetime
