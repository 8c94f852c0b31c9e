"""What the rules of the relationship measure: which signs there are that a customer leaves, and how long nobody has talked to them."""

from __future__ import annotations

from streams.customer import Customer
from streams.memory import name_of
from streams.screens import Screen, Standing


class Sign:
    """A rule that speaks for attrition while it is open, and for some dates after it has fired; its weight."""

    def __init__(self, rule: str, weight: int) -> None:
        self.rule = rule
        self.weight = weight
        self.name = name_of(rule)

    def shows(self, customer: Customer, since: int) -> bool:
        """Whether it is open, or has fired on the date or later."""
        if customer.memory.fired_since(self.name, since):
            return True
        return any(held.notification_id != "" and held.rule == self.rule for held in customer.conditions.values())


class SignsReach(Screen):
    """The weights of the signs reach a sum."""

    def __init__(self, signs: list[Sign], days: int, score: int) -> None:
        self.signs = signs
        self.by_rule = {sign.rule: sign for sign in signs}
        self.days = days
        self.score = score

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        reached = 0
        shown: list[Sign] = []
        for held in customer.conditions.values():
            sign = self.by_rule.get(held.rule)
            if sign is not None and held.notification_id != "" and sign not in shown:
                shown.append(sign)
                reached += sign.weight
        fired = customer.memory.fired
        if len(fired) > 0:
            for sign in self.signs:
                if reached >= self.score:
                    return True
                if sign not in shown and customer.memory.fired_since(sign.name, day - self.days + 1):
                    reached += sign.weight
        return reached >= self.score


def unanswered_days(customer: Customer, day: int, longest: int) -> int:
    """Dates since the first notification of the last `longest` that calls for a talk and has had none; 0 for none."""
    spoken = customer.profile.last_contact_on
    if spoken == 0 or len(customer.memory.warned) == 0:
        return 0
    first = customer.memory.unanswered(max(spoken, day - longest))
    return day - first if 0 < first < day else 0


def silent_days(customer: Customer, day: int) -> int:
    """Dates since the bank last spoke with the customer; 0 where that is not known."""
    spoken = customer.profile.last_contact_on
    return day - spoken if 0 < spoken < day else 0


class NotSpokenWith(Screen):
    """Nobody has talked to the customer for some dates, or for a few after a notification that calls for it."""

    def __init__(self, longest: int, change: Standing, long: Standing, tended: bool) -> None:
        self.longest = longest
        self.change = change
        self.long = long
        self.tended = tended
        """The customer is to be talked to also without a change."""

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        if customer.profile.last_contact_on == 0:
            return False
        if self.tended and silent_days(customer, day) >= self.long.threshold:
            return True
        return unanswered_days(customer, day, self.longest) >= self.change.threshold

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        silent = silent_days(customer, day) if self.tended else 0
        return self.change.stays(customer, unanswered_days(customer, day, self.longest)) and self.long.stays(customer, silent)
