"""R05: one transfer to a listed institution >= the floor; their sum in 90 dates >= the limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Notification
from schemas.rules import Severity
from schemas.settings import SettingsError
from streams.book import all_rules
from streams.portfolio import Effect
from streams.rule import ConditionRule
from streams.situation import Situation
from tests.streams.builders import Detector, instant, iso, of, only, posting, said, world

ONE, SUM = "to_competitor", "cumulative_to_competitor"
RIVAL = {"name": "Somebody", "bank": "Harbour Wealth"}


def holding(**rules: Any) -> Detector:
    detector = Detector(world(rules or None))
    detector.profile(tier="basic")
    detector.move("2025-01-01 00:00", "900000", "adjustment", snapshot=True)
    return detector


def send(detector: Detector, at: str, amount: str, other: dict[str, str] | None = RIVAL, kind: str = "transfer_out") -> list[Notification]:
    return detector.move(at, amount, kind, counterparty=other)


@pytest.mark.parametrize(("amount", "fires"), [("49999.9999", False), ("50000", True)])
def test_one_transfer_matters_from_the_floor_on(amount: str, fires: bool) -> None:
    assert bool(of(send(holding(), "2025-03-10 09:00", amount), ONE)) is fires


@pytest.mark.parametrize(
    ("other", "fires"),
    [
        ({"name": "海纳证券"}, True),
        ({"bank": "云杉财富"}, True),
        ({"name": "远山私人银行", "bank": "ICBKCNBJ"}, True),
        ({"bank": "UBSWCHZH"}, True),
        ({"bank": "UBSWCHZH80A"}, True),  # a branch of it
        ({"bank": "UBSWCHZZ"}, False),
        ({"bank": "ubswchzh80a"}, False),
        ({"name": "harbour wealth"}, False),  # to the letter
        ({"name": "ICBC", "bank": "ICBKCNBJ"}, False),
        ({"account": "Harbour Wealth"}, False),
        (None, False),
    ],
)
def test_who_is_a_competitor_stands_in_the_list(other: dict[str, str] | None, fires: bool) -> None:
    assert bool(of(send(holding(), "2025-03-10 09:00", "60000", other), ONE)) is fires


@pytest.mark.parametrize(
    ("kind", "fires"),
    [("transfer_out", True), ("cheque", True), ("withdrawal", True), ("card_payment", False), ("bill_payment", False), ("purchase", False)],
)
def test_transfers_cheques_and_withdrawals_take_money_elsewhere(kind: str, fires: bool) -> None:
    detector = holding()
    found = send(detector, "2025-03-10 09:00", "100000", kind=kind)
    assert (bool(of(found, ONE)), bool(of(found, SUM))) == (fires, fires)


def test_a_large_payment_to_others_after_one_to_a_competitor_is_none() -> None:
    detector = holding()
    send(detector, "2025-03-10 09:00", "1")
    assert not of(send(detector, "2025-03-10 10:00", "70000", kind="card_payment"), ONE)
    assert not of(send(detector, "2025-03-10 10:00", "70000", {"name": "ICBC"}), ONE)


def test_the_list_is_a_setting_in_names_and_bics() -> None:
    detector = holding(**{ONE: {"parameters": {"institutions": ["ICBKCNBJXXX", "Nest Egg"]}}})
    assert of(send(detector, "2025-03-10 09:00", "60000", {"bank": "ICBKCNBJ400"}), ONE)
    assert only(send(detector, "2025-03-10 09:00", "60000", {"name": "Nest Egg"}), ONE).evidence.facts["institution"] == "Nest Egg"
    assert not of(send(detector, "2025-03-10 09:00", "60000"), ONE)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(SettingsError, match="institutions"):
        holding(**{ONE: {"parameters": {"institutions": []}}})


def test_the_sum_opens_at_twice_the_floor_and_resolves_when_four_fifths_are_lost() -> None:
    detector = holding()
    assert not of(send(detector, "2025-03-01 09:00", "40000"), SUM)
    assert not of(send(detector, "2025-03-10 09:00", "49999.9999", {"name": "海纳证券"}), SUM)
    opened = only(send(detector, "2025-03-20 09:00", "10000.0001"), SUM)
    assert (opened.evidence.measured, opened.evidence.threshold, opened.severity) == (Decimal(100_000), Decimal(100_000), Severity.WARNING)
    assert opened.evidence.window is not None
    assert (opened.evidence.window.first.isoformat(), opened.evidence.window.last.isoformat()) == ("2024-12-21", "2025-03-20")
    assert not of(detector.until("2025-05-29 23:00"), SUM), "90 dates after 1 March, its payment is still in the window"
    assert said(of(detector.until("2025-05-30 00:00"), SUM)) == [(SUM, "resolved")]


def test_the_ninetieth_date_back_counts_and_the_one_before_it_does_not() -> None:
    for day, opens in (("2025-03-02", True), ("2025-03-01", False)):
        detector = holding()
        send(detector, f"{day} 23:59", "60000")
        assert bool(of(send(detector, "2025-05-30 00:00", "40000"), SUM)) is opens


def test_a_reversed_transfer_is_taken_out_and_retracts_what_it_opened() -> None:
    detector = holding()
    send(detector, "2025-03-01 09:00", "60000")
    detector.move("2025-03-10 09:00", "40000", "transfer_out", counterparty=RIVAL, event_id="odd")
    found = detector.reverse("2025-03-11 09:00", "odd", "2025-03-10 09:00", "40000", "transfer_out", counterparty=RIVAL)
    assert (SUM, "retracted") in said(found)
    assert not of(send(detector, "2025-03-12 09:00", "39999"), SUM)


def test_a_transfer_reversed_before_it_arrived_never_was() -> None:
    detector = holding()
    send(detector, "2025-03-01 09:00", "60000")
    detector.reverse("2025-03-11 09:00", "late", "2025-03-10 09:00", "40000", "transfer_out", counterparty=RIVAL)
    detector.move("2025-03-10 09:00", "40000", "transfer_out", counterparty=RIVAL, event_id="late")
    assert not of(send(detector, "2025-03-12 09:00", "39999"), SUM)
    assert of(send(detector, "2025-03-12 09:00", "1"), SUM)


def test_a_late_transfer_counts_on_its_own_date() -> None:
    detector = holding()
    send(detector, "2025-06-01 09:00", "60000")
    assert not of(send(detector.copy(), "2025-03-03 09:00", "40000"), SUM)
    assert of(send(detector, "2025-03-04 09:00", "40000"), SUM)


def test_windows_and_limits_are_settings() -> None:
    detector = holding(**{SUM: {"parameters": {"limits": {"7": "0.5"}, "abs_floor": "1000"}}})
    assert only(send(detector, "2025-03-10 09:00", "500"), SUM).dedup_key == f"{SUM}:c1:7d"


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 24, 24 * 30, 24 * 89, 24 * 90, -24, -24 * 89]),
        st.sampled_from(["0.5", "1", "3.5", "7"]),
        st.sampled_from(["transfer_out", "cheque", "card_payment", "deposit"]),
        st.sampled_from([RIVAL, {"name": "ICBC"}, {"name": "海纳证券"}, None]),
        st.none() | st.integers(0, 9),
    ),
    min_size=1,
    max_size=16,
)


@given(STEPS)
def test_whenever_the_sum_would_open_its_screen_passes(steps: list[tuple[int, str, str, dict[str, str] | None, int | None]]) -> None:
    detector, at = Detector(world({SUM: {"parameters": {"abs_floor": "3"}}})), instant("2025-03-10 09:00")
    rule = all_rules()[SUM]
    assert isinstance(rule, ConditionRule)
    made: list[dict[str, Any]] = []
    for place, (hours, amount, kind, other, reverses) in enumerate(steps):
        at += hours * 3_600
        values: dict[str, Any] = {
            "kind": kind,
            "amount": amount,
            "direction": "credit" if kind == "deposit" else "debit",
            "counterparty": other,
        }
        if reverses is not None and made:
            original = made[reverses % len(made)]
            undone = {name: original[name] for name in ("event_id", "occurred_at", "kind")}
            values = {**original, "kind": "reversal", "reverses": undone}
            values["direction"] = "debit" if original["direction"] == "credit" else "credit"
        values |= {"event_id": f"e{place}", "occurred_at": iso(at)}
        if values["kind"] != "reversal":
            made.append(values)
        detector.take(posting(**values))
        customer, own = detector.customer(), detector.world
        prepared = own.books.first.sheet(customer).prepared[SUM]
        day = own.calendar.date_of(customer.clock)
        situation = Situation(customer, own.books.first, own.calendar, customer.clock, day)
        effect = Effect(detector.account(), 0, 0, 0)
        effect.clock_day = day
        screens = rule.screens(prepared)
        assert screens is not None
        opens = any(rule.opens(one, situation, prepared) for one in rule.measure(situation, prepared))
        assert any(screen.passes(customer, effect) for screen in screens) is opens
