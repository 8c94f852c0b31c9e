"""recon_break: the feed's balance disagrees with the kept one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.streams.builders import Detector, of, only, said

RULE = "recon_break"


def seen(balance: str = "1000") -> Detector:
    detector = Detector()
    detector.move("2025-03-10 08:00", balance, "adjustment", snapshot=True)
    return detector


@pytest.mark.parametrize(
    ("stated", "size"), [("1099.9999", "0.0001"), ("1100", None), ("1100.0001", "0.0001"), ("-1100", "2200"), ("0", "1100")]
)
def test_any_difference_is_a_break_of_its_size(stated: str, size: str | None) -> None:
    found = of(seen().move("2025-03-10 09:00", "100", balance_after=stated), RULE)
    assert [one.evidence.measured for one in found] == ([] if size is None else [Decimal(size)])


def test_the_evidence_says_what_was_kept_what_was_stated_and_who_stated_it() -> None:
    one = only(seen().move("2025-03-10 09:00", "100", balance_after="1107.5", source="cards"), RULE)
    assert one.evidence.facts == {"account_id": "a1", "currency": "CNY", "kept": "1100.00", "stated": "1107.50", "source": "cards"}
    assert one.body.english == "The account differs from the feed by ¥7.50; the feed's balance is kept."


def test_it_is_raised_once_and_the_feed_s_balance_is_kept() -> None:
    detector = seen()
    assert of(detector.move("2025-03-10 09:00", "100", balance_after="1107"), RULE)
    assert of(detector.move("2025-03-10 10:00", "100", balance_after="1207"), RULE) == []
    assert of(detector.move("2025-03-10 11:00", "100"), RULE) == []
    assert detector.account().balance == 13_070_000


def test_it_is_in_the_account_s_currency() -> None:
    detector = Detector()
    detector.rate("USD", "7.1")
    detector.move("2025-03-10 08:00", "1000", "adjustment", snapshot=True, currency="USD")
    one = only(detector.move("2025-03-10 09:00", "100", balance_after="1101", currency="USD"), RULE)
    assert one.evidence.measured == 1
    assert "$1.00" in one.body.english
    assert "1.00美元" in one.body.chinese


@pytest.mark.parametrize("kind", ["deposit", "own_transfer", "interest", "loan_drawdown", "valuation", "adjustment"])
def test_it_watches_movements_of_every_flow(kind: str) -> None:
    assert of(seen().move("2025-03-10 09:00", "100", kind, balance_after="1"), RULE)


def test_a_snapshot_an_account_s_first_movement_and_a_late_one_do_not_break() -> None:
    detector = seen()
    assert detector.move("2025-03-10 09:00", "77", "adjustment", snapshot=True, balance_after="99") == []
    assert detector.move("2025-03-10 10:00", "77", account_id="a2", balance_after="99") == []
    assert detector.move("2025-03-10 08:30", "1", balance_after="12345") == []


def test_a_reversal_with_a_balance_that_disagrees_breaks() -> None:
    detector = seen()
    detector.move("2025-03-10 09:00", "100")
    found = detector.reverse("2025-03-10 10:00", "e2", "2025-03-10 09:00", "100", "deposit", balance_after="1001")
    assert said(of(found, RULE)) == [(RULE, "opened")]


def test_what_explains_it_retracts_it_under_its_own_id() -> None:
    detector = seen()
    opened = only(detector.move("2025-03-10 12:00", "100", balance_after="1107"), RULE)
    found = only(detector.move("2025-03-10 11:00", "7", event_id="missing"), RULE)
    assert (found.status.value, found.notification_id) == ("retracted", opened.notification_id)
    assert found.evidence.facts == {"retracts": RULE, "by": "core/missing"}


def test_it_is_retracted_for_that_account_alone() -> None:
    detector = seen()
    detector.move("2025-03-10 08:00", "1000", "adjustment", snapshot=True, account_id="a2")
    for account_id in ("a1", "a2"):
        detector.move("2025-03-10 12:00", "100", balance_after="1107", account_id=account_id)
    found = of(detector.move("2025-03-10 11:00", "7", account_id="a2"), RULE)
    assert [one.status.value for one in found] == ["retracted"]
    assert [told.account_id for told in detector.customer().told if told.rule == RULE] == ["a1"]
