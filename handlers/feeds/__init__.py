"""One upstream format, one file: the folder loads itself, and a format's name is its file's.

A feed file sets `FEED`. What it yields is either bytes, to be published untouched (the detector is the judge of them), or a model of the
contract. Nothing here talks to Kafka.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from schemas.customers import Customer
from schemas.managers import Manager
from schemas.movements import Movement
from schemas.prices import Price


class UnknownFeedError(LookupError):
    """There is no such format."""


class FeedError(ValueError):
    """The path does not hold what the format says."""


def _nothing(_path: Path) -> Iterator[bytes]:
    return iter(())


def _no_rates(_path: Path, _base: str) -> Iterator[bytes]:
    return iter(())


@dataclass(frozen=True, slots=True)
class Feed:
    """One upstream format; each part takes the path that a person gave.

    Args:
        movements: in the order in which they are to be published.
        count: how many movements there are, cheaply, for a progress bar.
        customers, managers, prices: what else stands at the path, if anything.
        rates: exchange rates, each in the bank's base currency (the second argument), oldest first.
    """

    movements: Callable[[Path], Iterator[bytes | Movement]]
    count: Callable[[Path], int]
    customers: Callable[[Path], Iterator[bytes | Customer]] = _nothing
    managers: Callable[[Path], Iterator[bytes | Manager]] = _nothing
    prices: Callable[[Path], Iterator[bytes | Price]] = _nothing
    rates: Callable[[Path, str], Iterator[bytes | Price]] = _no_rates


def names() -> list[str]:
    """Every format there is."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Feed:
    """The feed of a format.

    Raises:
        UnknownFeedError: there is none of that name; says which there are.
    """
    if name not in names():
        raise UnknownFeedError(f"no feed format `{name}`; there are: {', '.join(names())}")
    feed: Feed = import_module(f"{__name__}.{name}").FEED
    return feed
