"""Reads a message from the bytes of a record, or says what is wrong with them without repeating them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from schemas.dead_letters import Fault
from schemas.message import SCHEMA_VERSION, Message

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why bytes are not a valid message; `detail` names the field and the rule, never the value."""

    fault: Fault
    detail: str


def read(model: type[M], value: bytes | None) -> M | Unreadable:
    """Read a message of one topic."""
    if not value:
        return Unreadable(Fault.EMPTY, "no bytes")
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        return _fault(value, error)


def _fault(value: bytes, error: ValidationError) -> Unreadable:
    try:
        text = value.decode()
    except UnicodeDecodeError as wrong:
        return Unreadable(Fault.NOT_UTF8, f"byte {wrong.start}")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return Unreadable(Fault.NOT_JSON, "cannot be parsed")
    if not isinstance(content, dict):
        return Unreadable(Fault.NOT_AN_OBJECT, f"is a {type(content).__name__}")
    if content.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        return Unreadable(Fault.UNKNOWN_SCHEMA_VERSION, f"only version {SCHEMA_VERSION} is known")
    first: Any = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "message"
    return Unreadable(_kind(first["type"]), f"{where}: {first['type']}")


def _kind(kind: str) -> Fault:
    if kind == "missing":
        return Fault.MISSING_FIELD
    if kind in ("enum", "literal_error"):
        return Fault.UNKNOWN_VALUE
    if kind == "currency":
        return Fault.UNKNOWN_CURRENCY
    if kind.startswith("decimal"):
        return Fault.INVALID_AMOUNT
    return Fault.WRONG_TYPE if kind.endswith(("_type", "_parsing")) else Fault.INVALID_VALUE
