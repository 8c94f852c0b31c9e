"""Customer managers and heads, on `wealth.managers` (key: manager_id, compacted)."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from typing import Literal

from pydantic import Field

from schemas.customers import Language
from schemas.message import Identifier, Message, Text


class Role(StrEnum):
    """What a member of staff is to a customer."""

    MANAGER = "manager"
    HEAD = "head"


class Channel(StrEnum):
    """A way to reach a manager: one file each in `handlers/channels/`."""

    INBOX = "inbox"
    LOG = "log"
    WEBHOOK = "webhook"


class WorkingHours(Message):
    """When a manager works, in the branch's time zone; Monday is 1, as in ISO 8601."""

    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    start: time = time(9)
    end: time = time(18)


class Leave(Message):
    """An absence, both dates included, and who stands in."""

    first_day: date
    last_day: date
    delegate_id: Identifier | None = None


class Manager(Message):
    """A customer manager (客户经理) or a head of a branch or department."""

    schema_version: Literal[1] = 1
    manager_id: Identifier
    name: Text
    role: Role = Role.MANAGER
    branch: Text = Field("", description="branch/sub-branch/outlet")
    supervisor_id: Identifier | None = None
    channels: tuple[Channel, ...] = (Channel.INBOX,)
    language: Language = Language.CHINESE
    working_hours: WorkingHours = WorkingHours()
    leave: tuple[Leave, ...] = ()
