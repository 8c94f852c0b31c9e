"""The oracle on the real accounts of PKDD'99: what can be counted straight from the bank's own file agrees."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from handlers.feeds import load
from schemas.movements import Movement
from schemas.settings import Bank, Settings
from tests.oracle import ALL_RULES, Finding, Paths, Thresholds, expected

ACCOUNTS = Path(__file__).parents[3] / "shared" / "data" / "berka"
SETTINGS = Settings(bank=Bank(base_currency="CZK", time_zone="Europe/Prague", country="CZ"))
LOW = Decimal(1000)

pytestmark = pytest.mark.skipif(not ACCOUNTS.is_dir(), reason="the real accounts (../shared/data/berka) are not here")


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> set[Finding]:
    path = tmp_path_factory.mktemp("berka") / "berka.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for movement in load("pkdd99").movements(ACCOUNTS):
            assert isinstance(movement, Movement)
            file.write(movement.model_dump_json(exclude_none=True) + "\n")
    return expected(Paths.beside(path), SETTINGS, thresholds=Thresholds(low_balance=LOW))


def test_most_rules_find_something_and_none_needs_what_a_bank_does_not_tell(findings: set[Finding]) -> None:
    found = {finding.rule for finding in findings}
    assert found <= ALL_RULES
    assert found >= {
        "unusual_amount",
        "net_outflow_ratio",
        "above_previous_peak",
        "low_balance",
        "aum_change",
        "idle_cash",
        "concentration",
    }


def test_low_balances_are_those_of_the_banks_own_running_balance(findings: set[Finding]) -> None:
    low: dict[str, bool] = {}
    fallen = set()
    for row in _postings():
        account, balance = row["account_id"], Decimal(row["balance_after_hellers"]).scaleb(-2)
        if balance < LOW and not low.get(account) and row["delta_hellers"] != "0":
            low[account] = True
            fallen.add((row["trans_id"], account, balance))
        elif balance >= LOW / Decimal("0.8"):
            low[account] = False
    assert len(fallen) > 500
    assert {(one.event_id, one.window, one.value) for one in findings if one.rule == "low_balance"} == fallen


def _postings() -> Iterator[dict[str, str]]:
    raw = zstandard.ZstdDecompressor().stream_reader((ACCOUNTS / "postings_head.csv.zst").read_bytes())
    return iter(sorted(csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8")), key=lambda row: int(row["seq"])))
