"""`wealthwatch explain`: on files and on a broker, every notification comes out with its own numbers, and silence has a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from handlers.feeds import load
from schemas import topics
from schemas.notifications import Notification
from schemas.rules import RuleSettings
from schemas.settings import Settings
from streams.book import all_rules
from tests.brokers.records import produce
from tests.patience import PATIENCE_S
from tests.streams.builders import movement
from wealthwatch.configuration import environment_of
from wealthwatch.explaining import question
from wealthwatch.explaining.files import Files
from wealthwatch.explaining.life import Life, household_of
from wealthwatch.explaining.plain import plain
from wealthwatch.replaying import Replay, publish
from wealthwatch.simulation import Plan, write

PLAN = Plan(seed=7, customers=100, days=90, start=date(2025, 3, 1))


def run(*arguments: str | Path, code: int = 0, settings: Settings | None = None, **variables: str) -> str:
    """Standard output, or where it is refused the one line that says so."""
    environment = {
        **os.environ,
        **(environment_of(settings) if settings else {}),
        "COLUMNS": "100",
        "LANG": "C",
        **variables,
        "TERM": "dumb",
    }
    command = [sys.executable, "-m", "wealthwatch", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE_S)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr if code else done.stdout


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("explained") / "bank.jsonl"
    write(PLAN, path)
    return path


@pytest.fixture(scope="module")
def told_file(bank: Path) -> Path:
    run("backtest", bank, "--out", bank.parent / "backtest", "--jobs", "1", "--json")
    return bank.parent / "backtest" / "notifications.jsonl"


@pytest.fixture(scope="module")
def told(told_file: Path) -> list[Notification]:
    return [Notification.model_validate_json(line) for line in told_file.read_bytes().splitlines()]


def files(bank: Path, told_file: Path | None = None) -> Files:
    return Files(Settings(), (str(bank),), told=told_file)


def far(_: float) -> None:
    """Nobody watches."""


def first(told: list[Notification], rule: str, status: str = "opened") -> Notification:
    return next(one for one in told if one.rule.name == rule and one.status == status)


# --- the whole bank --------------------------------------------------------------------------------------------------------------------


def a_few_of_each(told: list[Notification]) -> list[Notification]:
    """Of each rule and status the first, the middle and the last, in their order."""
    kinds: dict[tuple[str, str], list[Notification]] = {}
    for one in told:
        kinds.setdefault((one.rule.name, one.status), []).append(one)
    chosen = {one.message_id for kind in kinds.values() for one in (kind[0], kind[len(kind) // 2], kind[-1])}
    return [one for one in told if one.message_id in chosen]


def test_notifications_of_a_backtest_are_explained_with_their_own_numbers(bank: Path, told_file: Path, told: list[Notification]) -> None:
    assert len(told) > 100
    assert {one.status.value for one in told} >= {"opened", "resolved", "retracted"}
    source, settings = files(bank, told_file), Settings()
    lives: dict[str, Life] = {}
    for one in a_few_of_each(told):
        whose = household_of(one) or one.customer_id
        if whose not in lives:
            past = source.past(one.customer_id, one, far)
            assert past is not None
            lives[whose] = Life(past, settings)
        report = question.of_message(lives[whose], one, [one])
        assert report.explained is not None
        assert report.warnings == []
        answer = plain(report, settings.bank)["answer"]
        evidence, written = one.evidence, json.loads(one.evidence.model_dump_json())
        assert (answer["measured"], answer["threshold"], answer["unit"]) == (written["measured"], written["threshold"], written["unit"])
        assert answer["bands"] == {band["severity"]: band["lower"] for band in written["bands"]}
        assert (answer["severity"], answer["reason"], answer["version"]) == (one.severity, one.status, one.rule.version)
        assert (answer["rule"], answer["rule_id"], answer["mode"]) == (one.rule.name, one.rule.rule_id, one.rule.mode)
        assert answer["facts"] == dict(evidence.facts)
        if one.rule.name.endswith(("cumulative_inflow", "cumulative_outflow")):
            assert report.answer is not None
            assert sum(involved.counts or 0 for involved in report.answer.movements) == evidence.measured
        events = {f"{trigger.source}/{trigger.event_id}" for trigger in evidence.triggers}
        assert events <= {involved["event"] for involved in answer["movements"]} or one.status == "resolved"


def test_what_was_decided_after_a_switch_is_explained_by_the_version_that_held(bank: Path, tmp_path: Path) -> None:
    since = "2025-04-01T00:00:00+08:00"
    version = {"rule": "large_outflow", "version": 2, "active_since": since, "parameters": {"abs_floor": "10000", "pct": "0"}}
    (tmp_path / "versions.jsonl").write_text(json.dumps(version))
    given = ("--rules", tmp_path / "versions.jsonl")
    run("backtest", bank, "--out", tmp_path, "--jobs", "1", "--json", *given)
    found = [Notification.model_validate_json(line) for line in (tmp_path / "notifications.jsonl").read_bytes().splitlines()]
    for number in (1, 2):
        one = next(one for one in found if one.rule.name == "large_outflow" and one.status == "opened" and one.rule.version == number)
        assert (one.occurred_at >= datetime.fromisoformat(since)) == (number == 2)
        looked_up = ("--notifications", tmp_path / "notifications.jsonl", "--json")
        answer = json.loads(run("explain", str(one.notification_id), "--feed", bank, *given, *looked_up))["answer"]
        assert (answer["version"], answer["measured"]) == (number, json.loads(one.evidence.model_dump_json())["measured"])
        assert (answer["threshold"] == "10000.00") == (number == 2)


def test_without_a_file_of_notifications_the_feed_is_replayed_for_everybody(bank: Path, told: list[Notification]) -> None:
    for one in (told[0], told[-1], first(told, "cumulative_inflow", "resolved"), first(told, "household_cumulative_inflow")):
        found = files(bank).messages(str(one.message_id), far)
        assert one in found
        assert {str(each.notification_id) for each in found} == {str(one.notification_id)}


def test_what_did_not_fire_is_answered_at_every_movement_of_a_customer(bank: Path, told: list[Notification]) -> None:
    settings, customer = Settings(), told[0].customer_id
    past = files(bank).past(customer, None, far)
    assert past is not None
    for step in past.steps:
        at = datetime.fromtimestamp(step.at, UTC)
        report = question.of_time(files(bank), settings, customer, at, tick=False, far=far)
        assert report.explained is not None
        assert {answer.rule for answer in report.explained.answers} == {name for name, rule in all_rules().items() if not rule.of_household}
        spoken = {str(one.message_id) for one in told if one.customer_id == customer and one.occurred_at == at and one.evidence.triggers}
        assert {str(one.notification.message_id) for one in report.explained.answers if one.notification} == spoken


# --- as a person runs it ---------------------------------------------------------------------------------------------------------------


def test_the_page_says_first_what_was_decided_and_then_from_what(bank: Path, told_file: Path, told: list[Notification]) -> None:
    one = first(told, "cumulative_outflow")
    page = run("explain", str(one.notification_id), "--feed", bank, "--notifications", told_file)
    assert page.startswith("Cumulative outflow: ¥")
    assert "times the threshold of ¥" in page
    for part in (
        "Measured",
        "Movements",
        "Settings",
        "Together ¥",
        "version 1, live",
        "Why the others told nothing",
        "not about this kind",
    ):
        assert part in page
    assert all(f"{each.source}/{each.event_id}" in page for each in one.evidence.triggers)
    assert all(len(line) <= 100 for line in page.splitlines())


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(bank: Path, told_file: Path, told: list[Notification], columns: int) -> None:
    for rule in ("large_inflow", "near_tier"):
        page = run("explain", str(first(told, rule).notification_id), "--feed", bank, "--notifications", told_file, COLUMNS=str(columns))
        assert max(map(len, page.splitlines())) <= columns


def test_the_language_is_that_of_the_locale_or_the_one_asked_for(bank: Path, told_file: Path, told: list[Notification]) -> None:
    asked = ("explain", str(first(told, "large_inflow").notification_id), "--feed", bank, "--notifications", told_file)
    english, chinese = run(*asked), run(*asked, LANG="zh_CN.UTF-8")
    assert english.startswith("Large inflow")
    assert chinese.startswith("大额流入")
    assert "阈值" in chinese
    both = run(*asked, "--language", "both")
    assert both.startswith("大额流入")
    assert "Large inflow: ¥" in both
    assert run(*asked, "--language", "en", LC_ALL="zh_CN.UTF-8").startswith("Large inflow")


def test_a_rule_that_did_not_fire_says_how_far_it_was(bank: Path, told: list[Notification]) -> None:
    one = first(told, "large_outflow")
    before = (one.occurred_at - timedelta(seconds=1)).isoformat()
    page = run("explain", "--customer", one.customer_id, "--at", before, "--feed", bank)
    assert "rules none told anything" in page
    assert "below the threshold" in page
    assert "%" in page


def test_other_rules_are_explained_with_their_numbers(bank: Path, told: list[Notification], tmp_path: Path) -> None:
    one = first(told, "large_inflow")
    rules = tmp_path / "rules.toml"
    rules.write_text(
        '[rules.large_inflow]\nversion = 4\nmode = "off"\n[rules.cumulative_inflow]\nmode = "test"\nparameters.limits = { 7 = 900 }\n'
    )
    found = json.loads(
        run("explain", "--customer", one.customer_id, "--at", one.occurred_at.isoformat(), "--feed", bank, "--rules", rules, "--json")
    )
    (large,) = [answer for answer in found["answers"] if answer["rule"] == "large_inflow"]
    (week,) = [answer for answer in found["answers"] if answer["rule"] == "cumulative_inflow"]
    assert (large["reason"], large["version"]) == ("off", 4)
    assert (week["reason"], week["mode"], week["facet"]) == ("below_threshold", "test", "7d")
    assert "switched off" in run(
        "explain", "--customer", one.customer_id, "--at", one.occurred_at.isoformat(), "--feed", bank, "--rules", rules
    )


def test_a_replay_that_no_longer_says_it_is_called_out_and_the_evidence_speaks(
    bank: Path, told_file: Path, told: list[Notification], tmp_path: Path
) -> None:
    one = first(told, "large_inflow")
    cut = tmp_path / "cut.jsonl"
    event = one.evidence.triggers[0].event_id.encode()
    cut.write_bytes(b"".join(line for line in bank.read_bytes().splitlines(keepends=True) if event not in line))
    asked = ("explain", str(one.message_id), "--feed", cut, "--notifications", told_file)
    page = run(*asked)
    assert page.startswith("NOT REPLAYED")
    assert one.evidence.triggers[0].event_id in page
    found = json.loads(run(*asked, "--json"))
    assert found["replayed"] is False
    assert found["answer"]["measured"] == str(one.evidence.measured)
    rules = tmp_path / "rules.toml"
    rules.write_text("[rules.large_inflow]\nparameters = { pct = 0.000001, abs_floor = 2 }\n")
    other = run("explain", str(one.message_id), "--feed", bank, "--notifications", told_file, "--rules", rules)
    assert other.startswith("NOT REPLAYED EXACTLY")
    nobody = tmp_path / "nobody.jsonl"
    nobody.write_bytes(movement() + b"\n")
    assert "gone by retention" in run("explain", str(one.message_id), "--feed", nobody, "--notifications", told_file)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "give NOTIFICATION_ID, or --customer ID --at TIME"),
        (["nonsense", "--feed", "{bank}"], 2, "is no id of a notification"),
        (["00000000-0000-5000-8000-000000000000", "--feed", "{bank}"], 3, "nothing was told under the id"),
        (["00000000-0000-5000-8000-000000000000", "--at", "2025-03-10", "--feed", "{bank}"], 2, "has its own time"),
        (["--customer", "C00000001", "--feed", "{bank}"], 2, "add --at TIME"),
        (["--customer", "nobody", "--at", "2025-03-10", "--feed", "{bank}"], 3, "no movement of customer 'nobody' is there"),
        (["--customer", "C00000001", "--at", "2020-01-01", "--feed", "{bank}"], 3, "give that time or a later one"),
        (["--customer", "C00000001", "--at", "yesterday", "--feed", "{bank}"], 2, "is not a time such as"),
        (["--customer", "C00000001", "--at", "2025-03-10", "--feed", "nowhere.jsonl"], 3, "there is no file nowhere.jsonl"),
        (["--customer", "C00000001", "--at", "2025-03-10", "--feed", "{bank}", "--language", "fr"], 2, "the languages are zh-CN, en, both"),
        (["--customer", "C00000001", "--at", "2025-03-10", "--rules", "x.toml"], 2, "add --feed FILE"),
        (["--customer", "C00000001", "--at", "2025-03-10", "--feed", "{bank}", "--rules", "x.toml"], 2, "no rules file at x.toml"),
    ],
)
def test_what_cannot_be_explained_is_one_line_that_says_what_to_do(bank: Path, arguments: list[str], code: int, says: str) -> None:
    assert says in run("explain", *(one.format(bank=bank) for one in arguments), code=code)


# --- on a broker -----------------------------------------------------------------------------------------------------------------------


def explained_on_broker(settings: Settings, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("explain", *arguments, "--json", settings=settings))
    return found


def test_topics_are_replayed_with_the_versions_of_the_rules_as_they_were(settings: Settings, bank: Path, told: list[Notification]) -> None:
    publish(settings, Replay(load("jsonl"), bank))
    produce(settings, topics.NOTIFICATIONS, [(one.customer_id, one.model_dump_json(exclude_none=True).encode()) for one in told])
    named = (
        ("large_outflow", "opened"),
        ("cumulative_inflow", "resolved"),
        ("large_inflow", "retracted"),
        ("household_aum_change", "opened"),
    )
    for one in (first(told, rule, status) for rule, status in named):
        found = explained_on_broker(settings, str(one.message_id))
        assert found["replayed"] is True
        assert found["warnings"] == []
        assert found["answer"]["measured"] == json.loads(one.evidence.model_dump_json())["measured"]
        assert found["answer"]["message_id"] == str(one.message_id)
    one = first(told, "large_outflow")
    version = RuleSettings(
        rule="large_outflow", version=2, active_since=one.occurred_at, changed_by="li", parameters={"abs_floor": "900000000"}
    )
    produce(settings, topics.RULES, [(version.key, version.model_dump_json(exclude_none=True).encode())])
    found = explained_on_broker(settings, "--customer", one.customer_id, "--at", one.occurred_at.isoformat())
    (large,) = [answer for answer in found["answers"] if answer["rule"] == "large_outflow"]
    assert (large["reason"], large["version"], large["changed_by"], large["floor"]) == ("below_floor", 2, "li", "900000000.00")
    assert explained_on_broker(settings, str(one.message_id))["replayed"] is False
    assert "no movement of customer 'nobody'" in run("explain", "--customer", "nobody", "--at", "2025-03-10", code=3, settings=settings)
    absent = "00000000-0000-5000-8000-000000000000"
    assert "nothing was told under the id" in run("explain", absent, code=3, settings=settings)


def test_a_notification_without_movements_speaks_for_itself(settings: Settings, told: list[Notification]) -> None:
    one = told[0]
    produce(settings, topics.NOTIFICATIONS, [(one.customer_id, one.model_dump_json(exclude_none=True).encode())])
    page = run("explain", str(one.notification_id), settings=settings)
    assert page.startswith("NOT REPLAYED")
    assert "Measured" in page
