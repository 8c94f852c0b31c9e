"""Dead letters put back, past a detector that really runs: taken once, or refused again as a new letter."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from handlers.dead_letters import ORIGIN, Letter, Redriven, letters, redrive, with_fault
from schemas.dead_letters import DeadLetter, Fault
from schemas.settings import Settings
from schemas.topics import DEAD_LETTERS, MOVEMENTS
from tests.brokers.records import await_records, produce, read_all
from tests.e2e.workers import balances, workers

MOVEMENT: dict[str, Any] = {
    "schema_version": 1,
    "event_id": "e1",
    "source": "core",
    "occurred_at": "2025-03-10T10:00:00+08:00",
    "customer_id": "C1",
    "account_id": "A1",
    "asset_class": "demand_deposit",
    "direction": "credit",
    "amount": "250.00",
    "currency": "CNY",
    "kind": "transfer_in",
}
UNTOUCHED = [("ce_id", b"e1"), ("traceparent", b"00-1")]


def set_aside(settings: Settings, value: bytes, fault: Fault) -> None:
    """A letter as the detector writes it, of a movement that is not on its topic any more."""
    partition = next(record.partition for record in read_all(settings, MOVEMENTS))
    why = DeadLetter(fault=fault, detail="by hand", topic=settings.kafka.topic(MOVEMENTS), partition=partition, offset=0, timestamp=0)
    produce(settings, DEAD_LETTERS, [("C1", value, [*UNTOUCHED, *why.headers()])])


def refused(at_least: int) -> Callable[[list[Any]], bool]:
    """So many letters; markers are none."""
    return lambda records: sum("dead_letter_fault" in dict(record.headers) for record in records) >= at_least


def test_a_letter_whose_cause_is_gone_is_applied_once_and_a_bad_one_is_refused_again(settings: Settings, tmp_path: Path) -> None:
    """Also what a crash between letter and marker leads to, the letter sent twice, moves the balance once."""
    produce(settings, MOVEMENTS, [("C1", b"{ not json", UNTOUCHED)])
    with workers(settings, tmp_path / "detector") as detectors:
        detectors.start()
        await_records(settings, DEAD_LETTERS, refused(1), until=detectors.trouble)
        set_aside(settings, json.dumps(MOVEMENT).encode(), Fault.UNKNOWN_CURRENCY)
        bad, _ = letters(settings)

        assert redrive(settings, with_fault(Fault.UNKNOWN_CURRENCY)) == Redriven(1, 0, 0)
        detectors.await_decided()
        sent = read_all(settings, MOVEMENTS)[-1]
        produce(settings, MOVEMENTS, [(sent.key, sent.value, sent.headers)])
        detectors.await_decided()
        assert balances(detectors.await_allocations()) == {"A1": Decimal(250)}

        assert redrive(settings, lambda _: True) == Redriven(1, 1, 0)
        records = await_records(settings, DEAD_LETTERS, refused(3), until=detectors.trouble)
    again: Letter = letters(settings)[-1]
    assert again.why is not None
    assert (again.why.fault, again.why.offset, again.redriven) == (Fault.NOT_JSON, read_all(settings, MOVEMENTS)[-1].offset, False)
    [record] = [one for one in records if one.offset == again.place.offset and one.partition == again.place.partition]
    assert (record.key, record.value) == (b"C1", b"{ not json")
    assert record.headers[: len(UNTOUCHED) + 1] == [*UNTOUCHED, (ORIGIN, str(bad.place).encode())]
    assert [letter.redriven for letter in letters(settings)] == [True, True, False]
