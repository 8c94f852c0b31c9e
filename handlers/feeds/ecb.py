"""The euro's reference rates as the European Central Bank publishes them: eurofxref-hist.csv, plain, .xz, or its own .zip.

A row is a date, newest first; a cell is how many units of a currency one euro costs, `N/A` where the bank says none. A price holds from
16:00 in Frankfurt of its date, when the rates come out. Currencies that ISO 4217 no longer lists are left out: no movement can be in one.
"""

from __future__ import annotations

import csv
import io
import lzma
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from handlers.feeds import Feed, FeedError
from schemas.message import CURRENCIES
from schemas.prices import Price

FRANKFURT = ZoneInfo("Europe/Berlin")
PUBLISHED = time(16)
EURO = "EUR"
NONE = frozenset({"", "N/A"})
PLACES = Decimal("1E-12")
"""The contract's finest price."""
_CONTEXT = Context(prec=60, rounding=ROUND_HALF_EVEN)


def rates(path: Path, base: str) -> Iterator[Price]:
    """Every price of the file at a path; see `read`."""
    return read(unpack(path.read_bytes(), path.suffix), base)


def read(content: bytes, base: str) -> Iterator[Price]:
    """What one unit of each currency costs in `base`, date by date, oldest first.

    With the quotes b (of the base) and q of a date, a unit costs b / q of the base, a euro b. Only the division rounds, once, half to even
    at 12 decimals. A date without a quote of the base gives no price.

    Raises:
        FeedError: this is not such a file, or it knows nothing of the base.
    """
    rows = list(csv.reader(io.StringIO(_text(content))))
    header = rows[0] if rows else []
    if header[:1] != ["Date"]:
        raise FeedError("no reference rates of the ECB: the first line must begin with Date")
    if base != EURO and base not in header:
        raise FeedError(f"the ECB has no reference rates of {base}, the bank's base currency")
    for row in reversed(rows[1:]):
        yield from _prices(row, header, base)


def unpack(content: bytes, suffix: str) -> bytes:
    """The bytes of the CSV in a file whose name ends so.

    Raises:
        FeedError: it is damaged, or an archive of something else.
    """
    try:
        if suffix == ".xz":
            return lzma.decompress(content)
        if suffix == ".zip":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return archive.read(archive.namelist()[0])
    except (lzma.LZMAError, zipfile.BadZipFile, IndexError) as error:
        raise FeedError(f"this {suffix} cannot be unpacked: {error}") from error
    return content


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise FeedError("no reference rates of the ECB: not UTF-8") from error


def _prices(row: list[str], header: list[str], base: str) -> Iterator[Price]:
    quotes = {code: quote for code, quote in zip(header, row, strict=False) if code in CURRENCIES and quote not in NONE}
    if base != EURO and base not in quotes:
        return
    try:
        at = datetime.combine(date.fromisoformat(row[0]), PUBLISHED, FRANKFURT)
        worth = {code: Decimal(quote) for code, quote in quotes.items()} | {EURO: Decimal(1)}
        for code, quote in worth.items():
            if code != base:
                yield Price(of=code, currency=base, price=_over(worth[base], quote), at=at)
    except (ValueError, ArithmeticError) as error:
        raise FeedError(f"the row that begins with {','.join(row[:2])[:40]} holds no reference rates: {error}") from error


def _over(base: Decimal, quote: Decimal) -> Decimal:
    if not (base > 0 and quote > 0):
        raise InvalidOperation("a rate must be positive")
    return base if quote == 1 else _CONTEXT.quantize(_CONTEXT.divide(base, quote), PLACES).normalize(_CONTEXT)


FEED = Feed(lambda _: iter(()), lambda _: 0, rates=rates)
