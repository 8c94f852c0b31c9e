"""What an expression of the settings may look at: the movement, and the customer's measures. `docs/expressions.md` lists them.

Money is whole ten-thousandths of the base currency, a share is in millionths; nothing is a float. What is not known of a customer, such as
AUM of 30 dates ago in the first month, is None: the expression is then not evaluated, and the answer is "insufficient history". A window of
n dates ends with today; at the close of a date it ends with the date that has closed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from schemas.customers import Segment
from schemas.movements import LIABILITIES, AssetClass, Direction, Flow, Kind
from schemas.settings import Bank
from streams.customer import CLASSES
from streams.money import to_units
from streams.portfolio import Effect
from streams.posting import Posting
from streams.screens.feed import moved_up_to
from streams.situation import Situation
from streams.windows import on

Type = Literal["money", "share", "number", "text", "yes/no"]
Value = int | str | bool | None


class Variable(NamedTuple):
    """One thing to look at."""

    type: Type
    meaning: str
    read: Callable[[Situation], Value]
    values: frozenset[str] = frozenset()
    """All that a text can be, where the contract says so."""


def _posting(situation: Situation) -> Posting:
    assert situation.posting is not None
    return situation.posting


def _effect(situation: Situation) -> Effect:
    assert situation.effect is not None
    return situation.effect


def _other(field: Literal["name", "account", "bank"]) -> Callable[[Situation], Value]:
    def read(situation: Situation) -> Value:
        return getattr(_posting(situation).counterparty, field, None) or ""

    return read


def _wire(field: Literal["channel", "instrument", "product"]) -> Callable[[Situation], Value]:
    return lambda situation: getattr(_posting(situation).wire, field) or ""


def _late(situation: Situation) -> Value:
    return _posting(situation).at < moved_up_to(situation.customer)


def _hour(situation: Situation) -> Value:
    return situation.calendar.local(_posting(situation).at).hour


def _weekday(situation: Situation) -> Value:
    return situation.calendar.local(_posting(situation).at).isoweekday()


def _every(names: type[Segment] | type[AssetClass] | type[Direction] | type[Flow] | type[Kind]) -> frozenset[str]:
    return frozenset(str(name) for name in names)


_MOVEMENT: Final = {
    "amount": Variable("money", "its size, above 0; 0 where no rate is known", lambda one: _effect(one).value),
    "kind": Variable("text", "such as card_payment", lambda one: str(_posting(one).kind), _every(Kind)),
    "flow": Variable("text", "external, internal, financed, income, market, correction", lambda one: str(_effect(one).flow), _every(Flow)),
    "direction": Variable("text", "credit or debit", lambda one: str(_posting(one).direction), _every(Direction)),
    "asset_class": Variable("text", "of its account", lambda one: str(_posting(one).asset_class), _every(AssetClass)),
    "currency": Variable("text", "its own, such as USD", lambda one: _posting(one).currency),
    "balance": Variable("money", "of its account, after it; 0 where no rate is known", lambda one: _effect(one).account.value or 0),
    "channel": Variable("text", "such as mobile; empty where the feed has none", _wire("channel")),
    "product": Variable("text", "the bank's product code, or empty", _wire("product")),
    "instrument": Variable("text", "what is held in units, or empty", _wire("instrument")),
    "counterparty": Variable("text", "name of the other side, or empty", _other("name")),
    "counterparty_account": Variable("text", "its account as the feed has it, or empty", _other("account")),
    "counterparty_bank": Variable("text", "its bank, or empty", _other("bank")),
    "new_payee": Variable(
        "yes/no",
        "an external debit to somebody who was not paid in two years",
        lambda one: _effect(one).payee != 0 and _effect(one).paid_before == 0,
    ),
    "source": Variable("text", "the feed", lambda one: _posting(one).source),
    "late": Variable("yes/no", "it came after a later movement of the customer", _late),
    "hour": Variable("number", "of the day, 0 to 23, in the bank's time zone", _hour),
    "weekday": Variable("number", "1 Monday to 7 Sunday", _weekday),
}


def _last(situation: Situation) -> int:
    """The last date of a window."""
    return situation.day if situation.posting is not None else situation.day - 1


def _inflow(days: int) -> Callable[[Situation], Value]:
    return lambda one: one.customer.history.credits(_last(one) - days + 1, _last(one))


def _outflow(days: int) -> Callable[[Situation], Value]:
    return lambda one: one.customer.history.debits(_last(one) - days + 1, _last(one))


def _movements(days: int) -> Callable[[Situation], Value]:
    return lambda one: one.customer.history.movements(_last(one) - days + 1, _last(one))


def _aum_ago(days: int) -> Callable[[Situation], Value]:
    return lambda one: one.customer.history.close(_last(one) - days)


def _average(situation: Situation) -> Value:
    total = situation.customer.history.total(situation.day - 1, 30)
    return None if total is None else total // 30


def _class_value(name: AssetClass) -> Callable[[Situation], Value]:
    place = CLASSES.index(name)
    return lambda one: sum(account.value or 0 for account in one.customer.accounts.values() if account.asset_class == place)


def _weight(name: AssetClass) -> Callable[[Situation], Value]:
    value = _class_value(name)

    def read(situation: Situation) -> Value:
        aum = situation.customer.aum
        return None if aum <= 0 else int(value(situation) or 0) * 1_000_000 // aum

    return read


def _floor(situation: Situation) -> Value:
    tiers = situation.bank.tiers
    return to_units(tiers[situation.book.tiers[situation.book.tier_of(situation.customer)]].abs_floor)


def _aum_before(situation: Situation) -> Value:
    return situation.customer.aum if situation.effect is None else situation.effect.aum_before


def _age(situation: Situation) -> Value:
    born = situation.customer.profile.born_on
    return None if not born else _years(on(born), on(situation.day))


def _years(since: date, to: date) -> int:
    return to.year - since.year - ((to.month, to.day) < (since.month, since.day))


def _since_contact(situation: Situation) -> Value:
    contact = situation.customer.profile.last_contact_on
    return None if not contact else situation.day - contact


def _known(situation: Situation) -> Value:
    return situation.day - situation.calendar.date_of(situation.customer.first_seen)


def _quiet(situation: Situation) -> Value:
    customer = situation.customer
    active = customer.active if situation.posting is None else situation.active_before
    return situation.day - situation.calendar.date_of(active or customer.first_seen)


_ASSETS: Final = tuple(name for name in AssetClass if name not in LIABILITIES)
_CUSTOMER: Final[dict[str, Variable]] = {
    "aum": Variable("money", "all asset classes, now", lambda one: one.customer.aum),
    "aum_before": Variable("money", "just before the movement; at a close as aum", _aum_before),
    "aum_avg_30d": Variable("money", "mean of the last 30 closes; needs 30", _average),
    **{f"aum_{days}d_ago": Variable("money", f"the close {days} dates before; needs one", _aum_ago(days)) for days in (7, 30, 90)},
    "net_assets": Variable("money", "AUM less what is owed", lambda one: one.customer.net_assets),
    "owed": Variable("money", "loans and cards, 0 or above", lambda one: -one.customer.owed),
    "floor": Variable("money", "the tier's materiality floor", _floor),
    **{f"inflow_{days}d": Variable("money", f"external credits of {days} dates", _inflow(days)) for days in (7, 30, 90)},
    **{f"outflow_{days}d": Variable("money", f"external debits of {days} dates", _outflow(days)) for days in (7, 30, 90)},
    **{f"movements_{days}d": Variable("number", f"movements of {days} dates", _movements(days)) for days in (7, 30, 90)},
    **{f"value_{name}": Variable("money", "now", _class_value(name)) for name in _ASSETS},
    **{f"weight_{name}": Variable("share", "of AUM, now; needs AUM above 0", _weight(name)) for name in _ASSETS},
    "tier": Variable("text", "the profile's, else as decided, else the lowest", lambda one: one.book.tier_of(one.customer)),
    "segment": Variable(
        "text", "personal, corporate, institution", lambda one: str(one.customer.profile.segment), _every(Segment)
    ),
    "branch": Variable("text", "path of the home branch", lambda one: one.customer.profile.branch),
    "in_household": Variable("yes/no", "the profile names a household", lambda one: one.customer.profile.household_id is not None),
    "risk_profile": Variable("number", "1 to 5; 0 where none is known", lambda one: one.customer.profile.risk_profile),
    "accounts": Variable("number", "that were seen", lambda one: len(one.customer.accounts)),
    "age": Variable("number", "years since the birthday; needs it", _age),
    "days_known": Variable("number", "dates since the first movement", _known),
    "days_quiet": Variable("number", "dates since the last movement that the customer started, before this one", _quiet),
    "days_since_contact": Variable("number", "dates since the bank last spoke with them; needs one", _since_contact),
}  # fmt: skip

VARIABLES: Final = MappingProxyType(
    {f"movement.{name}": variable for name, variable in _MOVEMENT.items()}
    | {f"customer.{name}": variable for name, variable in _CUSTOMER.items()}
)
"""By the name that an expression uses; those of the movement are there when a movement is asked about."""


def variables(bank: Bank, *, at_close: bool) -> dict[str, Variable]:
    """What there is when a movement, or the close of a date, is asked about."""
    tiers = frozenset(tier.name for tier in bank.tiers)
    known = {name: one for name, one in VARIABLES.items() if not at_close or name.startswith("customer.")}
    return {**known, "customer.tier": VARIABLES["customer.tier"]._replace(values=tiers)}
