"""Bytes that are not a valid message, kept untouched on `wealth.dead-letters`; what is known of them stands in headers."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field

from schemas.message import Headers, Message


class Fault(StrEnum):
    """Why a message was refused; each is also a metric label."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_SCHEMA_VERSION = "unknown_schema_version"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    INVALID_AMOUNT = "invalid_amount"
    UNKNOWN_CURRENCY = "unknown_currency"
    UNKNOWN_VALUE = "unknown_value"
    INVALID_VALUE = "invalid_value"
    INCONSISTENT = "inconsistent"
    WRONG_KEY = "wrong_key"
    IN_THE_FUTURE = "in_the_future"


class DeadLetter(Message):
    """Where a refused message came from and why it was refused."""

    fault: Fault
    detail: str = Field(max_length=1000, description="Names the field and the rule, never the value")
    topic: str
    partition: int
    offset: int
    timestamp: int = Field(description="The source record's, in milliseconds since 1970")

    def headers(self) -> Headers:
        """The headers that carry this beside the untouched bytes, in a fixed order."""
        return [(f"dead_letter_{name}", str(value).encode()) for name, value in self.model_dump(mode="json").items()]

    @classmethod
    def from_headers(cls, headers: Headers) -> Self:
        """Read what `headers` wrote.

        Raises:
            pydantic.ValidationError: a header is missing or wrong.
        """
        prefix = "dead_letter_"
        return cls.model_validate({name[len(prefix) :]: value.decode() for name, value in headers if name.startswith(prefix)})
