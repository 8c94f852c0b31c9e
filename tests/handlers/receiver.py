"""A real HTTP(S) server of a test's own that receives webhooks and answers as told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from tests.patience import PATIENCE_S


@dataclass(frozen=True)
class Post:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def identity(self) -> str:
        return self.headers["webhook-id"]


@dataclass(frozen=True)
class Reply:
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Receiver:
    """Keeps every post; `reply` says how the n-th is answered, and may block."""

    def __init__(self, reply: Callable[[int, Post], Reply] = lambda _number, _post: Reply(), context: ssl.SSLContext | None = None) -> None:
        self.posts: list[Post] = []
        self._arrived = threading.Condition()
        receiver = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                with receiver._arrived:
                    receiver.posts.append(post)
                    number = len(receiver.posts)
                    receiver._arrived.notify_all()
                answer = reply(number, post)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                with suppress(ConnectionError):  # whoever posted may have given up by now
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = int(self._server.server_address[1])
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def await_posts(self, enough: Callable[[list[Post]], bool], within_s: float = PATIENCE_S) -> list[Post]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: enough(self.posts), within_s), f"{len(self.posts)} posts were not enough"
            return list(self.posts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
