"""R42: sum of the weights of the rules that speak for attrition >= score: open now, or fired in the last 90 dates."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.notifications import Status
from schemas.rules import Severity
from schemas.settings import SettingsError
from streams.memory import FIRED_DAYS, Memory, name_of
from streams.state import decode, encode
from tests.streams.builders import Detector, instant, of, only, world

RULE = "attrition_score"
WEIGHTS = {"full_sweep": 30, "cumulative_outflow": 20, "large_inflow": 7}


def settings(weights: dict[str, int] | None = None, score: int = 50, **rules: dict[str, Any]) -> Any:
    return world({RULE: {"parameters": {"weights": weights or WEIGHTS, "score": score}}, **rules})


def holding(own: Any = None, amount: str = "100000") -> Detector:
    detector = Detector(own or settings())
    detector.move("2025-03-01 00:00", amount, "adjustment", snapshot=True)
    return detector


def test_two_signs_of_one_movement_open_it_at_that_movement() -> None:
    found = only(holding().move("2025-03-10 09:00", "90000", "transfer_out"), RULE)
    assert (found.status, found.severity, int(found.evidence.measured)) == (Status.OPENED, Severity.WARNING, 50)
    assert found.evidence.facts == {"reasons": "full_sweep:30 cumulative_outflow:20", "days": "90"}
    assert found.evidence.triggers[0].amount == 90_000
    assert found.body.english == "Attrition score 50, limit 50. Signs: an account was swept, cumulative_outflow."


@pytest.mark.parametrize(("score", "opens"), [(49, True), (50, True), (51, False)])
def test_the_sum_must_reach_the_score(score: int, opens: bool) -> None:
    assert bool(of(holding(settings(score=score)).move("2025-03-10 09:00", "90000", "transfer_out"), RULE)) is opens


def test_one_sign_alone_can_suffice_where_the_settings_say_so() -> None:
    found = only(holding(settings({"large_inflow": 80})).move("2025-03-10 09:00", "90000"), RULE)
    assert found.severity is Severity.CRITICAL


def test_a_rule_counts_once_however_often_it_fired() -> None:
    detector = holding(settings({"large_inflow": 30}))
    detector.move("2025-03-10 09:00", "90000")
    assert of(detector.move("2025-03-10 10:00", "90000"), RULE) == []


def test_it_escalates_at_the_higher_band() -> None:
    detector = holding(settings({"full_sweep": 30, "cumulative_outflow": 20, "large_inflow": 30}))
    detector.move("2025-03-10 09:00", "90000", "transfer_out")
    found = only(detector.move("2025-03-11 09:00", "90000"), RULE)
    assert (found.status, found.severity, int(found.evidence.measured)) == (Status.ESCALATED, Severity.CRITICAL, 80)


def test_an_event_counts_for_90_dates_and_a_condition_while_it_is_open() -> None:
    detector = holding(settings({"full_sweep": 30, "cumulative_outflow": 9, "large_inflow": 20}))
    detector.move("2025-03-10 09:00", "90000", "transfer_out")
    detector.move("2025-04-01 09:00", "90000")
    found = of(detector.until("2025-12-01 00:00"), RULE)
    resolved = only(found, RULE)
    assert (resolved.status, resolved.occurred_at.timestamp()) == (Status.RESOLVED, instant("2025-06-08 00:00"))
    assert (int(resolved.evidence.measured), resolved.evidence.facts["reasons"]) == (20, "large_inflow:20")


def test_it_resolves_at_the_tick_at_which_a_condition_does() -> None:
    detector = holding(settings({"full_sweep": 10, "cumulative_outflow": 40}))
    detector.move("2025-03-10 09:00", "60000", "transfer_out")
    assert of(detector.told, RULE) == []
    opened = only(detector.move("2025-03-11 09:00", "39000", "transfer_out"), RULE)
    found = of(detector.until("2025-06-01 00:00"), RULE)
    assert [(one.status, one.notification_id) for one in found] == [(Status.RESOLVED, opened.notification_id)]
    assert found[0].occurred_at.timestamp() == instant("2025-03-17 00:00"), "the 7 dates hold less than 0.8 of the limit"


def test_a_reversal_takes_back_the_sign_and_what_it_opened() -> None:
    detector = holding()
    opened = only(detector.move("2025-03-10 09:00", "90000", "transfer_out"), RULE)
    back = only(detector.reverse("2025-03-11 09:00", "e2", "2025-03-10 09:00", "90000", "transfer_out"), RULE)
    assert (back.status, back.notification_id) == (Status.RETRACTED, opened.notification_id)
    assert list(detector.customer().memory.fired) == []


@pytest.mark.parametrize("mode", ["test", "off"])
def test_rules_that_are_not_live_count_for_nothing(mode: str) -> None:
    assert of(holding(settings(full_sweep={"mode": mode})).move("2025-03-10 09:00", "90000", "transfer_out"), RULE) == []


def test_a_condition_that_only_cools_down_does_not_count() -> None:
    own = settings({"cumulative_outflow": 50}, cumulative_outflow={"parameters": {"cooldown_hours": 1000, "limits": {"7": "1"}}})
    detector = holding(own)
    detector.move("2025-03-10 09:00", "90000", "transfer_out")
    found = of(detector.until("2025-03-20 00:00"), RULE)
    assert [one.status for one in found] == [Status.RESOLVED]
    assert "cumulative_outflow:7d" in detector.customer().conditions


def test_it_resolves_also_of_a_customer_who_sleeps() -> None:
    detector = holding(settings({"matured_not_reinvested": 50}))
    detector.move("2025-03-10 09:00", "90000", "redemption")
    assert of(detector.until("2025-03-14 00:00"), RULE)
    resolved = only(detector.until("2025-12-01 00:00"), RULE)
    assert resolved.occurred_at.timestamp() == instant("2025-06-12 00:00")


def test_a_weight_of_a_rule_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="there is no rule 'full_swep'"):
        settings({"full_swep": 30})


# --- what is remembered ----------------------------------------------------------------------------------------------------------------


def test_two_firings_of_each_rule_are_kept_for_92_dates() -> None:
    memory = Memory()
    one, other = name_of("one"), name_of("other")
    for day in range(1, 6):
        memory.fire(one, day, 100 + day)
    memory.fire(other, 5, 7)
    assert list(memory.fired) == [one, 4, 104, one, 5, 105, other, 5, 7]
    memory.unfire(one, 105)
    assert (memory.fired_since(one, 4), memory.fired_since(one, 5), memory.fired_since(other, 5)) == (True, False, True)
    memory.fire(other, 4 + FIRED_DAYS, 0)
    assert list(memory.fired) == [other, 5, 7, other, 4 + FIRED_DAYS, 0]


def test_it_is_read_back() -> None:
    detector = holding()
    detector.move("2025-03-10 09:00", "90000", "transfer_out")
    detector.move("2025-03-10 10:00", "90000", "redemption")
    records = dict(encode(detector.customer()))
    again, kept = decode(records[b"c1"], records.get).memory, detector.customer().memory
    assert (list(again.fired), list(again.warned)) == (list(kept.fired), list(kept.warned))
    assert len(again.fired) > 0
    assert len(again.warned) > 0
    assert [(one.at, one.day, one.value, one.identity) for one in again.dealt] == [
        (one.at, one.day, one.value, one.identity) for one in kept.dealt
    ]
    assert again.dealt
