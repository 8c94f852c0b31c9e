"""The decisions over history: dated by events alone, with the prices of their time, whatever stands between."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from schemas.notifications import Notification, Status
from schemas.prices import Price
from schemas.settings import Settings
from streams.backtest import KEPT_ERAS, Backtest, full_hour_after, order_of
from streams.customer import Profile
from streams.due import due_by
from streams.posting import Posting
from tests.streams.builders import instant, iso, only, posting

SETTINGS = Settings()


def moved(at: str, amount: str, customer_id: str = "c1", **overrides: Any) -> Posting:
    """A movement at a local time, of an account of its customer."""
    values = {
        "event_id": f"{customer_id} {at}",
        "account_id": f"{customer_id}-{overrides.get('currency', 'CNY')}",
        "customer_id": customer_id,
        "amount": amount,
        "occurred_at": iso(instant(at)),
        **overrides,
    }
    return posting(**values)


def rate(price: str, at: str) -> Price:
    return Price(of="USD", currency="CNY", price=Decimal(price), at=datetime.fromtimestamp(instant(at), UTC))


def run(*movements: Posting, prices: tuple[Price, ...] = (), profiles: dict[str, Profile] | None = None) -> list[Notification]:
    """All that is told, up to the end of time."""
    test = Backtest(SETTINGS, profiles or {}, prices)
    found = [said for movement in movements for said in test.take(movement).notifications]
    return [*found, *test.finish(full_hour_after(max((movement.at for movement in movements), default=0)))]


def told(found: list[Notification], customer_id: str) -> list[bytes]:
    return [said.model_dump_json().encode() for said in found if said.customer_id == customer_id]


def test_a_movement_is_detected_at_its_own_time() -> None:
    said = only(run(moved("2025-03-10 09:30", "60000")), "large_inflow")
    assert said.detected_at == said.occurred_at == datetime.fromtimestamp(instant("2025-03-10 09:30"), UTC)


def test_what_a_passing_date_tells_is_detected_at_that_date_and_due_from_there() -> None:
    found = run(moved("2025-03-10 09:30", "60000"), moved("2025-05-05 10:00", "1"))
    resolved = [said for said in found if said.rule.name == "cumulative_inflow" and said.status is Status.RESOLVED]
    assert [said.occurred_at for said in resolved] == [datetime.fromtimestamp(instant("2025-03-17 00:00"), UTC)]
    near = [said for said in run(moved("2025-03-10 09:30", "190000"), moved("2025-06-05 10:00", "1")) if said.rule.name == "near_tier"]
    assert [said.occurred_at for said in near] == [datetime.fromtimestamp(instant("2025-04-09 00:00"), UTC)]
    for said in [*found, *near]:
        assert said.detected_at == said.occurred_at
        if said.status is Status.OPENED:
            assert said.due_by == due_by(said.severity, said.occurred_at, SETTINGS.bank)


def test_time_passes_for_everybody_up_to_the_first_full_hour_after_the_last_movement() -> None:
    late = moved("2025-03-16 23:10", "1", "c2")
    found = run(moved("2025-03-10 09:30", "60000"), late)
    assert [said.status for said in found if said.rule.name == "cumulative_inflow"] == [Status.OPENED, Status.RESOLVED]
    found = run(moved("2025-03-10 09:30", "60000"), moved("2025-03-16 22:59", "1", "c2"))
    assert [said.status for said in found if said.rule.name == "cumulative_inflow"] == [Status.OPENED]


@pytest.mark.parametrize(("at", "hour"), [(0, 3_600), (3_599, 3_600), (3_600, 7_200), (-1, 0), (-3_600, 0)])
def test_the_hour_after_is_strictly_later(at: int, hour: int) -> None:
    assert full_hour_after(at) == hour


@pytest.mark.parametrize(
    ("at", "measured"),
    [
        ("2025-03-10 08:59", None),  # no rate is known: the amount counts nothing
        ("2025-03-10 09:00", "70000.00"),  # a price of the same second is known
        ("2025-03-10 09:59", "70000.00"),
        ("2025-03-10 10:00", "80000.00"),
    ],
)
def test_a_movement_sees_the_prices_up_to_its_own_time(at: str, measured: str | None) -> None:
    prices = (rate("8", "2025-03-10 10:00"), rate("7", "2025-03-10 09:00"))
    found = run(moved(at, "10000", currency="USD"), prices=prices)
    inflows = [format(said.evidence.measured, "f") for said in found if said.rule.name == "large_inflow"]
    assert inflows == ([] if measured is None else [measured])


def test_a_late_movement_sees_the_prices_that_its_customer_has_reached() -> None:
    prices = (rate("7", "2025-03-10 09:00"), rate("8", "2025-03-12 09:00"))
    late = moved("2025-03-11 09:00", "10000", currency="USD")
    found = run(moved("2025-03-12 10:00", "1"), late, prices=prices)
    assert only([said for said in found if said.status is Status.OPENED], "large_inflow").evidence.measured == Decimal(80_000)


def test_a_price_change_revalues_whoever_moves_next() -> None:
    prices = (rate("7", "2025-03-10 09:00"), rate("9", "2025-03-20 09:00"))
    test = Backtest(SETTINGS, {}, prices)
    for movement in (moved("2025-03-11 09:00", "100", currency="USD"), moved("2025-03-21 09:00", "1.00")):
        test.take(movement)
    assert test.customers["c1"].aum == 901_0000


def test_nothing_depends_on_who_else_moves_in_between() -> None:
    """Movements of three customers whose times go back and forth over the prices: each is told the same as if alone."""
    prices = tuple(rate(str(7 + day / 10), f"2025-03-{day:02} 12:00") for day in range(1, 29))
    feeds = {
        "c1": [moved(f"2025-03-{day:02} 11:00", "9000", "c1", currency="USD") for day in (2, 9, 3, 25)],
        "c2": [moved(f"2025-03-{day:02} 13:00", "9000", "c2", currency="USD") for day in (28, 1, 14)],
        "c3": [moved(f"2025-03-{day:02} 12:00", "99000", "c3", currency="USD") for day in (5, 6, 27)],
    }
    everything = [movement for feed in feeds.values() for movement in feed]
    end = full_hour_after(max(movement.at for movement in everything))
    alone = {}
    for name, feed in feeds.items():
        test = Backtest(SETTINGS, {}, prices)
        found = [said for movement in feed for said in test.take(movement).notifications]
        alone[name] = told([*found, *test.finish(end)], name)
        assert alone[name]
    for order in permutations(feeds):
        mixed = [feeds[name][place] for place in range(4) for name in order if place < len(feeds[name])]
        found = run(*mixed, prices=prices)
        assert {name: told(found, name) for name in feeds} == alone


def test_more_prices_than_are_kept_at_once_are_still_all_known() -> None:
    start = instant("2025-03-01 00:00")
    prices = tuple(
        Price(of="USD", currency="CNY", price=Decimal(100 + minute), at=datetime.fromtimestamp(start + minute * 60, UTC))
        for minute in range(3 * KEPT_ERAS)
    )
    test = Backtest(SETTINGS, {}, prices)
    for minute in (5, 3 * KEPT_ERAS - 1, 700, 701, 2, 5, 3 * KEPT_ERAS - 1):
        assert test.eras.at(start + minute * 60 + 59).rates.in_base(1, "USD") == 100 + minute
    assert test.eras.at(start - 1).rates.in_base(1, "USD") is None


def test_a_profile_holds_from_the_first_movement_on() -> None:
    found = run(moved("2025-03-10 09:30", "99999"), profiles={"c1": Profile(tier="gold", manager_id="m1")})
    assert "large_inflow" not in {said.rule.name for said in found}
    found = run(moved("2025-03-10 09:30", "100000"), profiles={"c1": Profile(tier="gold", manager_id="m1")})
    assert only([said for said in found if said.status is Status.OPENED], "large_inflow").manager_id == "m1"


def test_the_order_is_by_time_then_customer_then_rule_then_ids() -> None:
    said = only(run(moved("2025-03-10 09:30", "60000")), "large_inflow")
    copies = [
        said.model_copy(update={"occurred_at": datetime(1950, 1, 1, tzinfo=UTC)}),
        said.model_copy(update={"customer_id": "c"}),
        said,
        said.model_copy(update={"rule": said.rule.model_copy(update={"name": "large_outflow"})}),
        said.model_copy(update={"customer_id": "c1!"}),
        said.model_copy(update={"customer_id": "客户"}),
        said.model_copy(update={"occurred_at": datetime(2100, 1, 1, tzinfo=UTC), "customer_id": ""}),
    ]
    keys = [order_of(one) for one in copies]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
