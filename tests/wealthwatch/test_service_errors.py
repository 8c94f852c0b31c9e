"""What a service that ends says of why: one line, and what to do next."""

from __future__ import annotations

import errno
import os

import pytest

from streams.states import StoreFailedError, StoreInUseError
from wealthwatch.explain import explain


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (StoreFailedError(errno.ENOSPC, "IO error: No space left on device", "/data/partition-0"), "free some disk space"),
        (StoreFailedError(errno.EIO, "IO error: Input/output error", "/data/partition-0"), "look at the disk"),
        (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/data"), "/data: permission denied: give a path that you may read"),
        (StoreInUseError("/data is in use by another worker"), "/data is in use by another worker"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_line(error: Exception, said: str) -> None:
    refusal = explain(error)
    assert refusal is not None
    assert said in str(refusal)
    assert len(str(refusal).splitlines()) == 1


def test_a_fault_of_ours_is_not_explained_away() -> None:
    assert explain(KeyError("positions")) is None
