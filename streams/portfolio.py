"""A customer's wealth: accounts, valuation, external flows by date, closes; and what a movement does to them.

The law of balances:

1. A movement moves its account's balance by exactly its signed amount, whatever its kind and whenever it arrives.
2. `balance_after` that disagrees is a break. The feed's balance becomes the kept one; the difference is remembered as a gap.
3. While an account has a gap, a movement from before the break is what was missing: it fills the gap and leaves the balance alone, since
   the feed's balance already held it. A gap filled to zero was never a break, only disorder.
4. A movement from before the account's latest, without a gap, is applied and not compared: its `balance_after` speaks of another order.
5. An account first seen with a `balance_after` starts from the balance before it, silently. Movements from before it are in that opening
   already and leave the balance alone, until they add up to it.
6. A snapshot states the balance: a movement from before it is in it already, and one from before the account's latest movement is ignored.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import cached_property

from msgspec import Struct, field

from schemas.movements import FLOWS, LIABILITIES, AssetClass, Direction, Flow, Kind
from streams.money import Rates
from streams.posting import Posting
from streams.windows import Calendar, Closes, Flows

DAY_SECONDS = 86_400

INITIATED = frozenset(
    set(Kind)
    - {
        Kind.INTEREST,
        Kind.DIVIDEND,
        Kind.COUPON,
        Kind.FEE,
        Kind.TAX,
        Kind.MATURITY,
        Kind.INSURANCE_PAYOUT,
        Kind.VALUATION,
        Kind.ADJUSTMENT,
        Kind.REVERSAL,
    }
)
"""Kinds that a customer starts: every kind but those that happen to them (R33 of the rules)."""

CLASSES = tuple(AssetClass)
_PLACE = {name: place for place, name in enumerate(CLASSES)}
_IS_LIABILITY = tuple(name in LIABILITIES for name in CLASSES)


class Account(Struct, array_like=True):
    """One account. Money in units of its currency; `value` is the balance in the base currency, None where no rate is known."""

    asset_class: int
    """Place in `CLASSES`."""
    currency: str
    balance: int = 0
    value: int | None = 0
    latest: int = 0
    """Event time of the latest movement."""
    gap: int = 0
    gap_at: int = 0
    opening: int = 0
    """What of the balance before the first movement no earlier movement has accounted for."""
    opened_at: int = 0
    held: int = 0
    """Units of the instrument, in hundred-millionths."""
    instrument: str | None = None
    product: str | None = None
    maturity: str | None = None
    debits: list[tuple[int, int, int]] = []
    """External debits of the last 24 hours, by event time: event time, units, base-currency units."""

    seeded_at: int = 0
    """Event time of the snapshot that stated the balance; 0 for none."""

    @property
    def is_liability(self) -> bool:
        """Whether it is owed rather than owned."""
        return _IS_LIABILITY[self.asset_class]


class Condition(Struct, array_like=True):
    """A condition rule that is open, or cooling down after its resolve, for one key."""

    notification_id: str
    """Empty while it is only cooling down."""
    severity: str
    opened_at: int
    cooling_until: int = 0
    """Event time; 0 when no cooldown runs."""
    opened_by: str = ""
    """Identity of the movement, or instant of the tick, that opened it."""


class Told(Struct, array_like=True):
    """An event rule that fired on a movement: what a reversal of it retracts."""

    event: int
    """Digest of the movement."""
    rule: str
    dedup_key: str
    notification_id: str
    severity: str
    account_id: str


class Profile(Struct, array_like=True):
    """What the detector needs of the customer's profile; no name."""

    offset: int = -1
    segment: str = "personal"
    tier: str | None = None
    household_id: str | None = None
    manager_id: str | None = None
    branch: str = ""


class Customer(Struct, array_like=True, dict=True):
    """All that is kept of one customer: plainly mutable, owned by the customer's partition. `wake` comes first, to be read by itself."""

    wake: int
    """Event time of the next tick that can change anything; 0 for none."""
    version: int
    customer_id: str
    clock: int = 0
    """Event time reached, by a movement or a tick."""
    position: int = -1
    """Offset of the last movement applied."""
    first_seen: int = 0
    moved_on: int = 0
    """Business date, an ordinal, of the clock at the last movement."""
    active: int = 0
    """Event time of the last movement the customer started."""
    tier: str = ""
    """As last decided by AUM_avg(30); empty before 30 closes."""
    aum: int = 0
    owed: int = 0
    """Sum of the liabilities' balances: negative, or 0."""
    accounts: dict[str, Account] = field(default_factory=dict)
    flows: Flows = field(default_factory=Flows)
    closes: Closes = field(default_factory=Closes)
    conditions: dict[str, Condition] = field(default_factory=dict)
    latched: list[str] = field(default_factory=list)
    """Event rules that fired for an account and wait to be rearmed: rule, colon, account."""
    told: list[Told] = field(default_factory=list)
    reversed: list[int] = field(default_factory=list)
    """Digests of movements whose reversal came before them."""
    events: bytearray = field(default_factory=bytearray)
    """The open tail of the memory of event ids (`streams.events`)."""
    counted: int = 0
    """Event ids sealed since the beginning: the place in the memory's ring."""
    slots: int = 0
    """Slots of the ring that may hold a segment; with a ring made larger later there may be empty ones among them."""
    profile: Profile = field(default_factory=Profile)

    @cached_property
    def seen(self) -> set[int]:
        """Digests of the remembered event ids; like `sealed` and `unsaved` kept beside the encoded state, not in it."""
        return set()

    @cached_property
    def valued_at(self) -> int:
        """Version of the rates at which the foreign accounts were valued; 0 until they are for the first time here."""
        return 0

    @cached_property
    def sealed(self) -> dict[int, bytes]:
        """Full segments of the memory, by their slot in the ring."""
        return {}

    @cached_property
    def unsaved(self) -> set[int]:
        """Slots whose segment has not been written since it was sealed."""
        return set()

    @property
    def net_assets(self) -> int:
        """AUM less what is owed, in base-currency units."""
        return self.aum + self.owed

    def allocation(self) -> dict[AssetClass, int]:
        """Value by asset class in base-currency units; classes without a value are left out."""
        values = [0] * len(CLASSES)
        for account in self.accounts.values():
            if account.value:
                values[account.asset_class] += account.value
        return {name: value for name, value in zip(CLASSES, values, strict=True) if value}


class Effect(Struct, gc=False):
    """What a movement did, in base-currency units."""

    flow: Flow
    value: int
    """The amount, positive; 0 where no rate is known."""
    value_before: int
    """Of the account, an opening balance included."""
    class_before: int
    """Place in `CLASSES`; movements may bring an account into another class."""
    aum_before: int
    late: bool
    """It is from before the customer's clock."""
    broke: int
    """Difference that a reconciliation found, in units of the account; 0 for none."""
    filled: bool
    """It filled the account's gap to zero."""
    account: Account
    clock_day: int
    """Business date of the customer's clock."""


def flow_of(customer: Customer, posting: Posting, kind: Kind) -> Flow:
    """Whose money moves: by the kind, and internal whenever the other side is the same customer."""
    flow = FLOWS[kind]
    if flow is Flow.EXTERNAL and (other := posting.counterparty) is not None:
        own = other.customer_id == customer.customer_id if other.customer_id is not None else other.account in customer.accounts
        if own:
            return Flow.INTERNAL
    return flow


def revalue(customer: Customer, rates: Rates, calendar: Calendar) -> None:
    """Value every foreign account at the rates known now; the change belongs to the date that the customer's clock has reached."""
    before = customer.aum
    for account in customer.accounts.values():
        if account.currency != rates.base:
            _set_value(customer, account, rates.in_base(account.balance, account.currency))
    if customer.aum != before:
        customer.closes.moved(calendar.date_of(customer.clock), customer.aum)
    customer.valued_at = rates.version


def apply(customer: Customer, posting: Posting, rates: Rates, calendar: Calendar) -> Effect:
    """Apply one movement to the customer, whose clock has already reached it if it is not late."""
    aum_before = aum_closed = customer.aum
    late = posting.at < customer.clock
    account = customer.accounts.get(posting.account_id)
    if account is None:
        account = customer.accounts[posting.account_id] = Account(_PLACE[posting.asset_class], posting.currency)
        opening = posting.after - posting.signed if posting.after is not None and not posting.snapshot else 0
        if opening:
            account.balance, account.opening, account.opened_at = opening, opening, posting.at
            _set_value(customer, account, rates.in_base(opening, account.currency))
            aum_before = customer.aum
    value_before, class_before = account.value or 0, account.asset_class
    if class_before != _PLACE[posting.asset_class] and posting.at >= account.latest:
        _set_value(customer, account, 0)
        account.asset_class = _PLACE[posting.asset_class]
    broke, filled = _balance(account, posting)
    _describe(account, posting)
    _set_value(customer, account, rates.in_base(account.balance, account.currency))
    value = rates.in_base(posting.units, posting.currency) or 0
    day = calendar.date_of(posting.at)
    if posting.snapshot:
        flow = Flow.CORRECTION
    elif posting.reverses is not None:
        flow = Flow.CORRECTION
        _undo(customer, posting, account, value, calendar)
    else:
        flow = flow_of(customer, posting, posting.kind)
        if flow is Flow.EXTERNAL:
            _flow_in(customer, posting, account, value, day)
    clock_day = calendar.date_of(customer.clock) if late else day
    if day < clock_day and customer.closes.days:
        change = customer.aum - aum_closed
        if change or day < customer.closes.days[0]:
            customer.closes.moved_late(max(day, customer.flows.kept_from), change)
    elif customer.aum != aum_closed or not customer.closes.days:
        customer.closes.moved(clock_day, customer.aum)
    return Effect(flow, value, value_before, class_before, aum_before, late, broke, filled, account, clock_day)


def _balance(account: Account, posting: Posting) -> tuple[int, bool]:
    """Move the balance by the law above; the difference that broke, and whether a gap was filled to zero."""
    late = posting.at < account.latest
    if posting.snapshot:
        if not late:
            account.balance = posting.signed if posting.after is None else posting.after
            account.gap, account.opening, account.latest, account.seeded_at = 0, 0, posting.at, posting.at
        return 0, False
    if posting.at < account.seeded_at:
        return 0, False
    if account.opening and _was_missing(account, posting, account.opened_at):
        account.opening -= posting.signed
        return 0, False
    if account.gap and _was_missing(account, posting, account.gap_at):
        account.gap -= posting.signed
        return 0, account.gap == 0
    account.balance += posting.signed
    if posting.after is None or posting.after == account.balance:
        account.latest = max(account.latest, posting.at)
        return 0, False
    if late:
        return 0, False
    broke = posting.after - account.balance
    account.balance, account.latest = posting.after, posting.at
    account.gap, account.gap_at = account.gap + broke, posting.at
    return broke, False


def _was_missing(account: Account, posting: Posting, stated_at: int) -> bool:
    """Whether the balance stated at an instant held this movement; within that very second only its `balance_after` can tell."""
    if posting.at != stated_at:
        return posting.at < stated_at
    return posting.after is not None and posting.after != account.balance + posting.signed


def _describe(account: Account, posting: Posting) -> None:
    if posting.held:
        account.held = posting.held if posting.snapshot else account.held + posting.held
    if posting.instrument is not None:
        account.instrument = posting.instrument
    if posting.product is not None:
        account.product = posting.product
    if posting.maturity_date is not None:
        account.maturity = posting.maturity_date.isoformat()


def _set_value(customer: Customer, account: Account, value: int | None) -> None:
    change = (value or 0) - (account.value or 0)
    account.value = value
    if change:
        if _IS_LIABILITY[account.asset_class]:
            customer.owed += change
        else:
            customer.aum += change


def _flow_in(customer: Customer, posting: Posting, account: Account, value: int, day: int) -> None:
    if posting.direction is Direction.CREDIT:
        customer.flows.add(day, value, 0)
    else:
        customer.flows.add(day, 0, value)
        insort(account.debits, (posting.at, posting.units, value))
        oldest = max(account.latest, posting.at) - DAY_SECONDS
        if account.debits[0][0] < oldest:
            del account.debits[: bisect_left(account.debits, (oldest,))]


def _undo(customer: Customer, posting: Posting, account: Account, value: int, calendar: Calendar) -> None:
    """Take the reversed movement out of the flows of its own date."""
    reverses = posting.reverses
    assert reverses is not None
    if flow_of(customer, posting, reverses.kind) is not Flow.EXTERNAL:
        return
    at = int(reverses.occurred_at.timestamp() // 1)
    day = calendar.date_of(at)
    if posting.direction is Direction.DEBIT:
        customer.flows.add(day, -value, 0)
        return
    customer.flows.add(day, 0, -value)
    take_back(account, at, posting.units)


def take_back(account: Account, at: int, units: int) -> None:
    """A debit of the last 24 hours was reversed: it never left."""
    place = bisect_left(account.debits, (at, units))
    if place < len(account.debits) and account.debits[place][:2] == (at, units):
        del account.debits[place]
