"""Which rules there are and how they are set: what is misspelt does not start, the narrowest setting wins."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import streams.rules
from schemas.movements import Direction, Flow
from schemas.rules import Mode, RuleSettings
from schemas.settings import Bank, Settings, SettingsError, Tier
from streams.book import RuleBook, all_rules
from streams.customer import Customer, Profile
from streams.rule import ConditionRule, EventRule
from streams.sheet import CAUSES, cause_place
from streams.state import new_customer

BANK = Bank()
FOLDER = Path(streams.rules.__path__[0])
NAMES = sorted(
    name for file in FOLDER.glob("*.py") for name in re.findall(r'^    name = "(\w+)"$', file.read_text(encoding="utf-8"), re.MULTILINE)
)
"""As the files spell them."""


def book(bank: Bank = BANK, **rules: dict[str, Any]) -> RuleBook:
    return RuleBook(bank, {name: RuleSettings.model_validate(setting) for name, setting in rules.items()})


def customer(customer_id: str = "c1", tier: str = "", override: str | None = None, segment: str = "personal") -> Customer:
    found = new_customer(customer_id)
    found.tier = tier
    found.profile = Profile(0, segment, override)
    return found


def pct(book: RuleBook, who: Customer) -> Decimal:
    return Decimal(book.sheet(who).prepared["large_inflow"].parameters.pct)


def test_every_rule_of_the_folder_is_found() -> None:
    assert sorted(all_rules()) == NAMES
    assert len(NAMES) > 10


# --- what is wrong does not start ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"large_infow": {}}, [r"no rule 'large_infow'", *NAMES]),
        ({"large_inflow": {"parameters": {"pctt": "0.2"}}}, ["rule large_inflow: pctt", "abs_floor, bands, pct"]),
        ({"large_inflow": {"by_tier": {"gold": {"flor": "1"}}}}, ["rule large_inflow: flor", "abs_floor, bands, pct"]),
        ({"large_inflow": {"by_segment": {"corporate": {"flor": "1"}}}}, ["rule large_inflow: flor"]),
        ({"large_inflow": {"by_customer": {"c1": {"flor": "1"}}}}, ["rule large_inflow: flor"]),
        ({"large_inflow": {"by_tier": {"golden": {}}}}, ["no tier 'golden'", "basic, gold, platinum, private"]),
        ({"large_inflow": {"by_segment": {"retail": {}}}}, ["no segment 'retail'", "personal, corporate, institution"]),
        ({"large_inflow": {"parameters": {"pct": "ten"}}}, ["rule large_inflow: pct"]),
        ({"large_inflow": {"parameters": {"pct": "-0.1"}}}, ["rule large_inflow: pct"]),
        ({"large_inflow": {"parameters": {"abs_floor": "0"}}}, ["rule large_inflow: abs_floor"]),
        ({"large_inflow": {"parameters": {"abs_floor": "100.00001"}}}, ["rule large_inflow: abs_floor"]),
        ({"large_inflow": {"parameters": {"bands": {"urgent": "1"}}}}, ["rule large_inflow: bands"]),
        ({"large_inflow": {"parameters": {"bands": {}}}}, ["rule large_inflow: bands"]),
        ({"large_inflow": {"parameters": {"bands": {"notice": "0"}}}}, ["rule large_inflow: bands"]),
        ({"large_outflow": {"parameters": {"bands": {}}}}, ["rule large_outflow: bands"]),
        ({"cumulative_inflow": {"parameters": {"limits": {"week": "1"}}}}, ["rule cumulative_inflow: limits"]),
        ({"cumulative_inflow": {"parameters": {"limits": {"0": "1"}}}}, ["rule cumulative_inflow: limits"]),
        ({"cumulative_inflow": {"parameters": {"limits": {"93": "1"}}}}, ["rule cumulative_inflow: limits"]),
        ({"cumulative_inflow": {"parameters": {"limits": {"7": "0"}}}}, ["rule cumulative_inflow: limits"]),
        ({"cumulative_inflow": {"parameters": {"rearm": "1.1"}}}, ["rule cumulative_inflow: rearm"]),
        ({"cumulative_inflow": {"parameters": {"cooldown_hours": "-1"}}}, ["rule cumulative_inflow: cooldown_hours"]),
        ({"full_sweep": {"parameters": {"share": "1.01"}}}, ["rule full_sweep: share"]),
        ({"near_tier": {"parameters": {"near": "1"}}}, ["rule near_tier: near"]),
        ({"dormant_reactivated": {"parameters": {"days": "0"}}}, ["rule dormant_reactivated: days"]),
        ({"tier_up": {"mode": "off", "parameters": {"lines": "1"}}}, ["rule tier_up: lines"]),
    ],
)
def test_a_wrong_setting_does_not_start_and_the_error_lists_what_exists(rules: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        book(**rules)
    for words in said:
        assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# --- the order of overrides ------------------------------------------------------------------------------------------------------------

LAYERS: dict[str, Any] = {
    "parameters": {"pct": "0.2"},
    "by_segment": {"corporate": {"pct": "0.3"}},
    "by_tier": {"gold": {"pct": "0.4"}},
    "by_customer": {"c9": {"pct": "0.5"}},
}


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (customer(), "0.2"),
        (customer(segment="corporate"), "0.3"),
        (customer(segment="corporate", tier="gold"), "0.4"),
        (customer(tier="gold"), "0.4"),
        (customer(override="gold"), "0.4"),
        (customer("c9", tier="gold", segment="corporate"), "0.5"),
        (customer("c9"), "0.5"),
        (customer("c99", tier="platinum"), "0.2"),
    ],
)
def test_customer_goes_before_tier_before_segment_before_global(who: Customer, expected: str) -> None:
    assert pct(book(large_inflow=LAYERS), who) == Decimal(expected)


def test_what_a_narrower_layer_does_not_give_comes_from_the_wider() -> None:
    one = book(large_inflow={"parameters": {"abs_floor": "7"}, "by_tier": {"gold": {"pct": "0.4"}}})
    numbers = one.sheet(customer(tier="gold")).prepared["large_inflow"]
    assert (numbers.floor, numbers.parameters.pct) == (70_000, Decimal("0.4"))


def test_without_settings_the_floor_is_the_tier_s() -> None:
    floors = [book().sheet(customer(tier=tier.name)).prepared["large_inflow"].floor for tier in BANK.tiers]
    assert floors == [500_000_000, 1_000_000_000, 5_000_000_000, 10_000_000_000]


def test_setting_one_rule_leaves_the_others_alone() -> None:
    numbers = book(large_inflow=LAYERS).sheet(customer()).prepared
    assert numbers["large_outflow"].parameters.pct == Decimal("0.10")


@pytest.mark.parametrize(("given", "expected"), [(0, "0"), (1, "1"), ("1", "1"), (0.25, "0.25"), ("0.25", "0.25")])
def test_a_number_of_the_settings_file_stays_that_number(given: object, expected: str) -> None:
    assert pct(book(large_inflow={"parameters": {"pct": given}}), customer()) == Decimal(expected)


def test_a_whole_number_is_not_taken_for_yes_or_no() -> None:
    numbers = book(dormant_reactivated={"parameters": {"days": 1}}, cumulative_inflow={"parameters": {"rearm": 1, "limits": {"7": 1}}})
    sheet = numbers.sheet(customer())
    assert sheet.prepared["dormant_reactivated"].parameters.days == 1
    assert sheet.prepared["cumulative_inflow"].limits == ((7, 500_000_000, "7d"),)


def test_bands_are_ordered_by_their_lower_bound() -> None:
    one = book(large_inflow={"parameters": {"bands": {"critical": "5", "info": "1", "warning": "2"}}})
    assert [str(name) for name, _ in one.sheet(customer()).prepared["large_inflow"].bands] == ["info", "warning", "critical"]


# --- tiers -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "tier"),
    [
        (customer(), "basic"),
        (customer(tier="gold"), "gold"),
        (customer(tier="gold", override="private"), "private"),
        (customer(tier="gold", override="a tier of the past"), "gold"),
        (customer(tier="a tier of the past"), "basic"),
    ],
)
def test_the_tier_is_the_profile_s_then_the_decided_one_then_the_lowest(who: Customer, tier: str) -> None:
    assert book().tier_of(who) == tier
    assert book().sheet(who).prepared["large_inflow"].tier.name == tier


def test_a_line_less_its_hysteresis_may_have_any_number_of_decimals() -> None:
    tiers = (Tier(name="low", line=Decimal(0), abs_floor=Decimal(1)), Tier(name="high", line=Decimal("200000.01"), abs_floor=Decimal(1)))
    one = book(Bank(tiers=tiers, tier_hysteresis=Decimal("0.0333")))
    assert one.lost_below == (0, 1_933_400_097)


@pytest.mark.parametrize("values", [{"line": "100.00001", "abs_floor": "1"}, {"line": "100", "abs_floor": "0.00001"}])
def test_a_tier_whose_money_is_finer_than_money_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="decimal"):
        Tier.model_validate({"name": "gold", **values})


# --- modes and causes ------------------------------------------------------------------------------------------------------------------


def test_a_rule_that_is_off_is_not_asked_and_one_in_test_says_so() -> None:
    one = book(large_inflow={"mode": "off"}, large_outflow={"mode": "test", "version": 3}, tier_up={"mode": "off"})
    assert "large_inflow" not in one.rules
    place = cause_place(Flow.EXTERNAL, Direction.CREDIT)
    asked, before = ({each.rule.name for each in which.sheet(customer()).events[place]} for which in (one, book()))
    assert before - asked == {"large_inflow"}
    assert one.references["large_outflow"].mode is Mode.TEST
    assert one.references["large_outflow"].version == 3
    assert book().at_close - one.at_close == {"tier_up"}


def test_every_rule_is_asked_about_exactly_its_causes() -> None:
    one = book()
    sheet = one.sheet(customer())
    assert [asked.rule.name for asked in sheet.on_break] == ["recon_break"]
    assert len(CAUSES) == len(set(CAUSES)) == len(Flow) * len(Direction) == len(sheet.events) == len(sheet.conditions)
    assert [cause_place(flow, direction) for flow, direction in CAUSES] == list(range(len(CAUSES)))
    for cause, events in zip(CAUSES, sheet.events, strict=True):
        assert {asked.rule.name for asked in events} == {
            rule.name for rule in one.rules.values() if isinstance(rule, EventRule) and cause in rule.causes
        }
    for cause, conditions in zip(CAUSES, sheet.conditions, strict=True):
        assert {asked.rule.name for asked in conditions} == {
            rule.name for rule in one.rules.values() if isinstance(rule, ConditionRule) and cause in rule.causes
        }


def test_the_book_of_a_service_is_that_of_its_settings() -> None:
    settings = Settings(rules={"large_inflow": RuleSettings(mode=Mode.OFF)})
    assert "large_inflow" not in RuleBook.of(settings).rules
