"""The contract as JSON Schema: one document for each topic's message."""

from __future__ import annotations

from typing import Any

from schemas.customers import Customer
from schemas.dead_letters import DeadLetter
from schemas.follow_ups import FollowUp
from schemas.journal import JournalEntry
from schemas.managers import Manager
from schemas.message import SCHEMA_VERSION, Message
from schemas.movements import Movement
from schemas.notifications import Notification
from schemas.positions import Position
from schemas.prices import Price
from schemas.rules import RuleSettings
from schemas.silences import Silence
from schemas.ticks import Tick

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MESSAGES: dict[str, type[Message]] = {
    "movement": Movement,
    "customer": Customer,
    "tick": Tick,
    "notification": Notification,
    "position": Position,
    "journal": JournalEntry,
    "dead_letter": DeadLetter,
    "follow_up": FollowUp,
    "manager": Manager,
    "price": Price,
    "rule": RuleSettings,
    "silence": Silence,
}
"""By the name that `ce_dataschema` carries; a dead letter's schema is that of its headers. The detector's states are its own affair."""


def documents() -> dict[str, dict[str, Any]]:
    """Every message's JSON Schema as it stands on the wire, by file name."""
    return {f"{name}.v{SCHEMA_VERSION}.json": _document(name, message) for name, message in MESSAGES.items()}


def _document(name: str, message: type[Message]) -> dict[str, Any]:
    schema = message.model_json_schema(mode="serialization" if name == "dead_letter" else "validation")
    return {"$schema": DIALECT, "$id": f"urn:wealthwatch:schema:{name}:{SCHEMA_VERSION}", **schema}
