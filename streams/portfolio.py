"""What a movement does to a customer: balances, valuation, external flows by date, closes.

The law of balances:

1. A movement moves its account's balance by exactly its signed amount, whatever its kind and whenever it arrives.
2. `balance_after` that disagrees is a break. The feed's balance becomes the kept one; the difference is remembered as a gap.
3. While an account has a gap, a movement from before the break is what was missing: it fills the gap and leaves the balance alone, since
   the feed's balance already held it; until the next break after it, the closes did not. A gap filled to zero was never a break, only
   disorder.
4. A movement from before the account's latest, without a gap, is applied and not compared: its `balance_after` speaks of another order.
5. An account first seen with a `balance_after` starts from the balance before it, silently. Movements from before it are in that opening
   already and leave the balance alone, until they add up to it; the closes begin with the earliest of them.
6. A snapshot states the balance: a movement from before it is in it already. One that comes after later movements is their opening: it
   counts as a movement of what it states, if it is from before the first of them; else it is ignored.
7. A movement that rule 3, 5 or 6 leaves out, and whose `balance_after` follows the kept one all the same, may be of a feed in the order of
   booking, not of events. The next balance that is compared tells: differing by just these movements, it becomes the kept one, silently.
"""

from __future__ import annotations

from typing import Final

from schemas.movements import FLOWS, AssetClass, Direction, Flow, Kind
from streams.customer import CLASSES, IS_LIABILITY, NO_UNITS, Account, Customer
from streams.events import digest_of, is_known
from streams.memory import OWN, UNKNOWN_VALUE, Dealt, institution, name_of
from streams.money import Rates
from streams.posting import Posting
from streams.windows import Calendar
from streams.worth import count_units, is_valued, most_by_price, quote_of, worth

DAY_SECONDS: Final = 86_400

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

MOST: Final = 4 * 10**18
"""Units up to which a customer's figures are kept: no sum or difference of two of them leaves 64 bits."""

KEPT_BREAKS: Final = 16
"""So many breaks of an open gap are told apart, the latest: a movement that fills it is then in the right closes."""

_EVER: Final = 2**62
"""Beyond every event time."""

PLAIN: Final = 10**17
"""Figures below this, of which a few hundred fit, need no closer look."""

_PLACE: Final = {name: place for place, name in enumerate(CLASSES)}
_EXTERNAL: Final = Flow.EXTERNAL
_INTERNAL: Final = Flow.INTERNAL
_CORRECTION: Final = Flow.CORRECTION
_INCOME: Final = Flow.INCOME
_CREDIT: Final = Direction.CREDIT
_SALARY: Final = Kind.SALARY
_COMES_BACK: Final = frozenset({Kind.MATURITY, Kind.REDEMPTION})
_PLACED: Final = frozenset({Kind.PURCHASE, Kind.PLACEMENT})
_DEMAND: Final = _PLACE[AssetClass.DEMAND_DEPOSIT]
MOVES_ELSEWHERE: Final = frozenset({Kind.TRANSFER_OUT, Kind.CHEQUE, Kind.WITHDRAWAL})
"""Kinds that may take money to another institution; cards and bills pay for something."""


class Effect:
    """What a movement did, in base-currency units."""

    def __init__(self, account: Account, aum_before: int, value_before: int, class_before: int) -> None:
        self.account = account
        self.aum_before = aum_before
        self.value_before = value_before
        """Of the account, an opening balance included."""
        self.class_before = class_before
        """Place in `CLASSES`; movements may bring an account into another class."""
        self.flow: Flow = _CORRECTION
        self.value: int = 0
        """The amount, positive; 0 where no rate is known."""
        self.late: bool = False
        """It is from before the customer's clock."""
        self.broke: int = 0
        """Difference that a reconciliation found, in units of the account; 0 for none."""
        self.filled: bool = False
        """It filled the account's gap to zero."""
        self.at: int = 0
        """Event time."""
        self.payee: int = 0
        """Of an external debit, or of one reversed, as `streams.memory.name_of` makes it; 0 where none is given."""
        self.paid_before: int = 0
        """Date of the latest earlier debit to that payee; 0 for none in two years."""
        self.clock_day: int = 0
        """Business date of the customer's clock."""
        self.credit: bool = False
        self.overdue_before: int = account.overdue_days


def flow_of(customer: Customer, posting: Posting, kind: Kind) -> Flow:
    """Whose money moves: by the kind, and internal whenever the other side is the same customer."""
    flow = FLOWS[kind]
    if flow is _EXTERNAL and (other := posting.counterparty) is not None:
        own = other.customer_id == customer.customer_id if other.customer_id is not None else other.account in customer.accounts
        if own:
            return _INTERNAL
    return flow


def fits(customer: Customer, posting: Posting, rates: Rates) -> bool:
    """Whether no figure of the customer leaves its range by this movement."""
    units, after, account = posting.units, posting.after or 0, customer.accounts.get(posting.account_id)
    valued = is_valued(customer, rates) and rates.base == posting.currency
    plain = valued and -PLAIN < after < PLAIN and units < PLAIN and -PLAIN < customer.aum < PLAIN
    if plain and customer.owed > -PLAIN and customer.turnover < PLAIN and (account is None or account.within(PLAIN)) and posting.held == 0:
        return True
    value, stated = abs(rates.in_base(units, posting.currency) or 0), abs(rates.in_base(after, posting.currency) or 0)
    kept = abs(after) if account is None else abs(account.balance) + abs(account.gap) + abs(account.opening) + abs(after)
    pending = 0 if is_valued(customer, rates) else _revaluation(customer, rates)
    priced = most_by_price(account, posting, rates)
    if kept + units > MOST or abs(customer.aum) + abs(customer.owed) + stated + value + priced + pending > MOST:
        return False
    old = 0 if account is None else abs(account.value or 0)
    moved = max(value, units)
    if customer.turnover + 3 * moved + stated + priced + 2 * old + 3 * pending > MOST:
        if account is not None:
            if posting.snapshot or _PLACE[posting.asset_class] != account.asset_class:
                moved += old
            stated = 0 if posting.after is None else abs((rates.in_base(after, posting.currency) or 0) - (account.value or 0))
        reached = _reached(customer)
        if priced:
            stated += priced + old
        if reached + moved + stated + pending > MOST:
            return False
        customer.turnover = reached
    return abs(posting.held) + (0 if account is None else abs(account.held)) <= MOST


def _revaluation(customer: Customer, rates: Rates) -> int:
    """By how much the values of accounts that are foreign or held in units will change when they are valued anew."""
    return sum(
        abs((worth(account, rates) or 0) - (account.value or 0))
        for account in customer.accounts.values()
        if account.currency != rates.base or account.units != NO_UNITS
    )


def can_revalue(customer: Customer, rates: Rates) -> bool:
    """Whether no figure of the customer leaves its range when its accounts are valued at these rates and prices."""
    pending = _revaluation(customer, rates)
    if abs(customer.aum) + abs(customer.owed) + pending > MOST:
        return False
    if customer.turnover + pending > MOST:
        customer.turnover = _reached(customer)
    return customer.turnover + pending <= MOST


def _reached(customer: Customer) -> int:
    """The greatest of the customer's figures and of the sums over its history."""
    reached = max(customer.history.gross(), customer.history.highest(), customer.classes.highest(), abs(customer.aum), abs(customer.owed))
    for account in customer.accounts.values():
        debits = account.debits
        reached = max(reached, abs(account.value or 0), debits.units(-_EVER, _EVER), debits.value(-_EVER, _EVER))
    return reached


def revalue(customer: Customer, rates: Rates, calendar: Calendar) -> None:
    """Value what is foreign or held in units as is known now; the change belongs to the date that the customer's clock has reached."""
    before = customer.aum
    day = calendar.date_of(customer.clock)
    for account in customer.accounts.values():
        if account.currency != rates.base or account.units != NO_UNITS:
            _value(customer, account, rates, day)
    if customer.aum != before:
        customer.history.moved(day, customer.aum)
    customer.valued_at = rates.version if customer.in_units else rates.rates_version


def apply(customer: Customer, posting: Posting, rates: Rates, calendar: Calendar) -> Effect:
    """Apply one movement to the customer, whose clock has already reached it if it is not late."""
    aum_before = aum_closed = customer.aum
    at: int = posting.at
    late = at < customer.clock
    day = calendar.date_of(at)
    asset_class = _PLACE[posting.asset_class]
    currency: str = posting.currency
    after: int | None = posting.after
    snapshot: bool = posting.snapshot
    account = customer.accounts.get(posting.account_id)
    if account is None:
        account = customer.accounts[posting.account_id] = Account(asset_class, currency)
        account.first_at = at
        opening = after - posting.signed if after is not None and not snapshot else 0
        if opening:
            account.balance, account.opening, account.opened_at = opening, opening, at
            _set_value(customer, account, rates.in_base(opening, currency), day)
            aum_before = customer.aum
    effect = Effect(account, aum_before, account.value or 0, account.asset_class)
    if account.asset_class != asset_class and at >= account.latest:
        _set_value(customer, account, 0, day)
        account.asset_class = asset_class
    before = account.balance
    _balance(customer, account, posting, effect, rates, calendar)
    if posting.held or account.units != NO_UNITS:
        count_units(customer, account, posting, before)
    _describe(account, posting)
    _value(customer, account, rates, day)
    value = effect.value = rates.in_base(posting.units, currency) or 0
    history = customer.history
    customer.turnover = min(MOST, customer.turnover + max(value, posting.units))
    if not snapshot:
        history.count(day, 0 if posting.direction is _CREDIT else 1, 1)
        if posting.reverses is not None:
            _undo(customer, posting, effect, value, calendar)
        else:
            flow = effect.flow = flow_of(customer, posting, posting.kind)
            if flow is _EXTERNAL:
                _flow_in(customer, posting, effect, value, day)
                if currency != rates.base:
                    _keep_value(customer, posting, value)
            elif flow is _INCOME:
                history.earn(day, value if posting.direction is _CREDIT else -value)
                if currency != rates.base:
                    _keep_value(customer, posting, value)
            elif flow is _INTERNAL:
                if posting.counterparty is not None and FLOWS[posting.kind] is _EXTERNAL:
                    _keep_value(customer, posting, OWN)
                elif account.asset_class == _DEMAND:
                    _deal(customer, posting, value, day, calendar)
    clock_day = calendar.date_of(customer.clock) if late else day
    effect.late, effect.at, effect.clock_day, effect.credit = late, at, clock_day, posting.direction is _CREDIT
    if day < clock_day and history.begun:
        change = customer.aum - aum_closed
        if change or day < history.first:
            history.moved_late(max(day, history.kept_from), change)
    elif customer.aum != aum_closed or not history.begun:
        history.moved(clock_day, customer.aum)
    return effect


def _balance(customer: Customer, account: Account, posting: Posting, effect: Effect, rates: Rates, calendar: Calendar) -> None:
    """Move the balance by the law above; the effect is told the difference that broke, and whether a gap was filled to zero."""
    at: int = posting.at
    signed: int = posting.signed
    after: int | None = posting.after
    late = at < account.latest
    if posting.snapshot:
        stated = signed if after is None else after
        if not late:
            account.balance, account.latest, account.seeded_at = stated, at, at
            account.gap, account.opening, account.unsure = 0, 0, 0
            account.breaks.clear()
            return
        if account.seeded_at or at >= account.first_at:
            return
        signed, after, account.seeded_at = stated, None, at
    if at < account.seeded_at:
        _doubt(account, signed, after)
        return
    first_at = account.first_at
    if late and at < first_at:
        account.first_at = at
    if account.opening and _was_missing(account, posting, account.opened_at):
        if at < first_at:
            _was_there(customer, account, account.opening, at, first_at, rates, calendar)
        else:
            _was_there(customer, account, -signed, first_at, at, rates, calendar)
        account.opening -= signed
        _doubt(account, signed, after)
        return
    if account.gap and _was_missing(account, posting, account.gap_at):
        _was_there(customer, account, signed, at, next(broke_at for broke_at in account.breaks if at <= broke_at), rates, calendar)
        account.gap -= signed
        if account.gap == 0:
            account.breaks.clear()
            effect.filled = True
        _doubt(account, signed, after)
        return
    account.balance += signed
    if after is None or after == account.balance:
        account.latest = max(account.latest, at)
        if account.unsure and after is not None:
            account.unsure = 0
        return
    if late:
        return
    broke = after - account.balance
    account.balance, account.latest = after, at
    account.gap, account.gap_at = account.gap + broke, at
    if account.gap:
        account.breaks.append(at)
        del account.breaks[:-KEPT_BREAKS]
    else:
        account.breaks.clear()
    if broke != account.unsure:
        effect.broke = broke
    account.unsure = 0


def _doubt(account: Account, signed: int, after: int | None) -> None:
    """A movement was left out: whether the balance that comes with it follows the kept one, and those left out before it, all the same."""
    follows = after is not None and after == account.balance + account.unsure + signed
    account.unsure = account.unsure + signed if follows else 0


def _was_there(customer: Customer, account: Account, units: int, since: int, until: int, rates: Rates, calendar: Calendar) -> None:
    """An account held so much more at the closes between two instants; what it holds from then on is as it was."""
    first, last = max(calendar.date_of(since), customer.history.kept_from), calendar.date_of(until)
    change = rates.in_base(units, account.currency) or 0
    if not change or first >= last or account.is_liability:
        return
    customer.turnover = min(MOST, customer.turnover + abs(change))
    for day, by in ((first, change), (last, -change)):
        customer.history.moved_late(day, by)
        customer.classes.moved(day, account.asset_class, by)


def _was_missing(account: Account, posting: Posting, stated_at: int) -> bool:
    """Whether the balance stated at an instant held this movement; within that very second only its `balance_after` can tell."""
    if posting.at != stated_at:
        return posting.at < stated_at
    return posting.after is not None and posting.after != account.balance + posting.signed


def _describe(account: Account, posting: Posting) -> None:
    if posting.snapshot and account.seeded_at != posting.at:
        return
    if posting.product is not None:
        account.product = posting.product
    if posting.instrument is not None:
        account.instrument = posting.instrument
    if posting.issuer is not None:
        account.issuer = posting.issuer
    if posting.risk_score is not None:
        account.risk_score = posting.risk_score
    if posting.maturity_date is not None:
        account.maturity = posting.maturity_date.isoformat()
    if posting.overdue_days is not None and posting.at >= account.latest:
        account.overdue_days = posting.overdue_days


def _value(customer: Customer, account: Account, rates: Rates, day: int) -> None:
    """Value an account as is known now, from a date on."""
    if account.units == NO_UNITS:
        _set_value(customer, account, rates.in_base(account.balance, account.currency), day)
        return
    quote = quote_of(account, rates)
    account.priced_at = 0 if quote is None else quote.at
    _set_value(customer, account, worth(account, rates), day)


def _set_value(customer: Customer, account: Account, value: int | None, day: int) -> None:
    """The account is worth this from a date on."""
    change = (value or 0) - (account.value or 0)
    account.value = value
    if change:
        customer.turnover = min(MOST, customer.turnover + abs(change))
        if IS_LIABILITY[account.asset_class]:
            customer.owed += change
        else:
            customer.own(account.asset_class, change)
            customer.classes.moved(max(day, customer.history.kept_from), account.asset_class, change)


def _flow_in(customer: Customer, posting: Posting, effect: Effect, value: int, day: int) -> None:
    account, memory, at = effect.account, customer.memory, posting.at
    credit = posting.direction is _CREDIT
    memory.amount(credit, value)
    memory.pass_on(at)
    if credit:
        customer.history.add(day, value, 0)
        memory.pass_in(at, value, f"{posting.source}/{posting.event_id}", customer.tier)
        if posting.kind is _SALARY:
            memory.beat(payee_of(posting) or "salary", day)
            memory.earn(day, value)
        return
    customer.history.add(day, 0, value)
    account.debits.add(at, posting.units, value)
    account.debits.forget_before(max(account.latest, at) - DAY_SECONDS)
    memory.pass_out(at, value)
    payee = payee_of(posting)
    if payee:
        number = name_of(payee)
        effect.payee, effect.paid_before = number, memory.payee(number, day)
        memory.pay(number, payee, day, value, effect.aum_before)
    if posting.kind in MOVES_ELSEWHERE:
        bank, name = elsewhere_of(posting)
        if bank or name:
            memory.move_elsewhere(bank, name, day, value)


def _deal(customer: Customer, posting: Posting, value: int, day: int, calendar: Calendar) -> None:
    """Remember what came back from a position, and what of it was placed again."""
    credit = posting.direction is _CREDIT
    if not (credit and posting.kind in _COMES_BACK) and (credit or posting.kind not in _PLACED or not customer.memory.dealt):
        return
    one = Dealt(posting.at, day, value if credit else -value, f"{posting.source}/{posting.event_id}")
    customer.memory.deal(one, calendar.date_of(customer.clock))


def payee_of(posting: Posting) -> str:
    """The other side: its account if given, else its name, else nothing."""
    other = posting.counterparty
    return "" if other is None else other.account or other.name or ""


def elsewhere_of(posting: Posting) -> tuple[int, int]:
    """The other side's bank and name as numbers; 0 where they are not given."""
    other = posting.counterparty
    if other is None:
        return 0, 0
    bank: str = other.bank or ""
    name: str = other.name or ""
    return name_of(institution(bank)) if bank else 0, name_of(name) if name else 0


def _keep_value(customer: Customer, posting: Posting, value: int) -> None:
    """Remember what a movement is in the flows, since its reversal may come at another rate, or without the other side."""
    customer.memory.keep_value(digest_of(posting.source, posting.event_id), value)


def never_was(customer: Customer, posting: Posting, effect: Effect, digest: int, calendar: Calendar) -> None:
    """A movement whose reversal came before it: take it out of what is remembered of single movements, and leave nothing in the sums."""
    memory, credit, day = customer.memory, posting.direction is _CREDIT, calendar.date_of(posting.at)
    external, taken = FLOWS[posting.kind] is _EXTERNAL, memory.value_of(digest)
    if taken != UNKNOWN_VALUE:
        came = effect.value if effect.flow is _EXTERNAL or effect.flow is _INCOME else 0
        excess = max(0, taken) - came
        if external:
            customer.history.add(day, excess if credit else 0, 0 if credit else excess)
            if not credit:
                memory.pass_out(posting.at, excess)
        elif effect.flow is _INCOME:
            customer.history.earn(day, excess if credit else -excess)
    if effect.flow is not _EXTERNAL:
        return
    if credit:
        memory.take_back_credit(f"{posting.source}/{posting.event_id}")
        return
    effect.account.debits.take_back(posting.at, posting.units)
    memory.take_back(effect.payee, elsewhere_of(posting)[1], day, effect.value)


def _undo(customer: Customer, posting: Posting, effect: Effect, value: int, calendar: Calendar) -> None:
    """Take the reversed movement out of the flows of its own date, with the value that it had there."""
    reverses = posting.reverses
    assert reverses is not None
    at = int(reverses.occurred_at.timestamp() // 1)
    day = calendar.date_of(at)
    if reverses.kind in _COMES_BACK or (reverses.kind in _PLACED and customer.memory.dealt):
        if effect.account.asset_class == _DEMAND:
            customer.memory.undeal(at, day, f"{posting.source}/{reverses.event_id}", calendar.date_of(customer.clock))
        return
    flow = flow_of(customer, posting, reverses.kind)
    digest = digest_of(posting.source, reverses.event_id)
    known = customer.memory.value_of(digest)
    if known == OWN:
        return
    if known != UNKNOWN_VALUE:
        flow, value = FLOWS[reverses.kind], known
    elif not is_known(customer, digest):
        customer.memory.keep_value(digest, value if flow is _EXTERNAL or flow is _INCOME else OWN)
    if flow is _INCOME:
        customer.history.earn(day, value if posting.direction is _CREDIT else -value)
    if flow is not _EXTERNAL:
        return
    if posting.direction is not _CREDIT:
        customer.history.add(day, -value, 0)
        customer.memory.take_back_credit(f"{posting.source}/{reverses.event_id}")
        return
    customer.history.add(day, 0, -value)
    effect.account.debits.take_back(at, posting.units)
    customer.memory.pass_out(at, -value)
    payee = payee_of(posting)
    effect.payee = name_of(payee) if payee else 0
    customer.memory.take_back(effect.payee, elsewhere_of(posting)[1], day, value)
