"""Lines of a file, compressed or not, a piece at a time."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any

from handlers.feeds import FeedError

PIECE = 1 << 20
COMPRESSED = (".gz", ".zst", ".xz")


def pieces(path: Path, longest: int, size: int = PIECE) -> Iterator[tuple[int, list[bytes]]]:
    """The lines without their line ends, and how many bytes of the file are read by then.

    Args:
        path: `.gz`, `.zst` and `.xz` are unpacked on the way.
        longest: of a longer line that spans pieces only the beginning is kept, one byte longer than this at least.
        size: of a piece, unpacked.

    Raises:
        FeedError: the file is not what its name says, or the package that unpacks it is not installed.
    """
    with path.open("rb") as raw, _unpacked(path, raw) as file:
        begun = b""
        while block := _read(path, file, size):
            read = begun + block
            lines = read.split(b"\n")
            begun = lines.pop()[: longest + 2]
            yield raw.tell(), [line.removesuffix(b"\r") for line in lines] if b"\r" in read else lines
        if begun:
            yield raw.tell(), [begun.removesuffix(b"\r")]


def name_without_compression(path: Path) -> Path:
    """`bank.jsonl` of `bank.jsonl.gz`."""
    return path.with_suffix("") if path.suffix in COMPRESSED else path


@contextmanager
def _unpacked(path: Path, raw: IO[bytes]) -> Iterator[BufferedIOBase | IO[bytes] | Any]:
    if path.suffix == ".gz":
        with gzip.GzipFile(fileobj=raw) as file:
            yield file
    elif path.suffix == ".xz":
        with lzma.LZMAFile(raw) as file:
            yield file
    elif path.suffix == ".zst":
        try:
            import zstandard
        except ImportError as error:
            raise FeedError(f"{path} is compressed: `pip install zstandard`, or unpack it with `zstd -d`") from error
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as file:
            yield file
    else:
        yield raw


def _read(path: Path, file: Any, size: int) -> bytes:
    try:
        return bytes(file.read(size))
    except (gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError) as error:
        raise FeedError(f"{path} cannot be unpacked: {error}") from error
    except Exception as error:
        if type(error).__name__ == "ZstdError":
            raise FeedError(f"{path} cannot be unpacked: {error}") from error
        raise
