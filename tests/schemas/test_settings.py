"""Settings: defaults, one TOML file, the environment; what is misspelt or impossible is refused in one line without its value."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from schemas.rules import Mode
from schemas.settings import Bank, Settings, SettingsError
from schemas.topics import MOVEMENTS


def write(folder: Path, text: str) -> Path:
    file = folder / "wealthwatch.toml"
    file.write_text(text)
    return file


def sections(model: type[BaseModel], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], type[BaseModel]]]:
    found = [(path, model)]
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += sections(field.annotation, (*path, name))
    return found


def refused(file: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("path", "section"), sections(Settings), ids=lambda one: ".".join(one) if isinstance(one, tuple) else "")
def test_a_misspelt_key_of_any_table_is_refused_with_the_list_of_what_exists(
    path: tuple[str, ...], section: type[BaseModel], tmp_path: Path
) -> None:
    table = f"[{'.'.join(path)}]\n" if path else ""
    said = refused(write(tmp_path, f'{table}mispelt = "hunter2"\n'))
    assert ".".join((*path, "mispelt")) in said
    assert "hunter2" not in said
    for name in section.model_fields:
        assert name in said


def test_a_misspelt_key_of_a_tier_is_refused(tmp_path: Path) -> None:
    said = refused(write(tmp_path, '[[bank.tiers]]\nname = "low"\nline = 0\nabs_flor = 1\n'))
    assert "bank.tiers.0.abs_flor" in said


def test_a_misspelt_severity_of_a_cooldown_is_refused(tmp_path: Path) -> None:
    assert "notifier.cooldown_s" in refused(write(tmp_path, "[notifier.cooldown_s]\nurgent = 1\n"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[bank]\ntime_zone = "Asia/Shangai"', "bank.time_zone"),
        ('[bank]\ntime_zone = "../etc"', "bank.time_zone"),
        ('[bank]\nbase_currency = "RMB"', "bank.base_currency"),
        ("[bank]\nopens_at = 18\ncloses_at = 9", "bank"),
        ("[bank]\nopens_at = 9\ncloses_at = 9", "bank"),
        ("[bank]\ntiers = []", "bank"),
        ("[bank]\ntier_hysteresis = 1", "bank.tier_hysteresis"),
        ('[[bank.tiers]]\nname = "low"\nline = 5\nabs_floor = 1', "bank"),
        ('[[bank.tiers]]\nname = "a"\nline = 0\nabs_floor = 1\n[[bank.tiers]]\nname = "b"\nline = 0\nabs_floor = 1', "bank"),
        ('[[bank.tiers]]\nname = "a"\nline = 0\nabs_floor = 1\n[[bank.tiers]]\nname = "a"\nline = 9\nabs_floor = 1', "bank"),
        ('[[bank.tiers]]\nname = "a"\nline = 0\nabs_floor = 0', "bank.tiers.0.abs_floor"),
        ("[detector]\nhistory_days = 30", "detector.history_days"),
        ("[detector]\nremembered_events = 63", "detector.remembered_events"),
        ('[detector]\nprocessing_guarantee = "at_most_once"', "detector.processing_guarantee"),
        ("[detector.fuse]\nratio = 0", "detector.fuse.ratio"),
        ("[kafka]\npartitions = 0", "kafka.partitions"),
        ("[inbox]\nport = 70000", "inbox.port"),
        ('[rules.large_inflow]\nmode = "on"', "rules.large_inflow.mode"),
    ],
)
def test_an_impossible_value_is_refused_by_the_setting_s_name(text: str, named: str, tmp_path: Path) -> None:
    assert f"setting {named}:" in refused(write(tmp_path, text))


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere.toml").startswith("no settings file at ")
    assert "is not TOML" in refused(write(tmp_path, "[bank\n"))


def test_the_environment_goes_before_the_file_and_the_file_before_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, '[kafka]\npartitions = 3\ntopic_prefix = "f."\n')
    monkeypatch.setenv("WEALTHWATCH_KAFKA__PARTITIONS", "5")
    settings = Settings.load(file)
    assert (settings.kafka.partitions, settings.kafka.topic(MOVEMENTS), settings.kafka.replication_factor) == (5, "f.movements", 1)


def test_the_file_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEALTHWATCH_CONFIG", str(write(tmp_path, "[bank]\nopens_at = 8\n")))
    assert Settings.load().bank.opens_at == 8


RULES = """
[rules.large_inflow]
mode = "test"
[rules.large_inflow.parameters]
pct = 0.1
[rules.large_inflow.by_tier.gold]
pct = "0.3"
"""


def test_rules_are_set_in_the_file_with_exact_numbers(tmp_path: Path) -> None:
    settings = Settings.load(write(tmp_path, RULES))
    rule = settings.rules["large_inflow"]
    assert rule.mode is Mode.TEST
    assert rule.parameters == {"pct": Decimal("0.1")}
    assert rule.by_tier == {"gold": {"pct": "0.3"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules.large_inflow]\npct = 0.1\n", "setting rules.large_inflow: there is no key pct, only rule, mode, "),
        ("[rules.large_inflow.by_teir.gold]\npct = 0.1\n", "there is no key by_teir, only rule, mode, "),
        ("[rules.large_inflow]\nmode = 'loud'\n", "setting rules.large_inflow.mode: input should be 'live', 'test' or 'off'"),
    ],
)
def test_a_misspelt_key_of_a_rule_is_refused_with_those_that_exist(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        Settings.load(write(tmp_path, text))


def test_the_default_tiers_are_those_of_the_rules() -> None:
    assert [(tier.name, int(tier.line), int(tier.abs_floor)) for tier in Bank().tiers] == [
        ("basic", 0, 50_000),
        ("gold", 200_000, 100_000),
        ("platinum", 2_000_000, 500_000),
        ("private", 8_000_000, 1_000_000),
    ]


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().bank = Bank()  # type: ignore[misc]
