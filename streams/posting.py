"""A movement as the detector uses it, and the reasons for which bytes are none. How one becomes the other is in `streams.reading`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
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


class Posting(Struct, kw_only=True):
    """A movement as the detector uses it: the contract's fields, and what is worked out from them once.

    The last fields are not on the wire: `units` (amount, ten-thousandths), `signed` (units, negative for a debit), `at` (occurred_at, whole
    seconds since 1970), `after` (balance_after in units), `held` (quantity in hundred-millionths).
    """

    schema_version: Literal[1]
    event_id: Name
    source: Name
    account_id: Name
    customer_id: Name
    asset_class: AssetClass
    kind: Kind
    direction: Direction
    amount: str
    currency: str
    stated_at: str = msgspec.field(name="occurred_at")
    """As it is on the wire; read `at`, or `occurred_at` where a person will see it."""
    branch: Text | None = None
    balance_after: str | None = None
    product: Text | None = None
    instrument: Text | None = None
    quantity: str | None = None
    maturity_date: date | None = None
    booked_on: date | None = None
    value_date: date | None = None
    bank_transaction_code: Text | None = None
    counterparty: Counterparty | None = None
    channel: Text | None = None
    reverses: Reverses | None = None
    snapshot: bool = False
    units: int = msgspec.field(default=0, name="units (not on the wire)")
    signed: int = msgspec.field(default=0, name="signed (not on the wire)")
    at: int = msgspec.field(default=0, name="at (not on the wire)")
    after: int | None = msgspec.field(default=None, name="after (not on the wire)")
    held: int = msgspec.field(default=0, name="held (not on the wire)")

    @property
    def occurred_at(self) -> datetime:
        """Event time, with the offset that the feed gave."""
        return datetime.fromisoformat(self.stated_at)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why bytes are not a movement: a named fault, and a detail that names the field but never a value."""

    fault: Fault
    detail: str


MISMATCH = Refusal(Fault.INCONSISTENT, "currency: not the one of the account")
OUT_OF_RANGE = Refusal(Fault.INVALID_AMOUNT, "amount: takes the customer's figures beyond 400 trillion, the most that is kept")
