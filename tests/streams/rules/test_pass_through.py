"""R16: an external credit >= the floor of its date, and within 48 hours external debits >= 80 % of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Classification, Notification
from streams.book import all_rules
from tests.streams.builders import Detector, instant, iso, of, only, posting, said, world

RULE = "pass_through"
TWO_DAYS = 172_800


def fresh(**parameters: Any) -> Detector:
    detector = Detector(world({RULE: {"parameters": parameters}}))
    detector.move("2025-03-01 00:00", "1000000", "adjustment", snapshot=True)
    return detector


def out(detector: Detector, at: str, amount: str, kind: str = "transfer_out", **more: Any) -> list[Notification]:
    return of(detector.move(at, amount, kind, **more), RULE)


@pytest.mark.parametrize(
    ("credit", "debits", "fires"),
    [
        ("50000", ["39999.9999"], False),
        ("50000", ["40000"], True),
        ("49999.9999", ["49999"], False),  # below the floor
        ("50000", ["10000", "10000", "10000", "9999.9999"], False),
        ("50000", ["10000", "10000", "10000", "10000"], True),
        ("50000", ["90000"], True),
        ("99999999999", ["79999999999.1999"], False),  # a share just below is not rounded up
        ("99999999999", ["79999999999.2"], True),
    ],
)
def test_four_fifths_of_a_credit_of_the_floor(credit: str, debits: list[str], fires: bool) -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", credit)
    found = [bool(out(detector, "2025-03-10 10:00", amount)) for amount in debits]
    assert found == [False] * (len(debits) - 1) + [fires]


@pytest.mark.parametrize(
    ("at", "fires"),
    [("2025-03-10 09:00:00", True), ("2025-03-12 09:00:00", True), ("2025-03-12 09:00:01", False), ("2025-03-10 08:59:59", False)],
)
def test_48_hours_to_the_second_the_first_and_the_last_included(at: str, fires: bool) -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00:00", "50000")
    assert bool(out(detector, at, "50000")) is fires


def test_a_debit_that_arrived_before_the_credit_does_not_count_even_in_the_same_second() -> None:
    detector = fresh()
    out(detector, "2025-03-10 09:00", "50000")
    detector.move("2025-03-10 09:00", "50000")
    assert not out(detector, "2025-03-10 09:00", "39999.9999")
    assert out(detector, "2025-03-10 09:00", "0.0001")


def test_debits_of_all_accounts_count_and_own_money_does_not() -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", "50000")
    assert not out(detector, "2025-03-10 10:00", "50000", "purchase")
    assert not out(detector, "2025-03-10 10:00", "50000", counterparty={"account": "a1"})
    assert not out(detector, "2025-03-10 10:00", "50000", snapshot=True)
    assert out(detector, "2025-03-10 10:00", "40000", account_id="a2")


@pytest.mark.parametrize("more", [{"kind": "redemption"}, {"snapshot": True}, {"counterparty": {"account": "a1"}}])
def test_only_new_money_passes_through(more: dict[str, Any]) -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", "50000", **more)
    assert not out(detector, "2025-03-10 10:00", "50000")


def test_a_credit_triggers_once() -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", "50000")
    assert out(detector, "2025-03-10 10:00", "40000")
    assert not out(detector, "2025-03-10 11:00", "10000")


def test_a_credit_that_triggered_does_not_again_after_a_reversal() -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", "50000")
    out(detector, "2025-03-10 10:00", "40000", event_id="odd")
    found = detector.reverse("2025-03-10 11:00", "odd", "2025-03-10 10:00", "40000", "transfer_out")
    assert (RULE, "retracted") in said(found)
    assert not out(detector, "2025-03-10 12:00", "40000")


def test_several_credits_that_one_debit_completes_are_one_notification_measured_from_the_earliest() -> None:
    detector = fresh()
    detector.move("2025-03-10 09:30", "60000", event_id="second")
    detector.move("2025-03-10 09:00", "70000", event_id="first")  # arrived later, happened earlier
    (found,) = out(detector, "2025-03-10 10:00", "63000")
    assert found.evidence.facts["credits"] == "core/first, core/second"
    assert (found.evidence.measured, found.evidence.threshold) == (Decimal("0.9"), Decimal("0.8"))
    assert not out(detector, "2025-03-10 10:00", "63000")


def test_the_earliest_that_this_debit_completes_counts_not_one_that_is_done_or_not_complete() -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", "50000", event_id="done")
    out(detector, "2025-03-10 09:10", "50000")
    detector.move("2025-03-10 09:20", "900000", event_id="far")
    detector.move("2025-03-10 09:30", "60000", event_id="now")
    (found,) = out(detector, "2025-03-10 10:00", "60000")
    assert (found.evidence.facts["credits"], found.evidence.measured) == ("core/now", Decimal(1))


def test_a_reversed_debit_is_taken_out_and_a_reversed_credit_is_none() -> None:
    detector = fresh()
    detector.move("2025-03-10 09:00", "50000", event_id="credit")
    out(detector, "2025-03-10 10:00", "39999", event_id="debit")
    other = detector.copy()
    detector.reverse("2025-03-10 11:00", "debit", "2025-03-10 10:00", "39999", "transfer_out")
    assert not out(detector, "2025-03-10 12:00", "39999.9999")
    assert out(detector, "2025-03-10 12:00", "0.0001")
    other.reverse("2025-03-10 11:00", "credit", "2025-03-10 09:00", "50000", "deposit")
    assert not out(other, "2025-03-10 12:00", "40000")


def test_a_credit_reversed_before_it_arrived_never_came() -> None:
    detector = fresh()
    detector.reverse("2025-03-10 11:00", "late", "2025-03-10 09:00", "50000", "deposit")
    detector.move("2025-03-10 09:00", "50000", event_id="late")
    assert not out(detector, "2025-03-10 12:00", "40000")


def test_the_floor_is_that_of_the_tier_when_the_credit_came() -> None:
    """30 closes of 190,000 leave the customer basic; the credit of 2 April lifts the average over 200,000 by the 4th."""
    detector = Detector()
    detector.move("2025-03-03 00:00", "190000", "adjustment", snapshot=True)
    detector.move("2025-04-02 09:00", "60000", event_id="small", account_id="a2")
    detector.move("2025-04-02 10:00", "900000", "adjustment", snapshot=True, account_id="a3")
    detector.until("2025-04-04 00:00")
    assert detector.customer().tier == "gold"
    (found,) = out(detector, "2025-04-04 08:59", "50000")
    assert (found.evidence.facts["abs_floor"], found.tier) == ("50000.00", "gold")
    detector.move("2025-04-04 10:00", "60000")
    assert not out(detector, "2025-04-04 11:00", "60000")


def test_share_and_floor_are_settings() -> None:
    detector = fresh(share="1.2", abs_floor="10")
    detector.move("2025-03-10 09:00", "10")
    assert not out(detector, "2025-03-10 10:00", "11.9999")
    assert out(detector, "2025-03-10 10:00", "0.0001")


def test_it_is_restricted_and_names_no_manager() -> None:
    detector = fresh()
    detector.profile(manager_id="M1")
    detector.move("2025-03-10 09:00", "50000")
    detector.move("2025-03-10 10:00", "45000", "transfer_out", event_id="odd")
    found = only(detector.told, RULE)
    back = [
        one for one in detector.reverse("2025-03-10 11:00", "odd", "2025-03-10 10:00", "45000", "transfer_out") if one.rule.name == RULE
    ]
    for one in (found, *back):
        assert (one.classification, one.manager_id) == (Classification.RESTRICTED, None)
        assert one.group_key == "restricted:c1:739320"
    assert len(back) == 1
    assert {one.manager_id for one in detector.told if one.rule.name != RULE} == {"M1"}
    assert found.body.english == "¥50,000.00 came in from outside the bank; within 48 hours ¥45,000.00 (90.0%) had left."


def test_nothing_that_is_told_to_the_manager_follows_from_it() -> None:
    """R44 would say that nobody has called after a warning."""
    detector = Detector(world({name: {"mode": "off"} for name in all_rules() if name not in (RULE, "no_contact_after_change")}))
    detector.profile(tier="gold", manager_id="M1", last_contact_on=date(2025, 3, 9).toordinal())
    detector.move("2025-03-01 00:00", "1000000", "adjustment", snapshot=True)
    detector.move("2025-03-10 09:00", "100000")
    assert out(detector, "2025-03-10 10:00", "80000")
    detector.until("2025-04-20 00:00")
    assert of(detector.told, "no_contact_after_change") == []


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 3_600, 86_400, TWO_DAYS - 1, TWO_DAYS, TWO_DAYS + 1]),
        st.sampled_from([5, 10, 12, 20]),
        st.booleans(),
        st.none() | st.integers(0, 15),
    ),
    max_size=24,
)


@given(EVENTS)
def test_it_fires_when_the_definition_says_so(events: list[tuple[int, int, bool, int | None]]) -> None:
    """The definition, said again in the plainest way: all that has arrived is kept, and looked through at each debit."""
    detector, at = fresh(abs_floor="10"), instant("2025-03-10 09:00")
    arrived: list[dict[str, Any]] = []
    for place, (seconds, amount, credit, reverses) in enumerate(events):
        at += seconds
        one = {"place": place, "at": at, "amount": amount, "credit": credit, "gone": False, "told": False}
        original = None if reverses is None or not arrived else arrived[reverses % len(arrived)]
        if original is not None and not original["gone"]:
            original["gone"] = True
            kind = "deposit" if original["credit"] else "withdrawal"
            when = iso(original["at"])
            found = detector.take(
                posting(
                    event_id=f"m{place}",
                    kind="reversal",
                    amount=str(original["amount"]),
                    direction="debit" if original["credit"] else "credit",
                    occurred_at=iso(at),
                    reverses={"event_id": f"m{original['place']}", "occurred_at": when, "kind": kind},
                )
            )
            assert all(one.status == "retracted" for one in of(found, RULE))
            continue
        arrived.append(one)
        kind, direction = ("deposit", "credit") if credit else ("withdrawal", "debit")
        found = of(
            detector.take(posting(event_id=f"m{place}", kind=kind, amount=str(amount), direction=direction, occurred_at=iso(at))), RULE
        )
        complete = []
        for came in arrived if not credit else ():
            left = [other for other in arrived if not other["credit"] and other["place"] > came["place"] and not other["gone"]]
            total = sum(other["amount"] for other in left if 0 <= other["at"] - came["at"] <= TWO_DAYS)
            near = at - came["at"] <= TWO_DAYS
            if (
                came["credit"]
                and not came["gone"]
                and not came["told"]
                and came["amount"] >= 10
                and near
                and 5 * total >= 4 * came["amount"]
            ):
                complete.append((came, Fraction(total, came["amount"])))
        assert bool(found) is bool(complete)
        if complete:
            assert found[0].evidence.facts["credits"] == ", ".join(f"core/m{came['place']}" for came, _ in complete)
            assert found[0].evidence.measured == Decimal(complete[0][1] * 1_000_000 // 1).scaleb(-6)
        for came, _ in complete:
            came["told"] = True
