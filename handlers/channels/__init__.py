"""The ways to reach a manager: one file each, named as in `schemas.managers.Channel`; the folder loads itself.

A channel's file has one function, `open_channel(settings) -> Sender`. A sender never loops and never waits for a better moment: it tries
once and says how it went. Trying again is `handlers/delivery.py`'s.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import Protocol

from schemas.customers import Language
from schemas.managers import Channel
from schemas.notifications import Notification
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Telling:
    """One message for one manager."""

    notification: Notification
    manager_id: str
    language: Language = Language.CHINESE


@dataclass(frozen=True, slots=True)
class Delivered:
    """It has arrived."""


@dataclass(frozen=True, slots=True)
class Retry:
    """It has not arrived and may later; `error` holds nothing of the message, `after` is the least time the other side asked for."""

    error: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not arrive however often it is tried; `error` holds nothing of the message."""

    error: str


Answer = Delivered | Retry | Refused


class Sender(Protocol):
    """One channel, opened."""

    prompt: bool
    """Answers at once and touches no network: its first try is made in the notifier's own loop."""

    def send(self, telling: Telling) -> Answer:
        """Try once."""

    def close(self) -> None:
        """Let go of what is open."""


def names() -> list[str]:
    """Every channel there is, from the names of the files."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def open_channels(settings: Settings) -> Mapping[Channel, Sender]:
    """Open every channel.

    Raises:
        schemas.settings.SettingsError: a channel cannot work with these settings.
    """
    return {Channel(name): import_module(f"{__name__}.{name}").open_channel(settings) for name in names()}
