"""A wish for quiet, on `wealth.silences` (key: silence_id, compacted)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from schemas.message import Identifier, Message, Text
from schemas.rules import Severity


class Silence(Message):
    """Holds back what matches every field that is given; it must name at least one thing, and it ends."""

    schema_version: Literal[1] = 1
    silence_id: Identifier
    asked_by: Identifier
    reason: Text = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    customer_id: Identifier | None = None
    rule: Text | None = None
    manager_id: Identifier | None = None
    branch: Text | None = Field(None, description="A branch path; it covers all below it")
    up_to: Severity = Field(Severity.CRITICAL, description="The highest severity that is held back")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("a silence ends after it starts")
        if not (self.customer_id or self.rule or self.manager_id or self.branch):
            raise ValueError("a silence names a customer, a rule, a manager or a branch")
        return self
