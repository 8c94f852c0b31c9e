"""What the pages work with, put together once."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from handlers.inbox.clock import Clock, now
from handlers.inbox.database import Database
from handlers.inbox.live import Live
from handlers.inbox.metrics import Metrics
from handlers.inbox.publisher import Publisher
from handlers.inbox.sessions import Sessions
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The inbox without its pages; a test gives another clock or publisher."""

    settings: Settings
    database: Database
    publisher: Publisher
    metrics: Metrics = field(default_factory=Metrics)
    live: Live = field(default_factory=Live)
    clock: Clock = now

    @property
    def zone(self) -> ZoneInfo:
        """The bank's time zone."""
        return ZoneInfo(self.settings.bank.time_zone)

    @property
    def sessions(self) -> Sessions:
        """The logins that last."""
        return Sessions(self.database, self.settings.inbox)
