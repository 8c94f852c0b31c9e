"""What must be notified, as the oracle names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Finding:
    """One opening.

    Args:
        rule: its name.
        customer_id: whose; the household's id for a rule of households.
        event_id: the movement that triggers it; None where a tick does.
        at: event time of that movement or tick, in UTC.
        window: which of a rule's numbers: a window (`30d`), a payee, an account, a direction; empty where there is but one.
        value: the measured number, not part of the identity.
    """

    rule: str
    customer_id: str
    event_id: str | None
    at: datetime
    window: str = ""
    value: Decimal = field(default=Decimal(0), compare=False)
