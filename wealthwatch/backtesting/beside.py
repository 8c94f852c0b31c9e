"""Profiles and prices, read before any movement: who belongs together, who is ours, and what things cost."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
from pydantic import ValidationError

from schemas.customers import Customer
from schemas.dead_letters import Fault
from schemas.prices import Price
from streams.customer import Profile
from streams.profiles import profile_of
from wealthwatch.backtesting.routing import NOBODY, Share
from wealthwatch.backtesting.source import Beside


class _Known(msgspec.Struct):
    customer_id: str
    household_id: str | None = None
    manager_id: str | None = None


_known = msgspec.json.Decoder(_Known).decode
CUSTOMERS, PRICES = -2, -1
"""Their places before the feeds, in the order of what was refused."""
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Bad:
    """Something that was refused, and why; `place` orders them: feed, number."""

    place: tuple[int, int]
    where: str
    fault: Fault
    detail: str


@dataclass(slots=True)
class Profiles:
    """All customers' households and managers, and our customers' profiles."""

    households: dict[bytes, bytes] = field(default_factory=dict)
    managers: set[str] = field(default_factory=set)
    ours: dict[str, Profile] = field(default_factory=dict)
    refused: list[Bad] = field(default_factory=list)


def profiles(job: int, jobs: int, sources: tuple[Beside, ...]) -> tuple[Profiles, Share]:
    """Read all profiles; the latest of a customer holds, and holds from the beginning.

    Twice, since who is ours is only known once everybody's household is.
    """
    found = Profiles()
    managers: dict[bytes, str | None] = {}
    for source in sources:
        for _, _, key, value in source.lines():
            known = _read(key, value)
            if known is None:
                continue
            customer = known.customer_id.encode()
            managers[customer] = known.manager_id
            if known.household_id:
                found.households[customer] = known.household_id.encode()
            else:
                found.households.pop(customer, None)
    found.managers.update(filter(None, managers.values()))
    share = Share(job, jobs, found.households)
    for number, (where, offset, key, value) in enumerate(line for source in sources for line in source.lines()):
        known = _read(key, value)
        if share.group(known.customer_id.encode() if known else NOBODY) is None:
            continue
        told = _profile(value, offset) if known else "not a customer with its key"
        if isinstance(told, Profile) and known:
            found.ours[known.customer_id] = told
        else:
            found.refused.append(Bad((CUSTOMERS, number), where, Fault.INVALID_VALUE, str(told)))
    return found, share


def prices(sources: tuple[Beside, ...]) -> tuple[list[Price], list[Bad]]:
    """Read all prices, and say which lines are none."""
    found, refused = list[Price](), list[Bad]()
    for number, (where, _, _, value) in enumerate(line for source in sources for line in source.lines()):
        try:
            found.append(Price.model_validate_json(value))
        except ValidationError as error:
            refused.append(Bad((PRICES, number), where, Fault.INVALID_VALUE, _complaint(error)))
    return found, refused


def _read(key: bytes | None, value: bytes) -> _Known | None:
    try:
        known = _known(value)
        return known if key is None or key == known.customer_id.encode() else None
    except _UNREADABLE:
        return None


def _profile(value: bytes, offset: int) -> Profile | str:
    """What the detector keeps, or what is wrong."""
    try:
        told = Customer.model_validate_json(value)
    except ValidationError as error:
        return _complaint(error)
    return profile_of(told, offset)


def _complaint(error: ValidationError) -> str:
    """The first thing that is wrong, without the value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
