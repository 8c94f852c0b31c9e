"""What a decision may use beside the customer and the movement."""

from __future__ import annotations

from streams.money import Rates
from streams.timeline import RuleBooks
from streams.windows import Calendar


class World:
    """Rules, rates and calendar of one bank."""

    def __init__(self, books: RuleBooks, rates: Rates, calendar: Calendar, history_days: int = 400, remembered_events: int = 512) -> None:
        self.books = books
        self.rates = rates
        self.calendar = calendar
        self.history_days = history_days
        self.remembered_events = remembered_events
