"""The same feeds and rules give the same bytes, however they are read and by however many."""

from __future__ import annotations

import gzip
import json
import lzma
import shutil
from pathlib import Path

import pytest

from handlers.feeds import FeedError
from wealthwatch.backtesting.lines import pieces
from wealthwatch.backtesting.routing import NOBODY, Gathered, Share, owner_of
from wealthwatch.backtesting.runs import Runs, merged

from .conftest import Run

FILES = ("notifications.jsonl", "positions.jsonl")


def same(results: Path, out: Path, *, whole: bool = False) -> None:
    for name in (*FILES, *(("summary.json", "report.html", "changes.jsonl") if whole else ())):
        assert (results / name).read_bytes() == (out / name).read_bytes(), name


@pytest.fixture(scope="module")
def compared(bank: Path, backtest: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Other rules, and the results of one job with them beside."""
    folder = tmp_path_factory.mktemp("compared")
    rules = folder / "other.toml"
    rules.write_text('[rules.large_inflow]\nparameters = { abs_floor = "20000" }\n', encoding="utf-8")
    backtest(bank, "--out", folder / "one", "--jobs", "1", "--compare", rules)
    return rules, folder / "one"


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_jobs_writes_the_same_bytes(
    bank: Path, compared: tuple[Path, Path], backtest: Run, tmp_path: Path, jobs: int
) -> None:
    rules, one = compared
    assert (one / "changes.jsonl").stat().st_size > 1_000
    backtest(bank, "--out", tmp_path, "--jobs", str(jobs), "--compare", rules)
    same(one, tmp_path, whole=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((*FILES, "changes.jsonl", "report.html", "summary.json"))


def test_what_is_left_of_an_earlier_run_goes(bank: Path, results: Path, backtest: Run, tmp_path: Path) -> None:
    (tmp_path / "changes.jsonl").write_text("of another run")
    (tmp_path / "mine.txt").write_text("keep")
    backtest(bank, "--out", tmp_path)
    same(results, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((*FILES, "mine.txt", "report.html", "summary.json"))


@pytest.mark.parametrize("ending", ["gz", "xz", "zst"])
def test_a_compressed_feed_is_the_same_feed(bank: Path, results: Path, backtest: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"bank.jsonl.{ending}"
    if ending == "zst":
        zstandard = pytest.importorskip("zstandard")
        path.write_bytes(zstandard.ZstdCompressor().compress(bank.read_bytes()))
    else:
        path.write_bytes({"gz": gzip, "xz": lzma}[ending].compress(bank.read_bytes()))
    for what in ("customers", "prices"):
        shutil.copy(bank.with_name(f"bank.{what}.jsonl"), tmp_path)
    backtest(path, "--out", tmp_path / "out")
    same(results, tmp_path / "out")


def test_one_feed_in_pieces_is_the_same_feed(bank: Path, results: Path, backtest: Run, tmp_path: Path) -> None:
    lines = bank.read_bytes().splitlines(keepends=True)
    thirds = [lines[: len(lines) // 3], lines[len(lines) // 3 : 2 * len(lines) // 3], lines[2 * len(lines) // 3 :]]
    for place, some in enumerate(thirds):
        (tmp_path / f"{place}.jsonl").write_bytes(b"".join(some))
    sides = ("--customers", bank.with_name("bank.customers.jsonl"), "--prices", bank.with_name("bank.prices.jsonl"))
    done = backtest(*(tmp_path / f"{place}.jsonl" for place in range(3)), "--out", tmp_path / "out", *sides)
    same(results, tmp_path / "out")
    assert "one after the other" not in done.stdout
    done = backtest(*(tmp_path / f"{place}.jsonl" for place in (1, 0)), "--out", tmp_path / "turned", *sides)
    assert "begins before" in done.stdout


def test_other_spaces_line_ends_and_order_of_keys_change_nothing(bank: Path, results: Path, backtest: Run, tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    with path.open("w", encoding="utf-8", newline="") as file:
        for place, line in enumerate(bank.read_text(encoding="utf-8").splitlines()):
            fields = json.loads(line)
            turned = dict(reversed(fields.items()))
            file.write(json.dumps(turned, ensure_ascii=place % 2 == 0, separators=(",", ":") if place % 3 else (", ", " : ")) + "\r\n")
    for what in ("customers", "prices"):
        shutil.copy(bank.with_name(f"bank.{what}.jsonl"), tmp_path)
    backtest(path, "--out", tmp_path / "out", "--jobs", "2")
    same(results, tmp_path / "out")


def test_prices_too_many_to_go_back_and_forth_in_change_nothing(bank: Path, results: Path, backtest: Run, tmp_path: Path) -> None:
    """A currency that nobody has, priced every hour: the movements are then taken in the order of the feed."""
    prices = tmp_path / "prices.jsonl"
    lines = bank.with_name("bank.prices.jsonl").read_text(encoding="utf-8")
    for hour in range(1_600):
        at = f"2025-{3 + hour // 24 // 28:02}-{1 + hour // 24 % 28:02}T{hour % 24:02}:00:00+08:00"
        lines += json.dumps({"schema_version": 1, "of": "NOK", "currency": "CNY", "price": f"0.{hour + 1}", "at": at}) + "\n"
    prices.write_text(lines, encoding="utf-8")
    backtest(bank, "--out", tmp_path / "out", "--prices", prices, "--jobs", "2")
    same(results, tmp_path / "out")


ODD = [
    b'{"customer_id":"c1","a":1}',
    b'{"customer_id": "c1"}',
    b'{"customer_id" : "c1"}',
    b'{"counterparty":{"customer_id":"c2"},"customer_id":"c1"}',
    b'{"customer_id":"c1","counterparty":{"customer_id":"c2"}}',
    b'{"channel":"customer_id","customer_id":"c1"}',
    b'{"note":"\\"customer_id\\":\\"c2\\"","customer_id":"c1"}',
    b'{"customer\\u005fid":"c1","x":{"customer_id":"c2"}}',
    b'{"customer_id":"c\\u0031"}',
    '{"customer_id":"客户"}'.encode(),
]


@pytest.mark.parametrize("line", ODD, ids=[line.decode() for line in ODD])
def test_the_owner_of_a_line_is_the_one_that_a_decoder_reads(line: bytes) -> None:
    gathered: Gathered = {}
    Share(0, 1, {}).of_lines([line], 7, 1_000, gathered)
    assert gathered == {json.loads(line)["customer_id"].encode(): [(7, json.loads(line)["customer_id"].encode(), line)]}


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[1]", b"\xff", b'{"customer_id":7}', b'{"a":1}', b'{"customer_id":"c1"', b'{"customer_id":"\\ud800"}']
)
def test_what_names_nobody_has_exactly_one_job(line: bytes) -> None:
    found = []
    for job in range(5):
        gathered: Gathered = {}
        Share(job, 5, {}).of_lines([line], 1, 1_000, gathered)
        found += list(gathered.values())
    assert [len(items) for items in found] == [1]


def test_a_household_stays_together_and_every_customer_has_one_job() -> None:
    households = {b"c%d" % number: b"h%d" % (number // 3) for number in range(600)}
    shares = [Share(job, 4, households) for job in range(4)]
    owners = {}
    for number in range(900):
        mine = [job for job, share in enumerate(shares) if share.group(b"c%d" % number) is not None]
        assert len(mine) == 1
        owners[number] = mine[0]
    assert all(owners[number] == owners[number // 3 * 3] for number in range(600))
    assert set(owners.values()) == {0, 1, 2, 3}
    assert shares[owners[700]].group(b"c700") == b"c700"


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1_000])
def test_lines_are_the_same_in_pieces_of_any_size(tmp_path: Path, size: int) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"one\n\r\n\ntwo\r\n" + b"x" * 50 + b"\nthree\rfour\nlast")
    found = [line for _, lines in pieces(path, 30, size) for line in lines]
    assert [line[:31] for line in found] == [b"one", b"", b"", b"two", b"x" * 31, b"three\rfour", b"last"]
    assert [done for done, _ in pieces(path, 30, size)][-1] == path.stat().st_size


def test_a_line_without_end_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "endless"
    path.write_bytes(b"x" * 100_000)
    assert [lines for _, lines in pieces(path, 30, 64)][-1] == [b"x" * 32]


@pytest.mark.parametrize("ending", [".gz", ".xz", ".zst"])
def test_what_is_not_compressed_says_so(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"feed.jsonl{ending}"
    path.write_bytes(b'{"customer_id":"c1"}\n')
    with pytest.raises(FeedError, match="cannot be unpacked"):
        list(pieces(path, 100))


def test_owner_of_nothing() -> None:
    assert owner_of(b"null") == NOBODY


@pytest.mark.parametrize("count", [0, 1, 7, 1_000])
def test_runs_sort_more_than_they_hold_and_leave_few_files(tmp_path: Path, count: int) -> None:
    runs = Runs(tmp_path, "r", held_bytes=40)
    numbers = [number * 7_919 % 10_007 for number in range(count)]
    for number in numbers:
        runs.add(b"%05d" % number, b"text\twith tab %d" % number)
    files = runs.close()
    assert min(count, 2) <= len(files) + (count == 1) <= 64
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert list(merged(files)) == [(b"%05d" % number, b"text\twith tab %d" % number) for number in sorted(numbers)]
