"""The real accounts of a Czech bank, 1993 and 1994, published for the PKDD'99 challenge by P. Berka.

The path is the folder, or its file of postings. A customer is the OWNER of an account; money is in CZK; a posting happens at 12:00:00 in
Prague plus one second for each posting of its account on that date before it. Amounts are the exact changes of the balance (hellers), not
the printed ones, which the bank rounded.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from handlers.feeds import Feed, FeedError
from schemas.customers import Customer, Language
from schemas.managers import Manager
from schemas.movements import AssetClass, Counterparty, Direction, Kind, Movement

PRAGUE = ZoneInfo("Europe/Prague")
POSTINGS = ("postings_head.csv.zst", "postings.csv.zst", "postings_head.csv", "postings.csv")
SOURCE = "pkdd99"
CREDIT = "PRIJEM"

TRANSFERS_IN = {"DUCHOD": Kind.SALARY}
TRANSFERS_OUT = {"SIPO": Kind.BILL_PAYMENT, "POJISTNE": Kind.INSURANCE_PREMIUM, "UVER": Kind.LOAN_REPAYMENT}
CHARGES = {"SLUZBY": Kind.FEE, "SANKC. UROK": Kind.INTEREST}


def movements(path: Path) -> Iterator[Movement]:
    """Every posting that moved a balance, in posting order."""
    owners = _owners(_folder(path))
    place: Counter[str] = Counter()
    on = ""
    for row in _postings(path):
        if row["date"] != on:
            on, noon = row["date"], datetime.combine(_date(row["date"]), time(12), PRAGUE)
            place.clear()
        account = row["account_id"]
        if delta := int(row["delta_hellers"]):
            yield _movement(row, delta, owners[account], noon + timedelta(seconds=place[account]))
        place[account] += 1


def count(path: Path) -> int:
    """Postings that moved a balance."""
    return sum(row["delta_hellers"] != "0" for row in _postings(path))


def customers(path: Path) -> Iterator[Customer]:
    """The owner of every account; the manager is that of the account's district."""
    folder = _folder(path)
    districts = {row["A1"]: f"{row['A3']}/{row['A2']}" for row in _table(folder, "district")}
    homes = {row["account_id"]: row["district_id"] for row in _table(folder, "account")}
    births = {row["client_id"]: row["birth_number"] for row in _table(folder, "client")}
    for account, owner in _owners(folder).items():
        yield Customer(
            customer_id=owner,
            name=f"Owner of account {account}",
            branch=districts[homes[account]],
            manager_id=f"district-{homes[account]}",
            language=Language.ENGLISH,
            born_on=_birthday(births[owner]),
        )


def managers(path: Path) -> Iterator[Manager]:
    """One invented manager for each district, so that every notification has somebody to go to."""
    for row in _table(_folder(path), "district"):
        name, branch = f"Manager of {row['A2']}", f"{row['A3']}/{row['A2']}"
        yield Manager(manager_id=f"district-{row['A1']}", name=name, branch=branch, language=Language.ENGLISH)


def _movement(row: dict[str, str], delta: int, owner: str, at: datetime) -> Movement:
    return Movement(
        schema_version=1,
        event_id=row["trans_id"],
        source=SOURCE,
        account_id=row["account_id"],
        customer_id=owner,
        asset_class=AssetClass.DEMAND_DEPOSIT,
        kind=_kind(row["type"], row["operation"], row["k_symbol"]),
        direction=Direction.CREDIT if row["type"] == CREDIT else Direction.DEBIT,
        amount=Decimal(abs(delta)).scaleb(-2),
        currency="CZK",
        balance_after=Decimal(row["balance_after_hellers"]).scaleb(-2),
        occurred_at=at,
        booked_on=at.date(),
        counterparty=_counterparty(row["partner_bank"], row["partner_account"]),
    )


def _kind(type_: str, operation: str, symbol: str) -> Kind:
    if type_ == CREDIT:
        if operation == "VKLAD":
            return Kind.DEPOSIT
        return TRANSFERS_IN.get(symbol, Kind.TRANSFER_IN) if operation == "PREVOD Z UCTU" else Kind.INTEREST
    if symbol in CHARGES:
        return CHARGES[symbol]
    return TRANSFERS_OUT.get(symbol, Kind.TRANSFER_OUT) if operation == "PREVOD NA UCET" else Kind.WITHDRAWAL


def _counterparty(bank: str, account: str) -> Counterparty | None:
    """Named by the masked tail of its number; the bank writes 0 where there is none."""
    if not bank and account in ("", "0"):
        return None
    return Counterparty(bank=bank or None, account=f"****{account[-4:]}")


def _date(yymmdd: str) -> date:
    return date(1900 + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6]))


def _birthday(number: str) -> date:
    """A Czech birth number: the month of a woman is 50 higher."""
    month = int(number[2:4])
    return date(1900 + int(number[:2]), month - 50 if month > 50 else month, int(number[4:6]))


def _owners(folder: Path) -> dict[str, str]:
    return {row["account_id"]: row["client_id"] for row in _table(folder, "disp") if row["type"] == "OWNER"}


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _table(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with (folder / f"{name}.asc").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter=";")


def _postings(path: Path) -> Iterator[dict[str, str]]:
    file = next((path / name for name in POSTINGS if (path / name).is_file()), None) if path.is_dir() else path
    if file is None:
        raise FeedError(f"{path} has no file of postings ({POSTINGS[0]})")
    with _text(file) as lines:
        yield from csv.DictReader(lines)


@contextmanager
def _text(file: Path) -> Iterator[io.TextIOBase]:
    with file.open("rb") as raw:
        if file.suffix != ".zst":
            yield io.TextIOWrapper(raw, encoding="utf-8", newline="")
            return
        try:
            import zstandard
        except ImportError as error:
            raise FeedError(f"{file} is compressed: `pip install zstandard`, or unpack it with `zstd -d`") from error
        yield io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8", newline="")


FEED = Feed(movements, count, customers=customers, managers=managers)
