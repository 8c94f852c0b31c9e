"""From the bytes of a record to a movement the detector can use, or to the fault for which it is refused.

`schemas.movements.Movement` is the contract. `Posting` is the same message, decoded faster; whatever it refuses is asked of the
contract, which accepts it after all or says in its own words why not; and so is the little that it would take and the contract would not,
or not with the same meaning. A property test holds that the two agree on what is refused and on what the rest means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.dead_letters import Fault
from schemas.message import CURRENCIES, QUANTITY_PATTERN
from schemas.movements import AssetClass, Direction, Kind, Movement
from streams.money import parse_units, to_units

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


class Posting(Struct):
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
    occurred_at: Instant
    branch: Text | None = None
    balance_after: str | None = None
    product: Text | None = None
    instrument: Text | None = None
    quantity: str | None = None
    issuer: Text | None = None
    risk_score: Annotated[int, Meta(ge=1, le=5)] | None = None
    maturity_date: date | None = None
    overdue_days: Annotated[int, Meta(ge=0, le=36_600)] | None = None
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


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why bytes are not a movement: a named fault, and a detail that names the field but never a value."""

    fault: Fault
    detail: str


MISMATCH = Refusal(Fault.INCONSISTENT, "currency: not the one of the account")

_decode = msgspec.json.Decoder(Posting).decode
_validate = Movement.__pydantic_validator__.validate_json
_is_quantity = re.compile(QUANTITY_PATTERN, re.ASCII).fullmatch
_has_nanoseconds = re.compile(rb":\d\d[.,]\d{7}").search
_UNNESTED_BYTES = 600
"""No message this short is nested too deeply for the contract."""
_UNUSUAL_BYTES = 4_096
"""No message this short holds a number too long for the contract."""


def read(value: bytes | None, key: bytes | None, largest: int) -> Posting | Refusal:
    """Decode one record of `wealth.movements`.

    Args:
        value: the record's bytes.
        key: its key, which must be the customer_id.
        largest: more bytes than this are refused unread.
    """
    if not value:
        return Refusal(Fault.EMPTY, "no bytes")
    if len(value) > largest:
        return Refusal(Fault.TOO_LARGE, f"{len(value)} bytes, {largest} are allowed")
    try:
        if not value.isascii():
            value.decode()
        if _is_unusual(value):
            raise ValueError("unusual")
        posting = _decode(value)
        _work_out(posting)
    except UnicodeDecodeError as error:
        return Refusal(Fault.NOT_UTF8, f"byte {error.start} is not UTF-8")
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError):
        judged = _ask_the_contract(value)
        if isinstance(judged, Refusal):
            return judged
        posting = judged
    if key != posting.customer_id.encode():
        return Refusal(Fault.WRONG_KEY, "the record's key is not the customer_id")
    return posting


def _is_unusual(value: bytes) -> bool:
    """Whether the fast decoder may be more lenient than the contract, in keys it skips, or round where the contract cuts off."""
    size = len(value)
    if size > _UNNESTED_BYTES and (size > _UNUSUAL_BYTES or value.count(b"[") + value.count(b"{") > 64):
        return True
    return _has_nanoseconds(value) is not None


def _work_out(posting: Posting) -> None:
    """Fill what is not on the wire; ValueError for whatever is odd enough that the contract had better look at it."""
    units = posting.units = parse_units(posting.amount)
    posting.signed = units if posting.direction is Direction.CREDIT else -units
    posting.at = int(posting.occurred_at.timestamp() // 1)
    posting.after = None if posting.balance_after is None else parse_units(posting.balance_after)
    names = posting.event_id + posting.source + posting.account_id + posting.customer_id
    if posting.counterparty is not None and posting.counterparty.customer_id is not None:
        names += posting.counterparty.customer_id
    if posting.reverses is not None:
        names += posting.reverses.event_id
        if not 1900 <= posting.reverses.occurred_at.year < 2200:
            raise ValueError("odd")
    if posting.quantity is not None and not _is_quantity(posting.quantity):
        raise ValueError("quantity")
    posting.held = 0 if posting.quantity is None else int(Decimal(posting.quantity).scaleb(8))
    if (
        units <= 0
        or not 1900 <= posting.occurred_at.year < 2200
        or posting.currency not in CURRENCIES
        or not names.isprintable()
        or (posting.kind is Kind.REVERSAL) is (posting.reverses is None)
        or (posting.kind is Kind.VALUATION and posting.after is None)
    ):
        raise ValueError("odd")


def _ask_the_contract(value: bytes) -> Posting | Refusal:
    try:
        movement = _validate(value)
    except ValidationError as error:
        return _refusal(error.errors(include_url=False, include_context=False, include_input=False))
    posting = msgspec.convert(movement.model_dump(mode="json"), Posting)
    posting.units = to_units(movement.amount)
    posting.signed = posting.units if movement.direction is Direction.CREDIT else -posting.units
    posting.at = int(movement.occurred_at.timestamp() // 1)
    posting.after = None if movement.balance_after is None else to_units(movement.balance_after)
    posting.held = 0 if movement.quantity is None else int(movement.quantity.scaleb(8))
    return posting


_BY_TYPE = {
    "json_invalid": Fault.NOT_JSON,
    "model_type": Fault.NOT_AN_OBJECT,
    "missing": Fault.MISSING_FIELD,
    "enum": Fault.UNKNOWN_VALUE,
    "literal_error": Fault.UNKNOWN_VALUE,
    "decimal_string": Fault.INVALID_AMOUNT,
    "currency": Fault.UNKNOWN_CURRENCY,
}


def _refusal(errors: list[ErrorDetails]) -> Refusal:
    """The fault of the first error; an unknown schema version first of all, since then nothing else means anything."""
    for error in errors:
        if error["loc"] == ("schema_version",) and error["type"] != "missing":
            return Refusal(Fault.UNKNOWN_SCHEMA_VERSION, "schema_version must be 1")
    error = errors[0]
    where = ".".join(str(step) for step in error["loc"])
    kind = error["type"]
    if error["loc"][:1] == ("amount",) and kind == "greater_than":
        fault = Fault.INVALID_AMOUNT
    elif where == "":
        fault = _BY_TYPE.get(kind, Fault.INCONSISTENT)
    elif kind.endswith("_type"):
        fault = Fault.WRONG_TYPE
    else:
        fault = _BY_TYPE.get(kind, Fault.INVALID_VALUE)
    says = error["msg"].removeprefix("Value error, ")
    return Refusal(fault, f"{where}: {says}" if where else says)
