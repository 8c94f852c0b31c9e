"""What R20 measures, what is to leave an account beside what is in it, and the screen that asks it first."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from schemas.movements import AssetClass
from streams.customer import CLASSES, Account, Customer
from streams.payments import ahead, ordinal_of
from streams.portfolio import Effect
from streams.screens import Screen
from streams.screens.assets import DEMAND

LOAN: Final = CLASSES.index(AssetClass.LOAN)
BUSINESS_DAYS: Final = 5
"""So far R20 looks ahead."""
SCHEDULED: Final = ":scheduled"
"""Ends the facet of what is to leave an account."""
_SHORTEST_MONTH: Final = 28
_MOST_DATES: Final = 100_000


def scheduled(customer: Customer, account_id: str, account: Account, day: i64, country: str) -> int:
    """What is to leave a demand deposit account in the next five business days, in base-currency units; `day` itself is none of them.

    A loan that ends in this time is repaid from the account with the most on it.
    """
    due = 0
    standing = customer.profile.standing
    if standing:
        for order in standing:
            if order.account_id == account_id:
                for date, day_of_month, is_last in ahead(day, BUSINESS_DAYS, country):
                    falls = order.day == day_of_month or (is_last and order.day > day_of_month)
                    if falls and (order.until == 0 or date <= order.until):
                        due += order.units
        value = account.value
        if value is not None and value != account.balance and account.balance:
            due = due * value // account.balance
    owed = _loans_ending(customer, day, country)
    if owed and account is _fullest(customer):
        due += owed
    return due


def most_scheduled(customer: Customer, account_id: str, often: int) -> int:
    """As much as can leave an account, or all of them if none is named, when every standing order falls due so often."""
    most = 0
    for order in customer.profile.standing:
        if account_id == "" or order.account_id == account_id:
            most += order.units
    return most * often


def _loans_ending(customer: Customer, day: i64, country: str) -> int:
    owed = 0
    for account in customer.accounts.values():
        if account.asset_class == LOAN and account.maturity is not None:
            value = account.value
            if value is not None and value < 0 and day < ordinal_of(account.maturity) <= ahead(day, BUSINESS_DAYS, country)[-1][0]:
                owed -= value
    return owed


def _fullest(customer: Customer) -> Account | None:
    """The demand deposit account with the most on it, the first seen of several."""
    found: Account | None = None
    most = 0
    for account in customer.accounts.values():
        value = account.value
        if account.asset_class == DEMAND and value is not None and (found is None or value > most):
            found, most = account, value
    return found


class BalanceBelow(Screen):
    """A demand deposit account has less than this, or than what is to leave it."""

    def __init__(self, rule: str, least: int, rearm: tuple[int, int], country: str) -> None:
        self.low = f"{rule}:"
        self.least = least
        self.rearm = rearm
        """As a ratio of whole numbers."""
        self.country = country
        self._until: dict[int, int] = {}
        """The last of the business days after a date."""

    def passes(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self._below(customer, effect.clock_day)

    def passes_close(self, customer: Customer, day: int, average: int | None) -> bool:  # noqa: ARG002
        """See `Screen`."""
        return self._below(customer, day)

    def stays(self, customer: Customer, effect: Effect) -> bool:
        """See `Screen`."""
        return self.stays_at_close(customer, effect.clock_day)

    def stays_at_close(self, customer: Customer, day: int) -> bool:
        """See `Screen`."""
        may_leave = len(customer.profile.standing) > 0 or self._ends(customer, day)
        for account_id, account in customer.accounts.items():
            value = account.value
            if value is None:
                continue
            low = f"{self.low}{account_id}"
            due = f"{low}{SCHEDULED}"
            if account.asset_class != DEMAND:
                if low in customer.conditions or due in customer.conditions:
                    return False
                continue
            leaves = scheduled(customer, account_id, account, day, self.country) if may_leave else 0
            if not self._stays(customer, low, value, self.least):
                return False
            if leaves == 0:
                if due in customer.conditions:
                    return False
            elif not self._stays(customer, due, value, leaves):
                return False
        return True

    def _stays(self, customer: Customer, key: str, value: int, threshold: int) -> bool:
        held = customer.conditions.get(key)
        if held is None:
            return value >= threshold
        over, under = self.rearm
        return held.notification_id != "" and over * value < under * threshold

    def _below(self, customer: Customer, day: int) -> bool:
        least = self.least
        lowest = -1
        until = self._last(day)
        ends = False
        for account in customer.accounts.values():
            if account.asset_class == DEMAND:
                value = account.value
                if value is not None:
                    if value < least:
                        return True
                    balance = account.balance
                    if lowest < 0 or balance < lowest:
                        lowest = balance
            elif account.asset_class == LOAN and account.maturity is not None and day < ordinal_of(account.maturity) <= until:
                ends = True
        if not ends and not customer.profile.standing:
            return False
        often = (until - day) // _SHORTEST_MONTH + 1
        if not ends and lowest >= most_scheduled(customer, "", often):
            return False
        for account_id, account in customer.accounts.items():
            if account.asset_class == DEMAND:
                value = account.value
                if value is None or (not ends and account.balance >= most_scheduled(customer, account_id, often)):
                    continue
                if value < scheduled(customer, account_id, account, day, self.country):
                    return True
        return False

    def _ends(self, customer: Customer, day: int) -> bool:
        """Whether a loan ends within the business days after a date."""
        for account in customer.accounts.values():
            if account.asset_class == LOAN and account.maturity is not None and day < ordinal_of(account.maturity) <= self._last(day):
                return True
        return False

    def _last(self, day: int) -> int:
        """The last of the business days after a date."""
        found = self._until.get(day)
        if found is None:
            if len(self._until) > _MOST_DATES:
                self._until.clear()
            found = self._until[day] = ahead(day, BUSINESS_DAYS, self.country)[-1][0]
        return found
