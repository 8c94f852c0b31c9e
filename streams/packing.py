"""Whole numbers in as many bytes as they need, and texts, as the records of the changelog have them.

A single number from 0 to 239 is one byte, itself. Any other is a byte of 240 plus how many bytes it takes, and these, the lowest first: 0
to 6, with 8 more on the first byte if it is below 0 (then they are those of -1 less the number); or 7, and it takes all eight as they are.

A list is its length as a single number, then its columns one after the other. A column is a byte that says how many bytes each of its
numbers takes, 0 (all of them are 0), 1, 2, 4 or 8; then, if its numbers are written less the one of the row before, the first as a single
number; then all of them.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i16_le, read_i32_le, read_i64_le, write_i16_le, write_i32_le, write_i64_le
from librt.vecs import append, vec
from mypy_extensions import i16, i32, i64, u8

WHOLE: Final[i64] = 7
"""Code of a number that takes all eight bytes."""
_NEGATIVE: Final[i64] = 8
_LARGE: Final[i64] = 1 << 48
"""From here on six bytes are not enough."""
_ITSELF: Final[i64] = 240
"""So many single numbers, from 0 on, are one byte."""


def write_number(to: BytesWriter, number: i64) -> None:
    """A single number."""
    if 0 <= number < _ITSELF:
        to.append(u8(number))
        return
    code = _code(number)
    to.append(u8(_ITSELF + code))
    if code == WHOLE:
        write_i64_le(to, number)
    elif (code & 7) > 0:
        write_i64_le(to, number if code < _NEGATIVE else -1 - number)
        to.truncate(len(to) - 8 + (code & 7))


def write_numbers(to: BytesWriter, numbers: vec[i64], width: i64 = 1, less: i64 = 0) -> None:
    """A list of whole rows of `width` numbers; bit 1 << column of `less` is set for what is written less the number of the row before."""
    size: i64 = len(numbers)
    write_number(to, size)
    if size == 0:
        return
    column: i64 = 0
    while column < width:
        kept: i64 = -((less >> column) & 1)  # all bits of the number before, or none
        base = numbers[column] & kept
        before = base
        used: i64 = 0
        any_: i64 = 0
        place = column
        while place < size:
            number = numbers[place] - before
            used |= number if number >= 0 else -1 - number
            any_ |= number
            before = numbers[place] & kept
            place += width
        length = _length(used, any_)
        to.append(u8(length))
        if kept:
            write_number(to, base)
        place, before = column, base
        if length == 1:
            while place < size:
                to.append(u8((numbers[place] - before) & 255))
                before = numbers[place] & kept
                place += width
        elif length == 2:
            while place < size:
                write_i16_le(to, i16(numbers[place] - before))
                before = numbers[place] & kept
                place += width
        elif length == 4:
            while place < size:
                write_i32_le(to, i32(numbers[place] - before))
                before = numbers[place] & kept
                place += width
        elif length == 8:
            while place < size:
                write_i64_le(to, numbers[place] - before)
                before = numbers[place] & kept
                place += width
        column += 1


def write_text(to: BytesWriter, text: str | None) -> None:
    """A text: one more than its bytes, as a single number, and they; or 0, and it is none."""
    if text is None:
        to.append(0)
        return
    encoded = text.encode()
    write_number(to, len(encoded) + 1)
    to.write(encoded)


def write_plain(to: BytesWriter, numbers: vec[i64]) -> None:
    """A list of digests, which are no shorter in any other form: its length and each number as 8 bytes."""
    write_i64_le(to, len(numbers))
    to.write(bytes(memoryview(numbers)))


def _code(number: i64) -> i64:
    code: i64 = 0
    if number < 0:
        number = -1 - number
        code = _NEGATIVE
    if number >= _LARGE:
        return WHOLE
    while number > 0:
        number >>= 8
        code += 1
    return code


def _length(used: i64, any_: i64) -> i64:
    """Bytes that each number of a column needs, by the bits that they use beside their signs, and by all of their bits."""
    if any_ == 0:
        return 0
    if used < 1 << 7:
        return 1
    if used < 1 << 15:
        return 2
    return 4 if used < 1 << 31 else 8


def zeros(size: i64) -> vec[i64]:
    """So many numbers to be put in their places."""
    if size <= _MANY:
        return _ZEROS[:size]
    found = vec[i64](capacity=size)
    for _ in range(size):
        found = append(found, 0)
    return found


def _zeros() -> vec[i64]:
    found = vec[i64](capacity=_MANY)
    for _ in range(_MANY):
        found = append(found, 0)
    return found


_MANY: Final[i64] = 4_096
_ZEROS: Final = _zeros()


class Reader:
    """Reads what these functions wrote, field by field; with `plain`, what was written before there were codes: numbers of 8 bytes."""

    def __init__(self, data: bytes, place: int, *, plain: bool = False) -> None:
        self.data = data
        self.place: i64 = place
        self._plain = plain

    def byte(self) -> int:
        found = self.data[self.place]
        self.place += 1
        return found

    def count(self) -> int:
        """How many of something follow."""
        return self._short() if self._plain else self.number()

    def number(self) -> int:
        if self._plain:
            return self._eight()
        first: i64 = self.data[self.place]
        self.place += 1
        return first if first < _ITSELF else self._read(first - _ITSELF)

    def text(self) -> str:
        return self.text_or_none() or ""

    def text_or_none(self) -> str | None:
        size: i64 = self._short() if self._plain else self.number() - 1
        if size < 0:
            return None
        begin = self.place
        self.place = begin + size
        return self.data[begin : begin + size].decode()

    def numbers(self, width: i64 = 1, less: i64 = 0) -> vec[i64]:
        """What `write_numbers` wrote with the same arguments."""
        if self._plain:
            return self.digests()
        size: i64 = self.number()
        found = zeros(size)
        column: i64 = 0
        while column < width and size > 0:
            length = self.data[self.place]
            self.place += 1
            kept: i64 = -((less >> column) & 1)
            number: i64 = self.number() if kept else 0
            data, at, place = self.data, self.place, column
            if length == 1:
                while place < size:
                    byte: i64 = data[at]
                    number = (number & kept) + ((byte ^ 128) - 128)
                    found[place] = number
                    at += 1
                    place += width
            elif length == 2:
                while place < size:
                    number = (number & kept) + i64(read_i16_le(data, at))
                    found[place] = number
                    at += 2
                    place += width
            elif length == 4:
                while place < size:
                    number = (number & kept) + i64(read_i32_le(data, at))
                    found[place] = number
                    at += 4
                    place += width
            elif length == 8:
                while place < size:
                    number = (number & kept) + read_i64_le(data, at)
                    found[place] = number
                    at += 8
                    place += width
            elif kept:
                while place < size:
                    found[place] = number
                    place += width
            self.place = at
            column += 1
        return found

    def digests(self) -> vec[i64]:
        """What `write_plain` wrote."""
        size: i64 = self._eight()
        found = vec[i64](capacity=size)
        for _ in range(size):
            found = append(found, read_i64_le(self.data, self.place))
            self.place += 8
        return found

    def _short(self) -> int:
        found = int(read_i16_le(self.data, self.place))
        self.place += 2
        return found

    def _eight(self) -> i64:
        found = read_i64_le(self.data, self.place)
        self.place += 8
        return found

    def _read(self, code: i64) -> i64:
        if code == WHOLE:
            return self._eight()
        count = code & 7
        number: i64 = 0
        place = self.place
        self.place = place + count
        if place + 8 <= len(self.data):
            bits = count << 3
            number = read_i64_le(self.data, place)
            number -= number >> bits << bits  # no mask: the literal that it is shifted from has 32 bits when it is compiled
        else:
            shift: i64 = 0
            while place < self.place:
                byte: i64 = self.data[place]
                number |= byte << shift
                shift += 8
                place += 1
        return number if code < _NEGATIVE else -1 - number
