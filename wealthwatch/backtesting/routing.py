"""Whose movement is this, and is it ours? Found in the bytes, since every job looks at every line and decodes only its own.

Customers are spread over the jobs by household, or alone where they have none, so that whoever is judged together is kept together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from xxhash import xxh3_64_intdigest

Item = tuple[int, bytes | None, bytes | None]
"""Where it stands in its feed, the key and the bytes."""
Gathered = dict[bytes, list[Item]]
"""Movements by group, each group's in the order of the feed."""

NOBODY = b""
"""The group of what names no customer."""
_ESCAPE = ord("\\")
_NAME = b'"customer_id"'
_TIGHT, _LOOSE = b'"customer_id":"', b'"customer_id": "'
_UNSEEN = b"\0?"
"""No group is called so."""


class _Owner(msgspec.Struct):
    customer_id: str


_owner = msgspec.json.Decoder(_Owner).decode
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


class Share:
    """One job's share of the customers."""

    def __init__(self, job: int, jobs: int, households: Mapping[bytes, bytes]) -> None:
        """Prepare.

        Args:
            job: from 0 on.
            jobs: how many there are.
            households: of those who have one, by customer_id.
        """
        self._job, self._jobs = job, jobs
        self._households = households
        self._groups: dict[bytes, bytes | None] = {}

    def group(self, customer: bytes) -> bytes | None:
        """The customer's group, None if it is another job's."""
        found = self._groups.get(customer, _UNSEEN)
        if found is _UNSEEN:
            household = self._households.get(customer)
            group = customer if household is None else group_of(household)
            found = group if xxh3_64_intdigest(group) % self._jobs == self._job else None
            self._groups[customer] = found
        return found

    def of_lines(self, lines: Iterable[bytes], first: int, largest: int, gathered: Gathered) -> None:
        """Gather our lines of JSON movements.

        Args:
            lines: without their line ends.
            first: the number of the first of them.
            largest: a longer line is nobody's.
            gathered: takes them.
        """
        groups, group_of = self._groups, self.group
        mark, other = _TIGHT, _LOOSE
        for number, line in enumerate(lines, first):
            place = line.find(mark)
            if place < 0:
                mark, other = other, mark  # a feed is written in one style, so the other one is looked for first from now on
                place = line.find(mark)
            begin = place + len(mark)
            if place >= 0 and _ESCAPE not in line and (line.find(b"{", 1) < 0 or line.find(_NAME, begin) < 0 > line.find(_NAME, 0, place)):
                customer = line[begin : line.find(b'"', begin)]
            else:
                customer = owner_of(line) if len(line) <= largest else NOBODY
            group = groups.get(customer, _UNSEEN)
            if group is _UNSEEN:
                group = group_of(customer)
            if group is not None:
                mine = gathered.get(group)
                if mine is None:
                    gathered[group] = [(number, customer, line)]
                else:
                    mine.append((number, customer, line))

    def of_items(self, items: Iterable[Item], gathered: Gathered) -> None:
        """Gather our movements of those that come with a key."""
        for item in items:
            group = self.group(item[1] or NOBODY)
            if group is not None:
                gathered.setdefault(group, []).append(item)


def group_of(household: bytes | str) -> bytes:
    """The group of a household's members; no customer_id begins so."""
    return b"\0" + (household.encode() if isinstance(household, str) else household)


def is_household(group: bytes) -> bool:
    """Whether a group is a household's."""
    return group.startswith(b"\0")


def owner_of(line: bytes) -> bytes:
    """The customer that a JSON movement names, by decoding it; NOBODY where it names none."""
    try:
        return _owner(line).customer_id.encode()
    except _UNREADABLE:
        return NOBODY
