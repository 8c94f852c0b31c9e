"""What the detector does with what it should not get: dead letters for the malformed, nothing at all for the repeated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from schemas.dead_letters import DeadLetter, Fault
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, MOVEMENTS
from streams.state import decode, is_segment, written
from tests.brokers.records import produce, read_all
from tests.e2e.workers import final_states, notifications, on_other_topics, workers
from wealthwatch.simulation import Plan, write

Malformed = tuple[bytes, Fault]


def sample(folder: Path, customers: int, days: int) -> list[tuple[bytes, bytes]]:
    """Movements of a small bank, keyed."""
    path = folder / "sample.jsonl"
    write(Plan(5, customers, days, date(2025, 3, 1)), path)
    return [(json.loads(line)["customer_id"].encode(), line) for line in path.read_bytes().splitlines()]


def spoiled(good: dict[str, Any], random: Random) -> Iterator[Malformed]:
    """One of each sort of malformed message, made from a good one; endless."""

    def changed(**fields: Any) -> bytes:
        return json.dumps({**good, **fields}).encode()

    def without(name: str) -> bytes:
        return json.dumps({key: value for key, value in good.items() if key != name}).encode()

    whole = json.dumps(good).encode()
    deep = b'{"a":' * 3_000 + b"1" + b"}" * 3_000
    while True:
        yield b"", Fault.EMPTY
        yield b"\xff\xfe" + whole, Fault.NOT_UTF8
        yield whole[: random.randrange(1, len(whole) - 1)], Fault.NOT_JSON
        yield deep, Fault.NOT_JSON
        yield b"[1, 2]", Fault.NOT_AN_OBJECT
        yield changed(amount=12.5), Fault.WRONG_TYPE
        yield changed(account_id=["a"]), Fault.WRONG_TYPE
        yield whole.replace(b'"amount": "', b'"amount": 1e400, "x": "'), Fault.WRONG_TYPE
        yield changed(amount="-1.00"), Fault.INVALID_AMOUNT
        yield changed(amount="0.00"), Fault.INVALID_AMOUNT
        yield changed(amount="1e400"), Fault.INVALID_AMOUNT
        yield changed(amount="1.00001"), Fault.INVALID_AMOUNT
        yield changed(currency="XYZ"), Fault.UNKNOWN_CURRENCY
        yield changed(kind="gift"), Fault.UNKNOWN_VALUE
        yield changed(occurred_at="2025-03-01T10:00:00"), Fault.INVALID_VALUE
        yield changed(occurred_at="2150-03-01T10:00:00Z"), Fault.IN_THE_FUTURE
        yield changed(account_id=""), Fault.INVALID_VALUE
        yield changed(kind="reversal"), Fault.INCONSISTENT
        yield changed(schema_version=99), Fault.UNKNOWN_SCHEMA_VERSION
        yield changed(customer_id="somebody else"), Fault.WRONG_KEY
        yield without("customer_id"), Fault.MISSING_FIELD
        yield without("amount"), Fault.MISSING_FIELD


def test_ten_thousand_malformed_among_good_ones(settings: Settings, tmp_path: Path) -> None:
    """Every malformed message is a dead letter, untouched and with the right fault; every good one is applied."""
    good = sample(tmp_path, 150, 60)[:12_000]
    assert len(good) == 12_000
    random = Random(3)
    sorts = spoiled(json.loads(good[0][1]), random)
    bad = [(good[0][0] if place % 2 else random.choice(good)[0], next(sorts)) for place in range(10_000)]
    key = good[0][0]
    huge = b'{"note":"' + b"x" * 5_000_000 + b'"}'
    mixed: list[tuple[bytes, bytes]] = []
    expected: Counter[tuple[bytes, Fault]] = Counter()
    for place, row in enumerate(good):
        mixed.append(row)
        if place < len(bad):
            value, fault = bad[place][1]
            mixed.append((key, value))
            expected[value, fault] += 1
        if place % 4_000 == 0:
            mixed.append((key, huge))
            expected[huge, Fault.TOO_LARGE] += 1
    clean = on_other_topics(settings, "clean.")
    produce(clean, MOVEMENTS, good)
    with workers(clean, tmp_path / "clean") as detectors:
        detectors.start()
        detectors.await_decided()
    produce(settings, MOVEMENTS, mixed)
    with workers(settings, tmp_path / "mixed") as detectors:
        detectors.start(WEALTHWATCH_DETECTOR__FUSE__RATIO="1.0", WEALTHWATCH_DETECTOR__FUSE__RUN="100000")
        detectors.await_decided()
    letters = read_all(settings, DEAD_LETTERS)
    sources = {(record.partition, record.offset): record for record in read_all(settings, MOVEMENTS)}
    found: Counter[tuple[bytes, Fault]] = Counter()
    for record in letters:
        letter = DeadLetter.from_headers(record.headers)
        source = sources[letter.partition, letter.offset]
        assert (record.value, record.key, record.partition) == (source.value or b"", source.key, source.partition)
        found[record.value, letter.fault] += 1
    assert found == expected
    assert without_offsets(final_states(settings)) == without_offsets(final_states(clean))


def without_offsets(states: dict[bytes, bytes]) -> dict[bytes, bytes]:
    """States without the offset of the last movement, which differs where others stand between."""
    found = dict(states)
    for key, value in states.items():
        if not is_segment(key):
            customer = decode(value, states.get)
            customer.position = 0
            found[key] = written(customer)
    return found


def test_the_whole_feed_again_changes_nothing_and_tells_nobody(settings: Settings, tmp_path: Path) -> None:
    """A redelivery of every movement, by the upstream, is known by its event ids."""
    rows = sample(tmp_path, 150, 60)
    produce(settings, MOVEMENTS, rows)
    with workers(settings, tmp_path / "once") as detectors:
        detectors.start()
        detectors.await_decided()
        states, said = final_states(settings), notifications(settings)
        assert said
        produce(settings, MOVEMENTS, rows)
        detectors.await_decided()
    assert final_states(settings) == states
    assert notifications(settings) == said


def test_a_feed_gone_bad_blows_the_fuse_and_the_worker_says_why(settings: Settings, tmp_path: Path) -> None:
    """Past a run of refused messages the worker stops, loudly, with nothing of the run lost."""
    produce(settings, MOVEMENTS, [(b"C1", b"rubbish")] * 60)
    with workers(settings, tmp_path) as detectors:
        child = detectors.start(WEALTHWATCH_DETECTOR__FUSE__RUN="50")
        assert child.wait(60) != 0
        assert "detector.fuse.run" in child.last_words()
