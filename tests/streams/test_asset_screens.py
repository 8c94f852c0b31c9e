"""The screens of R20 to R28 over random histories: with them the same is told as when these rules are always asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.prices import Price
from streams.book import all_rules
from streams.customer import CLASSES, Profile, StandingOrder
from streams.payments import ahead
from streams.screens.allocation_shift import shift
from streams.screens.assets import DEMAND, worth_at
from streams.screens.concentration import squares
from streams.screens.idle_cash import idle_run
from streams.state import new_customer
from streams.world import World
from tests.streams.builders import Detector, iso, posting, world
from tests.streams.histories import START, Run, reversal
from tests.streams.rules.assets_stories import plan
from tests.streams.test_screens import every_asked

OURS = ("low_balance", "aum_change", "idle_cash", "class_drift", "total_drift", "allocation_shift", "concentration", "risk_mismatch")
DAY = 86_400
ACCOUNTS: dict[str, dict[str, Any]] = {
    "a": {"asset_class": "demand_deposit"},
    "b": {"asset_class": "demand_deposit", "currency": "USD"},
    "f": {"asset_class": "fund", "instrument": "I", "issuer": "X", "risk_score": 3},
    "g": {"asset_class": "bond", "instrument": "I", "issuer": "Y", "currency": "USD"},
    "e": {"asset_class": "equity", "instrument": "J", "issuer": "X", "risk_score": 5},
    "l": {"asset_class": "loan", "maturity_date": "2025-04-09"},
}
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(sorted(ACCOUNTS)),
            "kind": st.sampled_from(["deposit", "withdrawal", "purchase", "redemption", "fee", "adjustment"]),
            "amount": st.sampled_from(["0.0001", "500", "4999.9999", "5000", "10000", "20000", "50000", "60000", "100000"]),
            "hours": st.sampled_from([0, 0, 1, 5, 24, 24 * 3, 24 * 10, 24 * 31, -1, -24, -24 * 9]),
            "snapshot": st.integers(0, 5).map(lambda one: one == 0),
            "reverses": st.none() | st.none() | st.none() | st.integers(0, 15),
            "rate": st.none() | st.none() | st.sampled_from(["6.3", "7", "7.7", "9"]),
            "ticks": st.sampled_from([0, 0, 1, 4, 12, 40]),
        }
    ),
    min_size=2,
    max_size=18,
)
PROFILES = st.builds(
    lambda risk, target, orders: (risk, target, orders),
    st.sampled_from([0, 1, 2, 4]),
    st.sampled_from([[], plan(demand_deposit=50, fund=50), plan(demand_deposit=20, fund=30, bond=10, equity=40)]),
    st.lists(
        st.builds(
            StandingOrder, st.sampled_from(["a", "b", "zz"]), st.sampled_from([500_0000, 5_000_0000]), st.integers(1, 31), st.just(0)
        ),
        max_size=2,
    ),
)


def a_world() -> World:
    """Our rules alone, sensitive, some with a cooldown; rates of before."""
    rules: dict[str, dict[str, Any]] = {name: {"mode": "off"} for name in all_rules() if name not in OURS}
    rules["low_balance"] = {"parameters": {"threshold": "5000", "cooldown_hours": 30}}
    rules["aum_change"] = {"parameters": {"shares": {"1": "0.1", "7": "0.2", "30": "0.3"}, "aum_floor": "10000"}}
    rules["idle_cash"] = {"parameters": {"days": 3, "abs_floor": "10000", "cooldown_hours": 24}}
    rules["allocation_shift"] = {"parameters": {"shares": {"1": "0.1", "10": "0.15"}, "aum_floor": "10000", "cooldown_hours": 5}}
    rules["concentration"] = {"parameters": {"share": "0.6", "hhi": "0.7", "aum_floor": "10000", "bands": {"info": "1", "notice": "1.3"}}}
    rules["risk_mismatch"] = {"parameters": {"tolerance": "0.5"}}
    own = world(rules, history_days=120)
    own.rates.learn(Price(of="USD", currency="CNY", price=Decimal(7), at=datetime(2025, 1, 1, tzinfo=UTC)))
    return own


def lead(own: World, steps: list[dict[str, Any]], profile: tuple[int, list[int], list[StandingOrder]]) -> Run:
    run, at, made = Run.begin(own), START, list[dict[str, Any]]()
    for place, step in enumerate(steps):
        at += step["hours"] * 3_600
        values: dict[str, Any] = {
            **ACCOUNTS[step["account_id"]],
            "account_id": step["account_id"],
            "event_id": f"e{place}",
            "kind": step["kind"],
            "amount": step["amount"],
            "direction": "credit" if step["kind"] in ("deposit", "redemption", "adjustment") else "debit",
            "occurred_at": iso(at),
            "snapshot": step["snapshot"],
        }
        if step["reverses"] is not None and made:
            values = reversal(made[step["reverses"] % len(made)], f"e{place}", at)
        elif not step["snapshot"]:
            made.append(values)
        if step["rate"] is not None:
            quoted = datetime(2025, 1, 2, tzinfo=UTC) + timedelta(minutes=place)
            own.rates.learn(Price(of="USD", currency="CNY", price=Decimal(step["rate"]), at=quoted))
        run.take(posting(**values))
        if place == 0:
            risk, target, orders = profile
            run.customers["c1"].profile = Profile(offset=0, risk_profile=risk, target=list(target), standing=orders)
        run.tick(at + step["ticks"] * DAY)
    run.tick(START + 100 * DAY)
    return run


@given(STEPS, PROFILES)
def test_the_same_is_told_as_when_these_rules_are_always_asked(
    steps: list[dict[str, Any]], profile: tuple[int, list[int], list[StandingOrder]]
) -> None:
    own, asking = a_world(), a_world()
    for asked in every_asked(asking.books.first):
        asked.screens, asked.least = None, 0
    screened, always = lead(own, steps, profile), lead(asking, steps, profile)
    assert screened.ids() == always.ids()
    assert screened.states() == always.states()


@pytest.mark.parametrize("name", OURS)
def test_these_histories_make_every_rule_open(name: str) -> None:
    """One of them by hand, so that the test above is known to be about something."""

    def step(account: str, kind: str, amount: str, hours: int, ticks: int = 0) -> dict[str, Any]:
        values = {"account_id": account, "kind": kind, "amount": amount, "hours": hours, "ticks": ticks}
        return {**values, "snapshot": False, "reverses": None, "rate": None}

    steps = [
        step("a", "deposit", "60000", 0, 5),
        step("a", "purchase", "50000", 240),
        step("e", "deposit", "50000", 0, 5),
        step("a", "withdrawal", "10000", 240),
    ]
    run = lead(a_world(), steps, (1, plan(demand_deposit=50, fund=50), []))
    assert name in {one.rule.name for one in run.told["c1"] if one.status.value == "opened"}


@given(STEPS)
def test_classes_now_and_then_are_those_of_the_accounts(steps: list[dict[str, Any]]) -> None:
    """And the run of idle cash is counted the slow way, date by date."""
    run = lead(a_world(), steps, (0, [], []))
    customer = run.customers["c1"]
    today = run.world.calendar.date_of(customer.clock)
    now = [0] * len(CLASSES)
    for account in customer.accounts.values():
        if not account.is_liability:
            now[account.asset_class] += account.value or 0
    assert list(customer.owned) == list(worth_at(customer, today)) == now
    assert sum(now) == customer.aum
    for back in range(90):
        held = worth_at(customer, today - back)
        assert list(held) == [customer.classes.at(place, today - back) for place in range(len(CLASSES))]
        assert sum(map(int, held)) == (customer.history.close(today - back) or 0)
    run_length = 0
    while run_length < 90 and customer.classes.at(DEMAND, today - 1 - run_length) >= 10_000_0000:
        run_length += 1
    assert min(idle_run(customer, today, 10_000_0000), 90) == run_length


VALUES = st.lists(st.integers(0, 10**6) | st.integers(-(10**4), 10**12) | st.sampled_from([0, 5, 10**17]), min_size=12, max_size=12)


@given(VALUES, VALUES)
def test_figures_reckoned_in_floating_point_are_rounded_down_like_exact_ones(then: list[int], now: list[int]) -> None:
    customer, day = new_customer("c1"), 739_000
    for place, (before, after) in enumerate(zip(then, now, strict=True)):
        customer.own(place, after)
        customer.classes.moved(day, place, before)
        customer.classes.moved(day + 1, place, after - before)
    customer.history.moved(day, sum(then))
    customer.history.moved(day + 1, sum(now))
    if sum(now) > 0:
        assert squares(customer) == floor(1_000_000 * sum(Fraction(value, sum(now)) ** 2 for value in now))
    if sum(now) > 0 and sum(then) > 0:
        moved = sum(abs(Fraction(after, sum(now)) - Fraction(before, sum(then))) for before, after in zip(then, now, strict=True))
        assert shift(customer, day + 1, 1) == floor(500_000 * moved)


@given(st.dates(date(2024, 1, 1), date(2026, 11, 30)))
def test_what_is_ahead_has_five_business_days_and_ends_with_one(on: date) -> None:
    from holidays import country_holidays

    china = country_holidays("CN")
    dates = [date.fromordinal(day) for day, _, _ in ahead(on.toordinal(), 5, "CN")]
    assert dates == [on + timedelta(days=step + 1) for step in range(len(dates))]
    assert sum(china.is_working_day(day) for day in dates) == 5
    assert china.is_working_day(dates[-1])
    for day, (_, day_of_month, last) in zip(dates, ahead(on.toordinal(), 5, "CN"), strict=True):
        assert (day_of_month, last) == (day.day, (day + timedelta(days=1)).month != day.month)


def test_a_country_that_never_works_is_an_error() -> None:
    with pytest.raises(ValueError, match="no 500 working days in CN within 400 days of 2025-03-10"):
        ahead(date(2025, 3, 10).toordinal(), 500, "CN")


def test_what_is_told_at_a_moment_of_much_money_is_exact() -> None:
    """A share is compared by multiplying out, with more digits than a float has: 4e18 units in all."""
    detector = Detector()
    for account in range(2):
        detector.move("2025-03-01 09:00", "9999999999999", "adjustment", snapshot=True, account_id=f"f{account}", asset_class="fund")
    large = Decimal("1999999999999.8")
    detector.move("2025-03-02 09:00", str(large - Decimal("0.0001")), "withdrawal", account_id="f0", asset_class="fund")
    assert not any(one.rule.name == "aum_change" for one in detector.told)
    detector.move("2025-03-02 10:00", "0.0001", "withdrawal", account_id="f0", asset_class="fund")
    assert [one.evidence.measured for one in detector.told if one.rule.name == "aum_change"] == [Decimal("0.1")]
