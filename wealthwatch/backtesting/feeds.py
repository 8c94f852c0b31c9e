"""From what a person writes as FEED to what a job can read."""

from __future__ import annotations

from pathlib import Path

from handlers.feeds import FeedError, load
from schemas.settings import Kafka
from wealthwatch.backtesting.files import JsonLines, SideFile, Upstream
from wealthwatch.backtesting.lines import name_without_compression
from wealthwatch.backtesting.source import Beside, Source

JSONL = "jsonl"
KAFKA = "kafka://"
PARQUET = ".parquet"


def source_of(feed: str, form: str, kafka: Kafka) -> Source:
    """The feed of a path or an address.

    Args:
        feed: a file, a folder where the format takes one, or `kafka://host:port/topic?from=..&to=..`.
        form: a format of `handlers.feeds`; `jsonl` is read here, and `.parquet` whatever the format.
        kafka: how to connect to a broker.

    Raises:
        FeedError: there is no such file, or the address is none.
        handlers.feeds.UnknownFeedError: there is no such format.
    """
    load(form)
    if feed.startswith(KAFKA):
        from wealthwatch.backtesting.topic import Topic

        return Topic.of(feed, kafka)
    path = _there(feed)
    if path.suffix == PARQUET:
        from wealthwatch.backtesting.parquet import Table

        return Table(path)
    if form != JSONL:
        return Upstream(path, form)
    if path.is_dir():
        raise FeedError(f"{path} is a folder; give its files")
    return JsonLines(path)


def beside(sources: tuple[Source, ...], what: str, given: str | None, kafka: Kafka) -> tuple[Beside, ...]:
    """The `customers` or the `prices`: those given, else those that stand beside the feeds."""
    if given is None:
        return tuple(found for source in sources if (found := source.beside(what)) is not None)
    if given.startswith(KAFKA):
        from wealthwatch.backtesting.topic import Topic

        return (Topic.of(given, kafka),)
    path = _there(given)
    if path.is_dir() or name_without_compression(path).suffix == PARQUET:
        raise FeedError(f"{path}: {what} are read from JSON lines")
    return (SideFile(path),)


def _there(given: str) -> Path:
    path = Path(given)
    if not path.exists():
        raise FeedError(f"there is no file {path}")
    return path
