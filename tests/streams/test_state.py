"""A customer's state as records: nothing lost, nothing unbounded, nothing newer misread."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import SEGMENT, digest_of, remember
from streams.portfolio import Customer
from streams.state import STATE_VERSION, NewerStateError, decode, encode, is_segment, new_customer, segment_key, wake_of
from tests.streams.builders import Detector, iso, posting, world

BUSY_BYTES = 32 * 1_024
"""Of the record of a customer with 20 movements a day, after a year of them."""


def written(customer: Customer, records: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
    """Encode on top of what was written before."""
    return {**(records or {}), **dict(encode(customer))}


def read_back(customer_id: str, records: dict[bytes, bytes]) -> Customer:
    return decode(records[customer_id.encode()], records.get)


def busy_year(days: int) -> tuple[Customer, dict[bytes, bytes]]:
    """Twenty movements a day on eight accounts of two currencies, some of them large, written every day."""
    detector, records = Detector(), dict[bytes, bytes]()
    detector.rate("USD", "7.1")
    for number in range(days):
        on = (date(2024, 3, 1) + timedelta(days=number)).isoformat()
        for place in range(20):
            account = place % 8
            kind = ("salary", "card_payment", "transfer_out", "transfer_in", "purchase")[place % 5]
            amount = 60_000 if place == 3 else 7 * place + 1
            detector.move(
                f"{on} {place + 2:02}:17:09",
                f"{amount}.37",
                kind,
                account_id=f"6222021234567890-{account}",
                currency="USD" if account == 7 else "CNY",
                counterparty={"name": "张三" * 20, "account": "****1234"},
                instrument="CNE1000003X6" if account > 5 else None,
            )
        records = written(detector.customer(), records)
    return detector.customer(), records


def test_a_busy_customer_s_state_is_bounded_in_bytes() -> None:
    year, records = busy_year(366)
    month = busy_year(100)[1]
    size = len(records[b"c1"])
    assert size < BUSY_BYTES
    assert size < 1.2 * len(month[b"c1"]), "after the history is full it does not grow"
    segments = [value for key, value in records.items() if is_segment(key)]
    assert len(segments) == world().remembered_events // SEGMENT
    assert {len(segment) for segment in segments} == {SEGMENT * 8}
    assert read_back("c1", records) == year


@given(st.integers(0, 200), st.integers(0, 200))
def test_decoding_and_going_on_is_the_same_as_going_on(before: int, after: int) -> None:
    there = Detector(world(events=64))
    for place in range(before):
        there.move(f"2025-03-{1 + place // 10:02} {place % 10 + 2:02}:00", "100.00")
    again = there.copy()
    records = written(again.customer())
    again.customers["c1"] = read_back("c1", records) if before else new_customer("c1")
    for detector in (there, again):
        detector.made = before
        for place in range(after):
            detector.move(f"2025-04-{1 + place // 10:02} {place % 10 + 2:02}:00", "100.00")
    assert again.customer() == there.customer()
    assert again.customer().seen == there.customer().seen
    assert again.customer().sealed == there.customer().sealed


def test_only_segments_that_changed_are_written_again() -> None:
    detector = Detector()
    for place in range(SEGMENT):
        detector.take(posting(event_id=f"e{place}"))
    assert [is_segment(key) for key, _ in encode(detector.customer())] == [True, False]
    detector.take(posting(event_id="one more"))
    assert [is_segment(key) for key, _ in encode(detector.customer())] == [False]


def test_the_state_is_json_that_an_operator_can_read_whatever_the_amounts() -> None:
    detector = Detector()
    for place in range(3):
        detector.take(posting(event_id=f"e{place}", kind="adjustment", amount="9" * 18 + ".9999"))
    records = written(detector.customer())
    assert json.loads(records[b"c1"])[2] == "c1"
    assert read_back("c1", records) == detector.customer()


def test_the_next_wake_is_read_without_the_rest() -> None:
    detector = Detector()
    assert wake_of(written(detector.customer())[b"c1"]) == 0
    detector.take(posting())
    assert wake_of(written(detector.customer())[b"c1"]) == detector.customer().wake > 0


def test_a_newer_state_is_refused_with_what_to_do() -> None:
    value = written(new_customer("c1"))[b"c1"]
    newer = json.dumps([*json.loads(value)[:1], STATE_VERSION + 1, *json.loads(value)[2:], "a field of the future"]).encode()
    with pytest.raises(NewerStateError, match=r"version 2, this wealthwatch reads up to 1: install the newer one"):
        decode(newer, dict[bytes, bytes]().get)


def test_a_segment_s_key_is_no_customer_s_key() -> None:
    assert is_segment(segment_key(b"c1", 3))
    assert not is_segment(b"c1")
    assert segment_key(b"c1", 1) != segment_key(b"c11", 0)


# --- the memory of event ids -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 500), st.sampled_from([1, 31, 32, 64, 100, 512]))
def test_the_latest_ids_are_remembered_and_the_oldest_forgotten_a_segment_at_a_time(count: int, capacity: int) -> None:
    customer = new_customer("c1")
    digests = [digest_of("core", f"e{place}") for place in range(count)]
    for digest in digests:
        remember(customer, digest, capacity)
    ring = max(1, capacity // SEGMENT) * SEGMENT
    assert customer.seen == set(digests[-(len(digests) % SEGMENT + min(ring, len(digests) // SEGMENT * SEGMENT)) :] if digests else [])
    assert len(customer.seen) >= min(count, capacity - SEGMENT)


def test_the_same_id_of_two_feeds_is_two_events() -> None:
    assert digest_of("core", "e1") != digest_of("cards", "e1")
    assert digest_of("core", "1e") != digest_of("core1", "e")


def test_a_repeat_is_dropped_and_changes_nothing_also_after_it_was_read_back() -> None:
    detector = Detector()
    for place in range(100):
        detector.take(posting(event_id=f"e{place}"))
    records = written(detector.customer())
    detector.customers["c1"] = read_back("c1", records)
    before = detector.copy()
    for place in range(100):
        detector.take(posting(event_id=f"e{place}", amount="7.00", occurred_at=iso(1_800_000_000)))
        assert detector.last is not None
        assert detector.last.result == "duplicate"
    assert detector.customer() == before.customer()


def test_a_memory_made_larger_later_still_knows_what_it_knew() -> None:
    detector = Detector(world(events=64))
    for place in range(160):
        detector.take(posting(event_id=f"e{place}"))
    detector.world = world(events=512)
    for place in range(160, 300):
        detector.take(posting(event_id=f"e{place}"))
    records = written(detector.customer())
    assert read_back("c1", records).seen == detector.customer().seen
