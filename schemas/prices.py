"""A rate or a price, on `wealth.prices` (key: what is priced, compacted)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.message import CurrencyCode, Identifier, Message, UnitPrice


class Price(Message):
    """One unit of `of` (a currency code or an instrument) costs `price` in `currency`."""

    schema_version: Literal[1] = 1
    of: Identifier
    currency: CurrencyCode
    price: Annotated[UnitPrice, Field(gt=0)]
    at: AwareDatetime
