"""What every message shares: frozen models, exact amounts, CloudEvents headers."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, TypeVar

from iso4217 import Currency
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

SCHEMA_VERSION = 1
"""The major version of every message. Within it a change only adds what a reader may ignore."""

CURRENCIES = frozenset(currency.name.upper() for currency in Currency)
"""The alphabetic codes of ISO 4217."""

AMOUNT_PATTERN = r"^(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$"
SIGNED_AMOUNT_PATTERN = r"^-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,4})?$"
TOTAL_PATTERN = r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,4})?$"
PRICE_PATTERN = r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,12})?$"
QUANTITY_PATTERN = r"^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?$"
SHARE_PATTERN = r"^(0(\.[0-9]{1,6})?|1(\.0{1,6})?)$"
TOTAL_QUANTITY_PATTERN = r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,8})?$"


class Message(BaseModel):
    """A message of one of the topics: a value that never changes; unknown keys are a later minor version's and are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", cache_strings="keys")


M = TypeVar("M", bound=Message)


def made_of(model: type[M], fields: dict[str, Any]) -> M:
    """A message of our own exact values, which are not looked at again: that takes longer than to find what the message says.

    Args:
        model: which message.
        fields: all of its fields by their names; the dictionary becomes the message's own.
    """
    made = model.__new__(model)
    _put(made, "__dict__", fields)
    _put(made, "__pydantic_fields_set__", _all_fields(model))
    _put(made, "__pydantic_extra__", None)
    _put(made, "__pydantic_private__", None)
    return made


_put: Final = object.__setattr__  # past the model, which never changes


@cache
def _all_fields(model: type[Message]) -> set[str]:
    return set(model.model_fields)


class Words(Message):
    """One text in both languages."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    chinese: str = Field(alias="zh-CN")
    english: str = Field(alias="en")

    def __getitem__(self, language: str) -> str:
        return self.chinese if language == "zh-CN" else self.english


def _decimal(pattern: str, meaning: str) -> Any:
    matches = re.compile(pattern[:-1] + r"\Z", re.ASCII).match

    def parse(value: object) -> Decimal:
        if isinstance(value, Decimal):
            value = format(value, "f")
        if not isinstance(value, str):
            raise PydanticCustomError("decimal_type", "must be a decimal string")
        if not matches(value):
            raise PydanticCustomError("decimal_string", "must be {meaning}", {"meaning": meaning})
        return Decimal(value)

    return Annotated[
        Decimal,
        BeforeValidator(parse),
        PlainSerializer(lambda value: format(value, "f"), return_type=str),
        WithJsonSchema({"type": "string", "pattern": pattern}),
    ]


Amount = _decimal(AMOUNT_PATTERN, "a decimal string, not negative, with at most 4 decimals")
"""Money, not negative, exact: a decimal string of at most 14 digits and 4 decimals on the wire (ISO 20022 allows 18 digits in all)."""
SignedAmount = _decimal(SIGNED_AMOUNT_PATTERN, "a decimal string with at most 4 decimals")
"""Money that may be negative: a balance, a net flow."""
Total = _decimal(TOTAL_PATTERN, "a decimal string with at most 4 decimals")
"""Money that was added up or converted: it may have more digits than a single amount."""
Quantity = _decimal(QUANTITY_PATTERN, "a decimal string with at most 8 decimals")
"""Units of an instrument, exact, with at most 8 decimals."""
UnitPrice = _decimal(PRICE_PATTERN, "a decimal string, not negative, with at most 12 decimals")
"""What one unit costs: a rate, a net asset value, a price."""
Share = _decimal(SHARE_PATTERN, "a decimal string from 0 to 1 with at most 6 decimals")
"""A part of a whole: 0.25 is a quarter."""
TotalQuantity = _decimal(TOTAL_QUANTITY_PATTERN, "a decimal string with at most 8 decimals")
"""Units that were added up."""


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise PydanticCustomError("currency", "is not an ISO 4217 code")
    return code


CurrencyCode = Annotated[str, AfterValidator(_known_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})]
Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""The name of a thing in its own system: 1 to 128 characters, none of them a control character."""
Text = Annotated[str, Field(max_length=512)]


def _plausible(moment: datetime) -> datetime:
    if not 1900 <= moment.year < 2200:
        raise ValueError("must be between 1900 and 2200")
    return moment


EventTime = Annotated[AwareDatetime, AfterValidator(_plausible)]
"""An instant with its offset, between 1900 and 2200."""

Headers = list[tuple[str, bytes]]


def cloud_event(kind: str, identity: str, source: str, at: datetime) -> Headers:
    """The CloudEvents 1.0 headers of one message in Kafka's binary mode.

    Args:
        kind: what the message is, such as `notification.opened`; `com.wealthwatch.` is put before it and the major version after.
        identity: derived, so that the same fact has the same id in every replay.
        source: who says it, a URI reference such as `/wealthwatch/detector`.
        at: when it happened, with an offset.
    """
    schema = kind.partition(".")[0]
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", identity.encode()),
        ("ce_type", f"com.wealthwatch.{kind}.v{SCHEMA_VERSION}".encode()),
        ("ce_source", source.encode()),
        ("ce_time", at.astimezone(UTC).isoformat().replace("+00:00", "Z").encode()),
        ("ce_dataschema", f"urn:wealthwatch:schema:{schema}:{SCHEMA_VERSION}".encode()),
        ("content-type", b"application/json"),
    ]
