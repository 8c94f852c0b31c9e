"""The resume point on disk."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from wealthwatch.replaying import ResumePoint, place_of, size_of

POINT = ResumePoint(12, 345, "wealth.movements", {0: 7, 3: 4}, datetime.fromisoformat("2025-03-01T00:00:00+08:00"))


@pytest.mark.parametrize("point", [POINT, ResumePoint(0, 1, "t")])
def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path: Path, point: ResumePoint) -> None:
    path = tmp_path / "resume.json"
    point.write(path)
    assert ResumePoint.read(path) == point
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"movements": 1}', '{"offsets": 3, "last_at": null}', "\udc80"])
def test_another_file_is_no_resume_point(tmp_path: Path, content: str) -> None:
    path = tmp_path / "resume.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match="is no resume point"):
        ResumePoint.read(path)


def test_it_stands_beside_a_file_and_for_a_folder_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "berka").mkdir()
    (tmp_path / "berka" / "a").write_bytes(b"12")
    (tmp_path / "berka" / "b").write_bytes(b"3")
    assert place_of(tmp_path / "bank.jsonl") == tmp_path / "bank.jsonl.resume.json"
    assert place_of(tmp_path / "berka") == Path("berka.resume.json")
    assert size_of(tmp_path / "berka") == 3
    assert size_of(tmp_path / "berka" / "a") == 2
