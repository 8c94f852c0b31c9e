from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from schemas.dead_letters import DeadLetter, Fault
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, MOVEMENTS
from tests.brokers.records import produce, read_all
from tests.patience import PATIENCE_S
from wealthwatch.configuration import environment_of
from wealthwatch.tally import Tally

EVIL = b"\x1b[31mred\x07 \xe9\x87\x91 {"


@pytest.fixture
def letters(settings: Settings) -> Settings:
    def headers(fault: Fault, offset: int) -> list[tuple[str, bytes]]:
        letter = DeadLetter(fault=fault, detail="[bold]x", topic=settings.kafka.topic(MOVEMENTS), partition=1, offset=offset, timestamp=0)
        return [("ce_id", b"e1"), *letter.headers()]

    records = [("C1", EVIL, headers(Fault.NOT_JSON, 5)), ("C1", bytes(range(256)), headers(Fault.NOT_UTF8, 6))]
    produce(settings, DEAD_LETTERS, records)
    return settings


def run(settings: Settings, *arguments: str, code: int = 0) -> str:
    environment = {**os.environ, **environment_of(settings), "COLUMNS": "200", "TERM": "dumb"}
    command = [sys.executable, "-m", "wealthwatch", "dead-letters", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE_S)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def ids(settings: Settings) -> list[str]:
    return [letter["id"] for letter in json.loads(run(settings, "list", "--json"))["dead_letters"]]


def test_the_list_is_a_table_for_people_and_json_for_programs(letters: Settings) -> None:
    table = run(letters, "list")
    assert [line.split()[3] for line in table.splitlines()[1:-1]] == ["not_json", "not_utf8"]
    assert table.splitlines()[-1] == "by fault: not_json 1, not_utf8 1"
    assert all(" C1 " in line for line in table.splitlines()[1:-1])
    assert "[bold]x" in table
    assert f"{letters.kafka.topic(MOVEMENTS)}-1-5" in table
    listed = json.loads(run(letters, "list", "--json", "--fault", "not_utf8"))
    assert [(one["fault"], one["offset"], one["bytes"], one["redriven"]) for one in listed["dead_letters"]] == [("not_utf8", 6, 256, False)]


def test_a_limit_shows_the_newest_and_says_how_many_there_are(letters: Settings) -> None:
    told = run(letters, "list", "--limit", "1")
    assert "not_utf8" in told
    assert "not_json" not in told.rpartition("by fault")[0]
    assert "the newest 1 of 2; --limit shows more" in told


def test_since_takes_spans_and_dates_and_says_what_it_takes(letters: Settings) -> None:
    assert len(run(letters, "list", "--since", "1h").splitlines()) == 4
    assert run(letters, "list", "--since", "2999-01-01") == "no dead letters\n"
    assert "neither a span such as 24h nor a date" in run(letters, "list", "--since", "yesterday", code=2)


def test_show_prints_bytes_that_no_terminal_obeys(letters: Settings) -> None:
    evil, binary = ids(letters)
    shown = run(letters, "show", evil)
    assert "\\x1b[31mred\\x07 金 {" in shown
    assert "ce_id = e1" in shown
    assert "refused: not_json: [bold]x" in shown
    assert not any(ord(one) < 32 and one != "\n" for one in shown)
    assert "0x 00 01 02" in run(letters, "show", binary)
    assert "bytes:   256, the first 16" in run(letters, "show", binary, "--bytes", "16")
    assert json.loads(run(letters, "show", evil, "--json"))["dead_letters"][0]["base64"] == "G1szMW1yZWQHIOmHkSB7"


def test_the_raw_bytes_are_untouched_and_alone(letters: Settings) -> None:
    evil, binary = ids(letters)
    environment = {**os.environ, **environment_of(letters)}
    command = [sys.executable, "-m", "wealthwatch", "dead-letters", "show", "--raw", binary]
    assert subprocess.run(command, capture_output=True, check=True, env=environment, timeout=PATIENCE_S).stdout == bytes(range(256))
    assert "--raw takes one id" in run(letters, "show", "--raw", evil, binary, code=2)


def test_show_of_what_is_not_there_says_so_in_one_line(letters: Settings) -> None:
    gone = ids(letters)[0].rpartition("-")[0] + "-99"
    assert f"there is no dead letter {gone}" in run(letters, "show", gone, code=3)
    assert "is not TOPIC-PARTITION-OFFSET" in run(letters, "show", "nonsense", code=2)


def test_redrive_puts_back_what_is_asked_for_and_nothing_twice(letters: Settings) -> None:
    first, _ = ids(letters)
    assert run(letters, "redrive", "--all", "--dry-run") == "2 would be put back\n"
    assert read_all(letters, MOVEMENTS) == []
    told = run(letters, "redrive", first)
    assert told == "1 put back\nwhat is refused again is a new dead letter: look with `wealthwatch dead-letters list`\n"
    assert run(letters, "redrive", "--all").splitlines()[:2] == ["1 put back", "1 were put back before and are left alone"]
    assert json.loads(run(letters, "redrive", "--all", "--json")) == {
        "redriven": 0,
        "already_redriven": 2,
        "without_a_home": 0,
        "dry_run": False,
    }
    assert [(one.partition, one.value) for one in read_all(letters, MOVEMENTS)] == [(1, EVIL), (1, bytes(range(256)))]
    assert [line.split()[-1] for line in run(letters, "list").splitlines()[1:-1]] == ["yes", "yes"]


def test_redrive_wants_to_know_what_exactly(letters: Settings) -> None:
    assert "give either --all, or --fault, or ids" in run(letters, "redrive", code=2)
    assert "give either --all, or --fault, or ids" in run(letters, "redrive", "--all", "--fault", "not_json", code=2)
    gone = ids(letters)[0].rpartition("-")[0] + "-99"
    assert f"no dead letter {gone}; nothing was put back" in run(letters, "redrive", ids(letters)[0], gone, code=3)
    assert read_all(letters, MOVEMENTS) == []


def test_a_marker_is_not_counted_as_a_dead_letter(letters: Settings) -> None:
    run(letters, "redrive", "--all")
    markers_and_letters = len(read_all(letters, DEAD_LETTERS))
    with Tally(letters.kafka) as tally:
        for _ in range(10):
            tally.follow(200)
    assert (tally.dead_letters, markers_and_letters) == (2, 4)
