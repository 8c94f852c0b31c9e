"""The bank's books: accounts, postings, and their bytes."""

from __future__ import annotations

from wealthwatch.simulation.days import CLOCK, Day

FEEDS = {
    "demand_deposit": ("core", "CB"),
    "time_deposit": ("core", "CB"),
    "structured_deposit": ("core", "CB"),
    "loan": ("loans", "LN"),
    "credit_card": ("cards", "CC"),
    "fund": ("wealth", "WM"),
    "wealth_product": ("wealth", "WM"),
    "bond": ("wealth", "WM"),
    "equity": ("wealth", "WM"),
    "trust": ("wealth", "WM"),
    "insurance": ("wealth", "WM"),
    "precious_metal": ("wealth", "WM"),
}
"""Which upstream system keeps an account of each class, and how its event ids begin."""

SILENT = frozenset({"cards"})
"""Feeds that do not tell the balance."""


class Account:
    """One account: its balance in fen, its units in hundredths, and the part of its movements that never changes."""

    __slots__ = (
        "asset_class",
        "balance",
        "currency",
        "head",
        "instrument",
        "letters",
        "matures",
        "number",
        "risk",
        "silent",
        "units",
        "where",
    )

    def __init__(
        self, number: str, owner: str, branch: str, asset_class: str, currency: str = "CNY", product: str = "", risk: int = 0, **more: str
    ) -> None:
        feed, self.letters = FEEDS[asset_class]
        self.number = number
        self.asset_class = asset_class
        self.currency = currency
        self.balance = 0
        self.units = 0
        self.instrument = -1
        self.matures = -1
        self.risk = risk
        self.silent = feed in SILENT
        self.where = branch
        fields = {"source": feed, "account_id": number, "customer_id": owner, "asset_class": asset_class, "currency": currency}
        fields |= ({"product": product} if product else {}) | more
        self.head = ",".join(f'"{name}":"{value}"' for name, value in fields.items()) + (f',"risk_score":{risk}' if risk else "")


def money(fen: int) -> str:
    """A decimal string."""
    return f"{fen // 100}.{fen % 100:02d}" if fen >= 0 else f"-{-fen // 100}.{-fen % 100:02d}"


class Ledger:
    """Posts movements and keeps one day's lines until they are taken."""

    __slots__ = ("_held_back", "_lines", "_number", "_outages", "_stem", "_where", "day")

    def __init__(self) -> None:
        self._lines: list[tuple[int, bytes]] = []
        self._held_back: dict[int, list[tuple[int, bytes]]] = {}
        self._outages: dict[int, tuple[bytes, int, int]] = {}
        self._number = 0
        self._stem = self._where = ""
        self.day: Day

    def open_day(self, day: Day) -> None:
        """What is posted from now on happens on this date."""
        self.day = day
        self._lines = self._held_back.pop(day.index, [])
        self._number = 0
        self._stem = day.text.replace("-", "")[2:]
        self._where = f',"booked_on":"{day.text}","occurred_at":"{day.text}'

    def post(self, account: Account, second: int, kind: str, amount: int, tail: str = "", units: int = 0) -> str:
        """Move the balance by `amount` fen (signed, not 0) at a second of the day; `tail` is the rest of the JSON, from its comma on.

        Returns:
            The event_id.
        """
        account.balance = balance = account.balance + amount
        self._number += 1
        event_id = f"{account.letters}{self._stem}{self._number:07d}"
        if amount > 0:
            way = "credit"
        else:
            way = "debit"
            amount = -amount
        after = "" if account.silent else f',"balance_after":"{money(balance)}"'
        if units:
            account.units += units
            after += f',"quantity":"{money(units)}"'
        line = (
            f'{{"schema_version":1,"event_id":"{event_id}",{account.head},"branch":"{account.where}","kind":"{kind}","direction":"{way}",'
            f'"amount":"{amount // 100}.{amount % 100:02d}"{after}{self._where}{CLOCK[second]}{tail}}}\n'
        )
        self._lines.append((second, line.encode()))
        return event_id

    def delay(self, seconds: int = 0, days: int = 0) -> None:
        """Have the feed tell the last movement so much later than it happened."""
        second, line = self._lines.pop()
        told = self._lines if not days else self._held_back.setdefault(self.day.index + days, [])
        told.append((second + seconds, line))

    def lose(self) -> None:
        """Have the feed never tell the last movement; the balances it tells afterwards know of it."""
        self._lines.pop()

    def repeat(self, seconds: int) -> None:
        """Have the feed tell the last movement twice."""
        second, line = self._lines[-1]
        self._lines.append((second + seconds, line))

    def silence(self, index: int, feed: str, begins: int, ends: int) -> None:
        """Have a feed say nothing between two seconds of a day, and all of it at the end of that time."""
        self._outages[index] = (f'"source":"{feed}"'.encode(), begins, ends)

    def close_day(self) -> list[bytes]:
        """Take the day's lines, in the order in which they happened, or in which the feeds tell them where that is another."""
        lines = self._lines
        lines.sort(key=_second)
        if outage := self._outages.get(self.day.index):
            feed, begins, ends = outage
            lines = [(ends if begins <= second < ends and feed in line else second, line) for second, line in lines]
            lines.sort(key=_second)
        self._lines = []
        return [line for _, line in lines]


def _second(item: tuple[int, bytes]) -> int:
    return item[0]
