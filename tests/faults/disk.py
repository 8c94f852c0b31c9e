"""A disk that can be full: a file system of a few MiB, or, where none can be had, files that may not grow any more."""

from __future__ import annotations

import os
import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.brokers.processes import program_pid
from wealthwatch.supervisor import Child

MIB = 1 << 20
SIZE = 64 * MIB
LARGEST = MIB
"""Bytes of a file that may not grow: more than a worker's log has, less than a store's."""
MOUNT = f'mount -t tmpfs -o size={SIZE},mode=777 store "$1" && echo mounted && exec sleep infinity'
WITHIN_S = 10.0


class Disk(Protocol):
    """Where stores are put; `full` and `free` again hold for the workers that run and those that are started."""

    how: str
    folder: Path
    """As the workers see it."""

    def through(self) -> Sequence[str]:
        """The program that a worker is to be started through."""

    def full(self, worker: Child) -> None:
        """Nothing can be written any more."""

    def free(self, worker: Child) -> None:
        """There is room again."""


class SmallDisk:
    """A tmpfs in a mount namespace of its own: it is gone with the process that holds it, and nobody else sees it.

    Root can make one; others can where the system lets them have a user namespace.
    """

    how = "64 MiB of tmpfs"

    def __init__(self, folder: Path, log: Path) -> None:
        """Mount it over a folder.

        Raises:
            OSError: that cannot be done here.
        """
        self.folder = folder
        self._mine = [] if os.geteuid() == 0 else ["--user"]
        command = ["unshare", *self._mine, *(["--map-root-user"] if self._mine else []), "--mount", "sh", "-c", MOUNT, "sh", str(folder)]
        self._holder = Child("small disk", command, log)
        deadline = time.monotonic() + WITHIN_S
        while "mounted" not in log.read_text():
            if self._holder.exit_code is not None or time.monotonic() > deadline:
                self.close()
                raise OSError(f"no file system of its own: {self._holder.last_words()}")
            time.sleep(0.02)
        self._ballast = Path(f"/proc/{program_pid(self._holder)}/root{folder}/ballast")

    def through(self) -> Sequence[str]:
        """See `Disk`."""
        options = [*self._mine, *(["--preserve-credentials"] if self._mine else []), "--mount", f"--wd={Path.cwd()}"]
        return ["nsenter", f"--target={program_pid(self._holder)}", *options, "--"]

    def full(self, worker: Child) -> None:  # noqa: ARG002 - it is full for everybody
        """See `Disk`."""
        with self._ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4_096))
            except OSError:
                return

    def free(self, worker: Child) -> None:  # noqa: ARG002
        """See `Disk`."""
        self._ballast.unlink()

    def close(self) -> None:
        """Give it up."""
        self._holder.kill()


class ShortFiles:
    """Any folder; when it is full, no file of the workers may be longer than 1 MiB (`RLIMIT_FSIZE`), of which nobody needs to be root."""

    how = "RLIMIT_FSIZE"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._full = False

    def through(self) -> Sequence[str]:
        """See `Disk`."""
        return ["prlimit", f"--fsize={LARGEST}:", "--"] if self._full else []

    def full(self, worker: Child) -> None:
        """See `Disk`."""
        self._full = True
        self._limit(worker, LARGEST)

    def free(self, worker: Child) -> None:
        """See `Disk`."""
        self._full = False
        self._limit(worker, resource.RLIM_INFINITY)

    def _limit(self, worker: Child, size: int) -> None:
        _, hard = resource.prlimit(program_pid(worker), resource.RLIMIT_FSIZE)
        resource.prlimit(program_pid(worker), resource.RLIMIT_FSIZE, (size, hard))

    def close(self) -> None:
        """Nothing to give up."""


@contextmanager
def small_disk(folder: Path, *, without_mount: bool = False) -> Iterator[Disk]:
    """The best that can be had here."""
    folder.mkdir(parents=True)
    try:
        if without_mount or not (shutil.which("unshare") and shutil.which("nsenter")):
            raise FileNotFoundError("no unshare, or no nsenter")
        found: SmallDisk | ShortFiles = SmallDisk(folder, folder.with_suffix(".log"))
    except OSError:
        found = ShortFiles(folder)
    try:
        yield found
    finally:
        found.close()
