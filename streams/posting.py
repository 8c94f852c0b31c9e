"""A movement as the detector uses it."""

from __future__ import annotations

from datetime import date, datetime

from schemas.movements import AssetClass, Direction, Kind
from streams.wire import Counterparty, Reverses, Wire


class Posting:
    """What the detector needs of a movement, worked out once. Amounts in units of its currency, `at` in whole seconds since 1970."""

    def __init__(
        self,
        wire: Wire,
        event_id: str,
        source: str,
        account_id: str,
        customer_id: str,
        asset_class: AssetClass,
        kind: Kind,
        direction: Direction,
        currency: str,
        units: int,
        signed: int,
        at: int,
        after: int | None,
        held: int,
        counterparty: Counterparty | None,
        reverses: Reverses | None,
        snapshot: bool,
        product: str | None,
        instrument: str | None,
        issuer: str | None,
        risk_score: int | None,
        maturity_date: date | None,
        overdue_days: int | None,
    ) -> None:
        self.wire = wire
        """All of the message."""
        self.event_id = event_id
        self.source = source
        self.account_id = account_id
        self.customer_id = customer_id
        self.asset_class = asset_class
        self.kind = kind
        self.direction = direction
        self.currency = currency
        self.units = units
        """The amount, above 0."""
        self.signed = signed
        """The amount, negative for a debit."""
        self.at = at
        """Event time."""
        self.after = after
        """The account's balance after the movement, where the feed has it."""
        self.held = held
        """The quantity, in hundred-millionths."""
        self.counterparty = counterparty
        self.reverses = reverses
        self.snapshot = snapshot
        self.product = product
        self.instrument = instrument
        self.issuer = issuer
        self.risk_score = risk_score
        self.maturity_date = maturity_date
        self.overdue_days = overdue_days

    @property
    def occurred_at(self) -> datetime:
        """Event time, with the offset that the feed gave."""
        return datetime.fromisoformat(self.wire.occurred_at)
