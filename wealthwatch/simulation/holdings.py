"""What a customer holds on the first day: each tier its own mixture of all asset classes, and what they owe."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from wealthwatch.simulation.parts import Hold, Part
from wealthwatch.simulation.products import RATES, RISKS, Instrument, units_for, value_of

if TYPE_CHECKING:
    from wealthwatch.simulation.ledger import Account
    from wealthwatch.simulation.population import Client

MIXTURES: tuple[dict[str, tuple[float, float]], ...] = (
    {"time_deposit": (0.25, 0.4), "wealth_product": (0.3, 0.3), "fund": (0.25, 0.25), "insurance": (0.05, 0.1)},
    {"time_deposit": (0.4, 0.3), "wealth_product": (0.6, 0.3), "fund": (0.5, 0.25), "structured_deposit": (0.2, 0.2), "bond": (0.1, 0.1),
     "equity": (0.12, 0.15), "insurance": (0.2, 0.1), "precious_metal": (0.08, 0.05)},
    {"time_deposit": (0.5, 0.25), "wealth_product": (0.8, 0.3), "fund": (0.7, 0.25), "structured_deposit": (0.4, 0.2), "bond": (0.3, 0.15),
     "equity": (0.3, 0.2), "insurance": (0.4, 0.1), "precious_metal": (0.2, 0.06), "trust": (0.15, 0.2)},
    {"time_deposit": (0.6, 0.2), "wealth_product": (0.8, 0.3), "fund": (0.8, 0.25), "structured_deposit": (0.5, 0.25), "bond": (0.5, 0.15),
     "equity": (0.4, 0.2), "insurance": (0.5, 0.1), "precious_metal": (0.3, 0.05), "trust": (0.6, 0.25)},
)  # fmt: skip
"""By tier: how likely a class is held, and about which share of the assets it then is."""

FIT_FOR_COMPANIES = frozenset({"time_deposit", "wealth_product", "structured_deposit", "bond", "fund"})
IN_UNITS = frozenset({"fund", "wealth_product", "bond", "equity", "precious_metal"})
FIXED_TERM = frozenset({"time_deposit", "structured_deposit"})


class Holdings:
    """Hands out opening accounts; balances are set here and told as snapshots on the first day."""

    def __init__(self, random: Random, instruments: Sequence[Instrument], start: date) -> None:
        self._random = random
        self._instruments = instruments
        self._start = start

    def give(self, client: Client) -> None:
        """Fill an empty customer with accounts worth `client.worth`, and with what they owe."""
        random = self._random
        client.current = client.open("demand_deposit", product="DD01")
        client.accounts.append(client.current)
        if client.comes_on:
            return
        left = client.worth
        for asset_class, (likely, share) in MIXTURES[client.tier].items():
            if random.random() >= likely or (client.company and asset_class not in FIT_FOR_COMPANIES):
                continue
            worth = min(round(client.worth * share * random.uniform(0.4, 1.3)), left * 3 // 4) // 100_000 * 100_000
            if worth >= 100_000:
                left -= self._hold(client, asset_class, worth)
        if client.tier and not client.company and random.random() < 0.25:
            left -= self._foreign(client, left // 5)
        client.current.balance = left
        self._owe(client)

    def play(self, client: Client, part: Part) -> None:
        """Give the customer of a story exactly what their part says."""
        client.current = client.open("demand_deposit", product="DD01")
        client.current.balance = part.current
        client.accounts.append(client.current)
        client.worth = part.current + part.fund + sum(hold.worth for hold in part.holds)
        if part.second >= 0:
            second = client.open("demand_deposit", product="DD02")
            second.balance = part.second
            client.accounts.append(second)
        if part.fund:
            self._hold(client, "fund", part.fund)
        if part.matures[0]:
            fixed = self.hold_fixed(client, "structured_deposit", self._start - timedelta(days=50), 50 + part.matures[1])
            fixed.balance = part.matures[0]
        for hold in part.holds:
            self._begin_with(client, hold)
        if part.owes:
            self._lend(client, "LN01", part.owes)

    def hold_units(self, client: Client, place: int) -> Account:
        """An account for one instrument, still empty."""
        instrument = self._instruments[place]
        more = {"issuer": instrument.issuer} if instrument.issuer else {}
        account = client.open(instrument.asset_class, product=instrument.code, risk=instrument.risk, instrument=instrument.code, **more)
        account.instrument = place
        client.held.append(account)
        client.accounts.append(account)
        return account

    def hold_fixed(self, client: Client, asset_class: str, opened: date, term: int) -> Account:
        """A deposit for a term of days, still empty."""
        matures = opened + timedelta(days=term)
        code, risk = f"{asset_class[:1].upper()}D{term:03d}", RISKS.get(asset_class, 2)
        account = client.open(asset_class, product=code, risk=risk, maturity_date=matures.isoformat())
        account.matures = (matures - self._start).days
        client.fixed.append(account)
        client.accounts.append(account)
        return account

    def _hold(self, client: Client, asset_class: str, worth: int) -> int:
        if asset_class in IN_UNITS:
            fitting = [
                place
                for place, instrument in enumerate(self._instruments)
                if instrument.asset_class == asset_class and not instrument.reserved
            ]
            account = self._fill(client, self._random.choice(fitting), worth)
        elif asset_class in FIXED_TERM:
            term = self._random.choice((30, 90, 180, 365))
            ago = self._random.randrange(term)
            account = self.hold_fixed(client, asset_class, self._start - timedelta(days=ago), term)
            account.balance = worth
        else:
            account = client.open(asset_class, product=f"{asset_class[:2].upper()}01", risk=RISKS[asset_class])
            account.balance = worth
            client.accounts.append(account)
        return account.balance

    def _fill(self, client: Client, place: int, worth: int) -> Account:
        account = self.hold_units(client, place)
        account.units = units_for(worth, self._instruments[place].price)
        account.balance = value_of(account.units, self._instruments[place].price)
        return account

    def _begin_with(self, client: Client, hold: Hold) -> None:
        if hold.instrument:
            self._fill(client, next(place for place, one in enumerate(self._instruments) if one.code == hold.instrument), hold.worth)
        elif hold.matures:
            opened = self._start - timedelta(days=50)
            self.hold_fixed(client, hold.asset_class, opened, 50 + hold.matures).balance = hold.worth
        else:
            account = client.open(hold.asset_class, hold.currency, f"{hold.asset_class[:2].upper()}09", RISKS.get(hold.asset_class, 0))
            account.balance = hold.worth
            client.accounts.append(account)

    def _foreign(self, client: Client, worth: int) -> int:
        currency = self._random.choice(("USD", "USD", "HKD", "EUR"))
        account = client.open("demand_deposit", currency, "DDFX")
        account.balance = worth * 10_000 // RATES[currency]
        client.foreign.append(account)
        client.accounts.append(account)
        return worth if account.balance else 0

    def _owe(self, client: Client) -> None:
        random = self._random
        if not client.company and random.random() < 0.55:
            client.card = client.open("credit_card", product="CC01")
            client.card.balance = -random.randrange(client.spending // 4 + 1)
            client.accounts.append(client.card)
        if random.random() < (0.35 if client.company else 0.25):
            owed = client.income * random.randrange(3, 12) if client.company else client.income * random.randrange(20, 55)
            self._lend(client, "LN20" if client.company else "LN01", owed)

    def _lend(self, client: Client, product: str, owed: int) -> None:
        loan = client.open("loan", product=product)
        loan.balance = -owed
        client.loans.append(loan)
        client.accounts.append(loan)
