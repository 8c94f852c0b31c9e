"""A rule's own figures are readable, whichever rule states them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams.rules
from handlers.inbox.facts import HIDDEN, account_currency, measured_currency, readable
from handlers.inbox.terms import TERMS
from handlers.inbox.voice import Voice
from schemas.customers import Language
from schemas.notifications import Notification
from streams.book import all_rules
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
        ({"kept": "5", "account_currency": "USD", "net_flow": "-6.00"}, ["$5.00", "−¥6.00"]),
        (
            {"since": "2025-02-01", "last_contact_on": "", "credited_at": "2025-03-28T10:01:26+08:00"},
            ["Feb 1, 2025", "never", "Mar 28, 2025 10:01"],
        ),
        ({"target": "0.125000", "asset_class": "fund"}, ["12.5%", "Fund"]),
        ({"target": "fund 0.150000 bond 0.850000", "then": "fund 5.00"}, ["Fund 15.0%, Bond 85.0%", "Fund ¥5.00"]),
        ({"closes": "1.00/4.00 0/0", "reasons": "full_sweep:30 large_outflow:20"}, ["25.0%, 0.0%", "Account emptied 30, Large outflow 20"]),
        ({"day": "birthday", "type": "overdue"}, ["Birthday", "Overdue"]),
        ({"squares": "12.5", "block_squares": "3", "weighted": "4", "account_currency": "USD"}, []),
        ({"target": "fund", "then": "fund", "closes": "1", "credited_at": "then", "largest": ""}, ["fund", "fund", "1", "then", ""]),
        ({"abs_floor": "not a number", "pct": "", "last_active": "soon", "new_in_v2": "x"}, ["not a number", "", "soon", "x"]),
    ],
)
def test_each_figure_is_shown_in_its_own_kind(facts: dict[str, str], shown: list[str]) -> None:
    assert [value for _, value in readable(stating(**facts), ENGLISH)] == shown


@pytest.mark.parametrize(("largest", "shown"), [("26500.00", "¥26,500.00"), ("fund", "Fund"), ("锦帆基金", "锦帆基金")])
def test_the_largest_is_an_amount_or_what_most_of_the_assets_are_in(largest: str, shown: str) -> None:
    assert readable(stating(largest=largest), ENGLISH) == [("Largest", shown)]


def test_amounts_are_in_the_base_currency_unless_the_rule_names_another() -> None:
    assert (measured_currency(stating()), account_currency(stating())) == ("CNY", "CNY")
    assert (measured_currency(stating(currency="USD")), account_currency(stating(currency="USD"))) == ("USD", "USD")
    of_account = stating(account_currency="USD")
    assert (measured_currency(of_account), account_currency(of_account)) == ("CNY", "USD")


def test_every_figure_and_every_rule_of_the_detector_has_its_words() -> None:
    folder = Path(streams.rules.__path__[0])
    trees = [ast.parse(path.read_text()) for path in [*folder.glob("*.py"), folder.parent / "gate.py"]]
    stated = {name for tree in trees for name in _stated(tree)}
    assert {"abs_floor", "tier_before", "last_active", "stated", "flow_part", "owed", "account_currency"} <= stated
    assert {f"fact.{name}" for name in stated - HIDDEN} - set(TERMS) == set()
    assert stated >= HIDDEN
    rules = set(all_rules())
    assert {"large_inflow", "near_tier", "cumulative_to_competitor"} <= rules
    assert {f"rule.{name}" for name in rules} - set(TERMS) == set()


def _stated(tree: ast.Module) -> Iterator[str]:
    """What stands first in a pair within a function that is called after the facts."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and "facts" in function.name:
            for pair in ast.walk(function):
                if isinstance(pair, ast.Tuple) and len(pair.elts) == 2 and isinstance(pair.elts[0], ast.Constant):
                    yield str(pair.elts[0].value)
