"""A rule's own figures are readable, whichever rule states them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import streams.rules
from handlers.inbox.facts import HIDDEN, account_currency, measured_currency, readable
from handlers.inbox.terms import TERMS
from handlers.inbox.voice import Voice
from schemas.customers import Language
from schemas.notifications import Notification
from tests.handlers.inbox.conftest import ZONE
from tests.handlers.inbox.messages import NOON, notification

ENGLISH = Voice(Language.ENGLISH, ZONE, NOON)


def stating(**facts: str) -> Notification:
    message = notification()
    return message.model_copy(update={"evidence": message.evidence.model_copy(update={"facts": facts})})


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"abs_floor": "100000", "pct": "0.10", "tier": "gold"}, ["¥100,000.00", "10.0%", "Gold"]),
        ({"left": "5.0000", "base": "6", "account_id": "A1"}, ["¥5.00", "¥6.00", "A1"]),
        ({"currency": "USD", "kept": "1.0000", "stated": "-2.0000", "source": "core"}, ["$1.00", "−$2.00", "core"]),
        ({"last_active": "2025-02-01"}, ["Feb 1, 2025"]),
        ({"last_active": "never"}, ["never"]),
        ({"retracts": "e3b0c442", "by": "core/E1"}, ["core/E1"]),
        ({"abs_floor": "not a number", "pct": "", "last_active": "soon", "new_in_v2": "x"}, ["not a number", "", "soon", "x"]),
    ],
)
def test_each_figure_is_shown_in_its_own_kind(facts: dict[str, str], shown: list[str]) -> None:
    assert [value for _, value in readable(stating(**facts), ENGLISH)] == shown


def test_amounts_are_in_the_base_currency_unless_the_rule_names_another() -> None:
    assert (measured_currency(stating()), account_currency(stating())) == ("CNY", "CNY")
    assert (measured_currency(stating(currency="USD")), account_currency(stating(currency="USD"))) == ("USD", "USD")


def test_every_figure_and_every_rule_of_the_detector_has_its_words() -> None:
    sources = [
        path.read_text() for path in [*Path(streams.rules.__path__[0]).glob("*.py"), Path(streams.rules.__path__[0]).parent / "gate.py"]
    ]
    stated = {name for source in sources for name in re.findall(r'\(\s*"([a-z_]+)",\s*(?:str\(|finding|posting|last|by\b|tier)', source)}
    assert {"abs_floor", "tier_before", "last_active", "stated"} <= stated
    assert {f"fact.{name}" for name in stated - HIDDEN} - set(TERMS) == set()
    rules = {name for source in sources for name in re.findall(r'^    name = "([a-z_]+)"', source, re.MULTILINE)}
    assert {"large_inflow", "near_tier"} <= rules
    assert {f"rule.{name}" for name in rules} - set(TERMS) == set()
