"""A movement as it is on the wire, decoded by msgspec; and the reasons for which bytes are none. See `streams.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.dead_letters import Fault
from schemas.movements import AssetClass, Direction, Kind

Name = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=512)]
Instant = Annotated[datetime, Meta(tz=True)]


class Counterparty(Struct):
    """The other side of a movement."""

    name: Text | None = None
    bank: Text | None = None
    account: Text | None = None
    customer_id: Name | None = None


class Reverses(Struct):
    """What a reversal undoes."""

    event_id: Name
    occurred_at: Instant
    kind: Kind


class Wire(Struct, kw_only=True):
    """The contract's fields in the contract's order; the instant and the numbers are still text. `streams.reading` goes by the order."""

    schema_version: Literal[1]
    event_id: Name
    source: Name
    account_id: Name
    customer_id: Name
    branch: Text | None = None
    asset_class: AssetClass
    kind: Kind
    direction: Direction
    amount: str
    currency: str
    balance_after: str | None = None
    product: Text | None = None
    instrument: Text | None = None
    quantity: str | None = None
    issuer: Text | None = None
    risk_score: Annotated[int, Meta(ge=1, le=5)] | None = None
    maturity_date: date | None = None
    overdue_days: Annotated[int, Meta(ge=0, le=36_600)] | None = None
    occurred_at: str
    booked_on: date | None = None
    value_date: date | None = None
    bank_transaction_code: Text | None = None
    counterparty: Counterparty | None = None
    channel: Text | None = None
    reverses: Reverses | None = None
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why bytes are not a movement: a named fault, and a detail that names the field but never a value."""

    fault: Fault
    detail: str


MISMATCH = Refusal(Fault.INCONSISTENT, "currency: not the one of the account")
OUT_OF_RANGE = Refusal(Fault.INVALID_AMOUNT, "amount: takes the customer's figures beyond 400 trillion, the most that is kept")
