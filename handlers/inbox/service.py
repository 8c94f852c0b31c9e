"""The inbox as a service: database, feed, pages; what the command line starts."""

from __future__ import annotations

import signal
import socket
from types import TracebackType
from typing import Self

import structlog
import uvicorn
from prometheus_client import CollectorRegistry

from handlers.inbox.app import create_app
from handlers.inbox.database import Database
from handlers.inbox.feed import Feed
from handlers.inbox.migration import is_current, migrate
from handlers.inbox.parts import Parts
from handlers.inbox.publisher import FollowUps
from schemas.settings import Settings

log = structlog.get_logger(__name__)
GRACE_S = 5


class Inbox:
    """Everything of one inbox process; as a context it migrates, follows Kafka, and closes what it opened.

    Raises:
        SettingsError: the database URL is wrong, or the database is a newer version's.
        OSError: the port is in use, or the address is not of this machine.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(settings.inbox.database_url)
        self._publisher = FollowUps(settings.kafka)
        self.parts = Parts(settings, self._database, self._publisher)
        self._feed = Feed(settings.kafka, self._database, self.parts.zone, self.parts.metrics, self.parts.live.tell)

    def __enter__(self) -> Self:
        migrate(self._database)
        place = (self._settings.inbox.host, self._settings.inbox.port)
        self._listener = socket.create_server(place, family=socket.AF_INET6 if ":" in place[0] else socket.AF_INET)
        self._feed.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._feed.stop()
        self._listener.close()
        self._publisher.close()
        self._database.close()

    @property
    def registry(self) -> CollectorRegistry:
        """What `/metrics` shows."""
        return self.parts.metrics.registry

    def alive(self) -> str | None:
        """Why the process should be started again, or None."""
        return None if self._feed.is_running else "the feed has ended"

    def ready(self) -> str | None:
        """Why no manager should be sent here yet, or None."""
        if not is_current(self._database):
            return "the database is not migrated"
        return None if self._feed.is_caught_up else "the feed has not caught up"

    def serve(self) -> None:
        """Answer requests until the process is asked to end."""
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(self.parts),
                access_log=False,  # addresses hold what was searched for: names
                log_config=None,
                server_header=False,
                proxy_headers=False,  # an address that anyone can write is no address to limit logins by
                timeout_graceful_shutdown=GRACE_S,
            )
        )

        def end(*_: object) -> None:
            server.should_exit = True

        for asked in (signal.SIGINT, signal.SIGTERM):
            signal.signal(asked, end)  # uvicorn repeats the signal when it is done: then the feed has yet to be closed
        host, port = self._listener.getsockname()[:2]
        log.info("the inbox is open", address=f"http://{host}:{port}")
        server.run([self._listener])
