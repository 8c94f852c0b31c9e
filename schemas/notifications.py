"""What was detected, on `wealth.notifications` (key: customer_id)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from schemas.customers import Segment
from schemas.message import Amount, CurrencyCode, Identifier, Message, Text, Total, TotalQuantity
from schemas.message import Words as Words
from schemas.movements import AssetClass, Direction, Kind
from schemas.rules import Mode, Severity


class NotificationKind(StrEnum):
    """An event is about one movement and is over when told; a condition opens, escalates and resolves."""

    EVENT = "event"
    CONDITION = "condition"


class Status(StrEnum):
    """What this message says of its notification."""

    OPENED = "opened"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    RETRACTED = "retracted"


class Classification(StrEnum):
    """Who may not see a notification."""

    RESTRICTED = "restricted"
    """The customer's manager and their heads: nobody may be tipped off. It goes where the settings say, or nowhere."""


class RuleReference(Message):
    """Which rule, in which version, decided."""

    rule_id: Text = Field(description="Number in the catalogue, such as R01")
    name: Text = Field(description="What the rule sees, such as large_inflow")
    version: int = Field(ge=1)
    mode: Mode


class Trigger(Message):
    """A movement that took part in a decision."""

    source: Identifier
    event_id: Identifier
    account_id: Identifier
    occurred_at: AwareDatetime
    kind: Kind
    direction: Direction
    amount: Amount
    currency: CurrencyCode
    counterparty: Text | None = Field(None, description="Name, else the masked account, of the other side")


class Band(Message):
    """From `lower` on, the measured value has this severity (lower <= value < the next band's lower)."""

    severity: Severity
    lower: Decimal


class Window(Message):
    """The dates a windowed measure covers, both included, in the bank's time zone."""

    name: Text
    first: date
    last: date


class Rate(Message):
    """A rate that a decision used: base currency for one unit of `currency`."""

    currency: CurrencyCode
    rate: Decimal
    at: AwareDatetime | None = Field(None, description="None: no rate is known and the position is not valued")


class InstrumentPrice(Message):
    """What units of an instrument were valued by: quantity x price is their worth in `currency`, whose rate stands among the rates."""

    instrument: Text
    quantity: TotalQuantity
    currency: CurrencyCode
    price: Decimal
    at: AwareDatetime | None = Field(None, description="None: no price is known, and what was paid for the units is what they count with")


class Evidence(Message):
    """Enough to recompute the decision by hand. Money is in the base currency unless a currency stands beside it."""

    measured: Decimal
    unit: Literal["money", "ratio", "count", "days"]
    threshold: Decimal
    bands: tuple[Band, ...]
    window: Window | None = None
    aum_before: Total
    aum_after: Total
    net_assets_after: Total
    allocation_before: dict[AssetClass, Total]
    allocation_after: dict[AssetClass, Total]
    triggers: tuple[Trigger, ...] = ()
    rates: tuple[Rate, ...] = ()
    prices: tuple[InstrumentPrice, ...] = Field((), description="Of what is held in units; not where a balance stated later is the worth")
    facts: dict[str, str] = Field(default_factory=dict, description="The rule's own figures, named in its docstring")
    profile_offset: int | None = Field(None, description="Offset of the profile used, on wealth.customers")


EVERY_RULE = "*"
"""In the place of a rule's name: all of them but the feed's own signals (`rule_id` FEED)."""


class Inhibition(Message):
    """What need not be told beside this: of the same customer, from the same movement (or the same passing hour), or from soon after."""

    rules: tuple[Text, ...] = Field(min_length=1, description="Names of rules; * is every one but the feed's own signals")
    within_s: int = Field(0, ge=0, description="Seconds of event time, from this on, in which other movements count, too")


class Notification(Message):
    """A significant change, told to one customer manager.

    `notification_id` is the same for everything said of one opening; `message_id` is of this message alone. Both are derived (UUIDv5), so a
    replay says the same, and a consumer drops what it has seen by `message_id`.
    """

    schema_version: Literal[1] = 1
    message_id: UUID
    notification_id: UUID
    kind: NotificationKind
    status: Status
    rule: RuleReference
    severity: Severity
    classification: Classification | None = Field(None, description="None: for the customer's manager; else do not show it to them")
    customer_id: Identifier
    household_id: Identifier | None = None
    manager_id: Identifier | None = Field(
        None, description="None: no manager is known for the customer, or it is not for them (`classification`)"
    )
    branch: Text = ""
    segment: Segment
    tier: Text
    base_currency: CurrencyCode
    evidence: Evidence
    title: Words
    body: Words
    suggested_action: Words
    occurred_at: AwareDatetime = Field(description="Event time of the movement or the tick that decided")
    detected_at: AwareDatetime = Field(description="When the message that decided was appended to its topic")
    due_by: AwareDatetime | None = Field(None, description="When a first reaction is due; none for info, resolved and retracted")
    dedup_key: Text = Field(description="Two openings with this key are the same finding")
    group_key: Text = Field(description="Notifications with this key may be told together")
    inhibits: Inhibition | None = Field(None, description="What the notifier holds back for this, when it opens or escalates")
