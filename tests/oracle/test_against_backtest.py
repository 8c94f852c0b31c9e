"""The decisions of `wealthwatch backtest` are what the oracle counts: of every rule that it knows, opening by opening, number by number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from handlers.feeds import load
from schemas.movements import Movement
from schemas.rules import Mode, RuleSettings
from schemas.settings import Bank, Settings
from streams.backtest import Backtest
from streams.book import all_rules
from streams.money import to_decimal
from streams.posting import Posting
from streams.reading import read
from tests.oracle import Finding, Paths, Thresholds, expected
from tests.oracle.agreement import COMPARED, Opening, agreements, openings
from tests.oracle.findings import OF_HOUSEHOLDS, TIERS_OF_HOUSEHOLDS
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.simulation import Plan, write

LOW = Decimal(2000)
SETTINGS = Settings(rules={"low_balance": RuleSettings(parameters={"threshold": str(LOW)})})
"""No account of the simulated bank is overdrawn in so short a time; so it is low at more than 0 here."""
THRESHOLDS = Thresholds(low_balance=LOW)
HALF_A_YEAR = Plan(seed=11, customers=120, days=160, start=date(2025, 1, 1))
OVER_A_YEAR = Plan(seed=7, customers=40, days=400, start=date(2025, 1, 1))
NEEDS_MORE_DAYS = {
    "above_previous_peak": "six closed months",
    "dormant_reactivated": "a year of silence",
    "household_tier_up": "a household that grows for long",
}
"""What 160 days have not got; the other bank has."""
NEEDS_MORE_CUSTOMERS = {"pass_through": "somebody through whom money passes"}
"""What 40 customers have not got; the other bank has."""
ACCOUNTS = Path(__file__).parents[3] / "shared" / "data" / "berka"
CZECH = Settings(bank=Bank(base_currency="CZK", time_zone="Europe/Prague", country="CZ"))
LARGEST = 1 << 20
NOT_IN_REAL_ACCOUNTS = {
    "allocation_shift": "all are demand deposits",
    "dormant_reactivated": "nobody rests for more than 60 days",
    "drip_outflow": "nobody pays one account five times in 30 days",
    **dict.fromkeys((*OF_HOUSEHOLDS, *TIERS_OF_HOUSEHOLDS), "who lives with whom is not known"),
    "near_tier": "nobody has 180,000 on average",
    "recurring_credit_missing": "no pension stops",
    "tier_up": "nobody has 200,000 on average",
}

needs_accounts = pytest.mark.skipif(not ACCOUNTS.is_dir(), reason="the real accounts (../shared/data/berka) are not here")


@pytest.fixture(scope="module")
def berka(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real accounts as movements, with the bank's own balances."""
    path = tmp_path_factory.mktemp("berka") / "berka.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for movement in load("pkdd99").movements(ACCOUNTS):
            assert isinstance(movement, Movement)
            file.write(movement.model_dump_json(exclude_none=True) + "\n")
    return path


def backtest(feed: Path, settings: Settings, *arguments: str) -> list[Opening]:
    """Run the command as a person does; what it told."""
    out = feed.with_suffix(".out")
    command = [sys.executable, "-m", "wealthwatch", "backtest", str(feed), "--out", str(out), "--jobs", "2", *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env={**os.environ, **environment_of(settings)}
    )
    assert done.returncode == 0, done.stderr
    return list(openings(out / "notifications.jsonl"))


def the_same(counted: set[Finding], told: list[Opening]) -> None:
    """Both say the same, or all that differs is shown."""
    found = agreements(counted, told)
    assert not [one for one in found if one.differences], "\n".join(str(one) for one in found if one.differences)
    assert sum(one.same for one in found) == len(counted) == len(told)


@pytest.mark.parametrize(
    ("plan", "absent"), [(HALF_A_YEAR, NEEDS_MORE_DAYS), (OVER_A_YEAR, NEEDS_MORE_CUSTOMERS)], ids=["160 days", "400 days"]
)
def test_what_opens_in_a_simulated_bank_is_what_the_oracle_counts(tmp_path: Path, plan: Plan, absent: dict[str, str]) -> None:
    """Every rule occurs in one of the two banks."""
    assert not NEEDS_MORE_DAYS.keys() & NEEDS_MORE_CUSTOMERS.keys()
    path = tmp_path / "bank.jsonl"
    write(plan, path)
    counted = expected(Paths.beside(path), SETTINGS, COMPARED, THRESHOLDS)
    assert {finding.rule for finding in counted} == COMPARED - absent.keys()
    the_same(counted, backtest(path, SETTINGS))


@needs_accounts
def test_what_opens_on_real_accounts_is_what_the_oracle_counts(berka: Path) -> None:
    """Fifteen months of a Czech bank, at the tiers of a Chinese one: whoever is not rich there crosses no tier."""
    counted = expected(Paths.beside(berka), CZECH, COMPARED)
    assert {finding.rule for finding in counted} == COMPARED - NOT_IN_REAL_ACCOUNTS.keys()
    the_same(counted, backtest(berka, CZECH))


@needs_accounts
def test_every_kept_balance_and_every_overdraft_is_the_banks_own(berka: Path) -> None:
    """After each of 46,997 postings, though the detector is told no balance; 88, on 26 accounts, overdraw, and there alone R20 is open."""
    rules = {name: RuleSettings(mode=Mode.LIVE if name == "low_balance" else Mode.OFF) for name in all_rules()}
    detector = Backtest(CZECH.model_copy(update={"rules": rules}), {}, ())
    checked, overdrawn = 0, []
    for line in berka.read_bytes().splitlines():
        told = json.loads(line)
        balance = Decimal(told.pop("balance_after"))
        posting = read(json.dumps(told).encode(), told["customer_id"].encode(), LARGEST)
        assert isinstance(posting, Posting)
        detector.take(posting)
        customer, account = detector.customers[posting.customer_id], posting.account_id
        assert to_decimal(customer.accounts[account].balance) == balance, posting.event_id
        low = balance < 0
        assert (f"low_balance:{account}" in customer.conditions) is low, posting.event_id
        checked += 1
        overdrawn += [account] if low else []
    assert (checked, len(overdrawn), len(set(overdrawn))) == (46_997, 88, 26)
