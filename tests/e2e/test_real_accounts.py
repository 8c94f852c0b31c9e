"""The real accounts of PKDD'99 through the real detector: every balance is the bank's own."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from handlers.feeds import load
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS
from tests.brokers.records import read_all
from tests.e2e.workers import balances, end_offsets, notifications, workers
from tests.patience import PATIENCE_S
from wealthwatch.replaying import Replay, publish

ACCOUNTS = Path(__file__).parents[3] / "shared" / "data" / "berka"
needs_accounts = pytest.mark.skipif(not ACCOUNTS.is_dir(), reason="the real accounts (../shared/data/berka) are not here")


@needs_accounts
@pytest.mark.parametrize(
    "stated",
    [
        pytest.param(True, id="with the bank's balances"),
        pytest.param(False, id="with balance_after withheld"),
    ],
)
def test_every_kept_balance_is_the_banks_own(settings: Settings, tmp_path: Path, stated: bool) -> None:
    """46,997 movements, 1,229 accounts, 39,296,720.10 CZK, no dead letter, no break."""
    bank = settings.bank.model_copy(update={"base_currency": "CZK", "time_zone": "Europe/Prague", "country": "CZ"})
    settings = settings.model_copy(update={"bank": bank})
    summary = publish(settings, Replay(feed=load("pkdd99"), path=ACCOUNTS, without_balance_after=not stated))
    assert summary.movements == sum(end_offsets(settings).values()) == 46_997
    with workers(settings, tmp_path) as detectors:
        detectors.start()
        detectors.await_decided(within_s=2 * PATIENCE_S)  # six years of everybody's dates, every rule, on the interpreted core
        kept = balances(detectors.await_allocations())
    assert len(kept) == 1_229
    assert sum(kept.values()) == Decimal("39296720.10")
    assert read_all(settings, DEAD_LETTERS) == []
    assert [said for said in notifications(settings) if said.rule.name == "recon_break"] == []
    assert kept == last_balances()


def last_balances() -> dict[str, Decimal]:
    """The bank's own running balance after each account's last posting, straight from the file."""
    import csv
    import io

    import zstandard

    raw = zstandard.ZstdDecompressor().stream_reader((ACCOUNTS / "postings_head.csv.zst").read_bytes())
    rows = csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8"))
    last = sorted(rows, key=lambda row: int(row["seq"]))
    return {row["account_id"]: Decimal(row["balance_after_hellers"]).scaleb(-2) for row in last}
