"""The range of a customer's figures: what would leave it is refused and changes nothing, and nothing else can leave it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.customer import Customer
from streams.decide import Result
from streams.portfolio import MOST, PLAIN
from streams.state import decode, written
from tests.streams.builders import Detector, instant, iso, posting, whole

LARGEST_UNITS = 10**18 - 1
"""The largest amount of the contract: 14 digits, 4 decimals."""
OWN = "adjustment"
"""A kind that is no flow: only balances and closes grow by it."""


def amount(units: int) -> str:
    return format(Decimal(units).scaleb(-4), "f")


def result(detector: Detector) -> Result:
    assert detector.last is not None
    return detector.last.result


def refused(detector: Detector, at: str, units: int, kind: str = "deposit", **values: Any) -> bool:
    """Whether a movement is refused as out of range; then it must have changed nothing and told nothing."""
    before, unsaved = whole(detector.customer()), set(detector.customer().unsaved)
    found = detector.move(at, amount(units), kind, **values)
    if result(detector) is not Result.OUT_OF_RANGE:
        assert result(detector) in (Result.APPLIED, Result.LATE)
        return False
    assert found == []
    assert whole(detector.customer()) == before
    assert detector.customer().unsaved == unsaved
    return True


def filled(kind: str = OWN, **values: Any) -> Detector:
    """A customer who is one unit below the edge."""
    detector, rest = Detector(), MOST - 1
    while rest:
        units = min(rest, LARGEST_UNITS)
        assert not refused(detector, "2025-03-10 09:00", units, kind, **values)
        rest -= units
    return detector


@pytest.mark.parametrize("kind", [OWN, "deposit", "interest", "purchase"])
def test_repeated_movements_reach_the_edge_and_not_one_unit_more(kind: str) -> None:
    values = {"direction": "credit"}
    detector = filled(kind, **values)
    assert refused(detector, "2025-03-10 10:00", 2, kind, **values)
    assert not refused(detector, "2025-03-10 10:00", 1, kind, **values)
    assert detector.account().balance == detector.customer().aum == MOST
    for at in ("2025-03-10 11:00", "2025-03-09 11:00", "2026-03-09 11:00"):
        assert refused(detector, at, 1, kind, **values)
        assert refused(detector, at, LARGEST_UNITS, kind, **values)
    again = decode(written(detector.customer()), dict[bytes, bytes]().get)
    assert again.aum == again.accounts["a1"].balance == again.history.closes()[-1][1] == MOST


def test_the_edge_is_over_all_accounts_together() -> None:
    detector = Detector()
    for place in range(4):
        assert not refused(detector, "2025-03-10 09:00", LARGEST_UNITS, OWN, account_id=f"a{place}")
    assert refused(detector, "2025-03-10 09:00", 5, OWN, account_id="a9")
    assert "a9" not in detector.customer().accounts
    assert not refused(detector, "2025-03-10 09:00", 4, OWN, account_id="a9")
    assert detector.customer().aum == MOST


@pytest.mark.parametrize("asset_class", ["demand_deposit", "loan"])
def test_debits_reach_the_edge_below_as_well(asset_class: str) -> None:
    values = {"direction": "debit", "asset_class": asset_class}
    detector = filled(**values)
    assert refused(detector, "2025-03-10 10:00", 2, OWN, **values)
    assert not refused(detector, "2025-03-10 10:00", 1, OWN, **values)
    assert detector.account().balance == detector.customer().net_assets == -MOST
    assert refused(detector, "2025-03-10 10:00", 1, OWN, **values)


def test_what_is_refused_is_not_remembered_and_is_taken_when_there_is_room() -> None:
    detector = Detector()
    for place in range(3):
        assert not refused(detector, f"2025-03-10 09:0{place}", LARGEST_UNITS, OWN)
    assert not refused(detector, "2025-03-10 09:10", 5 * 10**16, OWN)
    assert refused(detector, "2025-03-10 10:00", LARGEST_UNITS, OWN, event_id="again")
    detector.move("2025-03-10 11:00", amount(9 * 10**17), OWN, direction="debit")
    assert result(detector) is Result.APPLIED
    assert result(detector) is Result.APPLIED
    detector.move("2025-03-10 10:00", amount(LARGEST_UNITS), OWN, event_id="again")
    assert result(detector) is Result.LATE


def test_external_flows_of_the_history_reach_the_edge_although_the_balance_does_not() -> None:
    detector = Detector()
    for place in range(2):
        assert not refused(detector, f"2025-03-10 09:0{place}", LARGEST_UNITS)
        assert not refused(detector, f"2025-03-10 10:0{place}", LARGEST_UNITS, "withdrawal")
    assert detector.customer().aum == 0
    assert refused(detector, "2025-03-10 11:00", 5)
    assert not refused(detector, "2025-03-10 11:00", 4)
    assert refused(detector, "2025-03-10 12:00", 1, "withdrawal")
    day = detector.world.calendar.date_of(instant("2025-03-10 11:00"))
    assert sum(detector.customer().history.within(day, day)) == MOST


def test_a_stated_balance_reaches_the_edge_and_not_one_unit_more() -> None:
    """What is kept is far from the edge, and so is what is stated; their difference is a figure too."""
    detector = Detector()
    for units in (LARGEST_UNITS, LARGEST_UNITS, 12):
        assert not refused(detector, "2025-03-10 09:00", units, OWN)
    before, stated = detector.account().balance, LARGEST_UNITS
    edge = MOST - before - (before - stated)
    assert edge < LARGEST_UNITS
    assert refused(detector, "2025-03-10 11:00", edge + 1, OWN, balance_after=amount(stated))
    assert refused(detector, "2025-03-10 11:00", LARGEST_UNITS, OWN, balance_after=amount(-stated))
    assert not refused(detector, "2025-03-10 11:00", edge, OWN, balance_after=amount(stated))
    assert detector.account().balance == stated
    assert detector.account().gap == stated - before - edge


@pytest.mark.parametrize("sign", [1, -1])
def test_stated_balances_of_new_accounts_reach_the_edge_and_not_one_unit_more(sign: int) -> None:
    detector, direction = Detector(), "credit" if sign > 0 else "debit"
    for place in range(3):
        stated = amount(sign * LARGEST_UNITS)
        assert not refused(detector, "2025-03-10 09:00", 1, OWN, direction=direction, account_id=f"a{place}", balance_after=stated)
    room = MOST - 3 * LARGEST_UNITS
    assert detector.customer().aum == sign * 3 * LARGEST_UNITS
    values = {"direction": direction, "account_id": "a9", "balance_after": amount(sign * LARGEST_UNITS)}
    assert refused(detector, "2025-03-10 10:00", room - LARGEST_UNITS + 1, OWN, **values)
    assert "a9" not in detector.customer().accounts
    assert not refused(detector, "2025-03-10 10:00", room - LARGEST_UNITS, OWN, **values)


@pytest.mark.parametrize("rate", ["1", "7.1", "0.05", "999999.99999999"])
def test_a_foreign_currency_counts_in_the_base_currency(rate: str) -> None:
    detector = Detector()
    detector.rate("USD", rate)
    numerator, denominator = Decimal(rate).as_integer_ratio()
    edge = min(LARGEST_UNITS, MOST * denominator // numerator)
    values = {"currency": "USD"}
    if MOST * denominator // numerator < LARGEST_UNITS:
        assert refused(detector, "2025-03-10 09:00", edge + 1, **values)
        assert detector.customer().accounts == {}
    assert not refused(detector, "2025-03-10 09:00", edge, **values)
    assert detector.customer().aum <= MOST
    if MOST * denominator // numerator < LARGEST_UNITS:
        assert refused(detector, "2025-03-10 10:00", edge // 2, **values)
        assert refused(detector, "2025-03-10 10:00", 10**17, account_id="a2")


def test_a_rate_that_comes_later_and_makes_a_foreign_balance_too_large_refuses_what_comes_then_and_stops_nothing() -> None:
    detector = Detector()
    assert not refused(detector, "2025-03-10 09:00", 10**17 - 1, OWN, currency="USD", account_id="usd")
    detector.rate("USD", "999999999")
    assert refused(detector, "2025-03-10 10:00", 1)
    assert refused(detector, "2025-03-10 10:00", 1, OWN, currency="USD", account_id="usd")
    detector.until("2025-06-10 00:00")
    detector.rate("USD", "7", "2025-01-02 00:00")
    assert not refused(detector, "2025-06-10 10:00", 1)
    assert detector.customer().aum == 7 * (10**17 - 1) + 1


def test_the_measure_of_how_near_the_edge_is_stays_within_it_itself() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    assert not refused(detector, "2025-03-10 09:00", LARGEST_UNITS, OWN, snapshot=True)
    assert not refused(detector, "2025-03-10 09:00", 4 * 10**17, OWN, currency="USD", account_id="usd", balance_after="0.0001")
    assert detector.customer().turnover <= MOST
    assert not refused(detector, "2025-03-10 09:00", 1, OWN)


def test_late_and_current_movements_that_cancel_cannot_heap_up_a_past_close() -> None:
    detector = Detector()
    detector.move("2025-03-01 09:00", "1")
    detector.move("2025-03-10 09:00", "1")
    refusals = 0
    for _ in range(12):
        refusals += refused(detector, "2025-03-01 10:00", LARGEST_UNITS, OWN)
        refusals += refused(detector, "2025-03-10 10:00", LARGEST_UNITS, OWN, direction="debit")
    assert refusals
    assert all(abs(close) <= MOST for _, close in detector.customer().history.closes())


def test_classes_that_cancel_in_aum_cannot_heap_up_each() -> None:
    detector, refusals = Detector(), 0
    for place in range(12):
        refusals += refused(detector, "2025-03-10 10:00", LARGEST_UNITS, OWN, account_id=f"f{place}", asset_class="fund")
        refusals += refused(detector, "2025-03-10 10:00", LARGEST_UNITS, OWN, account_id=f"d{place}", direction="debit")
    assert refusals
    assert all(abs(int(value)) <= MOST for value in list(detector.customer().classes.entries)[1::2])


def test_held_quantities_reach_the_edge_and_not_one_more() -> None:
    detector = Detector()
    edge = format(Decimal(MOST).scaleb(-8), "f")
    above = format(Decimal(MOST + 1).scaleb(-8), "f")
    for quantity in (above, "-" + above, "9" * 18 + ".99999999"):
        assert refused(detector, "2025-03-10 09:00", 1, quantity=quantity, account_id="new")
    assert not refused(detector, "2025-03-10 09:00", 1, quantity=edge)
    assert refused(detector, "2025-03-10 10:00", 1, quantity="0.00000001")
    assert not refused(detector, "2025-03-10 10:00", 1, quantity="0.00000000")
    assert detector.account().held == MOST
    assert decode(written(detector.customer()), dict[bytes, bytes]().get).accounts["a1"].held == MOST


# --- nothing leaves the range ----------------------------------------------------------------------------------------------------------

UNITS = st.sampled_from([1, PLAIN - 1, PLAIN, 4 * 10**17, LARGEST_UNITS - 1, LARGEST_UNITS])
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["cny", "cny2", "usd", "loan"]),
            "asset_class": st.sampled_from(["demand_deposit", "fund", "loan"]),
            "kind": st.sampled_from([OWN, OWN, "deposit", "withdrawal", "interest", "valuation", "purchase"]),
            "direction": st.sampled_from(["credit", "debit"]),
            "amount": UNITS.map(amount),
            "balance_after": st.none() | st.none() | UNITS.map(amount) | UNITS.map(lambda units: amount(-units)),
            "snapshot": st.integers(0, 9).map(lambda one: one == 0),
            "hours": st.sampled_from([0, 1, 1, 24, -30, -1_000, 3_000]),
            "rate": st.sampled_from([None, None, None, "7", "0.05", "999999999"]),
            "times": st.sampled_from([1, 1, 4, 12]),
        }
    ),
    max_size=12,
)


def bounded(customer: Customer) -> None:
    """Every kept figure and every sum of them fits 64 bits."""
    history = customer.history
    days = [day for day, _ in history.closes()]
    figures = [close for _, close in history.closes()] + list(customer.classes.entries)
    figures += [customer.aum, customer.owed, customer.net_assets, customer.turnover]
    if days:
        figures += [*history.within(days[0], days[-1]), history.income(days[0], days[-1]), history.gross()]
    for account in customer.accounts.values():
        figures += [account.balance, account.value or 0, account.gap, account.opening, account.held]
        figures += [account.debits.units(-(2**62), 2**62), account.debits.value(-(2**62), 2**62)]
    assert all(-(2**63) <= figure < 2**63 for figure in figures), figures


@given(STEPS)
def test_no_movements_and_no_rates_take_a_figure_out_of_64_bits(steps: list[dict[str, Any]]) -> None:
    detector, at, made = Detector(), instant("2025-03-10 12:00"), 0
    for place, step in enumerate(steps):
        values = {name: value for name, value in step.items() if name not in ("hours", "rate", "times")}
        if values["kind"] == "valuation" and values["balance_after"] is None:
            values["balance_after"] = "0"
        if step["rate"]:
            detector.rate("USD", step["rate"], f"2025-01-01 00:{place:02}")
        for _ in range(step["times"]):
            at += step["hours"] * 3_600
            made += 1
            currency = "USD" if step["account_id"] == "usd" else "CNY"
            detector.take(posting(event_id=f"e{made}", currency=currency, occurred_at=iso(at), **values))
            bounded(detector.customer())
        assert detector.customer().turnover <= MOST
    written(detector.customer())
