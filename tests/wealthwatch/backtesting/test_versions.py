"""Rules that were set otherwise meanwhile: a backtest decides each movement by what held at its time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handlers.feeds import load
from handlers.rule_records import publishing
from schemas.rules import Mode, RuleSettings
from schemas.settings import Settings
from schemas.topics import RULES
from tests.brokers.records import produce
from tests.patience import PATIENCE_S
from tests.streams.builders import movement
from wealthwatch.configuration import environment_of
from wealthwatch.replaying import Replay, publish

from .conftest import Run

SWITCH = "2025-04-01T12:00:00+08:00"
"""In the middle of the made-up bank."""
LOWER = {"abs_floor": "20000"}
TEST_THEN_OFF = [
    {"rule": "large_inflow", "version": 2, "active_since": SWITCH, "parameters": LOWER},
    {"rule": "cumulative_inflow", "version": 2, "active_since": SWITCH, "mode": "test"},
    {"rule": "near_tier", "version": 2, "active_since": SWITCH, "mode": "off"},
    {"rule": "near_tier", "version": 3, "active_since": "2025-04-20T00:00:00+08:00"},
]


def command(*arguments: str | Path, settings: Settings | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(environment_of(settings) if settings else {}), "TERM": "dumb"}
    run = [sys.executable, "-m", "wealthwatch", *map(str, arguments)]
    return subprocess.run(run, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=environment)


def lines(path: Path, *versions: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(version) + "\n" for version in versions))
    return path


def told(out: Path, rule: str | None = None) -> list[dict[str, Any]]:
    """What a backtest told; but for the place of the profile on its topic, which a file does not have."""
    found = [json.loads(line) for line in (out / "notifications.jsonl").read_bytes().splitlines()]
    for one in found:
        one["evidence"].pop("profile_offset", None)
    return [one for one in found if rule in (None, one["rule"]["name"])]


def held(one: dict[str, Any]) -> tuple[int, str]:
    return one["rule"]["version"], one["rule"]["mode"]


def at(one: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(one["occurred_at"])


@pytest.fixture(scope="module")
def switched(bank: Path, backtest: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank with the switch; versions.jsonl and one job's results."""
    folder = tmp_path_factory.mktemp("switched")
    backtest(bank, "--out", folder / "one", "--jobs", "1", "--rules", lines(folder / "versions.jsonl", *TEST_THEN_OFF))
    return folder


# --- by hand ---------------------------------------------------------------------------------------------------------------------------


def test_each_movement_is_decided_by_the_version_that_holds_at_its_second(tmp_path: Path, backtest: Run) -> None:
    """100 come in at every noon from 10 to 15 March, and once a second before noon."""
    moments = ["10T12:00:00", "11T11:59:59", "11T12:00:00", "12T12:00:00", "13T12:00:00", "14T12:00:00", "15T12:00:00"]
    made = [movement(event_id=one, occurred_at=f"2025-03-{one}+08:00") for one in moments]
    (tmp_path / "feed.jsonl").write_bytes(b"\n".join(made))
    (tmp_path / "bank.toml").write_text('[rules.large_inflow]\nparameters = { abs_floor = "90", pct = "0" }\n')

    def version(number: int, day: int, floor: str, mode: str = "live") -> dict[str, Any]:
        held = {"rule": "large_inflow", "version": number, "active_since": f"2025-03-{day}T04:00:00Z", "mode": mode}
        return {**held, "parameters": {"abs_floor": floor, "pct": "0"}}

    versions = [version(5, 14, "80"), version(2, 11, "1000"), version(3, 12, "70", "test"), version(4, 13, "70", "off")]
    done = command(
        *("--config", tmp_path / "bank.toml", "backtest", tmp_path / "feed.jsonl", "--out", tmp_path / "out", "--jobs", "1"),
        *("--rules", lines(tmp_path / "versions.jsonl", *versions)),
    )
    assert done.returncode == 0, done.stderr
    found = told(tmp_path / "out", "large_inflow")
    assert [(one["evidence"]["triggers"][0]["event_id"], *held(one), one["evidence"]["threshold"]) for one in found] == [
        ("10T12:00:00", 1, "live", "90.00"),
        ("11T11:59:59", 1, "live", "90.00"),
        ("12T12:00:00", 3, "test", "70.00"),
        ("14T12:00:00", 5, "live", "80.00"),
        ("15T12:00:00", 5, "live", "80.00"),
    ]


# --- a whole bank ----------------------------------------------------------------------------------------------------------------------


def test_up_to_the_switch_one_rule_s_findings_and_from_it_on_the_other_s(
    bank: Path, results: Path, switched: Path, backtest: Run, tmp_path: Path
) -> None:
    """A rule about single movements keeps nothing: its switch is the one run before the instant, and the other after it."""
    (tmp_path / "new.toml").write_text('[rules.large_inflow]\nversion = 2\nparameters = { abs_floor = "20000" }\n')
    backtest(bank, "--out", tmp_path / "new", "--rules", tmp_path / "new.toml")
    since = datetime.fromisoformat(SWITCH)
    before = [one for one in told(results, "large_inflow") if at(one) < since]
    after = [one for one in told(tmp_path / "new", "large_inflow") if at(one) >= since]
    assert before
    assert len(after) > len([one for one in told(results, "large_inflow") if at(one) >= since])
    assert told(switched / "one", "large_inflow") == before + after


def test_what_is_set_to_test_says_so_what_is_off_is_silent_and_all_others_say_what_they_said(results: Path, switched: Path) -> None:
    since, again = datetime.fromisoformat(SWITCH), datetime(2025, 4, 19, 16, tzinfo=UTC)
    tried = told(switched / "one", "cumulative_inflow")
    assert [one["message_id"] for one in tried] == [one["message_id"] for one in told(results, "cumulative_inflow")]
    assert {(at(one) >= since, one["rule"]["mode"]) for one in tried} == {(False, "live"), (True, "test")}
    near = told(switched / "one", "near_tier")
    assert [one for one in near if since <= at(one) < again] == []
    assert [one for one in told(results, "near_tier") if since <= at(one) < again] != []
    assert {one["rule"]["version"] for one in near if at(one) >= again} == {3}
    for here, there in ((switched / "one", results), (results, switched / "one")):
        others = {"large_inflow", "cumulative_inflow", "near_tier", "retraction", "attrition_score", "no_contact_after_change"}
        assert [one for one in told(here) if one["rule"]["name"] not in others] == [
            one for one in told(there) if one["rule"]["name"] not in others
        ]


@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_jobs_writes_the_same_bytes(bank: Path, switched: Path, backtest: Run, tmp_path: Path, jobs: int) -> None:
    backtest(bank, "--out", tmp_path, "--jobs", str(jobs), "--rules", switched / "versions.jsonl")
    for name in ("notifications.jsonl", "positions.jsonl", "summary.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (switched / "one" / name).read_bytes(), name


def test_what_would_have_been_with_the_switch_is_a_comparison(
    bank: Path, results: Path, switched: Path, backtest: Run, tmp_path: Path
) -> None:
    backtest(bank, "--out", tmp_path, "--compare", switched / "versions.jsonl")
    assert (tmp_path / "notifications.jsonl").read_bytes() == (results / "notifications.jsonl").read_bytes()
    compared = json.loads((tmp_path / "summary.json").read_bytes())["compared"]
    opened = [one for one in told(switched / "one") if one["status"] == "opened"]
    assert compared["after"]["notifications"] == len(opened)
    assert compared["by_rule"]["large_inflow"].keys() == {"added", "severity"}
    assert compared["by_rule"]["near_tier"]["removed"] > 0
    page = (tmp_path / "report.html").read_text()
    assert f"From {SWITCH} on:" in page
    assert f"自 {SWITCH} 起" in page


# --- the topic of rules ----------------------------------------------------------------------------------------------------------------


def test_a_topic_s_range_is_decided_by_what_was_set_there(settings: Settings, bank: Path, switched: Path, tmp_path: Path) -> None:
    """Also what was taken back, and what is no version: neither counts. And what is exported is the same."""
    publish(settings, Replay(load("jsonl"), bank))
    versions = [RuleSettings.model_validate_json(line) for line in (switched / "versions.jsonl").read_bytes().splitlines()]
    taken_back = versions[0].model_copy(update={"version": 3, "active_since": datetime(2025, 4, 10, tzinfo=UTC), "mode": Mode.OFF})
    with publishing(settings) as publisher:
        for version in [*versions, taken_back]:
            publisher.publish(version)
        publisher.withdraw(taken_back)
    produce(settings, RULES, [("large_inflow@4", b"{"), ("large_outflow@2", b'{"rule": "large_outflow", "version": 2}')])
    kafka = settings.kafka
    feed = f"kafka://{kafka.bootstrap_servers}/{kafka.topic_prefix}movements"
    by_itself = command("backtest", feed, "--out", tmp_path / "by_itself", "--jobs", "2", settings=settings)
    assert by_itself.returncode == 0
    refused = [line.removeprefix("refused on wealth.rules: ").split(": ")[:2] for line in by_itself.stderr.splitlines()]
    assert refused == [["'large_inflow@4'", "unreadable"], ["'large_outflow@2'", "no_start"]]
    assert told(tmp_path / "by_itself") == told(switched / "one")
    exported = command("rules", "export", settings=settings)
    assert [RuleSettings.model_validate_json(line) for line in exported.stdout.splitlines()] == sorted(
        versions, key=lambda one: (one.active_since, one.version)
    )
    (tmp_path / "exported.jsonl").write_text(exported.stdout)
    for name, rules in (("export", tmp_path / "exported.jsonl"), ("named", f"kafka://{kafka.bootstrap_servers}/{kafka.topic(RULES)}")):
        done = command("backtest", bank, "--out", tmp_path / name, "--rules", rules, settings=settings)
        assert done.returncode == 0
        assert told(tmp_path / name) == told(switched / "one")


# --- what is no version ----------------------------------------------------------------------------------------------------------------

GOOD = TEST_THEN_OFF[0]


@pytest.mark.parametrize(
    ("versions", "says"),
    [
        ([{**GOOD, "rule": "large_infow"}], "versions.jsonl:1: there is no rule 'large_infow'"),
        ([{**GOOD, "active_since": None}], "versions.jsonl:1: rule large_inflow: active_since is not given"),
        ([{**GOOD, "parameters": {"percent": "1"}}], "percent: there is no such parameter"),
        ([{**GOOD, "version": 1}], "version 1 is not after version 1 of the settings file"),
        ([GOOD, {**GOOD, "version": 3, "active_since": "2025-03-31T00:00:00Z"}], "version 3 begins before version 2"),
        ([{**GOOD, "mode": "loud"}], "versions.jsonl:1: mode: Input should be"),
        ([GOOD, {"published": True}], "versions.jsonl:2: there is no rule ''"),
    ],
)
@pytest.mark.parametrize("option", ["--rules", "--compare"])
def test_what_is_no_version_is_one_line_and_nothing_is_run(
    bank: Path, tmp_path: Path, option: str, versions: list[dict[str, Any]], says: str
) -> None:
    file = lines(tmp_path / "versions.jsonl", *versions)
    done = command("backtest", bank, "--out", tmp_path / "out", option, file)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert says in done.stderr
    assert str(file) in done.stderr
    assert not (tmp_path / "out").exists()
