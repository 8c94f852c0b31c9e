"""The faults of a disk strike: a full one refuses whoever writes, until it is free; a damaged store is not what it was."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.faults.disk import small_disk
from tests.faults.stores import DATA, damage, kind
from tests.patience import PATIENCE_S
from wealthwatch.supervisor import Child

WRITER = """
import sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    while True:
        try:
            print("room", file.write(bytes(32_768)) == 32_768, flush=True)
        except OSError as error:
            print("refused", error.errno, flush=True)
        time.sleep(0.01)
"""


def await_line(child: Child, words: str) -> None:
    """Wait until the last line of a writer says so."""
    deadline = time.monotonic() + PATIENCE_S
    while not child.last_words(1).startswith(words):
        assert time.monotonic() < deadline, child.last_words()
        assert child.exit_code is None, child.last_words()
        time.sleep(0.02)


@pytest.mark.parametrize("without_mount", [False, True])
def test_a_full_disk_refuses_whoever_writes_until_it_is_free(tmp_path: Path, without_mount: bool) -> None:
    with small_disk(tmp_path / "disk", without_mount=without_mount) as disk:

        def writer(name: str) -> Child:
            return Child(name, [*disk.through(), sys.executable, "-c", WRITER, str(disk.folder / "file")], tmp_path / name)

        with writer("one") as one:
            await_line(one, "room True")
            disk.full(one)
            await_line(one, "refused")
            disk.free(one)
            await_line(one, "room True")
            disk.full(one)
            await_line(one, "refused")
        with writer("another") as another:
            await_line(another, "refused")
            disk.free(another)
            await_line(another, "room True")


def test_what_is_damaged_is_data_and_other_than_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "partition-0"
    folder.mkdir()
    for name in (
        "000004.sst",
        "000005.sst",
        "000006.log",
        "MANIFEST-000003",
        "CURRENT",
        "rocksdict-config.json",
        "LOCK",
        "LOG",
        "IDENTITY",
    ):
        (folder / name).write_bytes(name.encode() * 100)
    was = {path: path.read_bytes() for path in folder.iterdir()}
    random, struck = Random(3), set()
    for _ in range(60):
        said = damage(random, tmp_path)
        (other,) = [path for path in folder.iterdir() if path.read_bytes() != was[path]]
        assert said.split()[0] == kind(other)
        struck.add(kind(other))
        other.write_bytes(was[other])
    assert struck == set(DATA)
