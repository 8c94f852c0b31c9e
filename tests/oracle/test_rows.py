"""The rows under the oracle's rules: balances, conversions, AUM before, flows."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.settings import Bank
from tests.oracle.closes import closing_aum
from tests.oracle.rows import ROUNDING, final_balances, open_sample
from tests.oracle.samples import Sample

BANK = Bank()


def test_balances_go_up_by_credits_and_down_by_debits_for_every_kind(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100")
    sample.add("01-02 10:00:00", "interest", "0.0001")
    sample.add("01-02 11:00:00", "loan_drawdown", "40", "l", asset_class="loan")
    sample.add("01-02 11:00:00", "loan_repayment", "15", "l", "credit", asset_class="loan")
    with open_sample(sample.write(), BANK) as db:
        assert final_balances(db) == {"a": Decimal("100.0001"), "l": Decimal(-25)}


def test_a_second_arrival_of_an_event_counts_nothing(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("100")
    sample.add("01-02 10:00:00", "deposit", "7", event_id="twice")
    sample.add("01-02 10:00:00", "deposit", "7", event_id="twice")
    with open_sample(sample.write(), BANK) as db:
        assert final_balances(db) == {"a": Decimal(107)}


def test_closes_count_assets_only_in_the_base_currency_on_every_date(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000")
    sample.opens_with("1", account="u", currency="USD")
    sample.add("01-02 10:00:00", "loan_drawdown", "500", "l", asset_class="loan")
    sample.add("01-04 23:59:59", "withdrawal", "200")
    sample.add("01-05 00:00:00", "withdrawal", "1")
    with open_sample(sample.write(), BANK) as db:
        closes = closing_aum(db, date(2025, 1, 5))
    figures = ["1007.1234", "1007.1234", "1007.1234", "807.1234", "806.1234"]
    assert closes == {("c", date(2025, 1, n)): Decimal(figure) for n, figure in enumerate(figures, 1)}


def test_a_date_is_the_banks_not_utc(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.add("01-02 00:30:00", "deposit", "1")
    with open_sample(sample.write(), BANK) as db:
        assert db.execute("SELECT date FROM movements").fetchall() == [(date(2025, 1, 2),)]


@pytest.mark.parametrize(
    ("kind", "counterparty", "external"),
    [
        ("transfer_out", {"name": "somebody"}, True),
        ("salary", None, True),
        ("transfer_out", {"account": "b"}, False),
        ("transfer_out", {"account": "x"}, True),
        ("transfer_out", {"customer_id": "c"}, False),
        ("transfer_out", {"customer_id": "d"}, True),
        ("purchase", None, False),
        ("loan_repayment", None, False),
        ("fee", None, False),
    ],
)
def test_only_what_leaves_or_enters_the_customers_own_accounts_is_external(
    tmp_path: Path, kind: str, counterparty: dict[str, str] | None, external: bool
) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000")
    sample.opens_with("1000", account="b")
    sample.add("01-02 10:00:00", kind, "10", counterparty=counterparty)
    with open_sample(sample.write(), BANK) as db:
        assert db.execute("SELECT external FROM movements ORDER BY n").fetchall() == [(False,), (False,), (external,)]


def test_a_sample_whose_balances_disagree_is_refused(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000", balance_after="1001")
    with pytest.raises(ValueError, match="balances disagree"):
        open_sample(sample.write(), BANK)


def test_an_account_that_holds_two_instruments_is_refused(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000", asset_class="fund", instrument="FD1")
    sample.opens_with("1000", asset_class="fund", instrument="FD2")
    with pytest.raises(ValueError, match="two instruments"):
        open_sample(sample.write(), BANK)


def test_a_currency_without_a_rate_is_refused(tmp_path: Path) -> None:
    sample = Sample(tmp_path)
    sample.opens_with("1000", currency="JPY")
    with pytest.raises(ValueError, match="without a rate"):
        open_sample(sample.write(), BANK)


@given(
    st.decimals(min_value=-(10**11), max_value=10**11, places=4),
    st.decimals(min_value=Decimal("0.00000001"), max_value=10_000, places=8),
)
def test_conversion_rounds_half_to_even_at_four_decimals(amount: Decimal, rate: Decimal) -> None:
    with duckdb.connect() as db:
        db.execute(ROUNDING)
        row = db.execute("SELECT converted($a::DECIMAL(22, 4), $r::DECIMAL(18, 8))", {"a": amount, "r": rate}).fetchone()
    assert row == ((amount * rate).quantize(Decimal("0.0001"), ROUND_HALF_EVEN),)
