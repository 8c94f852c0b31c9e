"""A passing hour, on `wealth.ticks` (to each partition of the movements its own)."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from schemas.message import Message


class Tick(Message):
    """Event time has reached `at` for every customer of one partition."""

    schema_version: Literal[1] = 1
    at: AwareDatetime = Field(description="A full hour")
    after_offset: int = Field(
        -1, ge=-1, description="Counts once the partition's movements up to and with this offset are decided: it overtakes none"
    )
