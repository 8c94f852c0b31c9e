"""The door of a service: `/metrics`, `/healthz` and `/readyz` over HTTP, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder

from schemas.settings import Door as Place
from wealthwatch.refusal import Refusal

Reasons = Callable[[], str | None]
"""None when all is well, else what is not, in a few words."""


def _always() -> None:
    return None


class Door:
    """Answers monitoring while the service works.

    Args:
        place: where; port 0 takes a free one, which `port` then tells.
        alive: why the process should be started again, or None.
        ready: why it should get no work yet, or None.
        registry: what `/metrics` shows.

    Raises:
        Refusal: the port is in use, or the address is not of this machine.
    """

    def __init__(self, place: Place, alive: Reasons = _always, ready: Reasons = _always, registry: CollectorRegistry = REGISTRY) -> None:
        class Answers(_Answers):
            pages = {"/healthz": alive, "/readyz": ready}
            metrics = registry

        try:
            self._server = ThreadingHTTPServer((place.host, place.port), Answers)
        except OSError as error:
            what = f"the door cannot open at {place.host}:{place.port} ({(error.strerror or str(error)).lower()})"
            raise Refusal(what, "set another port in the service's section, such as WEALTHWATCH_DETECTOR__DOOR__PORT=0") from None
        self._server.daemon_threads = True
        self.host = place.host
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, name="door", daemon=True).start()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class _Answers(BaseHTTPRequestHandler):
    pages: dict[str, Reasons]
    metrics: CollectorRegistry
    timeout = 10

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            encode, kind = choose_encoder(self.headers.get("Accept", ""))
            self._say(200, kind, encode(self.metrics))
        elif path in self.pages:
            trouble = self.pages[path]()
            self._say(503 if trouble else 200, "text/plain; charset=utf-8", f"{trouble or 'ok'}\n".encode())
        else:
            self._say(404, "text/plain; charset=utf-8", b"/metrics /healthz /readyz\n")

    def _say(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing: a probe every few seconds is no news."""
