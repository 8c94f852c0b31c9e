"""The format of the real accounts: on a small folder written here, and on the real ones where they are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import zstandard

from handlers.feeds import FeedError, load
from schemas.customers import Language
from schemas.movements import AssetClass, Direction, Movement

FEED = load("pkdd99")
REAL = Path(__file__).resolve().parents[4] / "shared" / "data" / "berka"
HEAD = (
    "date,account_id,seq,trans_id,type,operation,amount_signed_hellers,delta_hellers,balance_after_hellers,"
    "k_symbol,partner_bank,partner_account"
)
TABLES = {
    "account": '"account_id";"district_id";"frequency";"date"\n7;2;"POPLATEK MESICNE";930101\n8;1;"POPLATEK TYDNE";930101\n',
    "client": '"client_id";"birth_number";"district_id"\n70;"706213";1\n71;"450204";1\n80;"401009";1\n',
    "disp": '"disp_id";"client_id";"account_id";"type"\n1;71;7;"DISPONENT"\n2;70;7;"OWNER"\n3;80;8;"OWNER"\n',
    "district": 'A1;A2;A3;A4\r\n1;"Hl.m. Praha";"Prague";1\r\n2;"Benesov";"central Bohemia";1\r\n',
}


def _folder(tmp_path: Path, *rows: str) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.asc").write_text(text, encoding="utf-8", newline="")
    (tmp_path / "postings.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")
    return tmp_path


def _one(tmp_path: Path, row: str) -> Movement:
    (movement,) = FEED.movements(_folder(tmp_path, row))
    assert isinstance(movement, Movement)
    return movement


def test_a_posting_becomes_a_movement_of_the_accounts_owner(tmp_path: Path) -> None:
    movement = _one(tmp_path, "930101,7,1,5001,PRIJEM,PREVOD Z UCTU,90000,90004,190004,,AB,87144583")
    assert movement.model_dump(mode="json", exclude_none=True) == {
        "schema_version": 1,
        "event_id": "5001",
        "source": "pkdd99",
        "account_id": "7",
        "customer_id": "70",
        "asset_class": "demand_deposit",
        "kind": "transfer_in",
        "direction": "credit",
        "amount": "900.04",
        "currency": "CZK",
        "balance_after": "1900.04",
        "occurred_at": "1993-01-01T12:00:00+01:00",
        "booked_on": "1993-01-01",
        "counterparty": {"bank": "AB", "account": "****4583"},
        "snapshot": False,
    }


@pytest.mark.parametrize(
    ("posting", "kind"),
    [
        ("PRIJEM,VKLAD,", "deposit"),
        ("PRIJEM,PREVOD Z UCTU,DUCHOD", "salary"),
        ("PRIJEM,PREVOD Z UCTU,", "transfer_in"),
        ("PRIJEM,,UROK", "interest"),
        ("VYDAJ,VYBER,", "withdrawal"),
        ("VYBER,VYBER,", "withdrawal"),
        ("VYDAJ,VYBER,SIPO", "withdrawal"),
        ("VYDAJ,VYBER KARTOU,", "withdrawal"),
        ("VYDAJ,VYBER,SLUZBY", "fee"),
        ("VYDAJ,VYBER,SANKC. UROK", "interest"),
        ("VYDAJ,PREVOD NA UCET,SIPO", "bill_payment"),
        ("VYDAJ,PREVOD NA UCET,POJISTNE", "insurance_premium"),
        ("VYDAJ,PREVOD NA UCET,UVER", "loan_repayment"),
        ("VYDAJ,PREVOD NA UCET,", "transfer_out"),
    ],
)
def test_type_operation_and_symbol_give_kind_and_direction(tmp_path: Path, posting: str, kind: str) -> None:
    type_, operation, symbol = posting.split(",")
    delta = 100 if type_ == "PRIJEM" else -100
    movement = _one(tmp_path, f"930101,7,1,1,{type_},{operation},{delta},{delta},{delta},{symbol},,")
    assert movement.kind == kind
    assert movement.direction is (Direction.CREDIT if type_ == "PRIJEM" else Direction.DEBIT)
    assert movement.amount == 1
    assert movement.balance_after == delta // 100


def test_postings_of_an_account_on_a_date_are_a_second_apart_and_one_of_nothing_is_no_movement(tmp_path: Path) -> None:
    rows = [f"{on},{account},{n},{n},PRIJEM,VKLAD,0,{delta},0,,," for n, (on, account, delta) in enumerate(
        [("930101", 7, 1), ("930101", 7, 0), ("930101", 8, 1), ("930101", 7, 1), ("930701", 7, 1)])]  # fmt: skip
    folder = _folder(tmp_path, *rows)
    times = [movement.occurred_at.isoformat() for movement in FEED.movements(folder) if isinstance(movement, Movement)]
    noon = "1993-01-01T12:00:0"
    assert times == [f"{noon}0+01:00", f"{noon}0+01:00", f"{noon}2+01:00", "1993-07-01T12:00:00+02:00"]
    assert FEED.count(folder) == 4


def test_account_0_of_no_bank_is_no_counterparty(tmp_path: Path) -> None:
    assert _one(tmp_path, "930101,7,1,1,PRIJEM,PREVOD Z UCTU,1,1,1,,,0").counterparty is None


def test_owners_are_the_customers_and_each_district_has_a_manager(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    customers = {customer.customer_id: customer for customer in FEED.customers(folder) if not isinstance(customer, bytes)}
    assert set(customers) == {"70", "80"}
    assert customers["70"].born_on == date(1970, 12, 13)
    assert customers["70"].branch == "central Bohemia/Benesov"
    managers = {manager.manager_id: manager for manager in FEED.managers(folder) if not isinstance(manager, bytes)}
    assert managers[customers["70"].manager_id or ""].language is Language.ENGLISH
    assert set(managers) == {"district-1", "district-2"}


def test_the_postings_may_be_compressed_and_named_themselves(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "930101,7,1,1,PRIJEM,VKLAD,1,1,1,,,")
    plain = folder / "postings.csv"
    packed = folder / "postings_head.csv.zst"
    packed.write_bytes(zstandard.compress(plain.read_bytes()))
    assert list(FEED.movements(packed)) == list(FEED.movements(plain)) == list(FEED.movements(folder))


def test_a_folder_without_postings_is_refused_by_name(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "postings.csv").unlink()
    with pytest.raises(FeedError, match=f"{tmp_path} has no file of postings"):
        list(FEED.movements(folder))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real accounts (../shared/data/berka) are not here")
def test_the_real_accounts_add_up_to_the_heller_after_every_posting() -> None:
    kept: dict[str, Decimal] = {}
    owners: dict[str, str] = {}
    below_zero: list[str] = []
    count = 0
    for movement in FEED.movements(REAL):
        count += 1
        assert isinstance(movement, Movement)
        change = movement.amount if movement.direction is Direction.CREDIT else -movement.amount
        kept[movement.account_id] = kept.get(movement.account_id, Decimal(0)) + change
        assert kept[movement.account_id] == movement.balance_after
        assert movement.asset_class is AssetClass.DEMAND_DEPOSIT
        owners[movement.account_id] = movement.customer_id
        below_zero += [movement.account_id] * (kept[movement.account_id] < 0)
    assert count == FEED.count(REAL) == 46_997
    assert len(kept) == len(set(owners.values())) == 1_229
    assert sum(kept.values()) == Decimal("39296720.10")
    assert (len(below_zero), len(set(below_zero))) == (88, 26)
