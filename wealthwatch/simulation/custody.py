"""What happens to customers' accounts by itself: valuations, maturities, interest, payouts, fees."""

from __future__ import annotations

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.days import Day
from wealthwatch.simulation.dealings import Dealings
from wealthwatch.simulation.ledger import Account
from wealthwatch.simulation.plans import Plans
from wealthwatch.simulation.population import Client

MORNING = 6 * 3_600
EVENING = 20 * 3_600
RENEWING = 10 * 3_600
RENEWED_OF_FIVE = 3
"""So many of five deposits that end are placed again the same day."""
TERM = 180
PAYOUT_CYCLE = 91
QUARTER_ENDS = (3, 6, 9, 12)


def look_after(client: Client, day: Day, dealings: Dealings, plans: Plans) -> None:
    """Plan what the bank itself does for a customer on a date."""
    for fixed in client.fixed:
        if fixed.matures == day.index and not client.quiet:
            plans.add(MORNING + client.number % 3_600, dealings.mature, client, fixed)
            if (client.number + day.index) % 5 < RENEWED_OF_FIVE:
                plans.add(RENEWING + client.number % 3_600, _renew, dealings, client, fixed.asset_class, fixed.balance)
    if day.business:
        market = dealings.market
        for held in client.held:
            instrument = market.instruments[held.instrument]
            if (instrument.daily or day.friday) and held.units:
                plans.add(EVENING + client.number % 3_600, _value, dealings, held)
            if instrument.pays and held.units and (day.index + 17 * held.instrument) % PAYOUT_CYCLE == 40:
                rate = 12 if instrument.pays == "dividend" else 7
                plans.add(MORNING + 7_200, _pay_out, dealings, client, instrument.pays, held, rate)
    if day.of_month == 21 and day.date.month in QUARTER_ENDS:
        plans.add(MORNING + 1, _interest, dealings, client)
    if day.last_of_month:
        plans.add(EVENING + 3_600, _month_end, dealings, client)


def _renew(second: int, dealings: Dealings, client: Client, asset_class: str, amount: int) -> None:
    if 0 < amount < client.current.balance:
        dealings.place(second, client, asset_class, amount, TERM)


def _value(second: int, dealings: Dealings, held: Account) -> None:
    dealings.value(second, held)


def _pay_out(second: int, dealings: Dealings, client: Client, kind: str, held: Account, rate: int) -> None:
    if amount := held.balance * rate // 1_000:
        dealings.earn(second, client, kind, amount, other.PAID_OUT)


def _interest(second: int, dealings: Dealings, client: Client) -> None:
    for account in (client.current, *client.foreign):
        if (amount := account.balance // 8_000) > 0:
            dealings.ledger.post(account, second, "interest", amount, other.EARNED)


def _month_end(second: int, dealings: Dealings, client: Client) -> None:
    if client.company:
        dealings.pay(second, client, "fee", 5_000, other.CHARGED)
    for account in client.accounts:
        if account.asset_class in ("trust", "insurance") and account.balance >= 100_000:
            dealings.ledger.post(account, second, "valuation", account.balance * 3 // 1_000, other.VALUED)
