"""A notifier that runs in a thread of the test, and what the journal says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry

from handlers import app
from schemas.journal import JournalEntry
from schemas.settings import Settings
from schemas.topics import JOURNAL
from tests.brokers.records import await_records, read_all
from tests.patience import PATIENCE_S


class Running:
    """Runs until the block is left; a fault of the notifier's fails the test there."""

    def __init__(self, settings: Settings) -> None:
        self.registry = CollectorRegistry()
        self.notifier = app.notifier(settings, self.registry)
        self.fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            self.notifier.run()
        except BaseException as fault:  # noqa: BLE001 - shown where the test waits
            self.fault = fault

    def trouble(self) -> str | None:
        return repr(self.fault) if self.fault else None

    def figure(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0

    def stop(self) -> None:
        self.notifier.stop()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        if error is None and self.fault:
            raise self.fault


def await_journal(
    settings: Settings, enough: Callable[[list[JournalEntry]], bool], until: Callable[[], str | None] | None = None
) -> list[JournalEntry]:
    found = await_records(
        settings,
        JOURNAL,
        lambda records: enough([JournalEntry.model_validate_json(one.value) for one in records]),
        until=until,
    )
    return [JournalEntry.model_validate_json(one.value) for one in found]


def read_journal(settings: Settings) -> list[JournalEntry]:
    return [JournalEntry.model_validate_json(one.value) for one in read_all(settings, JOURNAL)]
