"""What the detector told beside what the oracle counts: the same openings, with the same numbers, or which ones differ.

The two say the same thing where rule, customer, trigger (or the instant of the tick), facet and measured value agree. The facet of an event
rule is left out, since its movement says it, and that of tier_up and near_tier, since the average says which line it is. What is told of a
household is compared under the household, whoever it names. Not compared: the facets of low_balance for what is scheduled, since the oracle
knows nothing of standing orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from schemas.notifications import Notification, NotificationKind, Status
from tests.oracle.finding import Finding
from tests.oracle.findings import ALL_RULES, OF_TIERS, TIERS_OF_HOUSEHOLDS
from tests.oracle.households import OF

COMPARED = ALL_RULES
SCHEDULED = ":scheduled"
LAST_DIGIT = {"ratio": Decimal("0.000001"), "money": Decimal("0.0001"), "days": Decimal(1)}
"""To which a notification's number is rounded down, by its unit."""
CLOSES_KEPT = 92
"""A run of idle cash that is longer may be told as shorter than it is, but not as shorter than this: see the docstring of R23."""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Opening:
    """A finding as a notification tells it, with the unit of its number."""

    finding: Finding
    unit: str


@dataclass(slots=True)
class Agreement:
    """Of one rule: how many are the same on both sides, and those that are not, in words."""

    rule: str
    same: int = 0
    differences: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """One line, and the first few differences below it."""
        more = len(self.differences) - SHOWN
        shown = [*self.differences[:SHOWN], *([f"and {more:,} more"] if more > 0 else [])]
        return "\n".join([f"{self.rule:26}{self.same:9,} the same {len(self.differences):9,} differ", *(f"    {one}" for one in shown)])


def openings(notifications: Path, rules: Collection[str] = COMPARED) -> Iterator[Opening]:
    """What was told to be open, from the file that `wealthwatch backtest` writes."""
    with notifications.open("rb") as file:
        for line in file:
            if b'"status":"opened"' not in line:
                continue
            said = Notification.model_validate_json(line)
            if said.status is Status.OPENED and said.rule.name in rules and not said.dedup_key.endswith(SCHEDULED):
                yield _opening(said)


def agreements(counted: Collection[Finding], told: Iterable[Opening], rules: Collection[str] = COMPARED) -> list[Agreement]:
    """Rule by rule, those with nothing on either side too; what is told twice differs from what is counted once."""
    found = {rule: Agreement(rule) for rule in sorted(rules)}
    wanted = {finding: finding for finding in counted}
    often = Counter[Finding]()
    for opening in told:
        finding = opening.finding
        rule, one = found[finding.rule], wanted.get(finding)
        often[finding] += 1
        if one is None:
            rule.differences.append(f"told, not counted: {_words(finding)}")
        elif often[finding] > 1:
            rule.differences.append(f"told {often[finding]} times: {_words(finding)}")
        elif not _alike(opening, one.value):
            rule.differences.append(f"told with {finding.value}, counted with {one.value}: {_words(finding)}")
        else:
            rule.same += 1
    for finding in sorted(wanted.keys() - often.keys(), key=_words):
        found[finding.rule].differences.append(f"counted, not told: {_words(finding)}")
    return list(found.values())


def _opening(said: Notification) -> Opening:
    event_id = said.evidence.triggers[0].event_id if said.evidence.triggers else None
    faceted = said.kind is NotificationKind.CONDITION and said.rule.name not in (*OF_TIERS, *TIERS_OF_HOUSEHOLDS)
    about = said.household_id or "" if said.rule.name.startswith(OF) else said.customer_id
    facet = said.dedup_key.removeprefix(f"{said.rule.name}:{about}:") if faceted else ""
    finding = Finding(said.rule.name, about, event_id, said.occurred_at, facet, said.evidence.measured)
    return Opening(finding, said.evidence.unit)


def _alike(opening: Opening, counted: Decimal) -> bool:
    told = opening.finding.value
    if opening.finding.rule == "idle_cash":
        return min(counted, Decimal(CLOSES_KEPT)) <= told <= counted
    return counted.quantize(LAST_DIGIT[opening.unit], ROUND_DOWN) == told


def _words(finding: Finding) -> str:
    where = finding.event_id or "the tick"
    return f"{finding.customer_id} {finding.window} at {finding.at:%Y-%m-%d %H:%M:%S}Z by {where} ({finding.value})"
