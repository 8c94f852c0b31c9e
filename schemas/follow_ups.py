"""What a manager did about a notification, on `wealth.follow-ups` (key: notification_id)."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from schemas.message import Identifier, Message


class Step(StrEnum):
    """A step of the follow-up."""

    ACKNOWLEDGED = "acknowledged"
    CONTACTED = "contacted"
    PLAN_PROPOSED = "plan_proposed"
    OUTCOME = "outcome"
    SNOOZED = "snoozed"
    REASSIGNED = "reassigned"


class ContactBy(StrEnum):
    """How the customer was reached."""

    CALL = "call"
    SMS = "sms"
    VISIT = "visit"
    NOTE = "note"


class Outcome(StrEnum):
    """What came of it."""

    RETAINED = "retained"
    GROWN = "grown"
    LOST = "lost"
    NO_CHANGE = "no_change"
    NOT_RELEVANT = "not_relevant"


class FollowUp(Message):
    """One step a manager took; `follow_up_id` is made once, where the manager clicked, so that a second delivery is known."""

    schema_version: Literal[1] = 1
    follow_up_id: UUID
    notification_id: UUID
    customer_id: Identifier
    manager_id: Identifier = Field(description="Who did it")
    step: Step
    at: AwareDatetime
    contact_by: ContactBy | None = None
    outcome: Outcome | None = None
    note: str = Field("", max_length=4000)
    until: AwareDatetime | None = Field(None, description="End of a snooze")
    to_manager_id: Identifier | None = Field(None, description="Who has it after a reassignment")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = {
            Step.CONTACTED: ("contact_by", self.contact_by),
            Step.OUTCOME: ("outcome", self.outcome),
            Step.SNOOZED: ("until", self.until),
            Step.REASSIGNED: ("to_manager_id", self.to_manager_id),
        }.get(self.step)
        if needed and needed[1] is None:
            raise ValueError(f"{self.step} needs `{needed[0]}`")
        return self
