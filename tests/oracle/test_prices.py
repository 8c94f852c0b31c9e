"""Prices of what is held in units: what the oracle makes of them, by hand, and that the backtest with `--prices` decides the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from schemas.prices import Price
from schemas.settings import Bank, Settings
from tests.oracle import Paths, expected
from tests.oracle.agreement import COMPARED
from tests.oracle.closes import closing_aum
from tests.oracle.findings import OF_HOUSEHOLDS
from tests.oracle.rows import open_sample
from tests.oracle.samples import Sample
from tests.oracle.test_against_backtest import backtest, the_same
from wealthwatch.simulation import Plan, write

CHINA = ZoneInfo("Asia/Shanghai")
FUND = {"asset_class": "fund", "instrument": "F1"}
PLAN = Plan(seed=23, customers=150, days=120, start=date(2025, 1, 1))
RULES = COMPARED - OF_HOUSEHOLDS.keys()
CHANGED_BY_PRICES = {"aum_change", "allocation_shift", "concentration"}
RATE = Decimal("7.1")
CENT = Decimal("0.0001")


def learn(sample: Sample, *prices: tuple[str, str, str, str]) -> None:
    """Put prices beside a sample, and the rate of the dollar: instrument, price, currency, date of the midnight."""
    told = [
        *(
            {"of": of, "currency": currency, "price": price, "at": f"2025-{on}T00:00:00+08:00", "schema_version": 1}
            for of, price, currency, on in prices
        ),
        {"of": "USD", "currency": "CNY", "price": str(RATE), "at": "2025-01-01T00:00:00+08:00", "schema_version": 1},
    ]
    sample.path.with_name("hand.prices.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told), encoding="utf-8")


def test_the_later_of_a_price_and_a_stated_balance_is_the_worth_date_by_date(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("50000")
    sample.opens_with("1000", account="f", quantity="100", **FUND)
    sample.add("01-03 09:00:00", "salary", "1")
    sample.add("01-04 20:00:00", "valuation", "500", "f", "credit", balance_after="1500", **FUND)
    sample.add("01-06 09:00:00", "redemption", "300", "f", quantity="-20", **FUND)
    sample.add("01-07 09:00:00", "salary", "1")
    learn(sample, ("F1", "11.5", "CNY", "01-02"), ("F1", "12", "CNY", "01-04"), ("F1", "2", "USD", "01-05"))
    with open_sample(sample.write(), Bank()) as db:
        closes = closing_aum(db, date(2025, 1, 7))
    worth = [closes["c", date(2025, 1, day)] for day in range(1, 8)]
    assert worth == [
        51_000,
        51_150,  # 100 x 11.5
        51_151,
        51_501,  # the feed says 1,500 after the price of that midnight
        51_421,  # 100 x 2 x 7.1
        51_137,  # 80 x 2 x 7.1: a sale that states no balance carries the price forward
        51_138,
    ]


def test_a_price_that_is_not_of_a_midnight_is_refused(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000", account="f", quantity="100", **FUND)
    sample.add("01-03 09:00:00", "salary", "1")
    learn(sample, ("F1", "11", "CNY", "01-02"))
    path = sample.path.with_name("hand.prices.jsonl")
    path.write_text(path.read_text(encoding="utf-8").replace("2025-01-02T00:00:00", "2025-01-02T00:00:01"), encoding="utf-8")
    paths = sample.write()
    with pytest.raises(ValueError, match="no midnight"):
        open_sample(paths, Bank())


def priced(movements: Path, random: Random) -> Iterator[Price]:
    """A price of every instrument at each midnight, some in dollars, up to 15 % from what the bank itself last valued it at."""
    held: dict[str, Decimal] = {}
    worth: dict[str, Decimal] = {}
    on = date(2025, 1, 1)
    for line in movements.read_bytes().splitlines():
        told = json.loads(line)
        while on < date.fromisoformat(told["booked_on"]):
            on += timedelta(days=1)
            at = datetime(on.year, on.month, on.day, tzinfo=CHINA)
            for place, instrument in enumerate(sorted(worth)):
                price = worth[instrument] * Decimal(random.randrange(850, 1_150)) / 1_000
                currency, price = ("USD", price / RATE) if place % 3 == 0 else ("CNY", price)
                yield Price(of=instrument, currency=currency, price=price.quantize(CENT), at=at)
        if instrument := told.get("instrument"):
            account = told["account_id"]
            held[account] = held.get(account, Decimal(0)) + Decimal(told.get("quantity", 0))
            if held[account]:
                worth[instrument] = Decimal(told["balance_after"]) / held[account]


def test_what_a_backtest_with_prices_opens_is_what_the_oracle_counts(tmp_path: Path) -> None:
    """Of every rule but those of households, on a bank whose own valuations and daily prices take turns."""
    bank = tmp_path / "bank.jsonl"
    write(PLAN, bank)
    without = expected(Paths.beside(bank), Settings(), RULES)
    prices = tmp_path / "daily.jsonl"
    rates = bank.with_name("bank.prices.jsonl").read_text(encoding="utf-8")
    assert f'"of":"USD","currency":"CNY","price":"{RATE}' in rates
    prices.write_text(rates + "".join(price.model_dump_json() + "\n" for price in priced(bank, Random(5))), encoding="utf-8")
    paths = Paths(bank, Paths.beside(bank).customers, prices)
    counted = expected(paths, Settings(), RULES)
    assert {one.rule for one in counted ^ without} >= CHANGED_BY_PRICES
    told = backtest(bank, Settings(), "--prices", str(prices))
    the_same(counted, [one for one in told if one.finding.rule in RULES])
