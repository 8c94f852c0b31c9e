"""What a rule may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.customer import Customer
from streams.portfolio import Effect
from streams.posting import Posting
from streams.windows import Calendar

if TYPE_CHECKING:
    from schemas.settings import Bank
    from streams.book import RuleBook


class Situation:
    """The customer after the movement or the tick, and what the movement did."""

    def __init__(self, customer: Customer, book: RuleBook, calendar: Calendar, now: int, day: int) -> None:
        self.customer = customer
        self.book = book
        """The rules and numbers that hold now."""
        self.bank: Bank = book.bank
        self.calendar = calendar
        self.now = now
        """Event time, whole seconds since 1970."""
        self.day = day
        """Its business date, as an ordinal."""
        self.posting: Posting | None = None
        self.effect: Effect | None = None
        self.active_before: int = 0
        """Event time of the customer's last own movement before this one."""
        self.tier_before: str = ""
        """The tier before the date that a tick has just closed."""
        self.average: int | None = None
        """AUM_avg(30) at a date's first tick, rounded down to a whole unit; None before 30 closes, and at any other time."""
