"""R07: a reversal hits a movement that had notified; the notification is retracted."""

from __future__ import annotations

from tests.streams.builders import Detector, of, said, world


def test_what_the_reversed_movement_told_is_retracted_under_its_own_id_and_rule() -> None:
    detector = Detector()
    opened = of(detector.move("2025-03-10 09:00", "90000"), "large_inflow")
    found = of(detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "90000", "deposit"), "large_inflow")
    assert [one.status.value for one in found] == ["retracted"]
    assert found[0].notification_id == opened[0].notification_id
    assert found[0].message_id != opened[0].message_id
    assert found[0].dedup_key == opened[0].dedup_key
    assert found[0].severity is opened[0].severity
    assert (found[0].rule.rule_id, found[0].due_by) == ("R01", None)
    assert found[0].evidence.facts == {"retracts": "large_inflow", "by": "core/e2"}
    assert found[0].title.english == "Retracted: An earlier notification no longer holds"
    assert found[0].suggested_action.english == "Nothing to do."


def test_everything_that_one_movement_told_is_retracted() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True)
    quiet = detector.move("2025-03-10 08:00", "1", "interest")
    assert said(quiet) == [("concentration", "opened"), ("concentration", "opened")]  # of the hours before
    opened = detector.move("2025-03-10 09:00", "100000", "transfer_out")
    assert sorted(said(opened)) == [
        ("aum_change", "opened"),
        ("cumulative_outflow", "opened"),
        ("cumulative_outflow", "opened"),
        ("full_sweep", "opened"),
        ("large_outflow", "opened"),
    ]
    found = detector.reverse("2025-03-10 15:00", "e3", "2025-03-10 09:00", "100000", "transfer_out")
    assert {(one.notification_id, one.status.value) for one in found} == {(one.notification_id, "retracted") for one in opened}


def test_a_movement_that_told_nothing_has_nothing_retracted() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "900")
    assert detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "900", "deposit") == []


def test_a_reversal_that_comes_before_its_original_keeps_it_silent() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "1000", "adjustment", snapshot=True)
    found = detector.reverse("2025-03-10 10:00", "late", "2025-03-10 09:00", "90000", "deposit")
    assert said(found) == [("low_balance", "opened")]  # the account is overdrawn until the original is there
    assert said(detector.move("2025-03-10 09:00", "90000", event_id="late")) == [("low_balance", "resolved")]
    assert detector.account().balance == 10_000_000
    assert detector.customer().reversed == []
    assert only_zero(detector)


def only_zero(detector: Detector) -> bool:
    history = detector.customer().history
    return all(history.within(day, day) == (0, 0) for day, _ in history.closes())


def test_a_reversal_of_another_feed_s_event_of_that_name_retracts_nothing() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "90000", source="cards")
    found = detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "90000", "deposit")
    assert of(found, "large_inflow") == []


def test_a_second_reversal_retracts_nothing_again() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "90000")
    detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "90000", "deposit")
    assert of(detector.reverse("2025-03-12 09:00", "e1", "2025-03-10 09:00", "90000", "deposit"), "large_inflow") == []


def test_a_repeated_reversal_is_a_duplicate() -> None:
    detector = Detector()
    detector.move("2025-03-10 09:00", "90000")
    for _ in range(2):
        found = detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "90000", "deposit", event_id="r")
    assert found == []
    assert detector.account().balance == 0


def test_a_condition_that_the_reversed_movement_had_opened_is_retracted_and_not_resolved() -> None:
    detector = Detector()
    detector.move("2025-03-09 09:00", "45000")
    opened = of(detector.move("2025-03-10 09:00", "6000"), "cumulative_inflow")
    assert [one.status.value for one in opened] == ["opened"]
    found = of(detector.reverse("2025-03-11 09:00", "e2", "2025-03-10 09:00", "6000", "deposit"), "cumulative_inflow")
    assert [(one.status.value, one.notification_id) for one in found] == [("retracted", opened[0].notification_id)], "45,000 >= 0.8 x limit"


def test_a_condition_that_another_movement_had_opened_stays_while_it_holds_and_resolves_when_it_does_not() -> None:
    detector = Detector()
    detector.move("2025-03-09 09:00", "50000")
    detector.move("2025-03-10 09:00", "6000")
    assert of(detector.reverse("2025-03-11 09:00", "e2", "2025-03-10 09:00", "6000", "deposit"), "cumulative_inflow") == []
    detector.move("2025-03-11 10:00", "39000")
    found = of(detector.reverse("2025-03-11 11:00", "e1", "2025-03-09 09:00", "50000", "deposit"), "cumulative_inflow")
    assert [one.status.value for one in found] == ["retracted"], "39,000 is below the limit"


def test_with_the_rule_off_nothing_is_retracted_and_the_books_are_still_right() -> None:
    detector = Detector(world({"retraction": {"mode": "off"}}))
    detector.move("2025-03-10 09:00", "90000")
    found = detector.reverse("2025-03-11 09:00", "e1", "2025-03-10 09:00", "90000", "deposit")
    assert of(found, "large_inflow") == []
    assert detector.account().balance == 0


def test_an_account_swept_and_given_back_may_be_swept_again() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True)
    detector.move("2025-03-10 09:00", "100000", "transfer_out")
    detector.reverse("2025-03-10 10:00", "e2", "2025-03-10 09:00", "100000", "transfer_out")
    assert ("full_sweep", "opened") in said(detector.move("2025-03-10 11:00", "95000", "transfer_out"))
