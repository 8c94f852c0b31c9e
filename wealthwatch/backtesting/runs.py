"""Sorting more than memory holds: each job leaves sorted runs, and the runs of all jobs are merged as they are read.

A line of a run is a key, a tab and the text. Neither holds a line end, and no key a tab, so that the bytes of whole lines sort as the keys
do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from pathlib import Path

HELD_BYTES = 16 << 20
MOST_FILES = 64


class Runs:
    """Takes lines in any order and leaves sorted files."""

    def __init__(self, folder: Path, name: str, held_bytes: int = HELD_BYTES) -> None:
        self._folder, self._name, self._most = folder, name, held_bytes
        self._held: list[bytes] = []
        self._bytes = self._made = 0
        self._files: list[Path] = []

    def add(self, key: bytes, text: bytes) -> None:
        """Take one line."""
        line = b"%s\t%s\n" % (key, text)
        self._held.append(line)
        self._bytes += len(line)
        if self._bytes >= self._most:
            self._write()

    def close(self) -> list[Path]:
        """Write what is held, and say where all of it is: in so few files that all can be open at once."""
        if self._held:
            self._write()
        while len(self._files) > MOST_FILES:
            some, self._files = self._files[:MOST_FILES], self._files[MOST_FILES:]
            path = self._next()
            with ExitStack() as stack, path.open("wb") as file:
                file.writelines(merge(*(stack.enter_context(one.open("rb")) for one in some)))
            for one in some:
                one.unlink()
            self._files.append(path)
        return self._files

    def _write(self) -> None:
        self._held.sort()
        path = self._next()
        with path.open("wb") as file:
            file.writelines(self._held)
        self._files.append(path)
        self._held, self._bytes = [], 0

    def _next(self) -> Path:
        self._made += 1
        return self._folder / f"{self._name}.{self._made}"


def merged(runs: Sequence[Path]) -> Iterator[tuple[bytes, bytes]]:
    """Keys and texts of all runs, in order."""
    for line in _lines(runs):
        key, _, text = line.partition(b"\t")
        yield key, text[:-1]


def texts(runs: Sequence[Path]) -> Iterator[bytes]:
    """The texts alone, each with its line end."""
    for line in _lines(runs):
        yield line[line.index(b"\t") + 1 :]


def _lines(runs: Sequence[Path]) -> Iterator[bytes]:
    with ExitStack() as stack:
        yield from merge(*(stack.enter_context(path.open("rb")) for path in runs))
