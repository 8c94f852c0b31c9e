"""`wealthwatch rules`, run as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.rules import RuleSettings
from schemas.settings import Settings
from schemas.topics import RULES
from streams.book import all_rules
from tests.brokers.records import produce, read_all
from tests.patience import PATIENCE_S
from wealthwatch.broker import free_port
from wealthwatch.configuration import environment_of

GOOD = """
[rules.large_inflow]
parameters = { pct = 0.2 }
by_tier.private = { abs_floor = "2000000" }
[rules.near_tier]
mode = "test"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "bank.toml"
    path.write_text(GOOD)
    return path


def run(*arguments: str, code: int = 0, settings: Settings | None = None, **variables: str) -> str:
    """Standard output, or where it is refused the one line that says so."""
    environment = {**os.environ, **(environment_of(settings) if settings else {}), **variables, "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-m", "wealthwatch", *arguments], capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE_S
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    if code:
        assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr if code else done.stdout


def columns(table: str) -> list[list[str]]:
    """The cells of a table, cut where its heads begin: it only works if all lines are aligned."""
    head, *lines = table.splitlines()
    starts = [place for place, letter in enumerate(head) if letter != " " and (place == 0 or head[place - 2 : place] == "  ")]
    return [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)] for line in lines]


def versions(settings: Settings) -> list[RuleSettings]:
    return [RuleSettings.model_validate_json(record.value) for record in read_all(settings, RULES)]


# --- files, without a broker -----------------------------------------------------------------------------------------------------------


def nowhere() -> dict[str, str]:
    return {"WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}"}


def test_the_list_has_a_line_for_every_rule_with_how_it_is_set(file: Path) -> None:
    rows = columns(run("--config", str(file), "rules", "list", "--offline", **nowhere()))
    assert [row[1] for row in rows] == list(all_rules())
    by_name = {row[1]: row for row in rows}
    assert by_name["near_tier"][:7] == ["R40", "near_tier", "condition", "test", "1", "always", "-"]
    assert by_name["large_inflow"][7].startswith("One external credit >= max(")


def test_a_good_file_is_checked_without_a_broker(file: Path) -> None:
    assert run("rules", "check", str(file), **nowhere()) == f"{file} sets large_inflow, near_tier; all of it exists\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules.large_infow]\n", ["there is no rule 'large_infow'", *all_rules()]),
        ("[rules.large_inflow]\nparameters = { pctt = 1 }\n", ["rule large_inflow: pctt", "abs_floor, bands, pct"]),
        ("[rules.large_inflow]\npct = 1\n", ["rules.large_inflow: there is no key pct", "parameters"]),
        ("[rules.large_inflow]\nby_tier.golden = { pct = 1 }\n", ["no tier 'golden'", "basic, gold, platinum, private"]),
        ("[rules.large_inflow]\nmode = 'loud'\n", ["'live', 'test' or 'off'"]),
        ("[rules.large_inflow]\nactive_since = 2025-03-10T12:00:00Z\n", ["active_since", "wealthwatch rules set large_inflow"]),
        ("[rules\n", ["is not TOML"]),
    ],
)
def test_a_wrong_file_ends_with_1_and_one_line_that_lists_what_exists(file: Path, text: str, said: list[str]) -> None:
    file.write_text(text)
    line = run("rules", "check", str(file), code=1, **nowhere())
    assert all(words in line for words in [str(file), *said]), line


OWN = """[rules.large_card_payment]
expression = 'movement.kind == "card_payment"'
measured = "movement.amount"
threshold = 100
title = { zh-CN = "大额刷卡", en = "A large card payment" }
"""


def test_a_rule_of_the_settings_is_checked_listed_shown_and_compared_like_any_other(file: Path, tmp_path: Path) -> None:
    file.write_text(OWN, encoding="utf-8")
    assert run("rules", "check", str(file), **nowhere()) == f"{file} sets large_card_payment; all of it exists\n"
    last = columns(run("--config", str(file), "rules", "list", "--offline", **nowhere()))[-1]
    assert last[:3] == ["OWN", "large_card_payment", "event"]
    assert last[7] == 'At a movement: movement.kind == "card_payment"'
    shown = run("--config", str(file), "rules", "show", "large_card_payment", "--offline", **nowhere())
    assert "threshold" in shown
    other = tmp_path / "other.toml"
    other.write_text(OWN.replace("100", "200").replace("card_payment\"'", "fee\"'"), encoding="utf-8")
    assert columns(run("rules", "diff", str(file), str(other), **nowhere())) == [
        ["large_card_payment", "expression", 'movement.kind == "card_payment"', 'movement.kind == "fee"'],
        ["large_card_payment", "threshold", "100", "200"],
    ]
    other.write_text(OWN.replace("movement.kind", "movement.kin"), encoding="utf-8")
    line = run("rules", "check", str(other), code=1, **nowhere())
    assert "rule large_card_payment: expression: there is no variable movement.kin; there are customer.accounts" in line


def test_two_files_are_held_against_each_other(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[rules.large_inflow]\nparameters = { pct = '0.20', abs_floor = 5 }\n")
    told = run("rules", "diff", str(file), str(other), **nowhere())
    assert columns(told) == [
        ["large_inflow", "abs_floor", "- (default)", "5"],
        ["large_inflow", "abs_floor for tier private", "2000000", "not set"],
        ["near_tier", "mode", "test", "live"],
    ]
    assert run("rules", "diff", str(file), str(file), **nowhere()) == "no rule is set otherwise\n"


def test_one_rule_is_shown_with_its_definition_and_the_origin_of_every_value(file: Path) -> None:
    shown = run("--config", str(file), "rules", "show", "large_inflow", "--tier", "private", "--offline", **nowhere())
    assert "One external credit >= max(abs_floor[tier], pct x AUM before it)" in shown
    lines = {line.split()[0]: line.split() for line in shown.splitlines() if line}
    assert lines["pct"][1:4] == ["0.2", "all", "0.10"]
    assert lines["abs_floor"][1:4] == ["2000000", "tier", "private"]
    plain = json.loads(run("--config", str(file), "rules", "show", "large_inflow", "--tier", "private", "--offline", "--json"))
    assert [(one["name"], one["value"], one["set_for"]) for one in plain["parameters"] if one["name"] != "bands"] == [
        ("pct", "0.2", "all"),
        ("abs_floor", "2000000", "tier private"),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "large_infow", "--offline"], "there is no rule 'large_infow'; the rules are "),
        (["show", "large_inflow", "--offline", "--tier", "golden"], "there is no tier 'golden'; the tiers are basic, gold"),
        (["show", "large_inflow", "--offline", "--segment", "retail"], "there is no segment 'retail'; the segments are personal"),
        (["list", "--offline", "--at", "soon"], "'soon' is not a time such as"),
        (["set", "large_inflow"], "nothing to set"),
        (["set", "large_inflow", "pctt=1"], "its parameters are abs_floor, bands, pct"),
        (["set", "large_inflow", "--mode", "loud"], "there is no mode 'loud'; the modes are live, test, off"),
        (["set", "large_inflow", "--mode", "off", "--tier", "gold"], "a mode is the whole rule's: set it without --tier"),
        (["set", "large_inflow", "pct=1", "--tier", "gold", "--segment", "personal"], "exclude each other"),
    ],
)
def test_what_is_misspelt_on_the_command_line_is_answered_with_what_exists(arguments: list[str], said: str) -> None:
    assert said in run("rules", *arguments, code=2, **nowhere())


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("wealthwatch rules show near", ["near_tier"]),
        ("wealthwatch rules set large_inflow ", ["bands=", "pct=", "abs_floor="]),
        ("wealthwatch rules set near_tier n", ["near="]),
        ("wealthwatch rules set large_inflow --mode ", ["live", "test", "off"]),
        ("wealthwatch rules show large_inflow --tier ", ["basic", "gold", "platinum", "private"]),
        ("wealthwatch rules show large_inflow --segment c", ["corporate"]),
    ],
)
def test_the_shell_completes_what_exists(typed: str, offered: list[str]) -> None:
    words = typed.split()
    place = len(words) - (0 if typed.endswith(" ") else 1)
    environment = {**os.environ, "_WEALTHWATCH_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(place)}
    done = subprocess.run(
        [sys.executable, "-m", "wealthwatch"], capture_output=True, text=True, check=True, env=environment, timeout=PATIENCE_S
    )
    assert done.stdout.split() == offered


# --- while it runs ---------------------------------------------------------------------------------------------------------------------


def test_a_rule_is_set_and_holds_no_sooner_than_every_worker_can_know_it(settings: Settings) -> None:
    before = datetime.now(UTC)
    told = run("rules", "set", "large_inflow", "pct=0.15", "bands=notice:1,critical:5", "--by", "li", settings=settings)
    [version] = versions(settings)
    assert (version.key, version.changed_by, version.mode) == ("large_inflow@2", "li", "live")
    assert version.active_since is not None
    assert timedelta(seconds=60) <= version.active_since - before < timedelta(seconds=120)
    assert columns("\n".join(told.splitlines()[:3])) == [
        ["bands", "notice:1,warning:3,critical:10 (default)", "notice:1,critical:5"],
        ["pct", "0.10 (default)", "0.15"],
    ]
    assert told.splitlines()[-1] == "published"
    [row] = [row for row in columns(run("rules", "list", settings=settings)) if row[1] == "large_inflow"]
    assert row[3:6] == ["live", "1", "always"]
    assert row[6].startswith("2 (live) from ")
    [row] = [row for row in columns(run("rules", "list", "--at", "2199-01-01", settings=settings)) if row[1] == "large_inflow"]
    assert (row[4], row[6]) == ("2", "-")


def test_a_dry_run_says_what_would_change_and_publishes_nothing(settings: Settings) -> None:
    told = run("rules", "set", "near_tier", "--mode", "test", "--dry-run", settings=settings)
    assert told.splitlines()[1].split() == ["mode", "live", "test"]
    assert told.splitlines()[-1] == "not published (--dry-run)"
    assert versions(settings) == []


def test_versions_build_on_each_other_and_never_go_back_in_time(settings: Settings) -> None:
    run("rules", "set", "large_inflow", "pct=0.15", "--active-since", "2025-03-10T20:00", settings=settings)
    run("rules", "set", "large_inflow", "abs_floor=9", "--tier", "gold", "--active-since", "2025-03-10T21:00", settings=settings)
    second, third = versions(settings)
    assert second.active_since == datetime(2025, 3, 10, 12, tzinfo=UTC)
    assert (third.key, third.parameters, third.by_tier) == ("large_inflow@3", second.parameters, {"gold": {"abs_floor": 9}})
    for refused, said in (
        (["pct=0.3", "--active-since", "2025-03-10T21:00"], "version 3 of large_inflow begins at 2025-03-10T13:00:00"),
        (["pct=0.15", "--active-since", "2025-03-11"], "that is how large_inflow is set already (version 3)"),
        (["pct=-1"], "pct: Input should be greater than or equal to 0"),
    ):
        assert said in run("rules", "set", "large_inflow", *refused, code=2, settings=settings)
    assert len(versions(settings)) == 2
    shown = run("rules", "show", "large_inflow", "--tier", "gold", "--at", "2025-03-10T20:30", settings=settings)
    history = [line.split()[:3] for line in shown.rpartition("version  since")[2].splitlines()[1:]]
    assert [row[0] for row in history] == ["1", "2", "3"]
    assert ["past" in line or "holds" in line or "to come" in line for line in shown.splitlines()[-3:]] == [True] * 3
    assert "abs_floor for tier gold not set -> 9" in shown


def test_what_differs_from_what_is_in_force_is_said(settings: Settings, file: Path) -> None:
    run("rules", "set", "near_tier", "--mode", "test", "--active-since", "2025-03-10T20:00", settings=settings)
    assert columns(run("rules", "diff", str(file), settings=settings)) == [
        ["large_inflow", "pct", "0.10 (default)", "0.2"],
        ["large_inflow", "abs_floor for tier private", "not set", "2000000"],
    ]


def test_a_version_can_be_taken_back_while_every_worker_can_still_learn_of_it(settings: Settings) -> None:
    run("rules", "set", "near_tier", "--mode", "off", "--active-since", "2199-01-01", settings=settings)
    assert "near_tier version 2, which was to hold from 2199-01-01" in run("rules", "withdraw", "near_tier", settings=settings)
    assert "no version of near_tier is to come" in run("rules", "withdraw", "near_tier", code=2, settings=settings)
    soon = (datetime.now(UTC) + timedelta(seconds=25)).isoformat()
    run("rules", "set", "near_tier", "--mode", "off", "--active-since", soon, settings=settings)
    assert "too soon to reach every worker" in run("rules", "withdraw", "near_tier", code=2, settings=settings)


def test_what_others_have_put_there_is_named_and_no_terminal_obeys_it(settings: Settings) -> None:
    produce(settings, RULES, [("\x1b[31mred@2", b"{"), ("large_inflow@2", b'{"rule": "large_inflow", "version": 2}')])
    environment = {**os.environ, **environment_of(settings)}
    command = [sys.executable, "-m", "wealthwatch", "rules", "list"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, timeout=PATIENCE_S)
    assert "\x1b" not in done.stdout + done.stderr
    assert [line.split(": ")[2] for line in done.stderr.splitlines()] == ["unreadable", "no_start"]
    assert json.loads(run("rules", "set", "large_inflow", "pct=0.3", "--json", settings=settings))["version"]["version"] == 3
