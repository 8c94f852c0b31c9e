"""A customer's profile, on `wealth.customers` (key: customer_id, compacted, partitioned like the movements)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.message import Amount, CurrencyCode, Identifier, Message, Share, Text
from schemas.movements import LIABILITIES, AssetClass


class Segment(StrEnum):
    """The department that serves the customer."""

    PERSONAL = "personal"
    CORPORATE = "corporate"
    INSTITUTION = "institution"


class Language(StrEnum):
    """The languages of every text, as BCP 47 tags."""

    CHINESE = "zh-CN"
    ENGLISH = "en"


class StandingOrder(Message):
    """Money that leaves an account every month without anybody asking: an instalment, a rent, a savings plan."""

    account_id: Identifier
    amount: Annotated[Amount, Field(gt=0)]
    currency: CurrencyCode = Field(description="The account's currency")
    day: int = Field(ge=1, le=31, description="Day of the month; a month without it pays on its last day")
    until: date | None = Field(None, description="No payment is due after this date")


class Customer(Message):
    """Who the customer is to the bank; `name` is for people only and never enters the detector's state or a log."""

    schema_version: Literal[1] = 1
    customer_id: Identifier
    name: Text
    segment: Segment = Segment.PERSONAL
    tier: Text | None = Field(None, description="Overrides the tier that the detector works out; a name of the settings' tiers")
    risk_profile: int | None = Field(None, ge=1, le=5, description="What the customer may be sold, 1 (least risk) to 5")
    target_allocation: dict[AssetClass, Share] | None = Field(
        None, description="The agreed plan: each asset class's share of AUM; the shares add up to 1, a class that is not named has none"
    )
    standing_orders: tuple[StandingOrder, ...] = ()
    household_id: Identifier | None = None
    branch: Text = Field("", description="Path of the home branch: branch/sub-branch/outlet")
    manager_id: Identifier | None = Field(None, description="The customer manager responsible")
    language: Language = Language.CHINESE
    contact: tuple[Literal["call", "sms", "visit", "email"], ...] = ()
    born_on: date | None = Field(None, description="Birthday, or the day a company was founded")
    customer_since: date | None = Field(None, description="Day of the first account: its anniversary is the customer's, too")
    last_contact_on: date | None = Field(None, description="When the bank last spoke with the customer, as far as its CRM says")

    @model_validator(mode="after")
    def _planned(self) -> Self:
        if self.target_allocation is not None:
            if LIABILITIES & self.target_allocation.keys():
                raise ValueError("target_allocation is of assets: a loan or a credit card has no share in it")
            if sum(self.target_allocation.values()) != 1:
                raise ValueError("the shares of target_allocation add up to 1")
        return self
