"""SQL types for a message of the contract, so that a table always has the contract's fields."""

from __future__ import annotations

import types
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime

from schemas.message import Message

_SCALARS: dict[Any, str] = {
    bool: "BOOLEAN",
    int: "BIGINT",
    Decimal: "DECIMAL(38, 12)",
    datetime: "TIMESTAMPTZ",
    AwareDatetime: "TIMESTAMPTZ",
    date: "DATE",
}
"""Anything else is text. Twelve decimals hold every number of the contract."""


def columns_of(message: type[Message]) -> dict[str, str]:
    """The columns of a table of these messages."""
    return {(field.alias or name): _sql(field.annotation) for name, field in message.model_fields.items()}


def _sql(kind: Any) -> str:
    arguments = get_args(kind)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _sql(next(one for one in arguments if one is not type(None)))
    if origin is tuple:
        return f"{_sql(arguments[0])}[]"
    if origin is dict:
        return f"MAP(VARCHAR, {_sql(arguments[1])})"
    if origin is Literal:
        return _SCALARS.get(type(arguments[0]), "VARCHAR")
    if origin is not None:  # Annotated
        return _sql(arguments[0])
    if isinstance(kind, type) and issubclass(kind, Message):
        return "STRUCT(" + ", ".join(f'"{name}" {of}' for name, of in columns_of(kind).items()) + ")"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "VARCHAR"
    return _SCALARS.get(kind, "VARCHAR")
