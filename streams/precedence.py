"""In which order what was found together is published: the notifier is to hear of what inhibits before what it inhibits."""

from __future__ import annotations

from itertools import groupby

from schemas.notifications import EVERY_RULE, Notification


def in_order(found: list[Notification]) -> list[Notification]:
    """The same messages; of one movement, or one tick, those that inhibit others first, so that none stands before one that inhibits it."""
    if len(found) < 2 or all(one.inhibits is None for one in found):
        return found
    ordered: list[Notification] = []
    for _, group in groupby(found, key=lambda one: (one.occurred_at, one.evidence.triggers)):
        together = list(group)
        ordered += sorted(together, key=lambda one: -_reach(one, together, frozenset()))
    return ordered


def _reach(one: Notification, together: list[Notification], above: frozenset[str]) -> int:
    """How many there are below it: the length of the longest chain of one inhibiting the next."""
    if one.inhibits is None:
        return 0
    rules = one.inhibits.rules
    below = [other for other in together if EVERY_RULE in rules or other.rule.name in rules]
    names = above | {one.rule.name}
    return max((1 + _reach(other, together, names) for other in below if other.rule.name not in names), default=0)
