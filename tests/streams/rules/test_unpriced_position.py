"""unpriced_position: nobody knows what a foreign account is worth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Notification
from tests.streams.builders import Detector, of, only, said, world
from tests.streams.test_screens import unscreened

RULE = "unpriced_position"
FOREIGN: dict[str, Any] = {"account_id": "thb", "currency": "THB"}


def exotic(detector: Detector, who: str) -> None:
    detector.move("2025-03-10 09:00", "100", customer_id=who, **FOREIGN)
    detector.rate("THB", "0.2")
    detector.move("2025-03-11 09:00", "100", customer_id=who, **FOREIGN)


STORIES = (exotic,)


def without_a_rate(one: Notification) -> tuple[Decimal, Decimal]:
    unknown = {rate.currency for rate in one.evidence.rates if rate.at is None}
    return Decimal(one.evidence.facts["currency"] in unknown and Decimal(one.evidence.facts["balance"]) != 0), Decimal(1)


RECOMPUTE = {RULE: without_a_rate}


def test_it_opens_once_for_an_account_until_it_is_valued() -> None:
    detector = Detector()
    opened = only(detector.move("2025-03-10 09:00", "100", **FOREIGN), RULE)
    assert (opened.status.value, opened.dedup_key, opened.rule.rule_id) == ("opened", "unpriced_position:c1:thb", "FEED")
    assert opened.evidence.facts == {"account_id": "thb", "currency": "THB", "balance": "100.00"}
    assert of(detector.move("2025-03-10 10:00", "100", **FOREIGN), RULE) == []
    assert of(detector.until("2025-03-15 00:00"), RULE) == []
    detector.rate("THB", "0.2")
    resolved = only(detector.until("2025-03-16 00:00"), RULE)
    assert (resolved.status.value, resolved.notification_id) == ("resolved", opened.notification_id)
    assert of(detector.move("2025-03-16 10:00", "100", **FOREIGN), RULE) == []


def test_a_movement_elsewhere_after_the_first_rate_resolves_it() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100", **FOREIGN)
    detector.rate("THB", "0.2")
    assert said(of(detector.move("2025-03-10 10:00", "5"), RULE)) == [(RULE, "resolved")]


def test_an_empty_account_needs_no_rate() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "100", **FOREIGN)
    assert said(of(detector.move("2025-03-10 10:00", "100", "withdrawal", **FOREIGN), RULE)) == [(RULE, "resolved")]
    assert said(of(detector.move("2025-03-10 11:00", "0.0001", **FOREIGN), RULE)) == [(RULE, "opened")]


def test_each_account_is_told_for_itself() -> None:
    detector = Detector()
    for account_id in ("a", "b"):
        one = only(detector.move("2025-03-10 09:00", "1", account_id=account_id, currency="THB"), RULE)
        assert one.evidence.facts["account_id"] == account_id


@pytest.mark.parametrize("asset_class", ["fund", "bond", "loan"])
def test_what_is_owed_and_what_is_held_in_units_counts_as_well(asset_class: str) -> None:
    assert of(Detector().move("2025-03-10 09:00", "1", asset_class=asset_class, **FOREIGN), RULE)


def test_what_a_snapshot_states_opens_at_the_next_close() -> None:
    detector = Detector()
    assert detector.move("2025-03-10 09:00", "100", "adjustment", snapshot=True, **FOREIGN) == []
    assert of(detector.move("2025-03-10 10:00", "5"), RULE) == []
    assert said(of(detector.until("2025-03-11 00:00"), RULE)) == [(RULE, "opened")]


def test_the_base_currency_and_a_known_one_need_nothing() -> None:
    detector = Detector()
    detector.rate("USD", "7")
    assert of(detector.move("2025-03-10 09:00", "1"), RULE) == []
    assert of(detector.move("2025-03-10 09:00", "1", account_id="usd", currency="USD"), RULE) == []


STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": st.sampled_from(["cny", "thb", "usd"]),
            "kind": st.sampled_from(["deposit", "withdrawal", "adjustment"]),
            "amount": st.sampled_from(["1", "2"]),
            "snapshot": st.booleans(),
            "hours": st.sampled_from([0, 5, 30, 60]),
            "rate": st.sampled_from([None, None, None, "THB", "USD"]),
        }
    ),
    max_size=14,
)


@given(STEPS)
def test_its_screens_never_fail_in_vain(many: list[dict[str, Any]]) -> None:
    screened, asked = Detector(world()), Detector(unscreened(world()))
    for detector in (screened, asked):
        hours = 0
        for step in many:
            hours += step["hours"]
            at = f"2025-03-{10 + hours // 24:02} {hours % 24:02}:00" if hours < 500 else "2025-03-30 00:00"
            if step["rate"]:
                detector.rate(step["rate"], "7")
            account = {"account_id": step["account_id"], "currency": step["account_id"].upper(), "snapshot": step["snapshot"]}
            detector.move(at, step["amount"], step["kind"], **account)
        detector.until("2025-04-20 00:00")
    assert [one.message_id for one in of(screened.told, RULE)] == [one.message_id for one in of(asked.told, RULE)]
