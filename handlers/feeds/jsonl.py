"""Movements of the contract, a JSON line each; beside `x.jsonl` may stand x.customers.jsonl, x.managers.jsonl and x.prices.jsonl."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from handlers.feeds import Feed

CHUNK = 1 << 20


def movements(path: Path) -> Iterator[bytes]:
    """Every line as it is, without its line end: also what is no valid movement, also an empty line."""
    with path.open("rb") as file:
        for line in file:
            yield line.rstrip(b"\r\n")


def count(path: Path) -> int:
    """Lines, the last one also without a line end."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    return lines + (last != b"\n")


def beside(what: str) -> Callable[[Path], Iterator[bytes]]:
    """Reads the side file of that name, where it stands; empty lines say nothing there."""

    def read(path: Path) -> Iterator[bytes]:
        side = path.with_name(f"{path.stem}.{what}.jsonl")
        if side.is_file():
            yield from filter(None, movements(side))

    return read


FEED = Feed(movements, count, customers=beside("customers"), managers=beside("managers"), prices=beside("prices"))
