"""All that is kept of one customer: plainly mutable, owned by the customer's partition. What a movement does to it is in `portfolio`."""

from __future__ import annotations

from typing import Final

from librt.vecs import append, vec
from mypy_extensions import i64

from schemas.movements import LIABILITIES, AssetClass
from streams.history import Classes, History, Recent
from streams.memory import Memory

CLASSES = tuple(AssetClass)
IS_LIABILITY: Final = tuple(name in LIABILITIES for name in CLASSES)

NO_UNITS: Final = 0
"""No quantity has been told."""
IN_UNITS: Final = 1
"""The quantity of one instrument, known in full."""
UNCLEAR: Final = 2
"""Quantities of several instruments, or of a part of what there is."""


class Account:
    """One account. Money in units of its currency; `value` is what it is worth in the base currency, None where no rate is known."""

    def __init__(self, asset_class: int, currency: str) -> None:
        self.asset_class = asset_class
        """Place in `CLASSES`."""
        self.currency = currency
        self.balance: int = 0
        self.value: int | None = 0
        self.latest: int = 0
        """Event time of the latest movement."""
        self.gap: int = 0
        self.gap_at: int = 0
        self.opening: int = 0
        """What of the balance before the first movement no earlier movement has accounted for."""
        self.opened_at: int = 0
        self.held: int = 0
        """Units of the instrument, in hundred-millionths."""
        self.units: int = NO_UNITS
        """What `held` says of the account: NO_UNITS, IN_UNITS or UNCLEAR."""
        self.stated_at: int = 0
        """Event time of the latest movement whose stated balance was taken; 0 for none."""
        self.priced_at: int = 0
        """Event time of the price that the value rests on; 0 where it rests on the balance."""
        self.instrument: str | None = None
        self.product: str | None = None
        self.maturity: str | None = None
        self.issuer: str | None = None
        self.risk_score: int = 0
        """1 to 5; 0 where none is known."""
        self.overdue_days: int = 0
        self.debits = Recent()
        """External debits of the last 24 hours."""
        self.seeded_at: int = 0
        """Event time of the snapshot that stated the balance; 0 for none."""
        self.first_at: int = 0
        """Event time of the earliest movement that is known."""
        self.breaks: list[int] = []
        """Event times of the breaks that the gap is made of, the latest of them."""
        self.unsure: int = 0
        """Movements that were left out of the balance, though the balance that each came with followed the kept one: their sum."""

    @property
    def is_liability(self) -> bool:
        """Whether it is owed rather than owned."""
        return IS_LIABILITY[self.asset_class]

    @property
    def at_cost(self) -> bool:
        """Whether units are held whose worth neither a price nor the feed has said: they count with what was paid for them."""
        return self.held != 0 and self.priced_at == 0 and self.stated_at == 0

    @property
    def unpriced(self) -> bool:
        """Whether nobody knows what there is worth."""
        return self.balance != 0 and (self.value is None or self.at_cost)

    def within(self, bound: int) -> bool:
        """Whether the account's figures are all smaller than this."""
        return -bound < self.balance < bound and -bound < self.gap < bound and -bound < self.opening < bound


class Condition:
    """A condition rule that is open, or cooling down after its resolve, for one key."""

    def __init__(self, rule: str, notification_id: str, severity: str, opened_at: int, cooling_until: int = 0, opened_by: str = "") -> None:
        self.rule = rule
        """Of the condition's key, which is rule, colon, facet."""
        self.notification_id = notification_id
        """Empty while it is only cooling down."""
        self.severity = severity
        self.opened_at = opened_at
        self.cooling_until = cooling_until
        """Event time; 0 when no cooldown runs."""
        self.opened_by = opened_by
        """Identity of the movement, or instant of the tick, that opened it."""


class Told:
    """An event rule that fired on a movement, or at a close on account of one: what a reversal of it retracts."""

    def __init__(self, event: int, rule: str, dedup_key: str, notification_id: str, severity: str, account_id: str) -> None:
        self.event = event
        """Digest of the movement; at a close, its identity as a number."""
        self.rule = rule
        self.dedup_key = dedup_key
        self.notification_id = notification_id
        self.severity = severity
        self.account_id = account_id
        """Of the movement; empty at a close."""


class StandingOrder:
    """A payment that is due every month."""

    def __init__(self, account_id: str, units: int, day: int, until: int) -> None:
        self.account_id = account_id
        self.units = units
        """In the account's currency."""
        self.day = day
        """Of the month; a month without it pays on its last."""
        self.until = until
        """A date's ordinal; 0 for no end."""


class Profile:
    """What the detector needs of the customer's profile; no name."""

    def __init__(
        self,
        offset: int = -1,
        segment: str = "personal",
        tier: str | None = None,
        household_id: str | None = None,
        manager_id: str | None = None,
        branch: str = "",
        risk_profile: int = 0,
        target: list[int] | None = None,
        standing: list[StandingOrder] | None = None,
        born_on: int = 0,
        customer_since: int = 0,
        last_contact_on: int = 0,
    ) -> None:
        self.offset = offset
        self.segment = segment
        self.tier = tier
        self.household_id = household_id
        self.manager_id = manager_id
        self.branch = branch
        self.risk_profile = risk_profile
        """1 to 5; 0 where none is known."""
        self.target: list[int] = target or []
        """The agreed share of AUM of each of `CLASSES`, in millionths; empty where there is no plan."""
        self.standing: list[StandingOrder] = standing or []
        self.born_on = born_on
        """A date's ordinal; 0 where it is not known."""
        self.customer_since = customer_since
        self.last_contact_on = last_contact_on


class Customer:
    """One customer's state. Money in base-currency units unless an account's own."""

    def __init__(self, customer_id: str) -> None:
        self.customer_id = customer_id
        self.wake: int = 0
        """Event time of the next tick that can change anything; 0 for none."""
        self.clock: int = 0
        """Event time reached, by a movement or a tick."""
        self.position: int = -1
        """Offset of the last movement applied."""
        self.first_seen: int = 0
        self.moved_on: int = 0
        """Business date, an ordinal, of the clock at the last movement."""
        self.active: int = 0
        """Event time of the last movement the customer started."""
        self.tier: str = ""
        """As last decided by AUM_avg(30); empty before 30 closes."""
        self.aum: int = 0
        self.owed: int = 0
        """Sum of the liabilities' balances: negative, or 0."""
        self.turnover: int = 0
        """At least as much as any figure here, close or sum over the history: how near one of them may be to the end of its range."""
        self.accounts: dict[str, Account] = {}
        self.owned: vec[i64] = _nothing()
        """The values of `accounts` that are no liabilities, summed by class in the order of `CLASSES`; their sum is `aum`. Not encoded."""
        self.history = History()
        self.classes = Classes()
        self.memory = Memory()
        self.conditions: dict[str, Condition] = {}
        self.latched: list[str] = []
        """Event rules that fired for an account and wait to be rearmed: rule, colon, account."""
        self.told: list[Told] = []
        self.reversed: list[int] = []
        """Digests of movements whose reversal came before them."""
        self.profile = Profile()
        self.events: vec[i64] = vec[i64]()
        """The memory of event ids, a ring (`streams.events`)."""
        self.cursor: int = 0
        """Where in the ring the next id goes."""
        self.unsaved: set[int] = set()
        """Segments of the ring that have not been written since they were sealed; not part of the encoded state."""
        self.valued_at: int = 0
        """Version of the rates, or of the rates and prices if `in_units`, at which accounts were valued; 0 until they are. Not encoded."""
        self.in_units: bool = False
        """Whether any account is IN_UNITS, so that a price may change what it is worth. Not encoded."""
        self.looked_over: object = None
        """The rules under which the conditions were last looked over: none is open of a rule that is off. Not encoded."""
        self.held: object = None
        """The sheet of rules that holds for this customer, with what it was made for (`streams.sheet`). Not encoded."""
        self.waking: int = 0
        """The wake that the store has put down for this object; 0 for none, or where it is not known. Not encoded."""

    @property
    def net_assets(self) -> int:
        """AUM less what is owed, in base-currency units."""
        return self.aum + self.owed

    def own(self, asset_class: int, change: int) -> None:
        """What is owned in a class, a place in `CLASSES`, is worth so much more."""
        self.aum += change
        owned = self.owned
        owned[asset_class] = owned[asset_class] + change

    def allocation(self) -> dict[AssetClass, int]:
        """Value by asset class in base-currency units; classes without a value are left out."""
        return {name: value for name, value in zip(CLASSES, self.worths(), strict=True) if value}

    def worths(self) -> list[int]:
        """Value by asset class in base-currency units, liabilities too, in the order of `CLASSES`."""
        values = [0] * len(CLASSES)
        for account in self.accounts.values():
            value = account.value
            if value:
                values[account.asset_class] += value
        return values


def _nothing() -> vec[i64]:
    found = vec[i64](capacity=len(CLASSES))
    for _ in CLASSES:
        found = append(found, 0)
    return found
