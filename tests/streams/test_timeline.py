"""Which settings hold when: a function of the newest record of each key and of event time, and of nothing else."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rules import Mode, RuleFault, RuleSettings
from schemas.settings import Bank, Settings, SettingsError
from streams.timeline import BEGINNING, Change, Refused, RuleBooks, instant, read, starts

BANK = Bank()
NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
AT = int(NOON.timestamp())
HOUR = 3_600


def version(number: int = 2, since: datetime | None = NOON, rule: str = "large_inflow", **fields: Any) -> RuleSettings:
    return RuleSettings.model_validate({"rule": rule, "version": number, "active_since": since, **fields})


def books(*versions: RuleSettings, **settings: dict[str, Any]) -> RuleBooks:
    made = RuleBooks(BANK, {name: RuleSettings.model_validate(setting) for name, setting in settings.items()})
    for one in versions:
        assert made.put(one.key, one).refused == ()
    return made


def at(made: RuleBooks, when: int, rule: str = "large_inflow") -> int:
    return made.at(when).settings[rule].version


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


# --- the switch ------------------------------------------------------------------------------------------------------------------------


def test_the_settings_file_alone_holds_for_ever() -> None:
    made = books(large_inflow={"parameters": {"pct": "0.2"}, "version": 4})
    assert made.at(BEGINNING) is made.at(0) is made.at(1 << 60) is made.first
    assert at(made, AT) == 4


def test_a_version_holds_from_its_very_second_on_and_the_file_s_until_the_second_before() -> None:
    made = books(version(mode=Mode.OFF))
    assert (at(made, AT - 1), at(made, AT)) == (1, 2)
    assert "large_inflow" in made.at(AT - 1).rules
    assert "large_inflow" not in made.at(AT).rules


@pytest.mark.parametrize(("micros", "first"), [(0, AT), (1, AT + 1), (999_999, AT + 1)])
def test_a_start_between_two_seconds_is_rounded_up(micros: int, first: int) -> None:
    one = version(since=NOON + timedelta(microseconds=micros))
    assert starts(one) == instant(NOON + timedelta(microseconds=micros)) == first
    assert (at(books(one), first - 1), at(books(one), first)) == (1, 2)


def test_the_offset_of_a_start_says_nothing_but_its_instant() -> None:
    assert starts(version(since=NOON.astimezone(timezone(timedelta(hours=8))))) == AT


def test_one_rule_s_version_leaves_the_others_alone() -> None:
    made = books(version(), version(2, hours(1), "large_outflow", mode="test"), large_outflow={"version": 1})
    assert [(at(made, when), at(made, when, "large_outflow")) for when in (AT - 1, AT, AT + HOUR - 1, AT + HOUR)] == [
        (1, 1),
        (2, 1),
        (2, 1),
        (2, 2),
    ]
    assert made.at(AT + HOUR).references["large_outflow"].mode is Mode.TEST


def test_of_two_versions_that_begin_at_once_the_later_holds() -> None:
    assert at(books(version(2), version(3)), AT) == 3


def test_a_customer_whose_clock_lags_gets_the_old_book_while_another_has_the_new_one() -> None:
    made = books(version())
    old, new = made.at(AT - 1), made.at(AT)
    assert [made.at(AT + offset) for offset in (0, -1, 5, -HOUR)] == [new, old, new, old]


def test_a_book_is_made_once_and_kept_when_a_later_version_comes() -> None:
    made = books(version())
    old, new = made.at(0), made.at(AT)
    made.put("large_inflow@3", version(3, hours(1)))
    assert made.at(0) is old
    assert made.at(AT) is new
    assert at(made, AT + HOUR) == 3


def test_the_history_is_the_file_s_version_and_those_after_it() -> None:
    made = books(version(3, hours(1)), version(2))
    assert [one.version for one in made.history("large_inflow")] == [1, 2, 3]


def test_a_service_s_timeline_is_that_of_its_settings_and_versions() -> None:
    settings = Settings(rules={"large_inflow": RuleSettings(mode=Mode.TEST)})
    made = RuleBooks.of(settings, [version(mode=Mode.LIVE)])
    assert [made.at(when).references["large_inflow"].mode for when in (AT - 1, AT)] == [Mode.TEST, Mode.LIVE]
    with pytest.raises(SettingsError, match=r"large_inflow@1: .*is not after version 1 of the settings file"):
        RuleBooks.of(settings, [version(1)])


# --- what a record changes -------------------------------------------------------------------------------------------------------------


def test_a_record_says_from_when_on_something_changed() -> None:
    made = books()
    assert made.put("large_inflow@2", version()) == Change(AT, False, ())
    assert made.put("large_inflow@2", version()) == Change(None, False, ())
    assert made.put("large_inflow@2", version(since=hours(1))) == Change(AT, False, ())
    assert made.put("large_inflow@3", version(3, hours(2))) == Change(AT + 2 * HOUR, False, ())
    assert made.put("large_inflow@2", None) == Change(AT + HOUR, False, ())
    assert made.put("large_inflow@2", None) == Change(None, False, ())
    assert [at(made, AT + hour * HOUR) for hour in (1, 2)] == [1, 3]


def test_a_version_is_late_when_its_start_was_decided_and_holds_from_then_on() -> None:
    made = books()
    made.at(AT - 1)
    assert not made.put("large_inflow@2", version()).late
    made = books()
    made.at(AT)
    made.at(AT - HOUR)
    assert made.put("large_inflow@2", version()) == Change(AT, True, ())
    assert at(made, AT) == 2


def test_taking_back_what_holds_already_is_late_too() -> None:
    made = books(version())
    made.at(AT)
    assert made.put("large_inflow@2", None) == Change(AT, True, ())
    assert at(made, AT) == 1


# --- what is refused -------------------------------------------------------------------------------------------------------------------

REFUSALS: list[tuple[str, RuleSettings, RuleFault, list[str]]] = [
    ("large_infow@2", version(rule="large_infow"), RuleFault.UNKNOWN_RULE, ["no rule 'large_infow'", "large_inflow, large_outflow"]),
    ("large_inflow", version(), RuleFault.WRONG_KEY, ["not large_inflow@2"]),
    ("large_inflow@3", version(), RuleFault.WRONG_KEY, ["not large_inflow@2"]),
    ("large_inflow@2", version(since=None), RuleFault.NO_START, ["active_since"]),
    ("large_inflow@2", version(parameters={"pctt": 1}), RuleFault.WRONG_SETTING, ["pctt: there is no such", "abs_floor, bands, pct"]),
    ("large_inflow@2", version(by_tier={"gold": {"pct": -1}}), RuleFault.WRONG_SETTING, ["pct"]),
    ("large_inflow@2", version(by_tier={"golden": {}}), RuleFault.WRONG_SETTING, ["no tier 'golden'", "basic, gold"]),
    ("large_inflow@2", version(parameters={"pct": "1E+400000000"}), RuleFault.WRONG_SETTING, ["larger"]),
    ("large_inflow@1", version(1), RuleFault.STALE, ["version 1 is not after version 1 of the settings file"]),
]


@pytest.mark.parametrize(("key", "record", "fault", "said"), REFUSALS, ids=lambda value: value if isinstance(value, RuleFault) else None)
def test_a_record_that_is_no_version_is_refused_and_what_held_goes_on(
    key: str, record: RuleSettings, fault: RuleFault, said: list[str]
) -> None:
    made = books(large_inflow={"parameters": {"pct": "0.2"}})
    change = made.put(key, record)
    [refused] = change.refused
    assert (refused.key, refused.fault, change.since) == (key, fault, None)
    assert all(words in refused.detail for words in said), refused.detail
    assert "\n" not in refused.detail
    assert made.at(1 << 60) is made.first
    assert list(made.refused) == [key]


def test_a_version_that_begins_before_its_forerunner_is_refused() -> None:
    made = books(version(since=hours(1)))
    [refused] = made.put("large_inflow@3", version(3)).refused
    assert (refused.fault, refused.detail) == (RuleFault.EARLIER_START, "rule large_inflow: version 3 begins before version 2")
    assert [at(made, AT), at(made, AT + HOUR)] == [1, 2]
    assert made.put("large_inflow@2", None).since == AT
    assert made.refused == {}
    assert at(made, AT) == 3


def test_a_version_that_makes_a_later_one_impossible_says_so() -> None:
    made = books(version(), version(3, hours(1)))
    [refused] = made.put("large_inflow@2", version(since=hours(2))).refused
    assert (refused.key, refused.fault) == ("large_inflow@3", RuleFault.EARLIER_START)


def test_a_settings_file_with_a_later_version_overtakes_the_topic_s() -> None:
    made = books(large_inflow={"version": 2})
    assert [refused.fault for refused in made.put("large_inflow@2", version()).refused] == [RuleFault.STALE]
    assert made.put("large_inflow@3", version(3, hours(1))).refused == ()
    assert [at(made, AT), at(made, AT + HOUR)] == [2, 3]


@pytest.mark.parametrize(
    "value", [b"", b"{", b"[]", b"\xff", b'{"mode": "loud"}', b'{"version": 0}', b'{"active_since": "2025-03-10T12:00:00"}']
)
def test_bytes_that_cannot_be_read_are_refused(value: bytes) -> None:
    refused = read(b"large_inflow@2", value)
    assert isinstance(refused, Refused)
    assert (refused.key, refused.fault) == ("large_inflow@2", RuleFault.UNREADABLE)
    assert books().put("large_inflow@2", refused).refused == (refused,)


def test_what_is_written_is_read_back() -> None:
    one = version(parameters={"pct": "0.2", "bands": {"notice": "1"}}, by_customer={"c1": {"pct": "0.5"}}, mode="test", changed_by="m9")
    found = read(one.key.encode(), one.model_dump_json().encode())
    assert isinstance(found, RuleSettings)
    assert (found.key, found.active_since, found.mode, found.changed_by) == (one.key, NOON, Mode.TEST, "m9")
    assert found.parameters == {"pct": Decimal("0.2"), "bands": {"notice": Decimal(1)}}
    assert found.by_customer == {"c1": {"pct": Decimal("0.5")}}


def test_a_start_has_no_place_in_the_settings_file() -> None:
    with pytest.raises(
        SettingsError, match=r"active_since: the file's settings hold from the beginning of time; .* rules set large_inflow"
    ):
        RuleBooks(BANK, {"large_inflow": RuleSettings(active_since=NOON)})


# --- any order, any history ------------------------------------------------------------------------------------------------------------

RULES = ("large_inflow", "tier_up")
RECORDS = st.builds(
    lambda rule, number, hour, mode: version(number, hours(hour), rule, mode=mode),
    st.sampled_from(RULES),
    st.integers(1, 5),
    st.integers(0, 6),
    st.sampled_from(Mode),
)
PUTS = st.lists(st.tuples(RECORDS, st.booleans()), max_size=12)


def naive(newest: dict[str, RuleSettings], rule: str, when: int) -> int:
    """By the letter of the law: of the versions that are none too early, the last that has begun."""
    accepted: list[RuleSettings] = []
    for one in sorted((one for one in newest.values() if one.rule == rule and one.version > 1), key=lambda one: one.version):
        if all(one.active_since >= former.active_since for former in accepted):  # type: ignore[operator]
            accepted.append(one)
    return max((one.version for one in accepted if one.active_since.timestamp() <= when), default=1)  # type: ignore[union-attr]


@given(PUTS, st.lists(st.integers(-1, 7 * HOUR), max_size=8))
def test_at_is_what_filtering_the_newest_record_of_each_key_gives(puts: list[tuple[RuleSettings, bool]], asked: list[int]) -> None:
    made, newest = books(), dict[str, RuleSettings]()
    for record, taken_back in puts:
        newest.pop(record.key, None)
        if not taken_back:
            newest[record.key] = record
        made.put(record.key, None if taken_back else record)
        for when in asked:
            assert {rule: at(made, AT + when, rule) for rule in RULES} == {rule: naive(newest, rule, AT + when) for rule in RULES}
    read_later = books()
    for key in sorted(newest):
        read_later.put(key, newest[key])
    assert read_later.refused == made.refused
    for when in range(-1, 7 * HOUR, HOUR // 2):
        assert read_later.at(AT + when).settings == made.at(AT + when).settings


@given(PUTS, RECORDS, st.booleans())
def test_a_change_is_seen_from_its_first_instant_and_not_before(
    puts: list[tuple[RuleSettings, bool]], last: RuleSettings, gone: bool
) -> None:
    made = books()
    for record, taken_back in puts:
        made.put(record.key, None if taken_back else record)
    times = [AT + half * HOUR // 2 for half in range(-1, 14)]
    before = [made.at(when).settings for when in times]
    change = made.put(last.key, None if gone else last)
    differs = [when for when, settings in zip(times, before, strict=True) if made.at(when).settings != settings]
    assert (change.since is None) == (not differs)
    assert change.since is None or change.since == differs[0]
    assert change.late == (change.since is not None)


def test_what_is_refused_can_be_handed_to_another_process() -> None:
    """As a backtest does with its jobs: a compiled dataclass could be written, but not read back."""
    refused = read(b"large_inflow@2", b"{")
    assert isinstance(refused, Refused)
    assert pickle.loads(pickle.dumps(refused)) == refused
