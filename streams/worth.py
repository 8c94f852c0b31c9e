"""What an account is worth: by the price of what it holds, or by its balance.

The law of worth:

1. A quantity moves the units held as its amount moves the balance (`streams.portfolio`): what is in a snapshot already leaves them alone,
   too. They are known in full where the first quantity came to an empty account, or the latest snapshot told one: not while there is a gap
   or an opening, nor once the account has held several instruments or something was bought, sold or ended without a quantity.
2. An account whose units are known in full is worth quantity x the last known price of its instrument x the last known rate of the price's
   currency, exact, and rounded once: half to even, to a ten-thousandth of the base currency.
3. Of a price and a balance that the feed stated (`balance_after`, a `valuation`, a snapshot) the later in event time wins; within the same
   second, the balance. A movement that states no balance is no later word: the price is carried forward over it.
4. Every other account is worth its balance at the last known rate, and so is one of whose instrument no price is known.
5. A price is seen at the customer's next movement or tick. What it changes is no flow, and so the market part of a change.
"""

from __future__ import annotations

from typing import Final

from schemas.movements import Kind
from streams.customer import IN_UNITS, NO_UNITS, UNCLEAR, Account, Customer
from streams.money import Quote, Rates
from streams.posting import Posting

_TRADES: Final = frozenset({Kind.PURCHASE, Kind.REDEMPTION, Kind.PLACEMENT, Kind.MATURITY})


def is_valued(customer: Customer, rates: Rates) -> bool:
    """Whether the customer's accounts have been valued at these rates and, if any is held in units, prices."""
    return customer.valued_at == (rates.version if customer.in_units else rates.rates_version)


def quote_of(account: Account, rates: Rates) -> Quote | None:
    """The price that says what an account is worth; None where its balance does."""
    if account.units != IN_UNITS or account.gap or account.opening or account.instrument is None:
        return None
    quote = rates.quote(account.instrument)
    return None if quote is None or quote.at <= account.stated_at else quote


def worth(account: Account, rates: Rates) -> int | None:
    """In base-currency units; None where no rate is known."""
    quote = quote_of(account, rates)
    return rates.in_base(account.balance, account.currency) if quote is None else rates.worth(account.held, quote)


def most_by_price(account: Account | None, posting: Posting, rates: Rates) -> int:
    """The most that a price may make of the account after a movement, without its sign."""
    instrument, held = posting.instrument, abs(posting.held)
    if account is not None:
        instrument, held = instrument or account.instrument, held + abs(account.held)
    quote = None if instrument is None or held == 0 else rates.quote(instrument)
    return 0 if quote is None else rates.worth(held, quote)


def count_units(customer: Customer, account: Account, posting: Posting, before: int) -> None:
    """Move the units held; the balance, which was `before`, has been moved already."""
    at: int = posting.at
    if at < account.seeded_at or (posting.snapshot and at != account.seeded_at):
        return
    latest = at == account.latest
    if latest and (posting.snapshot or posting.after is not None):
        account.stated_at = at
    units, instrument = account.units, posting.instrument
    if posting.snapshot and latest and posting.held:
        account.held, units = posting.held, IN_UNITS
    elif units == NO_UNITS:
        account.held = posting.held
        units = IN_UNITS if before == account.opening else UNCLEAR
    else:
        another = instrument is not None and account.instrument is not None and instrument != account.instrument and account.held != 0
        untold = posting.held == 0 and (posting.kind in _TRADES or (posting.snapshot and not latest))
        if another or untold:
            units = UNCLEAR
        account.held += posting.held
    if units != account.units:
        account.units = units
        customer.in_units = any(one.units == IN_UNITS for one in customer.accounts.values())
        customer.valued_at = 0
