"""Numbers in as many bytes as they need: none is lost, and none takes more than it says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from librt.strings import BytesWriter
from librt.vecs import vec
from mypy_extensions import i64

from streams.packing import Reader, write_number, write_numbers, write_plain, write_text

EDGES = [0, 1, 239, 240, 255, 256, 2**16, 2**32 - 1, 2**48 - 1, 2**48, 2**62, 2**63 - 1]
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.integers(-300, 300) | st.sampled_from([*EDGES, *(-1 - edge for edge in EDGES)])
SMALLER = st.integers(-(2**61), 2**61) | st.integers(-300, 300)
"""The difference of two does not leave 64 bits."""


def code_of(number: int) -> tuple[int, bytes]:
    """Code and bytes as the module's first lines say, by Python's own conversion."""
    positive = number if number >= 0 else -1 - number
    if positive >= 2**48:
        return 7, number.to_bytes(8, "little", signed=True)
    count = (positive.bit_length() + 7) // 8
    return count + (8 if number < 0 else 0), positive.to_bytes(count, "little")


@given(NUMBERS)
def test_a_single_number_is_what_the_words_say_and_comes_back_also_as_the_last(number: int) -> None:
    to = BytesWriter()
    write_number(to, number)
    code, written = code_of(number)
    assert to.getvalue() == (bytes([number]) if 0 <= number < 240 else bytes([240 + code]) + written)
    for after in (b"", b"\xff" * 8):
        reader = Reader(to.getvalue() + after, 0)
        assert (reader.number(), reader.place) == (number, len(to.getvalue()))


def single(number: int) -> bytes:
    to = BytesWriter()
    write_number(to, number)
    return to.getvalue()


def column_of(numbers: list[int]) -> bytes:
    """A column as the module's first lines say, by Python's own conversion."""
    length = next(
        length
        for length in (0, 1, 2, 4, 8)
        if all(-(2 ** (8 * length) // 2) <= number < max(1, 2 ** (8 * length) // 2) for number in numbers)
    )
    return bytes([length]) + b"".join(number.to_bytes(length, "little", signed=True) for number in numbers)


@given(st.lists(NUMBERS, max_size=300))
@example([-(2**63)] * 3)
@example([-1])
@example([0, 0])
def test_a_list_is_what_the_words_say_and_comes_back(numbers: list[int]) -> None:
    to = BytesWriter()
    write_numbers(to, vec[i64](numbers))
    assert to.getvalue() == single(len(numbers)) + (column_of(numbers) if numbers else b"")
    assert list(Reader(to.getvalue(), 0).numbers()) == numbers


@given(
    st.integers(1, 8).flatmap(lambda width: st.lists(st.lists(SMALLER, min_size=width, max_size=width), max_size=20)), st.integers(0, 255)
)
@example([[7], [7], [7]], 1)
def test_columns_less_the_row_before_are_what_the_words_say_and_come_back(rows: list[list[int]], less: int) -> None:
    width, numbers, to = len(rows[0]) if rows else 1, [number for row in rows for number in row], BytesWriter()
    write_numbers(to, vec[i64](numbers), width, less)
    expected = single(len(numbers))
    for column in range(width) if rows else ():
        figures = [row[column] for row in rows]
        if less >> column & 1:
            coded = column_of([0, *(later - earlier for earlier, later in pairwise(figures))])
            expected += coded[:1] + single(figures[0]) + coded[1:]
        else:
            expected += column_of(figures)
    assert to.getvalue() == expected
    reader = Reader(to.getvalue(), 0)
    assert list(reader.numbers(width, less)) == numbers
    assert reader.place == len(expected)


def test_dates_in_a_row_take_a_byte_each() -> None:
    to = BytesWriter()
    write_numbers(to, vec[i64](list(range(739_000, 739_100))), 1, 1)
    assert len(to.getvalue()) == 1 + 1 + 4 + 100


@pytest.mark.parametrize("text", ["", "a", "张三", "x" * 239, "x" * 70_000, None])
def test_texts_come_back_and_none_is_not_empty(text: str | None) -> None:
    to = BytesWriter()
    write_text(to, text)
    assert Reader(to.getvalue(), 0).text_or_none() == text


@given(st.lists(NUMBERS, max_size=100))
def test_digests_come_back_in_eight_bytes_each(numbers: list[int]) -> None:
    to = BytesWriter()
    write_plain(to, vec[i64](numbers))
    assert len(to.getvalue()) == 8 + 8 * len(numbers)
    assert list(Reader(to.getvalue(), 0).digests()) == numbers
