"""One RocksDB in a folder of its own, and the memory that all of a worker share."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompactionStyle,
    DBCompressionType,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
    WriteBufferManager,
    WriteOptions,
)

from streams.states import StoreDamagedError, StoreFailedError, StoreInUseError

MIB = 1 << 20
BLOCK_BYTES = 16 << 10
BLOOM_BITS = 10
WRITE_BUFFER_BYTES = 64 * MIB


class Shared:
    """The memory that all stores of a worker share: blocks read, and what is not on disk yet."""

    def __init__(self, mib: int) -> None:
        self.cache = Cache(mib * MIB)
        self.buffers = WriteBufferManager.new_write_buffer_manager_with_cache(max(1, mib // 4) * MIB, False, self.cache)

    def options(self) -> Options:
        """How a store is opened."""
        table = BlockBasedOptions()
        table.set_block_cache(self.cache)
        table.set_block_size(BLOCK_BYTES)
        table.set_bloom_filter(BLOOM_BITS, False)
        # Else each open file holds these beside the cache, which then bounds nothing.
        table.set_cache_index_and_filter_blocks(True)
        table.set_pin_l0_filter_and_index_blocks_in_cache(True)
        options = Options(raw_mode=True)
        options.create_if_missing(True)
        options.set_block_based_table_factory(table)
        options.set_write_buffer_manager(self.buffers)
        options.set_write_buffer_size(WRITE_BUFFER_BYTES)
        # Most of what is looked for is in none of the tables in memory, which are lists that are walked.
        options.set_memtable_prefix_bloom_ratio(0.1)
        options.set_memtable_whole_key_filtering(True)
        options.set_compression_type(DBCompressionType.lz4())
        # A state is written whole whenever its customer moves: by levels, each would be copied by compactions ten times over.
        options.set_compaction_style(DBCompactionStyle.universal())
        # Larger heaps of files, each with its filter in memory, before they are made one: a compaction takes the core that deciding would.
        options.set_level_zero_file_num_compaction_trigger(10)
        options.set_max_open_files(512)
        options.set_max_background_jobs(2)
        options.set_keep_log_file_num(2)
        options.set_max_log_file_size(MIB)
        options.set_stats_dump_period_sec(0)
        return options


class Database:
    """One RocksDB, in a folder of its own, with what is written to it at once.

    Raises:
        StoreInUseError: another worker has it open.
        StoreDamagedError: it cannot be opened, and not for want of room or permission.
        StoreFailedError: the disk is full, or not to be written.
    """

    def __init__(self, folder: Path, shared: Shared) -> None:
        self.folder = folder
        self.damaged = False
        self.batch = WriteBatch(raw_mode=True)
        self._without_log = cast("Any", WriteOptions())
        self._without_log.disable_wal = True  # an attribute, whatever its type stub says
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._db = Rdict(str(folder), shared.options())
        except Exception as error:  # noqa: BLE001 - the binding has no other class
            raise self._told(error, opening=True) from None
        self._opened = self._identity()

    def get(self, key: bytes) -> bytes | None:
        """The value of a key."""
        try:
            found: bytes | None = self._db.get(key)
        except Exception as error:  # noqa: BLE001
            raise self._told(error) from None
        return found

    def get_all(self, keys: list[bytes]) -> list[bytes | None]:
        """The values of keys, in their order."""
        try:
            found: list[bytes | None] = cast("Any", self._db).get(keys) if keys else []
        except Exception as error:  # noqa: BLE001
            raise self._told(error) from None
        return found

    def keys(self, begin: bytes, end: bytes, most: int, wanted: Callable[[bytes], bool] | None = None) -> list[bytes]:
        """The first keys from `begin` to before `end`, of those that are wanted."""
        found: list[bytes] = []
        only = ReadOptions()
        only.set_iterate_upper_bound(end)
        iterator = None
        try:
            iterator = self._db.iter(only)
            iterator.seek(begin)
            while len(found) < most and iterator.valid():
                key = iterator.key()
                if wanted is None or wanted(key):
                    found.append(key)
                iterator.next()
            iterator.status()
        except Exception as error:  # noqa: BLE001
            raise self._told(error) from None
        finally:
            del iterator  # it holds the folder's lock while it lives, also past the closing of the database
        return found

    def write(self, *, log: bool = True) -> None:
        """Write what has gathered, all or nothing; without RocksDB's log it may be lost in a crash, and what came after it, too.

        Raises:
            StoreDamagedError: the folder was removed or exchanged since it was opened. RocksDB would put its next log beside files of
                another time, and whoever opens them would find the newest checkpoint without all that was written before it.
            StoreFailedError: the disk is full, or not to be written.
        """
        if not len(self.batch):
            return
        if self._identity() != self._opened:
            self.damaged = True
            raise StoreDamagedError(errno.EIO, "the store was removed or exchanged while it was in use", str(self.folder))
        batch, self.batch = self.batch, WriteBatch(raw_mode=True)
        try:
            self._db.write(batch, None if log else self._without_log)
        except Exception as error:  # noqa: BLE001
            raise self._told(error) from None

    def flush(self) -> None:
        """Bring to disk what was written without a log."""
        try:
            self._db.flush()
        except Exception as error:  # noqa: BLE001
            raise self._told(error) from None

    def close(self) -> None:
        """Let go; what is damaged is removed, so that the next opening reads all anew."""
        try:
            self._db.close()
        except Exception as error:  # noqa: BLE001
            if not self.damaged:
                raise self._told(error) from None
        finally:
            if self.damaged:
                remove(self.folder)

    def _identity(self) -> tuple[int, int, int] | None:
        """Tells the file that names all others from one in its place; RocksDB writes it at every opening, and hardly ever between."""
        try:
            found = os.stat(self.folder / "CURRENT")  # noqa: PTH116 - at every write, and four times as fast as Path.stat
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_mtime_ns

    def _told(self, error: Exception, *, opening: bool = False) -> Exception:
        """The error in our words, on one line."""
        text = " ".join(str(error).split())
        if "/LOCK" in text and ("lock hold by" in text or "While lock file" in text):
            return StoreInUseError(f"the store in {self.folder} is in use: give each worker a detector.store_folder of its own")
        failed = text.startswith("IO error") and "No such file" not in text
        if "Corruption" in text or (opening and not failed):
            self.damaged = True
            return StoreDamagedError(errno.EIO, text)
        full = "No space left" in text or "File too large" in text
        return StoreFailedError(errno.ENOSPC if full else errno.EIO, text, str(self.folder))


def remove(folder: Path) -> None:
    """Remove a store; nothing if there is none."""
    if folder.exists():
        shutil.rmtree(folder)
