"""Feeds that are files: JSON lines, and every format of `handlers.feeds`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from handlers.feeds import load
from schemas.movements import Movement
from wealthwatch.backtesting.lines import COMPRESSED, name_without_compression, pieces
from wealthwatch.backtesting.routing import Gathered, Item, Share, owner_of
from wealthwatch.backtesting.source import Beside, Side

TOGETHER = 16 << 20
"""So many bytes are gathered before they are decided: a customer's movements then follow each other, and find the state in the processor's
cache."""
ITEMS_TOGETHER = 20_000
LONGEST_SIDE = 1 << 20


class File:
    """What the files have in common."""

    path: Path
    stamped = False

    @property
    def name(self) -> str:
        """As the person wrote it."""
        return str(self.path)

    def where(self, number: int) -> str:
        """Its line."""
        return f"{self.path}:{number}"

    def latest(self, number: int) -> float:  # noqa: ARG002
        """Nothing says when a file's movement came."""
        return math.inf

    def beside(self, what: str) -> Beside | None:
        """The file `x.customers.jsonl` beside `x.jsonl`, itself compressed or not."""
        stem = name_without_compression(self.path).stem
        names = [f"{stem}.{what}.jsonl{ending}" for ending in ("", *COMPRESSED)]
        return next((SideFile(side) for side in map(self.path.with_name, names) if side.is_file()), None)


@dataclass(frozen=True)
class JsonLines(File):
    """Movements of the contract, a JSON line each, compressed or not."""

    path: Path

    @property
    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def gather(self, share: Share, largest: int) -> Iterator[tuple[int, int, Gathered]]:
        """See `Source`; lines are counted from 1."""
        gathered, count, taken = Gathered(), 0, 0
        for done, lines in pieces(self.path, largest):
            share.of_lines(lines, count + 1, largest, gathered)
            count += len(lines)
            taken += sum(map(len, lines))
            if taken >= TOGETHER:
                yield done, count, gathered
                gathered, taken = {}, 0
        yield self.size, count, gathered


@dataclass(frozen=True)
class Upstream(File):
    """A file or folder in a format of `handlers.feeds`; a movement's number is its place among those the format yields, from 1 on."""

    path: Path
    format: str

    @property
    def size(self) -> int:
        """Movements."""
        return load(self.format).count(self.path)

    def gather(self, share: Share, largest: int) -> Iterator[tuple[int, int, Gathered]]:  # noqa: ARG002
        """See `Source`."""
        gathered, count = Gathered(), 0
        for count, movement in enumerate(load(self.format).movements(self.path), 1):
            share.of_items([_item(count, movement, share)], gathered)
            if count % ITEMS_TOGETHER == 0:
                yield count, count, gathered
                gathered = {}
        yield count, count, gathered

    def beside(self, what: str) -> Beside:
        """What the format knows of them."""
        return UpstreamSide(self.path, self.format, what)


@dataclass(frozen=True)
class SideFile:
    """A JSON line each; empty ones say nothing."""

    path: Path

    def lines(self) -> Side:
        """See `Beside`."""
        number = 0
        for _, lines in pieces(self.path, LONGEST_SIDE):
            for line in lines:
                number += 1
                if line:
                    yield f"{self.path}:{number}", -1, None, line


@dataclass(frozen=True)
class UpstreamSide:
    """What a format of `handlers.feeds` yields beside its movements."""

    path: Path
    format: str
    what: str

    def lines(self) -> Side:
        """See `Beside`."""
        items: Iterator[bytes | BaseModel] = getattr(load(self.format), self.what)(self.path)
        for number, item in enumerate(items, 1):
            yield f"{self.path}: {self.what} {number}", -1, None, _bytes(item)


def _item(number: int, movement: bytes | Movement, share: Share) -> Item:
    if isinstance(movement, bytes):
        return number, owner_of(movement), movement
    key = movement.customer_id.encode()
    return number, key, _bytes(movement) if share.group(key) is not None else None


def _bytes(item: bytes | BaseModel) -> bytes:
    return item.model_dump_json(exclude_none=True).encode() if isinstance(item, BaseModel) else item
