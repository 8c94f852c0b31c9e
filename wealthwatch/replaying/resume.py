"""Where a replay stopped: only what the broker acknowledged counts, so that going on repeats at most and leaves nothing out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The first `movements` of the feed are acknowledged.

    Args:
        movements: to be skipped when the replay goes on.
        bytes: size of the feed's file, so that another file is not taken for it.
        topic: where they went.
        offsets: the last acknowledged offset of each partition.
        last_at: the latest event time sent.
    """

    movements: int
    bytes: int
    topic: str
    offsets: dict[int, int] = field(default_factory=dict)
    last_at: datetime | None = None

    def write(self, path: Path) -> None:
        """Replace the file at once, so that a crash leaves the old one or the new one."""
        fields = {**asdict(self), "last_at": self.last_at.isoformat() if self.last_at else None}
        draft = path.with_name(f"{path.name}.draft")
        draft.write_text(json.dumps(fields), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` wrote.

        Raises:
            FileNotFoundError: nothing was left there.
            ValueError: it is not such a file.
        """
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            last_at = datetime.fromisoformat(fields.pop("last_at")) if fields.get("last_at") else fields.pop("last_at")
            offsets = {int(partition): int(offset) for partition, offset in fields.pop("offsets").items()}
            return cls(**fields, offsets=offsets, last_at=last_at)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"{path} is no resume point") from error


def place_of(path: Path) -> Path:
    """Where the resume point of a feed stands: beside its file; for a folder, in the current one."""
    return Path(f"{path.resolve().name}.resume.json") if path.is_dir() else path.with_name(f"{path.name}.resume.json")


def size_of(path: Path) -> int:
    """Bytes of a feed's file, or of all files of its folder."""
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file()) if path.is_dir() else path.stat().st_size
