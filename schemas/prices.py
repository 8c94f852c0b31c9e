"""A rate or a price, on `wealth.prices` (key: what is priced, compacted)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from schemas.message import CurrencyCode, Identifier, Message, UnitPrice


class Price(Message):
    """One unit of `of` costs `price` in `currency` from `at` on, until there is a later one.

    What is named by an ISO 4217 code is a currency, and its price in the base currency is its rate; everything else is an instrument as
    movements name it, priced in whatever currency.
    """

    schema_version: Literal[1] = 1
    of: Identifier
    currency: CurrencyCode
    price: Annotated[UnitPrice, Field(gt=0)]
    at: AwareDatetime
