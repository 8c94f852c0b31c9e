"""The rules to run: those in force, those of a settings file, or every version of them that was ever set while they ran.

A version (see `streams.timeline`) holds for what is decided at event times from its `active_since` on. So a backtest with the versions of
`wealth.rules` decides what production decided, each movement by what held at its time.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.rules import RuleSettings
from schemas.settings import Settings, SettingsError
from schemas.topics import RULES
from streams.timeline import Refused, RuleBooks, read
from wealthwatch.backtesting.feeds import KAFKA
from wealthwatch.backtesting.files import SideFile
from wealthwatch.backtesting.lines import name_without_compression
from wealthwatch.backtesting.source import Source

if TYPE_CHECKING:
    from wealthwatch.backtesting.topic import Topic

JSONL = ".jsonl"


@dataclass(frozen=True, slots=True)
class Rules:
    """One set of rules, as plain data that a process can be given.

    Args:
        settings: what holds from the beginning of time, and the bank.
        versions: of single rules, what holds from their `active_since` on.
        name: the file or the topic that was named, empty for those in force.
        refused: what on a topic is no version; production passed it over, too.
    """

    settings: Settings
    versions: tuple[RuleSettings, ...] = ()
    name: str = ""
    refused: tuple[Refused, ...] = ()

    def books(self) -> RuleBooks:
        """The timeline of these."""
        return RuleBooks.of(self.settings, self.versions)


def rules_of(settings: Settings, given: str | None, sources: Iterable[Source] = ()) -> Rules:
    """The rules that a person names.

    Args:
        settings: those in force.
        given: a settings file, whose rules replace those in force; versions, in JSON lines or on a topic (`kafka://host:port/topic`), which
            begin on top of them; None for those in force.
        sources: the feeds; without `given`, the topic of rules beside one that is a topic of movements is in force, too.

    Raises:
        SettingsError: the file is not there, or is misspelt, or a version of a file is refused.
        handlers.feeds.FeedError: the address is none.
        kafka.errors.KafkaError: the broker does not answer.
    """
    if given is not None and given.startswith(KAFKA):
        from wealthwatch.backtesting.topic import Topic

        return replace(_on_topics(settings, [Topic.of(given, settings.kafka)]), name=given)
    if given is None:
        return _on_topics(settings, _beside(sources))
    file = Path(given)
    if not file.is_file():
        raise SettingsError(f"no rules file at {file}")
    if name_without_compression(file).suffix == JSONL:
        return Rules(_plain(settings), _versions(settings, file), file.name)
    return Rules(_with_rules(settings, file), name=file.name)


def _plain(settings: Settings) -> Settings:
    """The same settings, as plain data."""
    return Settings.model_construct(**{name: getattr(settings, name) for name in Settings.model_fields})


def _beside(sources: Iterable[Source]) -> list[Topic]:
    from wealthwatch.backtesting.topic import Topic

    found = (source.beside(RULES.name) for source in sources if isinstance(source, Topic))
    return [topic for topic in found if topic is not None]


def _on_topics(settings: Settings, topics: Iterable[Topic]) -> Rules:
    """In force, with the versions of topics: the newest record of each key, as every worker reads them."""
    books = RuleBooks.of(settings)
    for topic in topics:
        for record in topic.records():
            key = (record.key or b"").decode(errors="replace")
            books.put(key, None if record.value is None else read(record.key, record.value))
    return Rules(_plain(settings), tuple(books.versions), refused=tuple(books.refused.values()))


def _versions(settings: Settings, file: Path) -> tuple[RuleSettings, ...]:
    """The versions of a file, a record of `wealth.rules` a line; of one rule and version the last line counts."""
    books, places = RuleBooks.of(settings), dict[str, str]()
    for where, _, _, line in SideFile(file).lines():
        version = read(None, line)
        if isinstance(version, Refused):
            raise SettingsError(f"{where}: {version.detail}")
        places[version.key] = where
        books.put(version.key, version)
    for refused in books.refused.values():
        raise SettingsError(f"{places[refused.key]}: {refused.detail}")
    return tuple(books.versions)


def _with_rules(settings: Settings, file: Path) -> Settings:
    """The settings with the `[rules.*]` of a file instead of theirs, and its `[bank]` where it has one."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        read = Settings.load(file)
        found = _plain(settings).model_copy(
            update={"rules": read.rules if "rules" in tables else {}, "bank": read.bank if "bank" in tables else settings.bank}
        )
        RuleBooks.of(found)
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not TOML: it is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}") from None
    except SettingsError as error:
        raise SettingsError(f"{file}: {error}") from None
    return found
