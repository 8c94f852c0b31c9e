"""Profiles beside a feed are what the detector keeps of them, to the last field."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from streams.customer import CLASSES
from wealthwatch.backtesting.beside import profiles
from wealthwatch.backtesting.files import SideFile


def test_a_backtest_knows_all_of_a_profile_that_the_detector_does(tmp_path: Path) -> None:
    told = {
        "schema_version": 1,
        "customer_id": "c1",
        "name": "张三",
        "segment": "corporate",
        "tier": "gold",
        "risk_profile": 3,
        "target_allocation": {"demand_deposit": "0.4", "fund": "0.6"},
        "standing_orders": [{"account_id": "a1", "amount": "4500.5", "currency": "CNY", "day": 28, "until": "2026-01-31"}],
        "household_id": "h1",
        "branch": "sh/1",
        "manager_id": "m1",
        "born_on": "1980-02-29",
        "customer_since": "2001-05-01",
        "last_contact_on": "2025-02-03",
    }
    path = tmp_path / "x.customers.jsonl"
    path.write_text(json.dumps(told) + "\n", encoding="utf-8")
    found, _ = profiles(0, 1, (SideFile(path),))
    kept = dict(vars(found.ours["c1"]))
    (order,) = kept.pop("standing")
    assert vars(order) == {"account_id": "a1", "units": 45_005_000, "day": 28, "until": date(2026, 1, 31).toordinal()}
    target = {name.value: share for name, share in zip(CLASSES, kept.pop("target"), strict=True) if share}
    assert target == {"demand_deposit": 400_000, "fund": 600_000}
    assert kept == {
        "offset": -1,
        "segment": "corporate",
        "tier": "gold",
        "household_id": "h1",
        "manager_id": "m1",
        "branch": "sh/1",
        "risk_profile": 3,
        "born_on": date(1980, 2, 29).toordinal(),
        "customer_since": date(2001, 5, 1).toordinal(),
        "last_contact_on": date(2025, 2, 3).toordinal(),
    }
