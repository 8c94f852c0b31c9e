"""From what was typed to the next version, and what that changes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.rules import Mode, RuleSettings
from schemas.settings import Bank, Settings, SettingsError
from streams.book import all_rules
from streams.timeline import RuleBooks
from wealthwatch.tuning.change import Layer, assignments, changed
from wealthwatch.tuning.differences import differences
from wealthwatch.tuning.origins import apart, origins
from wealthwatch.tuning.pages import definition
from wealthwatch.tuning.proposal import Wish, proposed, soonest
from wealthwatch.tuning.times import moment, when

NOON = datetime(2025, 3, 10, 12, tzinfo=UTC)
LATER = datetime(2025, 3, 10, 13, tzinfo=UTC)
BANK = Bank()
INFLOW = all_rules()["large_inflow"]
LAYERED = RuleSettings.model_validate(
    {
        "rule": "large_inflow",
        "version": 4,
        "active_since": NOON,
        "parameters": {"pct": "0.2"},
        "by_segment": {"corporate": {"pct": "0.3"}},
        "by_tier": {"gold": {"pct": "0.4", "abs_floor": "7"}},
        "by_customer": {"c9": {"pct": "0.5"}},
    }
)


def wish(*texts: str, layer: Layer | None = None, mode: Mode | None = None, since: datetime = LATER) -> Wish:
    return Wish(INFLOW, assignments(INFLOW, list(texts)), layer or Layer(), mode, "li", since)


def books(*versions: RuleSettings) -> RuleBooks:
    made = RuleBooks(BANK)
    for one in versions:
        made.put(one.key, one)
    return made


# --- what is typed ---------------------------------------------------------------------------------------------------------------------


def test_values_maps_and_nothing_are_told_apart() -> None:
    assert assignments(INFLOW, ["pct=0.15", "bands=notice:1, critical:5", "abs_floor="]) == {
        "pct": "0.15",
        "bands": {"notice": "1", "critical": "5"},
        "abs_floor": None,
    }


def test_a_list_of_names_is_typed_with_commas_and_shown_so_and_is_the_same_in_a_settings_file(tmp_path: Path) -> None:
    rule = all_rules()["to_competitor"]
    typed = assignments(rule, ["institutions=海纳证券, Harbour Wealth,UBSWCHZH"])
    assert typed == {"institutions": ("海纳证券", "Harbour Wealth", "UBSWCHZH")}
    version = changed(rule, RuleSettings(), typed, Layer("tier", "gold"), None, "li", LATER)
    assert RuleSettings.model_validate_json(version.model_dump_json(exclude_none=True)) == version
    told = differences(rule, RuleSettings(), version)
    assert [(one.what, one.after) for one in told] == [("institutions for tier gold", "海纳证券,Harbour Wealth,UBSWCHZH")]
    file = tmp_path / "bank.toml"
    file.write_text('[rules.to_competitor.by_tier.gold]\ninstitutions = ["海纳证券", "Harbour Wealth", "UBSWCHZH"]\n', encoding="utf-8")
    assert Settings.load(file).rules["to_competitor"].by_tier == version.by_tier
    with pytest.raises(SettingsError, match="'institutions' is not PARAM=VALUE, such as institutions=中信证券,"):
        assignments(rule, ["institutions"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pctt=1", "pctt: there is no such parameter; its parameters are abs_floor, bands, pct"),
        ("pctt", "pctt: there is no such parameter; its parameters are abs_floor, bands, pct"),
        ("pct", "'pct' is not PARAM=VALUE, such as pct=0.10"),
        ("bands=5", "bands=5 is not bands=notice:1,warning:3,critical:10"),
    ],
)
def test_what_is_misspelt_is_answered_with_what_exists(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        assignments(INFLOW, [text])
    assert said in str(caught.value)


# --- the next version ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "texts", "field", "expected"),
    [
        (Layer(), ["abs_floor=5"], "parameters", {"pct": "0.2", "abs_floor": "5"}),
        (Layer(), ["pct="], "parameters", {}),
        (Layer("tier", "gold"), ["pct=0.6"], "by_tier", {"gold": {"pct": "0.6", "abs_floor": "7"}}),
        (Layer("tier", "private"), ["pct=0.6"], "by_tier", {"gold": {"pct": "0.4", "abs_floor": "7"}, "private": {"pct": "0.6"}}),
        (Layer("customer", "c9"), ["pct="], "by_customer", {}),
        (Layer("segment", "corporate"), ["pct=", "abs_floor=3"], "by_segment", {"corporate": {"abs_floor": "3"}}),
    ],
)
def test_a_change_touches_its_layer_and_nothing_else(layer: Layer, texts: list[str], field: str, expected: dict[str, Any]) -> None:
    version = changed(INFLOW, LAYERED, assignments(INFLOW, texts), layer, None, "li", LATER)
    assert getattr(version, field) == expected
    rest = {"parameters", "by_segment", "by_tier", "by_customer", "mode"} - {field}
    assert {name: getattr(version, name) for name in rest} == {name: getattr(LAYERED, name) for name in rest}
    assert (version.rule, version.version, version.active_since, version.changed_by) == ("large_inflow", 5, LATER, "li")


def test_the_first_version_on_the_topic_comes_after_the_file_s() -> None:
    version = proposed(books(), wish(mode=Mode.TEST))
    assert (version.key, version.mode) == ("large_inflow@2", Mode.TEST)


def test_a_number_that_a_refused_record_has_taken_is_left_alone() -> None:
    broken = RuleSettings(rule="large_inflow", version=7, active_since=NOON, parameters={"pctt": "1"})
    assert proposed(books(broken), wish("pct=0.3")).version == 8


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (wish("pct=-1"), "rule large_inflow: pct: Input should be greater than or equal to 0; its parameters are abs_floor, bands, pct"),
        (wish("bands=urgent:1"), "bands"),
        (wish("pct=0.3", since=NOON), "version 4 of large_inflow begins at 2025-03-10T12:00:00+0000: give a later --active-since"),
        (wish("pct=0.20"), "that is how large_inflow is set already (version 4)"),
        (wish(), "that is how large_inflow is set already (version 4)"),
        (wish("pct=0.1", layer=Layer("tier", "golden")), "no tier 'golden'"),
    ],
)
def test_what_every_worker_would_refuse_is_not_proposed(asked: Wish, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        proposed(books(LAYERED), asked)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_soonest_start_is_a_whole_second_and_no_less_than_the_lead_away() -> None:
    assert soonest(NOON.replace(microsecond=1), 60) == NOON.replace(minute=1, second=1)
    assert soonest(NOON, 60) == NOON.replace(minute=1, second=1)


# --- what differs ----------------------------------------------------------------------------------------------------------------------


def test_differences_are_of_values_and_not_of_how_they_are_written() -> None:
    one = RuleSettings(parameters={"pct": "0.1", "bands": {"notice": Decimal(1), "warning": Decimal(3), "critical": Decimal(10)}})
    assert differences(INFLOW, RuleSettings(), one) == []
    assert differences(INFLOW, one, RuleSettings(parameters={"pct": Decimal("0.100")})) == []


def test_every_layer_s_differences_are_named() -> None:
    after = RuleSettings(mode=Mode.OFF, parameters={"pct": "0.20"}, by_tier={"gold": {"pct": "0.4"}}, by_customer={"c1": {"pct": "1"}})
    assert [tuple(one) for one in differences(INFLOW, LAYERED, after)] == [
        ("mode", "live", "off"),
        ("pct for segment corporate", "0.3", "not set"),
        ("abs_floor for tier gold", "7", "not set"),
        ("pct for customer c9", "0.5", "not set"),
        ("pct for customer c1", "not set", "1"),
    ]
    assert differences(INFLOW, RuleSettings(), LAYERED)[0] == ("pct", "0.10 (default)", "0.2")


# --- where a value comes from ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "pct", "floor"),
    [
        ([], ("0.2", "all"), ("-", "default")),
        ([Layer("segment", "corporate")], ("0.3", "segment corporate"), ("-", "default")),
        ([Layer("segment", "corporate"), Layer("tier", "gold")], ("0.4", "tier gold"), ("7", "tier gold")),
        ([Layer("tier", "gold"), Layer("customer", "c9")], ("0.5", "customer c9"), ("7", "tier gold")),
        ([Layer("tier", "private")], ("0.2", "all"), ("1000000", "bank's tier private")),
    ],
)
def test_every_value_says_where_it_comes_from(layers: list[Layer], pct: tuple[str, str], floor: tuple[str, str]) -> None:
    found = {one.name: one for one in origins(INFLOW, LAYERED, BANK, layers)}
    assert (found["pct"].value, found["pct"].set_for, found["pct"].default) == (*pct, "0.10")
    assert (found["abs_floor"].value, found["abs_floor"].set_for) == floor


def test_what_is_set_for_some_is_listed_apart() -> None:
    assert apart(INFLOW, LAYERED) == [("segment corporate", "pct=0.3"), ("tier gold", "pct=0.4 abs_floor=7"), ("customer c9", "pct=0.5")]


# --- words -----------------------------------------------------------------------------------------------------------------------------


def test_a_time_is_the_bank_s_unless_it_says_otherwise() -> None:
    assert moment("2025-03-10T20:00", BANK) == moment("2025-03-10T12:00Z", BANK) == NOON
    assert when(LAYERED, BANK) == "2025-03-10T20:00:00+08:00"
    assert moment(when(LAYERED, BANK), BANK) == NOON
    with pytest.raises(SettingsError, match="'soon' is not a time such as"):
        moment("soon", BANK)


@pytest.mark.parametrize("name", sorted(all_rules()))
def test_every_rule_says_in_one_line_what_it_sees(name: str) -> None:
    said = definition(all_rules()[name])
    assert 10 < len(said) < 300
    assert "\n" not in said
