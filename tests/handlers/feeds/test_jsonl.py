"""JSON lines are handed on untouched."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.feeds import load

FEED = load("jsonl")


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"one\n", [b"one"]),
        (b"one\ntwo", [b"one", b"two"]),
        (b'{"a": 1 }\r\n\n\xff\xfe{\n', [b'{"a": 1 }', b"", b"\xff\xfe{"]),
        (b"x" * 3_000_000 + b"\ny\n", [b"x" * 3_000_000, b"y"]),
    ],
)
def test_every_line_comes_as_it_is_and_is_counted(tmp_path: Path, content: bytes, lines: list[bytes]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    assert list(FEED.movements(path)) == lines
    assert FEED.count(path) == len(lines)


def test_customers_managers_and_prices_stand_beside_the_movements_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "bank.jsonl"
    (tmp_path / "bank.customers.jsonl").write_bytes(b"c1\n\nc2\n")
    (tmp_path / "bank.prices.jsonl").write_bytes(b"p\n")
    assert list(FEED.customers(path)) == [b"c1", b"c2"]
    assert list(FEED.prices(path)) == [b"p"]
    assert list(FEED.managers(path)) == []
