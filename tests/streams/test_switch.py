"""Settings that change while customers live: the switch is a point of event time, for each customer alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Notification, Status
from schemas.rules import Mode, RuleSettings
from streams.posting import Posting
from tests.streams.builders import Detector, instant, world
from tests.streams.histories import START, Run, Step, a_world, history, steps

HOUR, DAY = 3_600, 86_400


def version(rule: str, at: str | int, number: int = 2, **fields: Any) -> RuleSettings:
    since = datetime.fromtimestamp(instant(at) if isinstance(at, str) else at, UTC)
    return RuleSettings.model_validate({"rule": rule, "version": number, "active_since": since, **fields})


def detector(*versions: RuleSettings) -> Detector:
    found = Detector(world({"near_tier": {"mode": "off"}, "tier_up": {"mode": "off"}}))
    for one in versions:
        assert found.world.books.put(one.key, one).refused == ()
    return found


def of(told: list[Notification], rule: str) -> list[tuple[str, int, str]]:
    return [(one.status.value, one.rule.version, str(one.severity)) for one in told if one.rule.name == rule]


# --- cases -----------------------------------------------------------------------------------------------------------------------------


def test_a_movement_is_decided_by_what_holds_at_its_second() -> None:
    found = detector(version("large_inflow", "2025-03-10 12:00", parameters={"abs_floor": "900"}))
    assert of(found.move("2025-03-10 11:59:59", "1000"), "large_inflow") == []
    [told] = of(found.move("2025-03-10 12:00:00", "1000"), "large_inflow")
    assert told[:2] == ("opened", 2)


def test_one_that_comes_late_is_decided_by_what_holds_at_the_clock() -> None:
    found = detector(version("large_inflow", "2025-03-10 12:00", mode="off"))
    found.move("2025-03-10 12:00", "1")
    assert of(found.move("2025-03-10 09:00", "900000"), "large_inflow") == []


def test_a_condition_that_no_longer_reaches_the_new_threshold_resolves_when_it_is_asked_next() -> None:
    found = detector(version("cumulative_inflow", "2025-03-11 12:00", parameters={"abs_floor": "1000000"}))
    [opened] = [one for one in found.move("2025-03-10 10:00", "90000") if one.rule.name == "cumulative_inflow"]
    assert found.until("2025-03-11 12:00") == []
    [resolved] = [one for one in found.move("2025-03-11 12:00", "1") if one.rule.name == "cumulative_inflow"]
    assert (resolved.status, resolved.rule.version, resolved.notification_id) == (Status.RESOLVED, 2, opened.notification_id)


def test_a_condition_that_has_come_into_a_higher_band_escalates_under_its_id() -> None:
    found = detector(version("cumulative_outflow", "2025-03-11 12:00", parameters={"abs_floor": "1000"}))
    [opened] = [one for one in found.move("2025-03-10 10:00", "60000", "withdrawal") if one.rule.name == "cumulative_outflow"]
    told = [one for one in found.move("2025-03-11 13:00", "1", "withdrawal") if one.notification_id == opened.notification_id]
    assert [(one.status, one.rule.version) for one in told] == [(Status.ESCALATED, 2)]


def test_a_rule_that_is_off_says_nothing_more_and_its_open_conditions_are_dropped() -> None:
    found = detector(version("cumulative_inflow", "2025-03-11 12:00", mode="off"), version("cumulative_inflow", "2025-03-12 12:00", 3))
    [opened] = of(found.move("2025-03-10 10:00", "60000"), "cumulative_inflow")
    assert opened[0] == "opened"
    assert of(found.move("2025-03-11 12:00", "1"), "cumulative_inflow") == []
    assert [key for key in found.customer().conditions if key.startswith("cumulative_inflow:")] == []
    again = [one for one in found.move("2025-03-12 12:00", "1") if one.rule.name == "cumulative_inflow"]
    assert [one.status for one in again] == [Status.OPENED]
    assert again[0].notification_id not in {one.notification_id for one in found.told[:-1] if one is not again[0]}


def test_a_tick_is_a_touch_too() -> None:
    found = detector(version("cumulative_inflow", "2025-03-10 12:00", mode="off"), version("cumulative_inflow", "2025-03-11 12:00", 3))
    found.move("2025-03-10 10:00", "60000")
    [opened] = [one for one in found.told if one.rule.name == "cumulative_inflow"]
    [again] = [one for one in found.move("2025-03-11 13:00", "1") if one.rule.name == "cumulative_inflow"]
    assert (again.status, again.notification_id == opened.notification_id) == (Status.OPENED, False)


def test_a_rule_that_is_off_while_its_customer_rests_goes_on_where_it_was() -> None:
    found = detector(version("cumulative_inflow", "2025-03-10 12:00", mode="off"), version("cumulative_inflow", "2025-03-10 13:00", 3))
    found.move("2025-03-10 10:00", "60000")
    assert of(found.move("2025-03-10 14:00", "1"), "cumulative_inflow") == []
    assert found.customer().conditions


def test_a_rule_in_test_finds_the_same_and_says_that_it_is_a_test() -> None:
    live, test = detector(), detector(version("large_inflow", "2025-03-10 12:00", mode="test"))
    for found in (live, test):
        found.move("2025-03-10 13:00", "900000")
    assert [one.message_id for one in test.told] == [one.message_id for one in live.told]
    assert [one.rule.mode for one in test.told if one.rule.name == "large_inflow"] == [Mode.TEST]


# --- any history -----------------------------------------------------------------------------------------------------------------------

FIELDS = st.sampled_from(
    [
        {"mode": "off"},
        {"mode": "test"},
        {"parameters": {"abs_floor": "1000"}},
        {"parameters": {"abs_floor": "400000"}},
        {"by_customer": {"c0": {"abs_floor": "100"}}},
        {"by_segment": {"personal": {"bands": {"info": "1", "critical": "2"}}}},
    ]
)
RULES = ["large_inflow", "cumulative_inflow", "cumulative_outflow", "full_sweep"]
SWITCHES = st.lists(st.tuples(st.sampled_from(RULES), st.integers(0, 40), FIELDS), max_size=5)


def versions(switches: list[tuple[str, int, dict[str, Any]]]) -> list[RuleSettings]:
    made: list[RuleSettings] = []
    for rule, days, fields in sorted(switches, key=lambda one: one[1]):
        made.append(version(rule, START + days * DAY // 2, 2 + sum(one.rule == rule for one in made), **fields))
    return made


def run(made: list[RuleSettings]) -> Run:
    found = Run.begin(a_world())
    for one in made:
        assert found.world.books.put(one.key, one).refused == ()
    return found


HISTORIES = st.lists(steps(late=True), max_size=14)


@given(st.lists(steps(), max_size=14), SWITCHES)  # in order: behind an hour that was told to pass, a movement is late to its customer
def test_ticks_every_hour_or_only_at_the_end_say_the_same_whatever_is_switched(taken: list[Step], switches: Any) -> None:
    made, movements = versions(switches), history(taken)
    lazy, eager = run(made), run(made)
    clock = START
    for one in movements:
        for hour in range((clock // HOUR + 1) * HOUR, one.at + 1, HOUR):
            eager.tick(hour)
        clock = max(clock, one.at)
        lazy.take(one)
        eager.take(one)
    for ended in (lazy.tick(clock), eager.tick(clock)):
        for who, told in ended.told.items():  # how late a movement is, is reckoned from the clock, which ticks move on
            ended.told[who] = [one for one in told if one.rule.name != "late_movement"]
    assert lazy.ids() == eager.ids()


@given(HISTORIES, SWITCHES, st.data())
def test_when_a_version_is_learnt_does_not_matter_as_long_as_it_is_known_in_time(taken: list[Step], switches: Any, data: Any) -> None:
    made, movements = versions(switches), history(taken)
    known, following = run(made).take_all(movements), run([])
    clock, left = 0, list(made)
    for one in movements:
        clock = max(clock, one.at)
        early = data.draw(st.integers(0, 2))
        while left and (early or left[0].active_since.timestamp() <= clock):  # type: ignore[union-attr]
            assert not following.world.books.put(left[0].key, left[0]).late
            left, early = left[1:], max(0, early - 1)
        following.take(one)
    assert following.ids() == known.ids()


@given(HISTORIES, SWITCHES)
def test_customers_one_after_the_other_or_mixed_say_the_same(taken: list[Step], switches: Any) -> None:
    made, movements = versions(switches), history(taken)
    mixed, apart = run(made).take_all(movements), run(made)
    for who in sorted({one.customer_id for one in movements}, reverse=True):
        apart.take_all(one for one in movements if one.customer_id == who)
    assert apart.ids() == mixed.ids()
    assert apart.states() == mixed.states()


@given(HISTORIES, st.integers(0, 40))
def test_before_the_switch_nothing_differs_and_after_it_everything_is_the_new_version_s(taken: list[Step], days: int) -> None:
    since = START + days * DAY // 2
    movements: list[Posting] = history(taken)
    switched, plain = run([version(rule, since, parameters={"abs_floor": "1000"}) for rule in RULES]), run([])
    clocks: dict[str, int] = {}
    for one in movements:
        clock = clocks[one.customer_id] = max(clocks.get(one.customer_id, 0), one.at)
        before = [len(each.told.get(one.customer_id, [])) for each in (switched, plain)]
        switched.take(one)
        plain.take(one)
        if clock < since:
            assert switched.told[one.customer_id][before[0] :] == plain.told[one.customer_id][before[1] :]
        for told in switched.told[one.customer_id][before[0] :]:
            if told.rule.name in RULES and told.evidence.triggers:
                assert told.rule.version == (1 if clock < since else 2)
