"""`wealthwatch backtest` as a person runs it: what it refuses, what it counts, what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S
from tests.streams.builders import MINIMAL, movement
from wealthwatch.simulation import Plan, write

from .conftest import Run

ACCOUNTS = Path(__file__).parents[4] / "shared" / "data" / "berka"


def command(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "wealthwatch", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )


def refused(*arguments: str | Path) -> tuple[int, str]:
    """Exit code and the one line."""
    done = command("backtest", *arguments)
    assert done.stdout == ""
    assert done.stderr.startswith("wealthwatch: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.returncode, done.stderr


def summary(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.jsonl"
    path.write_bytes(movement() + b"\n")
    return path


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (None, "no rules file at"),
        ("[rules.larg_inflow]\n", "there is no rule 'larg_inflow'; the rules are"),
        ("[rules.large_inflow]\nparameters = { pcт = 1 }\n", "is not TOML"),
        ("[rules.large_inflow]\nparameters = { percent = 1 }\n", "percent"),
        ("[rules.large_inflow]\nby_tier.diamond = { pct = 1 }\n", "there is no tier 'diamond'"),
        ("[rules.large_inflow\n", "is not TOML"),
        ("[rule.large_inflow]\n", "setting rule: there is no such key"),
        ("[bank]\nbase_currency = 'XYZ'\n", "bank.base_currency"),
    ],
)
@pytest.mark.parametrize("option", ["--rules", "--compare"])
def test_rules_that_cannot_be_run_are_one_line(feed: Path, tmp_path: Path, option: str, rules: str | None, says: str) -> None:
    file = tmp_path / "rules.toml"
    if rules is not None:
        file.write_text(rules, encoding="utf-8")
    code, line = refused(feed, "--out", tmp_path / "out", option, file)
    assert code == 2
    assert says in line
    assert str(file) in line
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.jsonl"], "there is no file nowhere.jsonl"),
        (["{feed}", "--customers", "nowhere.jsonl"], "there is no file nowhere.jsonl"),
        (["{feed}", "--prices", "{feed}.parquet"], "there is no file"),
        (["{folder}"], "is a folder"),
        (["{feed}", "--format", "pkdd98"], "no feed format `pkdd98`"),
        (["kafka://127.0.0.1:9/"], "should look like kafka://host:port/topic"),
        (["kafka://127.0.0.1:9/t?since=1"], "should look like kafka://host:port/topic"),
        (["kafka://127.0.0.1:9/t?from=yesterday"], "neither an offset nor a time"),
    ],
)
def test_what_is_not_there_is_one_line(feed: Path, tmp_path: Path, arguments: list[str], says: str) -> None:
    given = [argument.format(feed=feed, folder=tmp_path) for argument in arguments]
    code, line = refused(*given, "--out", tmp_path / "out")
    assert code in (2, 3)
    assert says in line


def test_a_broken_archive_is_one_line_also_from_another_process(tmp_path: Path) -> None:
    (tmp_path / "feed.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00 no archive")
    for jobs in ("1", "2"):
        code, line = refused(tmp_path / "feed.jsonl.gz", "--out", tmp_path / "out", "--jobs", jobs)
        assert (code, "cannot be unpacked" in line) == (3, True)
        assert list((tmp_path / "out").iterdir()) == []


def bad_lines(path: Path) -> None:
    good = [movement(event_id=f"e{place}", customer_id=f"c{place}", account_id=f"a{place}") for place in range(20)]
    with path.open("wb") as file:
        for place, line in enumerate(good):
            file.write(line + b"\n")
            if place % 2:
                file.write(b"not json\n")
        file.write(b"\n")
        file.write(b"\xff\xfe\n")
        file.write(movement(customer_id="c1", event_id="new", amount="-1") + b"\n")
        file.write(movement(customer_id="c1", event_id="new", account_id="a1", currency="USD") + b"\n")
        file.write(movement(customer_id="c2", event_id="e2", account_id="a2") + b"\n")
        file.write(movement(customer_id="c3", event_id="new", account_id="a3", occurred_at="2025-03-09T09:30:00+08:00") + b"\n")
        file.write(json.dumps({**MINIMAL, "channel": "x" * 300_000}).encode() + b"\n")
        file.write(b'{"event_id":"e"}')


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_bad_lines_are_counted_by_fault_and_the_first_are_named(backtest: Run, tmp_path: Path, jobs: str) -> None:
    bad_lines(tmp_path / "feed.jsonl")
    (tmp_path / "feed.customers.jsonl").write_text('{"schema_version":1,"customer_id":"c1","name":"n"}\n{"customer_id":"c2"}\nnothing\n')
    (tmp_path / "feed.prices.jsonl").write_text('{"of":"USD"}\n')
    done = backtest(tmp_path / "feed.jsonl", "--out", tmp_path / "out", "--jobs", jobs)
    told = summary(tmp_path / "out")
    assert told["movements"] == {"read": 38, "applied": 20, "duplicate": 1, "late": 1, "refused": 16}
    assert told["refused"]["by_fault"] == {
        "not_json": 10,
        "empty": 1,
        "not_utf8": 1,
        "invalid_amount": 1,
        "inconsistent": 1,
        "too_large": 1,
        "missing_field": 1,
        "invalid_value": 3,
    }
    first = [one["where"].removeprefix(f"{tmp_path}/") for one in told["refused"]["first"]]
    assert first[:3] == ["feed.customers.jsonl:2", "feed.customers.jsonl:3", "feed.prices.jsonl:1"]
    assert first[3:] == [f"feed.jsonl:{3 * n}" for n in range(1, 8)]
    assert "19 lines were refused: not_json 10, invalid_value 3" in done.stdout
    assert "and 9 more" in done.stdout
    assert "1 duplicate, 1 late" in done.stdout


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_an_expression_that_fails_is_counted_and_a_rule_of_the_settings_is_one_of_them(backtest: Run, tmp_path: Path, jobs: str) -> None:
    expressions = {"failing": "1 / (movement.hour - 9) > 5", "telling": "movement.hour == 9"}
    tables = [f"[rules.{name}]\nexpression = '{text}'\ntitle = {{ zh-CN = 'a', en = 'a' }}\n" for name, text in expressions.items()]
    (tmp_path / "own.toml").write_text("".join(tables))
    customers = [movement(customer_id=f"c{number}", occurred_at="2025-03-10T09:30:00+08:00") for number in range(4)]
    (tmp_path / "feed.jsonl").write_bytes(b"\n".join(customers) + b"\n")
    done = backtest(tmp_path / "feed.jsonl", "--rules", tmp_path / "own.toml", "--out", tmp_path / "out", "--jobs", jobs)
    told = summary(tmp_path / "out")
    assert told["failures"] == {"failing: division_by_zero": 4}
    found = [json.loads(line)["rule"]["name"] for line in (tmp_path / "out" / "notifications.jsonl").read_text().splitlines()]
    assert (found.count("telling"), found.count("failing")) == (4, 0)
    assert "an expression could not be evaluated, 4 times: failing: division_by_zero" in done.stdout
    assert "telling" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_feed_of_nothing_is_no_crash(backtest: Run, tmp_path: Path) -> None:
    for name, content in (("empty", b""), ("garbage", b"\x00\x01\x02 binary \n\n\xff" * 50)):
        (tmp_path / f"{name}.jsonl").write_bytes(content)
        done = backtest(tmp_path / f"{name}.jsonl", "--out", tmp_path / name, "--jobs", "2")
        assert "No movements were read" in done.stdout
        assert (tmp_path / name / "notifications.jsonl").read_bytes() == b""
        assert (tmp_path / name / "positions.jsonl").read_bytes() == b""
        assert "no movements" in (tmp_path / name / "report.html").read_text(encoding="utf-8").lower()


def test_json_is_one_line_with_the_speed(feed: Path, tmp_path: Path) -> None:
    done = command("backtest", feed, "--out", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    assert done.stderr == ""
    assert {name: told[name] for name in summary(tmp_path / "out")} == summary(tmp_path / "out")
    assert told["movements"]["read"] == 1
    assert told["seconds"] > 0
    assert told["movements_per_second"] == round(1 / told["seconds"], 1)


def test_rules_come_from_the_file_and_the_bank_only_where_it_says_so(feed: Path, backtest: Run, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text("[rules.large_inflow]\nparameters = { abs_floor = 100 }\n")
    (tmp_path / "bank.toml").write_text("[bank]\nbase_currency = 'USD'\n\n[rules.large_inflow]\nparameters = { abs_floor = 100 }\n")
    backtest(feed, "--out", tmp_path / "rules", "--rules", tmp_path / "rules.toml")
    backtest(feed, "--out", tmp_path / "bank", "--rules", tmp_path / "bank.toml")
    assert summary(tmp_path / "rules")["by_rule"] == {"large_inflow": {"notice": 1}}
    assert summary(tmp_path / "bank")["by_rule"] == {"unpriced_position": {"notice": 1}}  # the feed's money has no rate to USD
    settings = tmp_path / "settings.toml"
    settings.write_text("[rules.large_inflow]\nparameters = { abs_floor = 100 }\n\n[bank]\ntime_zone = 'Europe/Prague'\n")
    done = command("--config", settings, "backtest", feed, "--out", tmp_path / "in_force")
    assert (done.returncode, summary(tmp_path / "in_force")["notifications"]) == (0, 1)
    (tmp_path / "none.toml").write_text("")
    command("--config", settings, "backtest", feed, "--out", tmp_path / "none", "--rules", tmp_path / "none.toml")
    assert summary(tmp_path / "none")["notifications"] == 0


def test_parquet_without_duckdb_says_what_to_install(feed: Path, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "duckdb.py").write_text("raise ImportError('not here')\n")
    script = "import sys; sys.path.insert(0, sys.argv.pop(1)); from wealthwatch.cli import main; main()"
    given = ["backtest", str(feed), "--out", str(tmp_path / "out"), "--parquet"]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "without"), *given], capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert (done.returncode, done.stderr) == (3, "wealthwatch: Parquet needs DuckDB: pip install 'wealthwatch[parquet]'\n")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not ACCOUNTS.is_dir(), reason="the real accounts (../shared/data/berka) are not here")
def test_the_real_accounts_end_at_the_banks_own_balances(backtest: Run, tmp_path: Path) -> None:
    """46,997 movements, 39,296,720.10 CZK."""
    (tmp_path / "bank.toml").write_text('[bank]\nbase_currency = "CZK"\ntime_zone = "Europe/Prague"\ncountry = "CZ"\n')
    backtest(ACCOUNTS, "--format", "pkdd99", "--rules", tmp_path / "bank.toml", "--out", tmp_path / "out", "--jobs", "2")
    assert summary(tmp_path / "out")["movements"] == {"read": 46_997, "applied": 46_997}
    positions = [json.loads(line) for line in (tmp_path / "out" / "positions.jsonl").read_bytes().splitlines()]
    hellers = [round(100 * float(account["balance"])) for one in positions for account in one["accounts"]]
    assert (len(hellers), sum(hellers)) == (1_229, 3_929_672_010)


MEASURE = """
import json, resource, subprocess, sys
from wealthwatch.cli import main
sys.argv = ["wealthwatch", "backtest", sys.argv[1], "--out", sys.argv[2], "--jobs", "1", "--json"]
try:
    main()
except SystemExit:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_grows_with_customers_not_with_movements(tmp_path: Path) -> None:
    """The same customers over the same dates, who do everything six times and 22 times."""
    write(Plan(1, 90, 60, date(2023, 1, 1)), tmp_path / "bank.jsonl")
    moved = [json.loads(line) for line in (tmp_path / "bank.jsonl").read_bytes().splitlines()]
    for one in moved:
        one.pop("balance_after", None)  # which it is after the first time only
    moved = [one for one in moved if one["kind"] != "valuation"]  # and without which there is none of these

    def measure(times: int) -> tuple[int, int]:
        path = tmp_path / f"{times}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for one in moved:
                for time_of in range(times):
                    again = {**one, "event_id": f"{one['event_id']}.{time_of}"}
                    if undone := one.get("reverses"):
                        again["reverses"] = {**undone, "event_id": f"{undone['event_id']}.{time_of}"}
                    file.write(json.dumps(again, ensure_ascii=False) + "\n")
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(path), str(tmp_path / "out")],
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        told, kilobytes = done.stdout.splitlines()
        movements = json.loads(told)["movements"]
        assert movements == {"read": len(moved) * times, "applied": len(moved) * times}
        return movements["read"], int(kilobytes)

    few, small = measure(6)
    many, large = measure(22)
    assert few * 450 > 16 << 20  # the pieces in which a feed is read are full already
    assert many > 3.5 * few
    assert large - small < 40 * 1_024  # on Linux in KiB, for caches that have a bound; the lines of the longer feed would take 65 MiB more


def jobs_of(process: subprocess.Popen[str], within_s: float = PATIENCE_S) -> list[int]:
    """The two jobs that a backtest has started, once both have begun to read the feed."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                reads = any(one.readlink().name == "feed.jsonl" for one in (entry / "fd").iterdir()) if parent == process.pid else False
                if reads and b"spawn_main" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        if len(found) == 2:
            return found
    raise AssertionError(f"no two jobs after {within_s} s")


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize(
    ("whom", "sent", "code", "says"),
    [
        ("job", signal.SIGKILL, 3, "wealthwatch: a job was ended from outside, most likely for want of memory"),
        ("command", signal.SIGINT, 130, ""),
        ("command", signal.SIGKILL, -signal.SIGKILL, ""),
    ],
)
def test_no_job_outlives_the_command_and_a_lost_job_is_one_line(tmp_path: Path, whom: str, sent: int, code: int, says: str) -> None:
    os.mkfifo(tmp_path / "feed.jsonl")
    held = os.open(tmp_path / "feed.jsonl", os.O_RDWR)  # nobody writes: the jobs wait
    given = [sys.executable, "-m", "wealthwatch", "backtest", str(tmp_path / "feed.jsonl"), "--out", str(tmp_path / "out"), "--jobs", "2"]
    with subprocess.Popen(given, stderr=subprocess.PIPE, text=True) as process:
        jobs = jobs_of(process)
        os.kill(jobs[0] if whom == "job" else process.pid, sent)
        _, said = process.communicate(timeout=PATIENCE_S)
    os.close(held)
    assert (process.returncode, said.startswith(says), said.count("\n")) == (code, True, 1 if says else 0)
    deadline = time.monotonic() + PATIENCE_S
    while any(map(alive, jobs)):
        assert time.monotonic() < deadline
    if sent != signal.SIGKILL or whom == "job":
        assert list((tmp_path / "out").iterdir()) == []
