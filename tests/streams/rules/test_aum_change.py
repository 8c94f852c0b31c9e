"""R21, each case worked out by hand; and what happens to an account over a jump of its currency, at the ECB's own rates."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handlers.feeds import ecb
from schemas.notifications import Notification, Status
from schemas.settings import Bank, Settings
from streams.backtest import Backtest
from tests.streams.builders import Detector, instant, iso, of, only, posting, world

NAME = "aum_change"
RATES = Path(__file__).parents[4] / "shared" / "data" / "fx" / "eurofxref-hist.csv.xz"
PUBLISHED = """Date,USD,CHF,
2015-01-16,1.1588,1.0128,
2015-01-15,1.1708,1.0280,
2015-01-14,1.1775,1.2010,
2015-01-13,1.1782,1.2010,
"""
"""Of the same file, copied by hand for where the file is not."""


def begun(amount: str = "100000", **rules: object) -> Detector:
    detector = Detector(world({NAME: {"parameters": rules}}) if rules else world())
    detector.move("2025-03-01 10:00", amount, "adjustment", snapshot=True)
    return detector


def told(detector: Detector) -> list[tuple[str, str, str]]:
    """Facet, status and local time of everything that R21 said."""
    zone = detector.world.calendar.zone
    found = of(detector.told, NAME)
    return [(one.dedup_key.rpartition(":")[2], one.status.value, f"{one.occurred_at.astimezone(zone):%m-%d %H:%M}") for one in found]


@pytest.mark.parametrize(("amount", "opens"), [("9999.9999", False), ("10000", True), ("10000.0001", True)])
@pytest.mark.parametrize("kind", ["deposit", "withdrawal", "interest", "fee", "own_transfer"])
def test_a_tenth_of_yesterdays_close_up_or_down_opens(amount: str, opens: bool, kind: str) -> None:
    detector = begun()
    found = of(detector.move("2025-03-02 10:00", amount, kind), NAME)
    assert [one.status for one in found] == ([Status.OPENED] if opens else [])
    if opens and amount == "10000":
        assert found[0].evidence.measured == Decimal("0.1")


def test_on_the_first_date_there_is_nothing_to_compare_with() -> None:
    detector = begun()
    assert of(detector.move("2025-03-01 23:59", "90000", "withdrawal"), NAME) == []
    assert of(detector.move("2025-03-02 00:00", "900", "withdrawal"), NAME) == [], "10,000 and 9,100 are both below the floor"


def test_a_close_of_nothing_or_less_is_no_history() -> None:
    detector = begun("0.0001")
    detector.move("2025-03-01 11:00", "0.0001", "withdrawal")
    assert of(detector.move("2025-03-02 10:00", "900000", "deposit"), NAME) == []
    detector = begun("100")
    detector.move("2025-03-01 11:00", "100.0001", "withdrawal")
    assert of(detector.move("2025-03-02 10:00", "900000", "deposit"), NAME) == []


@pytest.mark.parametrize(
    ("before", "kind", "amount", "opens"),
    [
        ("49999.9999", "withdrawal", "49999.9999", False),
        ("50000", "withdrawal", "50000", True),
        ("40000", "deposit", "9999.9999", False),
        ("40000", "deposit", "10000", True),
    ],
)
def test_the_larger_of_the_two_assets_must_reach_the_lowest_tiers_floor(before: str, kind: str, amount: str, opens: bool) -> None:
    assert bool(of(begun(before).move("2025-03-02 10:00", amount, kind), NAME)) is opens


def test_another_floor_can_be_set() -> None:
    assert of(begun("49", aum_floor="50").move("2025-03-02 10:00", "0.99", "deposit"), NAME) == []
    assert of(begun("40", aum_floor="50").move("2025-03-02 10:00", "10", "deposit"), NAME)


def test_the_change_of_a_date_is_over_when_it_ends_and_below_the_floor_too() -> None:
    detector = begun("60000")
    detector.move("2025-03-02 10:00", "45000", "withdrawal")
    detector.until("2025-03-20 00:00")
    assert told(detector) == [("1d", "opened", "03-02 10:00"), ("1d", "resolved", "03-03 00:00")]


@pytest.mark.parametrize(("back", "resolves"), [("2000", False), ("2000.0001", True)])
def test_it_resolves_below_four_fifths_of_the_threshold(back: str, resolves: bool) -> None:
    detector = begun()
    detector.move("2025-03-02 10:00", "10000", "withdrawal")
    found = of(detector.move("2025-03-02 11:00", back, "deposit"), NAME)
    assert [one.status for one in found] == ([Status.RESOLVED] if resolves else [])


def test_thirty_dates_are_compared_with_the_close_before_them() -> None:
    """The 30th of March is 29 dates after the 1st: no close yet. The 31st is 30 dates after it."""
    for day, windows in (("30", {"1d"}), ("31", {"1d", "30d"})):
        found = of(begun().move(f"2025-03-{day} 10:00", "20000", "withdrawal"), NAME)
        assert {one.dedup_key.rpartition(":")[2] for one in found} == windows


def test_a_date_that_leaves_the_window_opens_by_a_tick() -> None:
    """100,000 on the 1st, 130,000 from the 2nd, 104,000 from the 20th: at the first tick of 1 April 104 is compared with 130."""
    detector = begun()
    detector.move("2025-03-02 10:00", "30000", "deposit")
    detector.move("2025-03-20 10:00", "26000", "withdrawal")
    detector.until("2025-04-20 00:00")
    assert ("30d", "opened", "04-01 00:00") in told(detector)
    assert ("30d", "resolved", "04-19 00:00") in told(detector), "on the 19th the close of the 20th of March is the one compared with"


def test_the_flow_part_and_the_market_part_are_told_apart() -> None:
    detector = begun()
    detector.move("2025-03-02 09:00", "9000", "salary")
    detector.move("2025-03-02 10:00", "100", "fee")
    detector.move("2025-03-02 11:00", "50", "interest")
    detector.move("2025-03-02 12:00", "3000", "withdrawal")
    detector.move("2025-03-02 13:00", "8000", "valuation", account_id="f", asset_class="fund", balance_after="8000")
    one = only(detector.told, NAME)
    facts = {name: Decimal(value) for name, value in one.evidence.facts.items()}
    assert [facts["aum_then"], facts["change"]] == [Decimal(100_000), Decimal(13_950)]
    assert [facts["flow_part"], facts["market_part"]] == [Decimal(5_950), Decimal(8_000)]
    assert "¥5,950.00 by what came and went, ¥8,000.00 by prices" in one.body.english
    assert "资金净流量及收支5,950.00元，市场及其他变动8,000.00元" in one.body.chinese


def test_a_fee_that_is_taken_back_is_in_neither_part() -> None:
    detector = begun()
    detector.move("2025-03-02 09:00", "500", "fee", event_id="fee")
    detector.reverse("2025-03-02 10:00", "fee", "2025-03-02 09:00", "500", "fee")
    found = only(detector.move("2025-03-02 11:00", "20000", "withdrawal"), NAME)
    assert Decimal(found.evidence.facts["flow_part"]) == -20_000
    assert Decimal(found.evidence.facts["market_part"]) == 0


def test_what_a_reversed_movement_opened_is_taken_back() -> None:
    detector = begun()
    detector.move("2025-03-02 09:00", "20000", "withdrawal", event_id="mistake")
    found = detector.reverse("2025-03-02 10:00", "mistake", "2025-03-02 09:00", "20000", "withdrawal")
    assert [one.status for one in of(found, NAME)] == [Status.RETRACTED]


def test_a_late_movement_changes_the_close_that_is_compared_with() -> None:
    detector = begun()
    detector.move("2025-03-03 10:00", "1", "deposit")
    assert of(detector.move("2025-03-02 10:00", "50000", "deposit"), NAME) == [], "150,001 now, 150,000 then"
    assert detector.customer().history.close(instant("2025-03-02 00:00") // 86_400 + 719_163 + 1) == 150_000_0000


def test_leap_day_is_a_date_like_others() -> None:
    detector = Detector()
    detector.move("2024-02-28 10:00", "100000", "adjustment", snapshot=True)
    detector.move("2024-02-29 10:00", "9999", "withdrawal")
    found = of(detector.move("2024-03-01 10:00", "9000.1", "withdrawal"), NAME)
    assert [one.evidence.facts["aum_then"] for one in found] == ["90001.00"]


# --- a jump of a currency ----------------------------------------------------------------------------------------------------------------


def over_the_jump(base: str, currency: str, *, moved_at: str | None = None) -> tuple[list[Notification], Backtest]:
    """100,000 of a currency from 2 January 2015 on; who holds it pays a coffee from another account on the 10th, and perhaps later."""
    zone = "Europe/Berlin"
    prices = list(ecb.rates(RATES, base) if RATES.is_file() else ecb.read(PUBLISHED.encode(), base))
    settings = Settings(bank=Bank(base_currency=base, time_zone=zone, country="DE"))
    test = Backtest(settings, {}, [price for price in prices if price.at >= datetime(2015, 1, 1, tzinfo=UTC)])
    first = "2015-01-13 17:00"
    lines: list[tuple[str, dict[str, Any]]] = [
        (first, {"account_id": "foreign", "currency": currency, "amount": "100000", "kind": "adjustment", "snapshot": True}),
        ("2015-01-14 12:00", {"account_id": "own", "currency": base, "amount": "1", "kind": "deposit"}),
        *([(moved_at, {"account_id": "own", "currency": base, "amount": "1", "kind": "interest"})] if moved_at else []),
    ]
    found = []
    for place, (at, values) in enumerate(lines):
        one = posting(event_id=f"e{place}", occurred_at=iso(instant(at, zone)), **values)
        found += test.take(one).notifications
    found += test.finish(instant("2015-01-20 00:00", zone))
    return of(found, NAME), test


def test_euros_fell_by_14_4047_percent_against_the_franc_on_15_january_2015() -> None:
    """1.2010 francs on the 14th, 1.0280 on the 15th from 16:00 on; nobody moves: the midnight after it says so."""
    found, _ = over_the_jump("CHF", "EUR")
    one = found[0]
    assert (one.status, one.occurred_at) == (Status.OPENED, datetime(2015, 1, 15, 23, tzinfo=UTC))
    facts = {name: Decimal(value) for name, value in one.evidence.facts.items()}
    assert facts["aum_then"] == Decimal(120_101)
    assert facts["flow_part"] == 0
    assert facts["market_part"] == facts["change"] == Decimal(-17_300)
    assert one.evidence.measured == Decimal("0.144045")  # of 120,101, with the one franc of the other account
    assert (facts["market_part"] / Decimal(120_100)).quantize(Decimal("0.000001")) == Decimal("-0.144047")
    assert one.evidence.triggers == ()
    assert "CHF0.00 by what came and went, -CHF17,300.00 by prices and everything else." in one.body.english


def test_francs_rose_by_16_8288_percent_against_the_euro_on_that_day() -> None:
    found, _ = over_the_jump("EUR", "CHF")
    facts = {name: Decimal(value) for name, value in found[0].evidence.facts.items()}
    then, now = Decimal(100_000) / Decimal("1.2010"), Decimal(100_000) / Decimal("1.0280")
    assert facts["aum_then"] == then.quantize(Decimal("0.0001")) + 1
    assert facts["market_part"] == now.quantize(Decimal("0.0001")) - then.quantize(Decimal("0.0001"))
    assert facts["flow_part"] == 0
    assert (facts["market_part"] / then).quantize(Decimal("0.000001")) == Decimal("0.168288")


@pytest.mark.parametrize(
    ("moved_at", "said_at"),
    [("2015-01-15 15:59", datetime(2015, 1, 15, 23, tzinfo=UTC)), ("2015-01-15 16:00", datetime(2015, 1, 15, 15, tzinfo=UTC))],
)
def test_a_movement_after_the_rates_come_out_sees_it_first(moved_at: str, said_at: datetime) -> None:
    found, _ = over_the_jump("CHF", "EUR", moved_at=moved_at)
    assert found[0].occurred_at == said_at
    assert found[0].evidence.facts["flow_part"] == ("0.00" if "15:59" in moved_at else "1.00")


def test_a_movement_days_later_does_not_bring_its_rates_to_the_ticks_before_it() -> None:
    """With or without a movement on the 19th, what the ticks on the way to it say is the same."""
    with_movement, after = over_the_jump("CHF", "EUR", moved_at="2015-01-19 12:00")
    without, _ = over_the_jump("CHF", "EUR")
    assert [(one.status, one.occurred_at, one.evidence.facts) for one in with_movement] == [
        (one.status, one.occurred_at, one.evidence.facts) for one in without
    ]
    closes = dict(after.customers["c1"].history.closes())
    ordinal = datetime(2015, 1, 15, tzinfo=UTC).toordinal()
    assert closes[max(day for day in closes if day <= ordinal)] == 120_101_0000, "valued at the next tick, which is of the next date"


def test_a_tick_values_what_is_held_in_another_currency_anew_however_quiet_its_holder_is() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-01 10:00", "100000", "adjustment", snapshot=True, currency="USD")
    detector.until("2025-12-01 00:00")
    detector.rate("USD", "6.3", "2025-12-01 10:00")
    one = only([said for said in detector.until("2025-12-02 00:00") if said.dedup_key.endswith("1d")], NAME)
    assert (one.evidence.measured, one.evidence.facts["market_part"]) == (Decimal("0.1"), "-70000.00")
    assert detector.customer().aum == 630_000_0000
    assert [said.status for said in detector.until("2025-12-03 00:00") if said.dedup_key.endswith("1d")] == [Status.RESOLVED]


def test_a_tick_at_which_a_figure_would_leave_its_range_leaves_it_as_it_was() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-01 10:00", "9999999999999", "adjustment", snapshot=True, currency="USD")
    before = detector.customer().aum
    detector.rate("USD", "999999999", "2025-03-02 10:00")
    detector.until("2025-04-02 00:00")
    assert detector.customer().aum == before
    detector.rate("USD", "8", "2025-03-03 10:00")
    detector.until("2025-04-03 00:00")
    assert detector.customer().aum == before // 7 * 8
