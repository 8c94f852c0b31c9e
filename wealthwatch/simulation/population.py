"""The bank's customers: who they are, what they hold on the first day, and how they live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from math import exp, log
from random import Random

from schemas.customers import Customer, Language, Segment
from schemas.managers import Manager
from wealthwatch.simulation import names
from wealthwatch.simulation.advice import NONE, Advice
from wealthwatch.simulation.holdings import Holdings
from wealthwatch.simulation.ledger import Account
from wealthwatch.simulation.parts import Part
from wealthwatch.simulation.products import Instrument

TIERS = ("basic", "gold", "platinum", "private")
FLOORS = (5_000_000, 10_000_000, 50_000_000, 100_000_000)
"""Materiality floors of the tiers by default, in fen: ordinary life is scaled to stay below them."""
WEALTH = ((500_000, 15_000_000), (24_000_000, 150_000_000), (240_000_000, 640_000_000), (960_000_000, 6_000_000_000))
"""Opening assets by tier, in fen: away from the lines, so that only a story crosses one soon."""
INCOME = ((400_000, 1_300_000), (900_000, 3_200_000), (2_500_000, 11_000_000), (6_000_000, 28_000_000))
"""Monthly salaries by tier, in fen."""


class Client:
    """A customer as the simulation lives them."""

    __slots__ = (
        "accounts", "asleep", "bill_days", "branch", "card", "card_day", "comes_on", "company", "current", "employer", "fixed", "foreign",
        "held", "household", "income", "loans", "number", "opened", "pay_day", "quiet", "spending", "spends", "tier", "worth",
    )  # fmt: skip

    def __init__(self, number: int, branch: str) -> None:
        self.number = number
        self.branch = branch
        self.opened = 0
        self.company = False
        self.quiet = False
        self.asleep = False
        self.tier = 0
        self.worth = 0
        self.household = -1
        self.comes_on = 0
        self.income = self.spending = 0
        self.spends = 0.5
        self.pay_day = 10
        self.card_day = 20
        self.bill_days = (5, 18)
        self.employer = 0
        self.card: Account | None = None
        self.foreign: list[Account] = []
        self.fixed: list[Account] = []
        self.held: list[Account] = []
        self.loans: list[Account] = []
        self.accounts: list[Account] = []
        self.current: Account

    @property
    def customer_id(self) -> str:
        """Key of everything said of them."""
        return f"C{self.number:08d}"

    @property
    def household_id(self) -> str | None:
        """Key of those they live with."""
        return f"HH{self.household:07d}" if self.household >= 0 else None

    def open(self, asset_class: str, currency: str = "CNY", product: str = "", risk: int = 0, **more: str) -> Account:
        """A new account, still empty."""
        self.opened += 1
        return Account(f"A{self.number:08d}{self.opened:03d}", self.customer_id, self.branch, asset_class, currency, product, risk, **more)


class Population:
    """Makes customers one by one, always the same for the same seed."""

    def __init__(
        self, random: Random, managers: Sequence[Manager], instruments: Sequence[Instrument], advice: Advice, start: date, days: int
    ) -> None:
        self._random = random
        self._advice = advice
        self._managers = managers
        self._days = days
        self._holdings = Holdings(random, instruments, start)
        self._household = 0

    def people(self, count: int, parts: Mapping[int, Part]) -> Iterator[tuple[Client, Customer]]:
        """Every customer with their profile; members of a household follow each other, those of a story too."""
        to_come = 0
        for number in range(1, count + 1):
            manager = self._managers[(number - 1) * len(self._managers) // count]
            if part := parts.get(number):
                to_come = 0
                client = self._player(number, manager, part)
                yield client, self._profile(client, manager, Segment.PERSONAL, part)
                continue
            household = self._household if to_come else -1
            segment = Segment.PERSONAL if to_come else self._random.choices(tuple(Segment), (88, 10, 2))[0]
            to_come = max(0, to_come - 1)
            if household < 0 and segment is Segment.PERSONAL and self._random.random() < 0.15:
                to_come = self._random.randrange(1, 3)
                self._household += 1
                household = self._household
            client = self._client(number, manager, segment)
            client.household = household
            yield client, self._profile(client, manager, segment)

    def _player(self, number: int, manager: Manager, part: Part) -> Client:
        client = Client(number, manager.branch)
        client.quiet, client.asleep, client.tier = True, part.asleep, part.tier
        client.income, client.spending, client.spends = part.income, part.income * 4 // 10, 0.5
        client.pay_day = 10 if part.salaried else 0
        client.employer = number
        if part.member:
            self._household += part.member == 1
            client.household = self._household
        self._holdings.play(client, part)
        return client

    def _client(self, number: int, manager: Manager, segment: Segment) -> Client:
        random = self._random
        client = Client(number, manager.branch)
        client.company = segment is not Segment.PERSONAL
        shares = {Segment.PERSONAL: (58, 30, 9, 3), Segment.CORPORATE: (15, 40, 30, 15), Segment.INSTITUTION: (0, 10, 40, 50)}[segment]
        client.tier = random.choices(range(4), shares)[0]
        client.worth = round(exp(random.uniform(*map(log, WEALTH[client.tier]))))
        client.pay_day = random.choice((5, 8, 10, 10, 15, 15, 25, 28))
        client.card_day = random.randrange(1, 28)
        client.bill_days = (random.randrange(1, 15), random.randrange(15, 28))
        client.employer = random.randrange(1_000_000)
        if client.company:
            client.income = round(FLOORS[client.tier] * random.uniform(0.25, 1.05))
            client.spends = random.uniform(0.4, 1.2)
        else:
            client.income = min(round(exp(random.uniform(*map(log, INCOME[client.tier])))), client.worth)
            client.spends = random.uniform(0.25, 1.3)
            client.spending = round(client.income * random.uniform(0.3, 0.5))
        if not client.company and client.tier == 0 and self._days > 10 and random.random() < 0.04:
            client.comes_on = random.randrange(3, self._days - 3)
        self._holdings.give(client)
        return client

    def _profile(self, client: Client, manager: Manager, segment: Segment, part: Part = NONE) -> Customer:
        random = self._random
        english = random.random() < 0.08
        name = {
            Segment.PERSONAL: lambda: names.person(random, english=english),
            Segment.CORPORATE: lambda: names.company(random, english=english),
            Segment.INSTITUTION: lambda: names.institution(random),
        }[segment]()
        age = random.randrange(365 * 22, 365 * 80) if segment is Segment.PERSONAL else random.randrange(400, 365 * 30)
        return Customer(
            customer_id=client.customer_id,
            name=name,
            segment=segment,
            tier=TIERS[client.tier] if client.tier else None,
            household_id=client.household_id,
            branch=manager.branch,
            manager_id=manager.manager_id,
            language=Language.ENGLISH if english else Language.CHINESE,
            contact=(("call", "sms"), ("call", "visit"), ("email", "call"), ("sms",))[random.randrange(4)],
            **self._advice.about(client, age, part),
        )
