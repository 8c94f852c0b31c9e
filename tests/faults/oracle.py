"""What must be left behind: the messages and states of a backtest over the same feed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.customers import Customer as CustomerProfile
from schemas.notifications import Notification
from schemas.prices import Price
from schemas.rules import RuleSettings
from schemas.settings import Settings
from streams.backtest import Backtest, full_hour_after
from streams.changelog import HOUSEHOLD_MARK, POSITIONS_KEY
from streams.customer import Customer
from streams.decide import pass_time
from streams.posting import Posting
from streams.profiles import profile_of
from streams.reading import read
from streams.state import decode, is_segment, written
from tests.e2e.banks import Decided


@dataclass(frozen=True, slots=True)
class Found:
    """Messages with how often each was said, and the state of each customer as bytes."""

    said: Counter[Decided]
    states: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What differs.

    Args:
        missing: messages that the backtest has and the topic has not.
        strange: messages that the topic has and the backtest has not.
        twice: messages that were told more than once.
        states: customers whose state is another.
    """

    missing: int
    strange: int
    twice: int
    states: int

    @property
    def loss(self) -> int:
        """Messages and states that are not what they must be; 0 when all is well."""
        return self.missing + self.strange + self.twice + self.states


def judge(must: Found, found: Found) -> Verdict:
    """Hold what was found against what must be."""
    customers = must.states.keys() | found.states.keys()
    return Verdict(
        missing=len(must.said.keys() - found.said.keys()),
        strange=len(found.said.keys() - must.said.keys()),
        twice=sum(count - 1 for count in found.said.values()),
        states=sum(must.states.get(customer) != found.states.get(customer) for customer in customers),
    )


class Oracle:
    """A backtest of one bank, run once."""

    def __init__(self, settings: Settings, bank: Path, versions: Iterable[RuleSettings] = ()) -> None:
        """Run it.

        Args:
            settings: the bank's own and its rules.
            bank: movements in JSON lines, profiles and prices beside them.
            versions: of rules, set on the way.
        """
        profiles = [CustomerProfile.model_validate_json(line) for line in _lines(bank.with_suffix(".customers.jsonl"))]
        prices = [Price.model_validate_json(line) for line in _lines(bank.with_suffix(".prices.jsonl"))]
        known = {told.customer_id: profile_of(told, 0) for told in profiles}
        backtest = Backtest(settings, known, prices, versions)
        said, last = Counter[Decided](), 0
        for line in _lines(bank):
            posting = read(line, _key(line), settings.detector.largest_movement_bytes)
            if isinstance(posting, Posting):
                said.update(map(Decided.of, backtest.take(posting).notifications))
                last = max(last, posting.at)
        self.ends_at = full_hour_after(last)
        """Event time, in whole seconds, up to which time passes for everybody."""
        said.update(map(Decided.of, backtest.finish(self.ends_at)))
        self._world = backtest.eras.at(self.ends_at)
        self.must = Found(said, {name: self._plain(customer) for name, customer in backtest.customers.items()})

    def found(self, notifications: Iterable[Notification], changelog: Mapping[bytes, bytes]) -> Found:
        """What was left on the topics, in the same terms; `changelog` has the newest record of each key."""
        keys = [key for key in changelog if key != POSITIONS_KEY and not key.startswith(HOUSEHOLD_MARK) and not is_segment(key)]
        customers = [decode(changelog[key], changelog.get) for key in keys]
        for customer in customers:
            pass_time(customer, self.ends_at, datetime.fromtimestamp(self.ends_at, UTC), self._world)
        states = {customer.customer_id: self._plain(customer) for customer in customers if customer.accounts}
        return Found(Counter(map(Decided.of, notifications)), states)

    def _plain(self, customer: Customer) -> bytes:
        """A customer's state without what depends on where its movements and its profile stand on the topics."""
        customer.position = customer.profile.offset = 0
        return written(customer)


def _key(line: bytes) -> bytes | None:
    """As a movement is keyed; what is no movement has none."""
    try:
        return str(json.loads(line)["customer_id"]).encode()
    except (ValueError, KeyError, TypeError):
        return None


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()
