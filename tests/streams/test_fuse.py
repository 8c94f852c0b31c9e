"""When bad messages stop the worker."""

from __future__ import annotations

import pytest

from schemas.settings import Fuse as FuseSettings
from streams.fuse import Fuse, FuseBlownError


def fuse(run: int = 1_000_000, ratio: float = 0.5, window: int = 100) -> Fuse:
    return Fuse(FuseSettings(run=run, ratio=ratio, window=window))


def blows_at(fuse: Fuse, most: int) -> int | None:
    """How many bad messages in a row it takes."""
    for count in range(1, most + 1):
        try:
            fuse.bad()
        except FuseBlownError:
            return count
    return None


def test_a_run_of_bad_messages_blows_it_at_the_setting() -> None:
    assert blows_at(fuse(run=5), 10) == 5


def test_one_good_message_ends_a_run() -> None:
    one = fuse(run=5)
    assert blows_at(one, 4) is None
    one.good()
    assert blows_at(one, 10) == 5


def test_a_share_above_the_ratio_of_the_last_messages_blows_it() -> None:
    one = fuse(window=100)
    for _ in range(50):
        one.good()
        one.bad()
    with pytest.raises(FuseBlownError, match=r"51 of the last 100 messages were refused \(detector\.fuse\.ratio\)"):
        one.bad()


def test_a_share_of_exactly_the_ratio_does_not_blow_it() -> None:
    one = fuse(window=100)
    for _ in range(500):
        one.bad()
        one.good()


def test_bad_messages_that_have_left_the_window_do_not_count() -> None:
    one = fuse(window=100)
    assert blows_at(one, 40) is None
    one.good(100)
    assert blows_at(one, 50) is None
    assert blows_at(one, 1) == 1


def test_the_ratio_is_not_asked_before_the_window_is_full() -> None:
    assert blows_at(fuse(window=100), 99) is None
    assert blows_at(fuse(window=100), 200) == 100


def test_a_ratio_of_one_never_blows_by_share() -> None:
    assert blows_at(fuse(ratio=1.0), 1_000) is None


def test_the_reason_names_the_setting() -> None:
    with pytest.raises(FuseBlownError, match=r"1 messages in a row were refused \(detector\.fuse\.run\)"):
        fuse(run=1).bad()
