"""From the bytes of a record to a movement the detector can use, or to the fault for which it is refused.

`schemas.movements.Movement` is the contract. `Wire` is the same message, decoded faster; whatever it refuses is asked of the
contract, which accepts it after all or says in its own words why not; and so is the little that it would take and the contract would not,
or not with the same meaning. A property test holds that the two agree on what is refused and on what the rest means.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec
from mypy_extensions import i64
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from schemas.dead_letters import Fault
from schemas.message import CURRENCIES, QUANTITY_PATTERN
from schemas.movements import AssetClass, Direction, Kind, Movement
from streams.money import parse_units
from streams.posting import Posting
from streams.wire import Counterparty, Refusal, Reverses, Wire

_decode: Final = msgspec.json.Decoder(Wire).decode
_fields: Final = msgspec.structs.astuple
_validate: Final = Movement.__pydantic_validator__.validate_json
_is_quantity: Final = re.compile(QUANTITY_PATTERN, re.ASCII).fullmatch
_has_nanoseconds: Final = re.compile(rb":\d\d[.,]\d{7}").search
_is_date: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_days: Final[dict[str, int]] = {}
_MOST_DAYS: Final = 200_000
_names: Final[set[str]] = set()
_MOST_NAMES: Final = 200_000
_EPOCH: Final = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001 - a date of the calendar, not an instant
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
    size = len(value)
    if size > largest:
        return Refusal(Fault.TOO_LARGE, f"{size} bytes, {largest} are allowed")
    try:
        if not value.isascii():
            value.decode()
        if size > _UNNESTED_BYTES and _is_unusual(value):
            raise ValueError("unusual")
        posting = _work_out(_decode(value))
        if posting.reverses is not None and _has_nanoseconds(value):
            raise ValueError("the decoder rounds them up, the contract down")
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
    return len(value) > _UNUSUAL_BYTES or value.count(b"[") + value.count(b"{") > 64


def _work_out(wire: Any) -> Posting:
    """What the detector needs; ValueError for whatever is odd enough that the contract had better look at it."""
    fields: tuple[Any, ...] = _fields(wire)
    event_id: str = fields[1]
    source: str = fields[2]
    account_id: str = fields[3]
    customer_id: str = fields[4]
    asset_class: AssetClass = fields[6]
    kind: Kind = fields[7]
    direction: Direction = fields[8]
    amount: str = fields[9]
    currency: str = fields[10]
    occurred_at: str = fields[19]
    stated: str | None = fields[11]
    other: Counterparty | None = fields[23]
    reverses: Reverses | None = fields[25]
    snapshot: bool = fields[26]
    quantity: str | None = fields[14]
    units = parse_units(amount)
    after = None if stated is None else parse_units(stated)
    held = 0
    if quantity is not None:
        if _is_quantity(quantity) is None:
            raise ValueError("quantity")
        held = int(Decimal(quantity).scaleb(8))
    if reverses is not None and not (1900 <= reverses.occurred_at.year < 2200 and reverses.event_id.isprintable()):
        raise ValueError("odd")
    others_name: str | None = None if other is None else other.customer_id
    if (
        units <= 0
        or currency not in CURRENCIES
        or not (event_id.isprintable() and _is_name(source) and _is_name(account_id) and _is_name(customer_id))
        or (others_name is not None and not _is_name(others_name))
        or (kind is _REVERSAL) is (reverses is None)
        or (kind is _VALUATION and stated is None)
    ):
        raise ValueError("odd")
    return Posting(
        wire,
        event_id,
        source,
        account_id,
        customer_id,
        asset_class,
        kind,
        direction,
        currency,
        units,
        units if direction is _CREDIT else -units,
        seconds(occurred_at),
        after,
        held,
        other,
        reverses,
        snapshot,
        fields[12],
        fields[13],
        fields[15],
        fields[16],
        fields[17],
        fields[18],
    )


def _is_name(text: str) -> bool:
    """Whether no control character is in it; those that come again and again are remembered."""
    if text in _names:
        return True
    if not text.isprintable():
        return False
    if len(_names) >= _MOST_NAMES:
        _names.clear()
    _names.add(text)
    return True


def _digits(text: str, at: i64) -> i64:
    """The number of two digits; a number below 0 or above 99 where they are none."""
    tens: i64 = ord(text[at]) - 48
    ones: i64 = ord(text[at + 1]) - 48
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return 1_000
    return 10 * tens + ones


def seconds(text: str) -> int:
    """Whole seconds since 1970 of an instant as nearly every feed writes it: `2025-03-10T09:30:00+08:00`, with `Z` or with a fraction.

    Raises:
        ValueError: it is written otherwise, or is not between 1900 and 2200; the contract may still take it.
    """
    size: i64 = len(text)
    end: i64 = 19
    if size > 20 and text[19] == ".":
        end = 20
        while end < 26 and end < size and 48 <= ord(text[end]) <= 57:
            end += 1
    behind: i64 = 0
    if size == end + 6 and end != 20 and text[end + 3] == ":" and (text[end] == "+" or text[end] == "-"):
        hours = _digits(text, end + 1)
        minutes = _digits(text, end + 4)
        if hours > 23 or minutes > 59:
            raise ValueError("not an offset")
        behind = hours * 3_600 + minutes * 60
        if text[end] == "-":
            behind = -behind
    elif size != end + 1 or end == 20 or text[end] != "Z":
        raise ValueError("not an instant")
    hour: i64 = _digits(text, 11)
    minute: i64 = _digits(text, 14)
    second: i64 = _digits(text, 17)
    if text[10] != "T" or text[13] != ":" or text[16] != ":" or hour > 23 or minute > 59 or second > 59:
        raise ValueError("not an instant")
    day = text[:10]
    days = _days.get(day)
    if days is None:
        if _is_date(day) is None or not "1900" <= day < "2200":
            raise ValueError("not a date, or not between 1900 and 2200")
        if len(_days) > _MOST_DAYS:
            _days.clear()
        days = _days[day] = datetime.fromisoformat(day).toordinal() - _EPOCH
    return days * 86_400 + hour * 3_600 + minute * 60 + second - behind


def _ask_the_contract(value: bytes) -> Posting | Refusal:
    try:
        movement = _validate(value)
    except ValidationError as error:
        return _refusal(error.errors(include_url=False, include_context=False, include_input=False))
    wire = msgspec.convert(movement.model_dump(mode="json"), Wire)
    wire.occurred_at = movement.occurred_at.isoformat()
    after = None if movement.balance_after is None else parse_units(format(movement.balance_after, "f"))
    units = parse_units(format(movement.amount, "f"))
    return Posting(
        wire,
        wire.event_id,
        wire.source,
        wire.account_id,
        wire.customer_id,
        wire.asset_class,
        wire.kind,
        wire.direction,
        wire.currency,
        units,
        units if wire.direction is _CREDIT else -units,
        int(movement.occurred_at.timestamp() // 1),
        after,
        0 if movement.quantity is None else int(movement.quantity.scaleb(8)),
        wire.counterparty,
        wire.reverses,
        wire.snapshot,
        wire.product,
        wire.instrument,
        wire.issuer,
        wire.risk_score,
        wire.maturity_date,
        wire.overdue_days,
    )


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
