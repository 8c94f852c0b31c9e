"""A customer's profile, on `wealth.customers` (key: customer_id, compacted, partitioned like the movements)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.message import Identifier, Message, Text


class Segment(StrEnum):
    """The department that serves the customer."""

    PERSONAL = "personal"
    CORPORATE = "corporate"
    INSTITUTION = "institution"


class Language(StrEnum):
    """The languages of every text, as BCP 47 tags."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class Customer(Message):
    """Who the customer is to the bank; `name` is for people only and never enters the detector's state or a log."""

    schema_version: Literal[1] = 1
    customer_id: Identifier
    name: Text
    segment: Segment = Segment.PERSONAL
    tier: Text | None = Field(None, description="Overrides the tier that the detector works out; a name of the settings' tiers")
    risk_profile: int | None = Field(None, ge=1, le=5)
    household_id: Identifier | None = None
    branch: Text = Field("", description="Path of the home branch: branch/sub-branch/outlet")
    manager_id: Identifier | None = Field(None, description="The customer manager responsible")
    language: Language = Language.CHINESE
    contact: tuple[Literal["call", "sms", "visit", "email"], ...] = ()
    born_on: date | None = Field(None, description="Birthday, or the day a company was founded")
