"""Errors of the libraries below, turned into one line that says what to do next."""

from __future__ import annotations

import errno
import sys

from wealthwatch.refusal import SURROUNDINGS, USAGE, Refusal

_OS_ERRORS = {
    errno.EADDRINUSE: "the port is in use; choose another one, or end the program that has it",
    errno.EADDRNOTAVAIL: "this machine has no such address; give one of its own",
    errno.EEXIST: "give a folder, not a file",
    errno.ENOENT: "give a path that exists",
    errno.EACCES: "give a path that you may read and write",
    errno.EPERM: "give a path that you may read and write",
    errno.EROFS: "give a path on a disk that can be written",
    errno.ENOSPC: "free some disk space",
    errno.EIO: "look at the disk, which does not do what it is asked to",
    errno.EISDIR: "give a file, not a folder",
    errno.ENOTDIR: "give a folder, not a file",
}


def explain(error: BaseException) -> Refusal | None:
    """Say what a known error means to the person at the keyboard; None for one that is a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if _is_a(error, "schemas.settings", "SettingsError"):
        return Refusal(str(error), exit_code=USAGE)
    if _is_a(error, "handlers.topics", "TopicsError"):
        return Refusal(str(error))
    if _is_a(error, "streams.states", "StoreInUseError", "StoreMissingError"):
        return Refusal(str(error))
    if _is_a(error, "streams.watchdog", "StalledError"):
        return Refusal(str(error), "start it again, and see whether the broker is well", exit_code=1)
    if _is_a(error, "kafka.errors", "KafkaConnectionError", "KafkaTimeoutError") or _is_a(error, "aiokafka.errors", "KafkaConnectionError"):
        return Refusal(
            f"no Kafka broker answers ({error})", "start it, or set WEALTHWATCH_KAFKA__BOOTSTRAP_SERVERS to one that runs", SURROUNDINGS
        )
    if isinstance(error, OSError) and error.errno in _OS_ERRORS:
        where = f"{error.filename}: " if error.filename else ""
        return Refusal(f"{where}{(error.strerror or str(error)).lower()}", _OS_ERRORS[error.errno])
    return None


def _is_a(error: BaseException, module: str, *names: str) -> bool:
    """Whether the error is of these classes, without importing a module that nothing has imported yet."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(error, tuple(getattr(loaded, name, ()) for name in names))
