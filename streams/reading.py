"""From the bytes of a record to a movement the detector can use, or to the fault for which it is refused.

`schemas.movements.Movement` is the contract. `Posting` is the same message, decoded faster; whatever it refuses is asked of the
contract, which accepts it after all or says in its own words why not; and so is the little that it would take and the contract would not,
or not with the same meaning. A property test holds that the two agree on what is refused and on what the rest means.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.dead_letters import Fault
from schemas.message import CURRENCIES, QUANTITY_PATTERN
from schemas.movements import Direction, Kind, Movement
from streams.money import parse_units, to_units
from streams.posting import Counterparty, Posting, Refusal, Reverses

_decode = msgspec.json.Decoder(Posting).decode
_validate = Movement.__pydantic_validator__.validate_json
_is_quantity = re.compile(QUANTITY_PATTERN, re.ASCII).fullmatch
_is_minute = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(Z|[+-]\d\d:\d\d)", re.ASCII).fullmatch
_minutes: dict[str, int] = {}
_MOST_MINUTES: Final = 100_000
_CREDIT: Final = Direction.CREDIT
_REVERSAL: Final = Kind.REVERSAL
_VALUATION: Final = Kind.VALUATION
_UNNESTED_BYTES: Final = 600
"""No message this short is nested too deeply for the contract."""
_UNUSUAL_BYTES: Final = 4_096
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
    """Whether the fast decoder may be more lenient than the contract, in keys it skips."""
    size = len(value)
    return size > _UNNESTED_BYTES and (size > _UNUSUAL_BYTES or value.count(b"[") + value.count(b"{") > 64)


def _work_out(posting: Posting) -> None:
    """Fill what is not on the wire; ValueError for whatever is odd enough that the contract had better look at it."""
    units = posting.units = parse_units(posting.amount)
    posting.signed = units if posting.direction is _CREDIT else -units
    posting.at = seconds(posting.stated_at)
    stated: str | None = posting.balance_after
    posting.after = None if stated is None else parse_units(stated)
    other: Counterparty | None = posting.counterparty
    reverses: Reverses | None = posting.reverses
    names: str = posting.event_id + posting.source + posting.account_id + posting.customer_id
    if other is not None and other.customer_id is not None:
        names += other.customer_id
    if reverses is not None:
        names += reverses.event_id
        if not 1900 <= reverses.occurred_at.year < 2200:
            raise ValueError("odd")
    quantity: str | None = posting.quantity
    if quantity is not None:
        if not _is_quantity(quantity):
            raise ValueError("quantity")
        posting.held = int(Decimal(quantity).scaleb(8))
    kind: Kind = posting.kind
    if (
        units <= 0
        or posting.currency not in CURRENCIES
        or not names.isprintable()
        or (kind is _REVERSAL) is (reverses is None)
        or (kind is _VALUATION and stated is None)
    ):
        raise ValueError("odd")


def seconds(text: str) -> int:
    """Whole seconds since 1970 of an instant as nearly every feed writes it: `2025-03-10T09:30:00+08:00`, with `Z` or with a fraction.

    Minutes are remembered, since the movements of a feed share them.

    Raises:
        ValueError: it is written otherwise, or is not between 1900 and 2200; the contract may still take it.
    """
    end = 19
    if len(text) > 20 and text[19] == ".":
        end = 20
        while end < len(text) and end < 26 and text[end].isdecimal():
            end += 1
    whole = text[17:19]
    if len(text) < 20 or text[16] != ":" or not whole.isdecimal() or not text.isascii() or end == 20 or whole > "59":
        raise ValueError("unusual instant")
    key = text[:16] + text[end:]
    minute = _minutes.get(key)
    if minute is None:
        if _is_minute(key) is None or not "1900" <= key < "2200":
            raise ValueError("unusual instant")
        if len(_minutes) > _MOST_MINUTES:
            _minutes.clear()
        minute = _minutes[key] = int(datetime.fromisoformat(key).timestamp())
    return minute + int(whole)


def _ask_the_contract(value: bytes) -> Posting | Refusal:
    try:
        movement = _validate(value)
    except ValidationError as error:
        return _refusal(error.errors(include_url=False, include_context=False, include_input=False))
    posting = msgspec.convert(movement.model_dump(mode="json"), Posting)
    posting.units = to_units(movement.amount)
    posting.signed = posting.units if movement.direction is Direction.CREDIT else -posting.units
    posting.at = int(movement.occurred_at.timestamp() // 1)
    posting.stated_at = movement.occurred_at.isoformat()
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
