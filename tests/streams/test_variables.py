"""What an expression may look at: the documented table is the code's, and each value is what a history worked out by hand has."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from schemas.settings import Bank
from streams.money import to_decimal
from streams.situation import Situation
from streams.variables import VARIABLES, variables
from tests.streams.builders import Detector, world
from tests.streams.seeing import at_tick, watch

DOCUMENT = Path(__file__).parents[2] / "docs" / "expressions.md"


def test_the_document_lists_every_variable_with_its_type_and_meaning() -> None:
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \| ([a-z/]+) \| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(name, one.type, one.meaning) for name, one in VARIABLES.items()]


def test_at_a_close_there_is_the_customer_alone() -> None:
    assert {name.partition(".")[0] for name in variables(Bank(), at_close=True)} == {"customer"}
    assert variables(Bank(), at_close=False).keys() == VARIABLES.keys()


def test_a_tier_is_one_of_the_bank_s() -> None:
    assert variables(Bank(), at_close=True)["customer.tier"].values == {"basic", "gold", "platinum", "private"}


def story() -> tuple[Detector, Situation]:
    """Of a customer who came on 1 January and whose last movement is a foreign transfer to a new payee, on Monday 10 March at 21:05."""
    detector = Detector(world(history_days=400))
    detector.rate("USD", "7")
    born, contact = date(1980, 3, 11).toordinal(), date(2025, 3, 1).toordinal()
    detector.profile(
        "c1", segment="corporate", branch="sh/pudong", household_id="h1", risk_profile=3, born_on=born, last_contact_on=contact
    )
    detector.move("2025-01-01 09:00", "1000000", "adjustment", snapshot=True)
    detector.move("2025-01-01 09:00", "10000", "adjustment", snapshot=True, account_id="usd", currency="USD")
    detector.move("2025-01-01 09:00", "400000", "adjustment", snapshot=True, account_id="f", asset_class="fund")
    detector.move("2025-01-01 09:00", "70000", "adjustment", snapshot=True, account_id="l", asset_class="loan", direction="debit")
    detector.move("2025-01-05 10:00", "30000", "transfer_in")
    detector.move("2025-02-20 10:00", "20000", "transfer_out", counterparty={"name": "Old"})
    detector.move("2025-03-05 10:00", "5000", "salary")
    detector.until("2025-03-10 00:00")
    seen = watch(detector)
    detector.move(
        "2025-03-10 21:05", "1000", "transfer_out", account_id="usd", currency="USD", channel="mobile", source="cards", product="P-7",
        instrument="I-1", counterparty={"name": "New", "account": "****9", "bank": "ICBK"},
    )  # fmt: skip
    return detector, seen[-1]


EXPECTED = {
    "movement.amount": "7000.00",
    "movement.kind": "transfer_out",
    "movement.flow": "external",
    "movement.direction": "debit",
    "movement.asset_class": "demand_deposit",
    "movement.currency": "USD",
    "movement.balance": "63000.00",
    "movement.channel": "mobile",
    "movement.product": "P-7",
    "movement.instrument": "I-1",
    "movement.counterparty": "New",
    "movement.counterparty_account": "****9",
    "movement.counterparty_bank": "ICBK",
    "movement.new_payee": "yes",
    "movement.source": "cards",
    "movement.late": "no",
    "movement.hour": "21",
    "movement.weekday": "1",
    "customer.aum": "1478000.00",
    "customer.aum_before": "1485000.00",
    "customer.aum_avg_30d": "1488833.3333",
    "customer.aum_7d_ago": "1480000.00",
    "customer.aum_30d_ago": "1500000.00",
    "customer.aum_90d_ago": None,
    "customer.net_assets": "1408000.00",
    "customer.owed": "70000.00",
    "customer.floor": "100000.00",
    "customer.inflow_7d": "5000.00",
    "customer.inflow_30d": "5000.00",
    "customer.inflow_90d": "35000.00",
    "customer.outflow_7d": "7000.00",
    "customer.outflow_30d": "27000.00",
    "customer.outflow_90d": "27000.00",
    "customer.movements_7d": "2",
    "customer.movements_30d": "3",
    "customer.movements_90d": "4",
    "customer.value_demand_deposit": "1078000.00",
    "customer.value_fund": "400000.00",
    "customer.value_bond": "0.00",
    "customer.weight_demand_deposit": "729364",
    "customer.weight_fund": "270635",
    "customer.weight_trust": "0",
    "customer.tier": "gold",
    "customer.segment": "corporate",
    "customer.branch": "sh/pudong",
    "customer.in_household": "yes",
    "customer.risk_profile": "3",
    "customer.accounts": "4",
    "customer.age": "44",
    "customer.days_known": "68",
    "customer.days_quiet": "5",
    "customer.days_since_contact": "9",
}
"""After the last movement. AUM was 1,470,000 from 1 January, 1,500,000 from the 5th, 1,480,000 from 20 February, 1,485,000 from 5 March:
of the 30 closes from 8 February to 9 March 12 are of 1,500,000, 13 of 1,480,000 and 5 of 1,485,000."""
AT_THE_CLOSE = EXPECTED | {
    "customer.aum_before": "1478000.00",
    "customer.aum_avg_30d": "1488100.00",
    "customer.age": "45",
    "customer.days_known": "69",
    "customer.days_quiet": "1",
    "customer.days_since_contact": "10",
}
"""At the first tick of 11 March: 11 closes of 1,500,000, 13 of 1,480,000, 5 of 1,485,000 and 1 of 1,478,000. Windows end with the 10th."""
UNSEEN = {name for name in VARIABLES if name not in EXPECTED}


def test_what_is_left_out_here_is_of_other_asset_classes() -> None:
    assert all(re.match(r"customer\.(value|weight)_", name) for name in UNSEEN)


def shown(name: str, situation: Situation) -> str | None:
    """A value as the evidence writes it."""
    value = VARIABLES[name].read(situation)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if VARIABLES[name].type == "money" and isinstance(value, int):
        return str(to_decimal(value))
    return None if value is None else str(value)


@pytest.mark.parametrize("name", EXPECTED)
def test_at_a_movement_it_is(name: str) -> None:
    _, situation = story()
    assert shown(name, situation) == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.startswith("customer.")])
def test_at_a_close_it_is(name: str) -> None:
    detector, _ = story()
    detector.until("2025-03-11 00:00")
    assert shown(name, at_tick(detector)) == AT_THE_CLOSE[name]


def test_of_a_customer_of_whom_nothing_is_known_it_is_nothing_or_not_known() -> None:
    situation = at_tick(Detector())
    for name in variables(Bank(), at_close=True):
        if name not in ("customer.tier", "customer.segment", "customer.floor"):
            assert shown(name, situation) in (None, "", "0", "0.00", "no"), name


def test_a_position_without_a_rate_is_worth_nothing_here() -> None:
    detector = Detector()
    detector.move("2025-03-09 00:00", "1000", "adjustment", snapshot=True)
    seen = watch(detector)
    detector.move("2025-03-10 09:30", "100", currency="USD", account_id="usd")
    assert [shown(name, seen[-1]) for name in ("movement.amount", "movement.balance", "customer.aum")] == ["0.00", "0.00", "1000.00"]


def test_a_movement_that_comes_late_says_so_and_its_windows_end_with_the_customer_s_today() -> None:
    detector = Detector()
    detector.move("2025-03-20 09:00", "7")
    seen = watch(detector)
    detector.move("2025-03-12 09:00", "1")
    assert [shown(name, seen[-1]) for name in ("movement.late", "customer.inflow_7d", "customer.inflow_30d")] == ["yes", "7.00", "8.00"]
