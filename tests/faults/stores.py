"""Stores on disk that are full, gone, damaged, or of another time, under workers that run and workers that are started."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.faults.disk import small_disk
from tests.faults.scene import Scene
from wealthwatch.supervisor import Child

CACHE_MIB = 8
"""The least there is, so that little is in memory alone and files are written all the time."""
ROOMY_MIB = 64
DAMAGE = 64
"""Bytes."""
DATA = ("sst", "log", "MANIFEST", "CURRENT", "json")
"""The kinds of files without which a store is not whole; what else RocksDB has in its folder is for people."""


class Shelves:
    """Workers with a lasting name and a store of their own each, so that one that is back finds its partitions and what it kept of them."""

    def __init__(self, scene: Scene, *names: str) -> None:
        self._scene = scene
        self.alive = {name: worker(scene, name, self.folder(name)) for name in names}

    def folder(self, name: str) -> Path:
        """Where a worker's store is."""
        return self._scene.home / "stores" / name

    def kill(self, name: str) -> None:
        """`kill -9`."""
        self._scene.detectors.kill(self.alive[name])

    def stop(self, name: str) -> None:
        """SIGTERM."""
        self._scene.stop(self.alive[name])

    def start(self, name: str) -> None:
        """Start it again on what is there."""
        self.alive[name] = worker(self._scene, name, self.folder(name))


def worker(scene: Scene, name: str, folder: Path, through: Sequence[str] = (), cache_mib: int = CACHE_MIB) -> Child:
    """One more worker whose store is on disk."""
    return scene.start(
        through,
        WEALTHWATCH_DETECTOR__GROUP_INSTANCE_ID=name,
        WEALTHWATCH_DETECTOR__STORE="rocksdb",
        WEALTHWATCH_DETECTOR__STORE_FOLDER=str(folder),
        WEALTHWATCH_DETECTOR__STORE_CACHE_MIB=str(cache_mib),
    )


def store_full(scene: Scene) -> None:
    """The store's disk is full until the worker has said so, twice: then also for the one that is started instead of it, killed with -9."""
    with small_disk(scene.home / "disk") as disk:

        def one_more() -> Child:
            return worker(scene, "only", disk.folder / "store", disk.through(), ROOMY_MIB)

        alive = one_more()
        scene.open()
        for number, _ in enumerate(scene.moments(2)):
            disk.full(alive)
            scene.fault(f"disk full ({disk.how})")
            await_refusal(scene, alive)
            if number:
                scene.detectors.kill(alive)
                alive = one_more()
                await_refusal(scene, alive)
            disk.free(alive)
            scene.await_more(200)
        scene.detectors.kill(alive)
    worker(scene, "only", scene.home / "new disk")


def await_refusal(scene: Scene, child: Child) -> None:
    """Wait until a worker says that its disk has no room."""

    def count() -> int:
        lines = scene.detectors.log(child).splitlines()
        return sum("partition_reopens" in line and ("No space left" in line or "File too large" in line) for line in lines)

    before = count()
    scene.await_(lambda: count() > before, "a worker to say that its disk is full")


def store_deleted(scene: Scene) -> None:
    """The store of one of two workers is removed, or that of one partition: in turn under the worker, and while it is dead."""
    shelves = Shelves(scene, "left", "right")
    scene.open()
    for number, _ in enumerate(scene.moments(6)):
        name = scene.random.choice(sorted(shelves.alive))
        if number % 2:
            shelves.kill(name)
        whole = scene.random.random() < 0.5
        delete(scene.random, shelves.folder(name), whole=whole)
        scene.fault(f"{'store' if whole else 'a part of it'} deleted, {'restarted' if number % 2 else 'running'}")
        if number % 2:
            shelves.start(name)


def delete(random: Random, folder: Path, *, whole: bool) -> None:
    """Remove a store, or of it one partition's, file by file, as `rm -rf` does, whatever is written there meanwhile."""
    parts = sorted(folder.glob("partition-*"))
    shutil.rmtree(folder if whole or not parts else random.choice(parts), ignore_errors=True)


def store_damaged(scene: Scene) -> None:
    """A file of the store of one of two workers is overwritten or cut off: in turn under the worker, and while it is dead."""
    shelves = Shelves(scene, "left", "right")
    scene.open()
    for number, _ in enumerate(scene.moments(8)):
        name = scene.random.choice(sorted(shelves.alive))
        if number % 2:
            shelves.kill(name)
        scene.fault(f"{damage(scene.random, shelves.folder(name))}, {'restarted' if number % 2 else 'running'}")
        if number % 2:
            shelves.start(name)


def damage(random: Random, folder: Path) -> str:
    """Damage one file of a store, of a random kind, and say what was done."""
    files = sorted(path for path in folder.glob("partition-*/*") if kind(path) in DATA)
    chosen = random.choice(sorted({kind(path) for path in files}) or [""])
    for path in random.sample(files, len(files)):
        with suppress(FileNotFoundError):  # a compaction was faster
            if kind(path) == chosen and (size := path.stat().st_size):
                place = random.randrange(size)
                if random.random() < 0.25:
                    with path.open("r+b") as file:
                        file.truncate(place)
                    return f"{chosen} cut off"
                with path.open("r+b") as file:
                    file.seek(place)
                    file.write(random.randbytes(min(DAMAGE, size - place)))
                return f"{chosen} overwritten"
    return "nothing there to damage"


def kind(path: Path) -> str:
    """What a file of RocksDB is."""
    return path.suffix[1:] or path.name.partition("-")[0]


def store_put_back(scene: Scene) -> None:
    """A copy of a store from long ago, taken while the worker ran, is put back: while it is dead, once it is stopped, and under it."""
    shelves = Shelves(scene, "left", "right")
    scene.open()
    copy = scene.home / "copy"
    for number, _ in enumerate(scene.moments(4)):
        if number == 0:
            copied(shelves.folder("left"), copy)
            continue
        if number == 1:
            shelves.kill("left")
        elif number == 2:
            shelves.stop("left")
        put_back(copy, shelves.folder("left"))
        scene.fault(f"a copy put back, {('killed', 'stopped', 'running')[number - 1]}")
        if number == 3:
            scene.await_more(300)
            shelves.kill("left")
        shelves.start("left")


def copied(folder: Path, copy: Path) -> None:
    """Copy a store as it stands, whatever is written there meanwhile."""
    with suppress(shutil.Error):  # what a compaction has removed meanwhile is not in the copy
        shutil.copytree(folder, copy)


def put_back(copy: Path, folder: Path) -> None:
    """Put a copy in the place of a store."""
    if folder.exists():
        aside = folder.with_name(f"{folder.name} aside")
        folder.rename(aside)
        shutil.copytree(copy, folder)
        shutil.rmtree(aside)
    else:
        shutil.copytree(copy, folder)
