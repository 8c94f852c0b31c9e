"""What the soak says of memory: it must see a leak, or its "flat" means nothing."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from streams.posting import Posting
from streams.reading import read
from tests.bench.drift import Sample, drift, second_half
from tests.bench.steady import SteadyBank

EVERY_S = 5


def samples(leak_mib_per_hour: float, noise_mib: float = 3.0) -> list[Sample]:
    """Half an hour of a process of 300 MiB that warms up for ten minutes and then breathes."""
    random = Random(1)
    return [
        (at, 300 - 100 * max(0, 600 - at) / 600 + leak_mib_per_hour * at / 3_600 + random.uniform(-noise_mib, noise_mib))
        for at in range(0, 1_800, EVERY_S)
    ]


@pytest.mark.parametrize(("leak", "flat"), [(0, True), (6, True), (20, False), (100, False), (-50, True)])
def test_a_leak_is_seen_through_the_noise_and_warming_up_is_not_one(leak: float, flat: bool) -> None:
    found = drift(second_half(samples(leak)))
    assert found.flat == flat
    assert found.slope == pytest.approx(leak, abs=3)


def test_a_peak_does_not_bend_the_slope() -> None:
    calm = second_half(samples(0))
    peak = [(at, mib + (500 if 1_500 < at < 1_550 else 0)) for at, mib in calm]
    assert drift(peak).slope == pytest.approx(drift(calm).slope, abs=3)


def test_a_leak_of_a_few_bytes_for_each_movement_is_not_flat() -> None:
    """12,000 movements/s, four bytes of each kept for ever, in a process of 300 MiB."""
    leak = 12_000 * 3_600 * 4 / 2**20
    assert not drift(second_half(samples(leak))).flat


def test_the_steady_bank_is_the_same_customers_for_all_of_its_dates() -> None:
    bank = SteadyBank(customers=50, movements=20_000, dates=40)
    found = [json.loads(line) for line in bank.lines()]
    assert len(found) == len({one["event_id"] for one in found}) == bank.movements
    by_date = Counter(one["booked_on"] for one in found)
    assert len(by_date) == bank.dates
    assert {len({one["customer_id"] for one in found if one["booked_on"] == on}) for on in by_date} == {bank.customers}
    assert all(a["occurred_at"] <= b["occurred_at"] for a, b in pairwise(found))
    assert {json.loads(profile)["customer_id"] for profile in bank.profiles()} == {one["customer_id"] for one in found}
    first = next(bank.lines())
    assert isinstance(read(first, json.loads(first)["customer_id"].encode(), 262_144), Posting)
