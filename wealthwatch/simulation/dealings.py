"""The single things a customer does with money: each posts one movement, or the two sides of one."""

from __future__ import annotations

from random import Random

from wealthwatch.simulation import counterparties as other
from wealthwatch.simulation.holdings import Holdings
from wealthwatch.simulation.ledger import Account, Ledger
from wealthwatch.simulation.population import Client
from wealthwatch.simulation.products import RATES, Market, units_for, value_of


class Dealings:
    """What can be done; each takes a second of the day, rising for one customer."""

    def __init__(self, random: Random, ledger: Ledger, market: Market, holdings: Holdings) -> None:
        self._random = random
        self.ledger = ledger
        self.market = market
        self._holdings = holdings

    def pay(self, second: int, client: Client, kind: str, amount: int, tail: str) -> str | None:
        """A debit of the current account, left undone where the money is not there."""
        if 0 < amount < client.current.balance:
            return self.ledger.post(client.current, second, kind, -amount, tail)
        return None

    def pay_out(self, second: int, client: Client, amount: int, tail: str) -> None:
        """A large transfer: where the account is short, the largest holding is sold for it; the account is never emptied."""
        if amount > client.current.balance * 7 // 10 and client.held:
            self.redeem(second, client, max(client.held, key=lambda held: held.balance), 1.0)
        self.pay(second, client, "transfer_out", min(amount, client.current.balance * 7 // 10 // 10_000 * 10_000), tail)

    def earn(self, second: int, client: Client, kind: str, amount: int, tail: str) -> str:
        """A credit of the current account."""
        return self.ledger.post(client.current, second, kind, amount, tail)

    def charge(self, second: int, client: Client, amount: int, tail: str) -> None:
        """A purchase by credit card."""
        if client.card is not None:
            self.ledger.post(client.card, second, "card_payment", -amount, tail)

    def settle_card(self, second: int, client: Client) -> None:
        """The credit card's debt paid from the current account."""
        card = client.card
        if card is not None and 0 < -card.balance < client.current.balance:
            debt = -card.balance
            self.ledger.post(client.current, second, "own_transfer", -debt, self._own(card))
            self.ledger.post(card, second, "own_transfer", debt, self._own(client.current))

    def move(self, second: int, source: Account, target: Account, amount: int, kinds: tuple[str, str]) -> list[str]:
        """The customer's own money from one of their accounts to another, both sides named."""
        out = self.ledger.post(source, second, kinds[0], -amount, self._own(target))
        return [out, self.ledger.post(target, second, kinds[1], amount, self._own(source))]

    def _own(self, account: Account) -> str:
        return f'{other.OWN},"counterparty":{{"account":"{account.number}"}}'

    def buy(self, second: int, client: Client, asset_class: str, amount: int, code: str = "") -> list[str]:
        """Units of the product of that code; without one, of the product held already, or of one drawn at random."""
        if not 0 < amount < client.current.balance:
            return []
        place = self.market.place_of(code) if code else -1
        fits = (held for held in client.held if (held.instrument == place if code else held.asset_class == asset_class))
        held = next(fits, None)
        if held is None:
            place = place if code else self._random.choice(self.market.of_class[asset_class])
            held = self._holdings.hold_units(client, place)
        price = self.market.instruments[held.instrument].price
        if not (units := units_for(amount, price)):
            return []
        paid = self.ledger.post(client.current, second, "purchase", -amount, other.BUYING)
        return [paid, self.ledger.post(held, second, "purchase", amount, other.BUYING, units)]

    def redeem(self, second: int, client: Client, held: Account, share: float) -> None:
        """A share of the units of one holding, or all of them."""
        amount, units = round(held.balance * share), round(held.units * share)
        if amount > 0 and units > 0:
            self.ledger.post(held, second, "redemption", -amount, other.SELLING, -units)
            self.ledger.post(client.current, second, "redemption", amount, other.SELLING)

    def place(self, second: int, client: Client, asset_class: str, amount: int, term: int) -> list[str]:
        """A deposit for a term, out of the current account."""
        fixed = self._holdings.hold_fixed(client, asset_class, self.ledger.day.date, term)
        paid = self.ledger.post(client.current, second, "placement", -amount, other.SAVING)
        return [paid, self.ledger.post(fixed, second, "placement", amount, other.SAVING)]

    def break_off(self, second: int, client: Client, fixed: Account, share: float) -> list[str]:
        """A share of a deposit taken out before its term ends; one of which nothing is left closes."""
        amount = round(fixed.balance * share)
        out = self.ledger.post(fixed, second, "redemption", -amount, other.BROKEN)
        if not fixed.balance:
            client.fixed.remove(fixed)
            client.accounts.remove(fixed)
        return [out, self.ledger.post(client.current, second, "redemption", amount, other.BROKEN)]

    def mature(self, second: int, client: Client, fixed: Account) -> list[str]:
        """A deposit's interest is added, all of it goes to the current account, and the account closes."""
        ids = []
        if interest := fixed.balance * 3 // 1_000:
            ids.append(self.ledger.post(fixed, second, "interest", interest, other.EARNED))
        amount = fixed.balance
        ids.append(self.ledger.post(fixed, second, "maturity", -amount, other.MATURED))
        ids.append(self.ledger.post(client.current, second, "maturity", amount, other.MATURED))
        client.fixed.remove(fixed)
        client.accounts.remove(fixed)
        return ids

    def exchange(self, second: int, client: Client, foreign: Account, amount: int) -> None:
        """Foreign money bought for so many fen, or sold where `amount` is negative."""
        bought = abs(amount) * 10_000 // RATES[foreign.currency]
        if amount < 0 < bought <= foreign.balance:
            self.ledger.post(foreign, second, "fx_exchange", -bought, other.EXCHANGE)
            self.ledger.post(client.current, second, "fx_exchange", -amount, other.EXCHANGE)
        elif 0 < amount < client.current.balance and bought:
            self.ledger.post(client.current, second, "fx_exchange", -amount, other.EXCHANGE)
            self.ledger.post(foreign, second, "fx_exchange", bought, other.EXCHANGE)

    def repay(self, second: int, client: Client, loan: Account, instalment: int, tail: str = other.INSTALMENT) -> list[str]:
        """A month's interest on a loan, then an instalment."""
        owed = -loan.balance
        if owed <= 0:
            return []
        if interest := owed * 3 // 1_000:
            self.ledger.post(loan, second, "interest", -interest, other.EARNED)
        amount = min(instalment, -loan.balance)
        if not 0 < amount < client.current.balance:
            return []
        paid = self.ledger.post(client.current, second, "loan_repayment", -amount, other.INSTALMENT)
        return [paid, self.ledger.post(loan, second, "loan_repayment", amount, tail)]

    def draw(self, second: int, client: Client, amount: int) -> list[str]:
        """A loan paid out, on the first loan account or a new one."""
        if not client.loans:
            client.loans.append(client.open("loan", product="LN10"))
            client.accounts.append(client.loans[0])
        owed = self.ledger.post(client.loans[0], second, "loan_drawdown", -amount, other.DRAWDOWN)
        return [owed, self.ledger.post(client.current, second, "loan_drawdown", amount, other.DRAWDOWN)]

    def value(self, second: int, held: Account) -> None:
        """The holding at the day's price."""
        change = value_of(held.units, self.market.instruments[held.instrument].price) - held.balance
        if change:
            self.ledger.post(held, second, "valuation", change, other.VALUED)
