"""Which environment variables there are."""

from __future__ import annotations

import pytest

from schemas.environment import complaint, variables
from schemas.settings import PREFIX, Settings, SettingsError

KNOWN = frozenset(variables(Settings, PREFIX))


def test_every_setting_of_every_depth_has_a_variable() -> None:
    assert {"WEALTHWATCH_KAFKA", "WEALTHWATCH_KAFKA__PARTITIONS", "WEALTHWATCH_DETECTOR__DOOR__PORT"} <= KNOWN


@pytest.mark.parametrize(
    "variable",
    ["WEALTHWATCH_KAFKA__PARTITIONS", "wealthwatch_kafka__partitions", "WEALTHWATCH_RULES__large_inflow__mode", "WEALTHWATCH_BANK"],
)
def test_a_variable_that_sets_something_is_accepted(variable: str) -> None:
    assert complaint([variable], KNOWN) is None


@pytest.mark.parametrize(
    ("variable", "said"),
    [
        ("WEALTHWATCH_KAFKA__PARTITION", "did you mean WEALTHWATCH_KAFKA__PARTITIONS?"),
        ("WEALTHWATCH_KAFKA_PARTITIONS", "did you mean WEALTHWATCH_KAFKA__PARTITIONS?"),
        ("WEALTHWATCH_XYZZY", "There is: WEALTHWATCH_BANK, "),
    ],
)
def test_a_variable_that_sets_nothing_is_answered_with_what_exists(variable: str, said: str) -> None:
    told = complaint([variable], KNOWN)
    assert told is not None
    assert told.startswith(f"no setting has the environment variable {variable}")
    assert said in told


def test_a_secret_is_not_repeated_when_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEALTHWATCH_KAFKA", '{"sasl_password": {"hunter2": 1}}')
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert "kafka.sasl_password" in str(caught.value)
    assert "hunter2" not in str(caught.value)
