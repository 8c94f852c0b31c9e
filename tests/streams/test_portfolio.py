"""What movements do to a customer's accounts, closes and flows: the law of balances, rule by rule, and under any order of arrival."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.movements import FLOWS, LIABILITIES, AssetClass, Direction, Flow, Kind
from streams.customer import CLASSES, Customer
from streams.memory import MOST_VALUED
from streams.money import half_even
from streams.portfolio import INITIATED, Effect, apply, flow_of
from tests.streams.builders import Detector, debits_of, instant, iso, of, only, posting, said, whole, world

DAY = 86_400
NOON = instant("2025-03-10 12:00")


def balance(detector: Detector, account_id: str = "a1") -> int | Decimal:
    return Decimal(detector.account(account_id).balance).scaleb(-4)


def fed(customer: Customer, **values: Any) -> Effect:
    """Apply one movement straight to the portfolio, the clock having reached it."""
    one = posting(**values)
    customer.clock = max(customer.clock, one.at)
    own = world()
    return apply(customer, one, own.rates, own.calendar)


def flow_days(detector: Detector) -> list[int]:
    """Dates with external flows that do not add up to nothing."""
    history = detector.customer().history
    return [day for day, _ in history.closes() if history.within(day, day) != (0, 0)]


def aum_of(customer: Customer) -> int:
    return sum(account.value or 0 for account in customer.accounts.values() if not account.is_liability)


def owed_by(customer: Customer) -> int:
    return sum(account.value or 0 for account in customer.accounts.values() if account.is_liability)


# --- the law of balances ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.REVERSAL, Kind.VALUATION)])
@pytest.mark.parametrize("direction", Direction)
def test_1_a_movement_moves_the_balance_by_its_signed_amount_whatever_its_kind(kind: Kind, direction: Direction) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00")
    detector.move("2025-03-10 10:00", "12.3456", kind.value, direction=direction.value)
    assert balance(detector) == Decimal("500.00") + (1 if direction is Direction.CREDIT else -1) * Decimal("12.3456")


def test_1_a_movement_that_arrives_days_late_moves_the_balance_too() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00")
    detector.move("2025-03-01 09:00", "30.00")
    assert balance(detector) == 530


def test_2_a_balance_that_disagrees_is_a_break_once_and_becomes_the_kept_one() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    assert said(detector.move("2025-03-10 10:00", "1.00", balance_after="507.00")) == [("recon_break", "opened")]
    assert balance(detector) == 507
    assert detector.account().gap == 60_000
    assert detector.move("2025-03-10 11:00", "1.00", balance_after="508.00") == []
    assert balance(detector) == 508


def test_2_two_breaks_are_told_twice_and_their_differences_add_up() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    detector.move("2025-03-10 10:00", "1.00", balance_after="507.00")
    assert said(detector.move("2025-03-10 11:00", "1.00", balance_after="500.00")) == [("recon_break", "opened")]
    assert detector.account().gap == 60_000 - 80_000
    assert balance(detector) == 500


def test_3_a_movement_from_before_the_break_fills_the_gap_and_leaves_the_balance_alone() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    detector.move("2025-03-10 12:00", "1.00", balance_after="507.00")
    detector.move("2025-03-10 10:00", "2.00")
    assert (balance(detector), detector.account().gap) == (507, 40_000)
    assert said(detector.move("2025-03-10 11:00", "4.00")) == [("recon_break", "retracted")]
    assert (balance(detector), detector.account().gap) == (507, 0)


def test_3_a_movement_from_after_the_break_does_not_fill_the_gap() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    detector.move("2025-03-10 12:00", "1.00", balance_after="507.00")
    detector.move("2025-03-10 14:00", "1.00")
    assert detector.move("2025-03-10 13:00", "6.00") == []
    assert (balance(detector), detector.account().gap) == (514, 60_000)


def test_3_within_the_second_of_the_break_the_stated_balance_tells_what_was_missing() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    detector.move("2025-03-10 12:00", "1.00", balance_after="507.00")
    assert detector.move("2025-03-10 12:00", "3.00", balance_after="510.00") == []
    assert (balance(detector), detector.account().gap) == (510, 60_000)
    assert said(detector.move("2025-03-10 12:00", "6.00", balance_after="506.00")) == [("recon_break", "retracted")]
    assert (balance(detector), detector.account().gap) == (510, 0)


def test_4_a_late_balance_is_applied_and_not_compared() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    detector.move("2025-03-10 12:00", "1.00", balance_after="501.00")
    assert detector.move("2025-03-10 11:00", "5.00", balance_after="9000.00") == []
    assert balance(detector) == 506


def test_5_an_account_first_seen_with_a_balance_starts_from_the_one_before_silently() -> None:
    detector = Detector()
    assert detector.move("2025-03-10 09:00", "10.00", "withdrawal", balance_after="990.00") == []
    assert balance(detector) == 990
    assert detector.customer().aum == 9_900_000
    assert detector.move("2025-03-10 10:00", "10.00", "withdrawal", balance_after="980.00") == []


def test_5_what_was_there_before_the_first_movement_counts_as_aum_before_it() -> None:
    customer = Customer("c1")
    assert fed(customer, amount="10.00", balance_after="1010.00").aum_before == 10_000_000


def test_5_earlier_movements_of_such_an_account_are_in_its_balance_already() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10.00", balance_after="1010.00")
    detector.move("2025-03-09 09:00", "400.00", balance_after="400.00")
    detector.move("2025-03-09 10:00", "600.00")
    assert balance(detector) == 1_010


def test_6_a_snapshot_states_the_balance_by_its_amount_or_its_balance() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "1000.00", "adjustment", snapshot=True)
    assert balance(detector) == 1_000
    detector.move("2025-03-02 00:00", "5.00", "adjustment", snapshot=True, balance_after="70.00")
    assert balance(detector) == 70
    detector.move("2025-03-03 00:00", "30.00", "adjustment", snapshot=True, direction="debit", account_id="loan", asset_class="loan")
    assert balance(detector, "loan") == -30


def test_6_a_snapshot_from_between_two_movements_is_ignored() -> None:
    detector = Detector()
    detector.move("2025-03-08 09:00", "20.00", instrument="F1", quantity="2")
    detector.move("2025-03-10 09:00", "10.00")
    detector.move("2025-03-09 09:00", "1000.00", "adjustment", snapshot=True, quantity="7")
    assert (balance(detector), detector.account().held) == (30, 200_000_000)


def test_6_a_snapshot_ends_a_gap_and_never_notifies() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "500.00", balance_after="500.00")
    detector.move("2025-03-10 10:00", "1.00", balance_after="507.00")
    assert detector.move("2025-03-10 11:00", "9999999.00", "adjustment", snapshot=True) == []
    assert (balance(detector), detector.account().gap) == (9_999_999, 0)


def test_a_break_is_retracted_when_late_movements_explain_it_although_the_account_began_with_money() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10.00", balance_after="1010.00")
    assert said(detector.move("2025-03-10 12:00", "1.00", balance_after="1018.00")) == [("recon_break", "opened")]
    assert said(detector.move("2025-03-10 10:00", "7.00", balance_after="1017.00")) == [("recon_break", "retracted")]
    assert balance(detector) == 1_018


def test_what_came_before_the_first_balance_does_not_explain_a_later_break() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10.00", balance_after="1010.00")
    detector.move("2025-03-10 12:00", "1.00", balance_after="1018.00")
    assert detector.move("2025-03-09 10:00", "7.00", balance_after="7.00") == []
    assert balance(detector) == 1_018
    assert said(detector.move("2025-03-10 10:00", "7.00", balance_after="1017.00")) == [("recon_break", "retracted")]


def test_5_earlier_movements_of_such_an_account_begin_its_closes() -> None:
    detector = Detector()
    detector.move("2025-03-14 09:00", "1.00", balance_after="121.00")
    detector.move("2025-03-12 09:00", "15.00", balance_after="120.00")
    detector.move("2025-03-10 09:00", "100.00", balance_after="100.00")
    detector.move("2025-03-11 09:00", "5.00", balance_after="105.00")
    assert closes(detector) == {"2025-03-10": 100, "2025-03-11": 105, "2025-03-12": 120, "2025-03-14": 121}


def test_3_what_fills_one_of_two_gaps_is_in_the_closes_up_to_the_break_that_it_explains() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00", balance_after="100.00")
    detector.move("2025-03-12 09:00", "1.00", balance_after="121.00")
    detector.move("2025-03-14 09:00", "1.00", balance_after="152.00")
    detector.move("2025-03-13 09:00", "30.00")
    detector.move("2025-03-11 09:00", "20.00")
    assert closes(detector) == {"2025-03-10": 100, "2025-03-11": 120, "2025-03-12": 121, "2025-03-13": 151, "2025-03-14": 152}


def test_6_a_snapshot_that_comes_after_a_break_explains_it() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "70.00")
    assert said(detector.move("2025-03-10 10:00", "5.00", balance_after="1075.00")) == [("recon_break", "opened")]
    detector.move("2025-03-10 00:00", "1000.00", "adjustment", snapshot=True)
    assert (balance(detector), detector.account().gap) == (1_075, 0)


def test_6_a_snapshot_that_comes_after_later_movements_begins_the_closes_at_its_own_date() -> None:
    detector = Detector()
    detector.move("2025-03-12 09:00", "70.00")
    detector.move("2025-03-10 00:00", "1000.00", "adjustment", snapshot=True)
    detector.move("2025-03-11 09:00", "5.00")
    assert closes(detector) == {"2025-03-10": 1_000, "2025-03-11": 1_005, "2025-03-12": 1_075}


def test_7_a_feed_in_booking_order_is_followed_after_a_snapshot_too() -> None:
    detector = Detector()
    detector.move("2025-03-10 00:00", "1000.00", "adjustment", snapshot=True)
    found = detector.move("2025-03-09 23:50", "40.00", "card_payment", balance_after="960.00")
    found += detector.move("2025-03-09 23:55", "5.00", "card_payment", balance_after="955.00")
    found += detector.move("2025-03-10 12:00", "5.00", balance_after="960.00")
    found += detector.move("2025-03-10 11:00", "20.00", "card_payment", balance_after="940.00")
    found += detector.move("2025-03-10 13:00", "1.00", balance_after="941.00")
    assert (found, balance(detector)) == ([], 941)


@pytest.mark.parametrize("stated", ["400.00", None])
def test_7_a_balance_that_differs_by_what_did_not_follow_the_kept_one_is_a_break(stated: str | None) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10.00", balance_after="1010.00")
    detector.move("2025-03-09 18:00", "40.00", "card_payment", balance_after=stated)
    assert said(detector.move("2025-03-10 12:00", "5.00", balance_after="975.00")) == [("recon_break", "opened")]


def test_7_a_balance_that_is_the_kept_one_ends_the_doubt() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10.00", "withdrawal", balance_after="0.00")
    detector.move("2025-03-09 09:00", "10.00", balance_after="10.00")
    detector.move("2025-03-10 10:00", "5.00", balance_after="5.00")
    assert said(detector.move("2025-03-10 11:00", "5.00", balance_after="20.00")) == [("recon_break", "opened")]


# --- any order of arrival --------------------------------------------------------------------------------------------------------------


@st.composite
def feeds(draw: st.DrawFn, smallest: int = -40) -> list[dict[str, Any]]:
    """A consistent running-balance feed of one account from its opening at 0, its balances given or withheld, in some order of arrival."""
    total, at, feed = 0, NOON, []
    for place, change in enumerate(draw(st.lists(st.integers(smallest, 40).filter(bool), min_size=1, max_size=9))):
        total += change
        at += draw(st.sampled_from([1, 7, 3_600, 30_000]))
        feed.append(
            {
                "event_id": f"e{place}",
                "kind": "adjustment",
                "direction": "credit" if change > 0 else "debit",
                "amount": str(abs(change)),
                "occurred_at": iso(at),
                "balance_after": str(total) if draw(st.booleans()) else None,
            }
        )
    return draw(st.permutations(feed))


def total_of(feed: list[dict[str, Any]]) -> int:
    return sum(int(one["amount"]) * (1 if one["direction"] == "credit" else -1) for one in feed)


@given(feeds())
def test_a_consistent_feed_ends_in_the_same_balance_whatever_its_order(feed: list[dict[str, Any]]) -> None:
    detector = Detector()
    for one in feed:
        detector.take(posting(**one))
    assert balance(detector) == total_of(feed)
    assert (detector.account().gap, detector.account().opening) == (0, 0)


@given(feeds(smallest=1))
def test_breaks_that_were_only_disorder_are_all_retracted_in_the_end(feed: list[dict[str, Any]]) -> None:
    """Of credits alone: where the missing add up to nothing, two breaks may look as if they had cancelled each other."""
    detector = Detector()
    for one in feed:
        detector.take(posting(**one))
    breaks = of(detector.told, "recon_break")
    opened = [one.notification_id for one in breaks if one.status == "opened"]
    retracted = [one.notification_id for one in breaks if one.status == "retracted"]
    assert sorted(opened) == sorted(retracted)


@given(feeds(smallest=1))
def test_the_closes_of_a_consistent_feed_are_the_same_whatever_its_order(feed: list[dict[str, Any]]) -> None:
    """Of credits alone, for the same reason."""
    detector = Detector()
    for one in feed:
        detector.take(posting(**one))
    moments = {datetime.fromisoformat(one["occurred_at"]).timestamp(): int(one["amount"]) for one in feed}
    for day in range(detector.world.calendar.date_of(int(min(moments))), detector.world.calendar.date_of(int(max(moments))) + 1):
        until = detector.world.calendar.midnight(day + 1)
        held = sum(amount for at, amount in moments.items() if at < until) * 10_000
        assert detector.customer().history.close(day) == held
        assert detector.customer().classes.at(0, day) == held


@given(feeds(), st.integers(0, 80), st.data())
def test_a_snapshot_opens_a_consistent_feed_wherever_it_comes_in(feed: list[dict[str, Any]], opening: int, data: st.DataObject) -> None:
    detector = Detector()
    given = [one | {"balance_after": one["balance_after"] and str(int(one["balance_after"]) + opening)} for one in feed]
    seed = {"event_id": "s", "kind": "adjustment", "amount": str(opening), "occurred_at": iso(NOON), "snapshot": True}
    if opening:
        given.insert(data.draw(st.integers(0, len(given))), seed)
    for one in given:
        detector.take(posting(**one))
    assert balance(detector) == total_of(feed) + opening
    assert (detector.account().gap, detector.account().opening) == (0, 0)


@given(feeds())
def test_a_feed_in_the_order_of_events_never_breaks(feed: list[dict[str, Any]]) -> None:
    detector = Detector()
    for one in sorted(feed, key=lambda one: one["occurred_at"]):
        assert of(detector.take(posting(**one)), "recon_break") == []
    assert balance(detector) == total_of(feed)


# --- valuation -------------------------------------------------------------------------------------------------------------------------


def test_a_valuation_states_the_new_value() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1000.00", "purchase", direction="credit", asset_class="fund")
    assert detector.move("2025-03-11 09:00", "50.00", "valuation", asset_class="fund", balance_after="1050.00") == []
    assert balance(detector) == 1_050
    assert flow_days(detector) == []


def test_a_foreign_account_is_worth_its_whole_balance_at_the_rate_rounded_half_to_even_once() -> None:
    detector = Detector()
    detector.rate("USD", "0.00005")
    for place in range(1, 4):
        detector.move(f"2025-03-10 0{place}:00", "0.9999", currency="USD")
        units = place * 9_999
        assert detector.account().value == half_even(units * 5, 100_000)
        assert detector.customer().aum == detector.account().value


def test_a_foreign_movement_is_worth_its_amount_at_the_rate_known_then_for_ever() -> None:
    detector = Detector()
    detector.rate("USD", "7.0", "2025-01-01 00:00")
    detector.move("2025-03-10 09:00", "100.00", currency="USD")
    detector.rate("USD", "8.0", "2025-03-10 10:00")
    detector.move("2025-03-10 11:00", "100.00", currency="USD")
    assert detector.customer().history.within(0, 10**6) == (15_000_000, 0)
    assert detector.account().value == 16_000_000


def test_without_a_rate_an_account_is_kept_and_not_valued_and_with_one_it_is() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00", currency="USD")
    assert (balance(detector), detector.account().value, detector.customer().aum) == (100, None, 0)
    detector.rate("USD", "7.0")
    detector.move("2025-03-10 10:00", "1.00", currency="USD")
    assert (detector.account().value, detector.customer().aum) == (7_070_000, 7_070_000)


@pytest.mark.parametrize("name", sorted(LIABILITIES))
def test_what_is_owed_is_no_part_of_aum_and_lowers_net_assets(name: AssetClass) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1000.00")
    detector.move("2025-03-10 10:00", "300.00", "loan_drawdown", direction="debit", account_id="l", asset_class=name.value)
    customer = detector.customer()
    assert (customer.aum, customer.owed, customer.net_assets) == (10_000_000, -3_000_000, 7_000_000)
    assert customer.allocation() == {AssetClass.DEMAND_DEPOSIT: 10_000_000, name: -3_000_000}


def test_an_account_that_changes_its_class_takes_its_whole_value_along() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1000.00", asset_class="demand_deposit")
    detector.move("2025-03-10 10:00", "1.00", asset_class="time_deposit")
    assert detector.customer().allocation() == {AssetClass.TIME_DEPOSIT: 10_010_000}
    detector.move("2025-03-10 09:30", "1.00", asset_class="demand_deposit")
    assert detector.customer().allocation() == {AssetClass.TIME_DEPOSIT: 10_020_000}
    detector.move("2025-03-10 11:00", "2000.00", "loan_drawdown", direction="debit", asset_class="loan")
    assert (detector.customer().aum, detector.customer().owed) == (0, -9_980_000)


def test_positions_in_units_keep_their_instrument_and_quantity() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10.00", "purchase", asset_class="fund", instrument="F1", quantity="5.00000001", direction="credit")
    detector.move(
        "2025-03-10 10:00", "4.00", "redemption", asset_class="fund", quantity="-2", direction="debit", maturity_date="2026-01-01"
    )
    account = detector.account()
    assert (account.held, account.instrument, account.maturity) == (300_000_001, "F1", "2026-01-01")
    detector.move("2025-03-11 00:00", "9.00", "adjustment", asset_class="fund", quantity="7", snapshot=True)
    assert detector.account().held == 700_000_000


# --- flows -----------------------------------------------------------------------------------------------------------------------------


def test_every_kind_has_a_flow_and_the_contract_s_table_says_which() -> None:
    table = {
        Flow.EXTERNAL: "deposit withdrawal transfer_in transfer_out salary card_payment bill_payment cheque",
        Flow.INTERNAL: "own_transfer purchase redemption maturity placement fx_exchange",
        Flow.FINANCED: "loan_drawdown loan_repayment",
        Flow.INCOME: "interest dividend coupon fee tax insurance_premium insurance_payout",
        Flow.MARKET: "valuation",
        Flow.CORRECTION: "adjustment reversal",
    }
    assert {Kind(kind): flow for flow, kinds in table.items() for kind in kinds.split()} == FLOWS


def test_what_happens_to_a_customer_is_not_what_a_customer_starts() -> None:
    passive = "interest dividend coupon fee tax maturity insurance_payout valuation adjustment reversal"
    assert set(Kind) - INITIATED == {Kind(kind) for kind in passive.split()}


@pytest.mark.parametrize(
    ("other", "flow"),
    [
        (None, Flow.EXTERNAL),
        ({"name": "x"}, Flow.EXTERNAL),
        ({"customer_id": "c1"}, Flow.INTERNAL),
        ({"customer_id": "c2"}, Flow.EXTERNAL),
        ({"account": "a2"}, Flow.INTERNAL),
        ({"account": "zz"}, Flow.EXTERNAL),
    ],
)
def test_a_transfer_to_the_same_customer_is_internal_whatever_its_kind(other: dict[str, str] | None, flow: Flow) -> None:
    customer = Customer("c1")
    fed(customer, account_id="a1")
    fed(customer, account_id="a2")
    one = posting(kind="transfer_out", direction="debit", counterparty=other)
    assert flow_of(customer, one, one.kind) is flow


def test_a_move_between_own_accounts_is_no_flow_on_either_side() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1.00", account_id="a2")
    detector.move("2025-03-10 09:00", "900000.00", account_id="a1")
    before = detector.customer().history.within(0, 10**6)
    found = detector.move("2025-03-10 10:00", "900000.00", "transfer_out", account_id="a1", counterparty={"account": "a2"})
    found += detector.move("2025-03-10 10:00", "900000.00", "transfer_in", account_id="a2", counterparty={"customer_id": "c1"})
    assert found == []
    assert detector.customer().history.within(0, 10**6) == before


def test_a_movement_counts_on_its_own_date_in_the_bank_s_zone() -> None:
    detector = Detector()
    detector.move("2025-03-10 23:59:59", "1.00")
    detector.move("2025-03-11 00:00:00", "2.00")
    detector.move("2025-03-09 12:00:00", "4.00", "withdrawal")
    day = date(2025, 3, 10).toordinal()
    history = detector.customer().history
    assert [history.within(on, on) for on in (day - 1, day, day + 1)] == [(0, 40_000), (10_000, 0), (20_000, 0)]


def test_a_reversal_takes_the_amount_out_of_the_original_s_date() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00")
    detector.move("2025-03-11 09:00", "30.00", "withdrawal")
    detector.reverse("2025-03-12 09:00", "e1", "2025-03-10 09:00", "100.00", "deposit")
    detector.reverse("2025-03-12 10:00", "e2", "2025-03-11 09:00", "30.00", "withdrawal")
    history = detector.customer().history
    assert [history.within(day, day) for day, _ in history.closes()] == [(0, 0), (0, 0), (0, 0)]
    assert balance(detector) == 0
    assert debits_of(detector.account()) == []


def test_a_reversal_of_an_internal_movement_touches_no_flow() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00", "purchase")
    detector.reverse("2025-03-12 09:00", "e1", "2025-03-10 09:00", "100.00", "purchase")
    assert flow_days(detector) == []


def test_a_debit_reversed_before_it_arrived_is_not_among_the_debits_of_the_day() -> None:
    detector = Detector()
    detector.move("2025-03-10 08:00", "100.00")
    detector.reverse("2025-03-10 10:00", "e9", "2025-03-10 09:00", "30.00", "withdrawal")
    detector.move("2025-03-10 09:00", "30.00", "withdrawal", event_id="e9")
    assert debits_of(detector.account()) == []
    assert balance(detector) == 100
    day = date(2025, 3, 10).toordinal()
    assert detector.customer().history.within(day, day) == (1_000_000, 0)


def test_debits_are_kept_for_a_day_whatever_their_order() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "1000.00")
    for at in ("2025-03-10 12:00", "2025-03-09 13:00", "2025-03-10 13:00", "2025-03-10 14:00"):
        detector.move(at, "1.00", "withdrawal")
    assert sorted(debit[0] for debit in debits_of(detector.account())) == [instant(f"2025-03-10 {hour}:00") for hour in (12, 13, 14)]


# --- closes ----------------------------------------------------------------------------------------------------------------------------


def closes(detector: Detector) -> dict[str, int]:
    return {date.fromordinal(day).isoformat(): value // 10_000 for day, value in detector.customer().history.closes()}


def test_the_close_of_a_date_is_the_value_at_its_end() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00")
    detector.move("2025-03-10 18:00", "50.00")
    detector.move("2025-03-12 09:00", "1.00", "withdrawal")
    assert closes(detector) == {"2025-03-10": 150, "2025-03-12": 149}


def test_a_late_movement_changes_every_close_from_its_own_date_on() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00")
    detector.move("2025-03-14 09:00", "50.00")
    detector.move("2025-03-12 09:00", "7.00")
    assert closes(detector) == {"2025-03-10": 100, "2025-03-12": 107, "2025-03-14": 157}


def test_a_late_first_movement_of_an_account_brings_what_was_there_before_it() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00")
    detector.move("2025-03-14 09:00", "50.00")
    detector.move("2025-03-12 09:00", "7.00", account_id="a2", balance_after="1007.00")
    assert detector.customer().aum == 11_570_000
    assert closes(detector)["2025-03-14"] == 1_157


@pytest.mark.parametrize("hours", [0, 30])
def test_the_last_close_is_the_aum_of_now_after_any_late_movement(hours: int) -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00")
    detector.move("2025-03-12 12:00", "1.00")
    detector.take(posting(event_id="late", amount="5", occurred_at=iso(instant("2025-03-12 11:00") - hours * 3_600)))
    assert detector.customer().history.closes()[-1][1] == detector.customer().aum


# --- always ----------------------------------------------------------------------------------------------------------------------------

CURRENCIES = {"cny": "CNY", "usd": "USD", "jpy": "JPY", "eur": "EUR"}
"""No rate is ever known of the last."""

STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(sorted(CURRENCIES)),
            "asset_class": st.sampled_from(CLASSES).map(str),
            "kind": st.sampled_from([kind.value for kind in Kind if kind is not Kind.REVERSAL]),
            "direction": st.sampled_from(Direction).map(str),
            "amount": st.integers(1, 10**9).map(lambda units: str(Decimal(units).scaleb(-4))),
            "balance_after": st.none() | st.integers(-(10**9), 10**9).map(lambda units: str(Decimal(units).scaleb(-4))),
            "snapshot": st.integers(0, 9).map(lambda one: one == 0),
            "hours": st.integers(-60, 30),
            "rate": st.none() | st.sampled_from(["7.1234", "0.04891", "6.9"]),
        }
    ),
    max_size=12,
)


@given(STEPS)
@example([])
def test_aum_and_what_is_owed_are_always_the_sums_over_the_accounts(steps: list[dict[str, Any]]) -> None:
    detector, at = Detector(), NOON
    for place, step in enumerate(steps):
        values = {name: value for name, value in step.items() if name not in ("hours", "rate")}
        if values["kind"] == "valuation" and values["balance_after"] is None:
            values["balance_after"] = "0"
        if step["rate"]:
            detector.rate("USD" if place % 2 else "JPY", step["rate"], f"2025-01-01 00:{place:02}")
        at += step["hours"] * 3_600
        detector.take(posting(event_id=f"e{place}", currency=CURRENCIES[step["account_id"]], occurred_at=iso(at), **values))
        customer = detector.customer()
        assert customer.aum == aum_of(customer)
        assert customer.owed == owed_by(customer)
        assert sum(customer.allocation().values()) == customer.net_assets
        assert customer.history.closes()[-1][1] == customer.aum
        days = [day for day, _ in customer.history.closes()]
        assert days == sorted(set(days))


def test_a_movement_in_another_currency_than_its_account_is_refused_and_changes_nothing() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100.00")
    before = whole(detector.customer())
    detector.move("2025-03-10 10:00", "100.00", currency="USD")
    assert detector.last is not None
    assert detector.last.result == "mismatched"
    assert whole(detector.customer()) == before


def test_evidence_of_a_change_of_class_still_adds_up_before_and_after() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "1000.00", asset_class="time_deposit")
    one = only(detector.move("2025-03-10 10:00", "90000.00", asset_class="demand_deposit"), "large_inflow")
    assert sum(one.evidence.allocation_before.values()) == one.evidence.aum_before == 1_000
    assert sum(one.evidence.allocation_after.values()) == one.evidence.aum_after == 91_000


def test_aum_is_at_the_rates_known_now_for_accounts_that_did_not_move_too() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-10 09:00", "100", currency="USD", account_id="usd")
    detector.rate("USD", "8", "2025-03-11 00:00")
    detector.move("2025-03-11 09:00", "1")
    assert detector.customer().aum == 8_010_000


def test_a_movement_from_before_a_snapshot_is_in_it_already() -> None:
    detector = Detector()
    detector.move("2025-03-10 00:00", "1000", "adjustment", snapshot=True)
    detector.move("2025-03-09 09:00", "70")
    assert balance(detector) == 1_000


# --- what comes late, twice, or the other way round -------------------------------------------------------------------------------------


def test_a_reversal_after_the_rate_changed_leaves_nothing_in_the_flows() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-10 09:00", "100", currency="USD")
    detector.rate("USD", "8", "2025-03-11 00:00")
    detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "100", "deposit", currency="USD")
    assert detector.customer().history.within(0, 10**6) == (0, 0)


def test_a_reversal_that_does_not_repeat_the_other_side_of_an_own_transfer_touches_no_flow() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100", "transfer_in", counterparty={"customer_id": "c1"})
    detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "100", "transfer_in")
    assert detector.customer().history.within(0, 10**6) == (0, 0)


def test_a_snapshot_that_comes_after_later_movements_is_their_opening() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "70")
    detector.move("2025-03-10 00:00", "1000", "adjustment", snapshot=True)
    assert balance(detector) == 1_070


def test_a_late_movement_that_fills_a_gap_is_in_the_closes_of_its_own_dates() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100", balance_after="100")
    detector.move("2025-03-14 09:00", "1", balance_after="151")
    detector.move("2025-03-12 09:00", "50", balance_after="150")
    assert closes(detector) == {"2025-03-10": 100, "2025-03-12": 150, "2025-03-14": 151}


def test_a_feed_in_booking_order_whose_events_are_not_is_followed_from_its_first_balance_on() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "10", balance_after="1010")
    found = detector.move("2025-03-09 18:00", "40", "card_payment", balance_after="970")
    found += detector.move("2025-03-10 12:00", "5", balance_after="975")
    assert found == []


def test_a_reversal_that_came_before_its_original_leaves_nothing_in_the_flows_either() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.reverse("2025-03-10 11:00", "late", "2025-03-10 09:00", "100", "deposit", currency="USD", account_id="usd")
    detector.reverse("2025-03-10 11:00", "own", "2025-03-10 09:00", "50", "transfer_out")
    detector.reverse("2025-03-10 11:00", "fee", "2025-03-10 09:00", "3", "fee", currency="USD", account_id="usd")
    detector.rate("USD", "8", "2025-03-11 00:00")
    detector.move("2025-03-10 09:00", "100", currency="USD", account_id="usd", event_id="late")
    detector.move("2025-03-10 09:00", "50", "transfer_out", event_id="own", counterparty={"customer_id": "c1"})
    detector.move("2025-03-10 09:00", "3", "fee", event_id="fee", currency="USD", account_id="usd")
    history = detector.customer().history
    assert (history.within(0, 10**6), history.income(0, 10**6)) == ((0, 0), 0)


def test_a_fee_in_another_currency_is_taken_back_at_the_rate_at_which_it_was_taken() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    detector.move("2025-03-10 09:00", "3", "fee", currency="USD")
    detector.rate("USD", "8", "2025-03-11 00:00")
    detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "3", "fee", currency="USD")
    assert detector.customer().history.income(0, 10**6) == 0


def test_what_reversals_need_is_remembered_of_the_latest_64_movements() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    for _ in range(MOST_VALUED + 1):
        detector.move("2025-03-10 09:00", "1", currency="USD")
    detector.rate("USD", "8", "2025-03-11 00:00")
    for place in range(1, MOST_VALUED + 2):
        detector.reverse("2025-03-11 09:00", f"e{place}", "2025-03-10 09:00", "1", "deposit", currency="USD")
    assert detector.customer().history.within(0, 10**6) == (-10_000, 0)
