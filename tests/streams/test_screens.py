"""Screens may pass in vain and never fail in vain: with them the same is told as when every rule is always asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.customers import Segment
from streams.book import RuleBook, all_rules
from streams.decide import decided_tier
from streams.portfolio import Effect
from streams.posting import Posting
from streams.rule import ConditionRule
from streams.sheet import Asked
from streams.situation import Situation
from streams.world import World
from tests.streams.builders import Detector, iso, posting, world
from tests.streams.histories import START, Run, a_world, history, steps

DAY = 86_400
LATE_HISTORIES = st.lists(steps(late=True, customers=1), max_size=16).map(history)
FLOWS = {"cumulative_inflow": "credit", "cumulative_outflow": "debit"}


def every_asked(book: RuleBook, segment: str = "personal") -> list[Asked]:
    """The rules of all sheets that a customer of no profile can have."""
    found: list[Asked] = []
    for tier in book.tiers:
        sheet = book._sheets.get((tier, segment, None)) or book._new_sheet(tier, segment, None)
        for rules in (*sheet.events, *sheet.conditions, sheet.on_break, sheet.closing):
            found += rules
    return found


def unscreened(own: World) -> World:
    """The same world, in which every rule is asked about each of its causes and at each close."""
    for asked in every_asked(own.books.first):
        asked.screens, asked.least = None, 0
    return own


def test_the_sheets_without_screens_are_those_that_hold() -> None:
    own = unscreened(a_world())
    run = Run.begin(own).take(posting(customer_id="c0"))
    sheet = own.books.first.sheet(run.customers["c0"])
    assert run.customers["c0"].profile.segment == Segment.PERSONAL.value
    assert all(asked.screens is None and asked.least == 0 for rules in (*sheet.events, *sheet.conditions, sheet.closing) for asked in rules)
    assert any(asked.screens is not None for asked in every_asked(a_world().books.first))


@given(LATE_HISTORIES, st.lists(st.integers(0, 45), min_size=17, max_size=17))
def test_the_same_is_told_as_when_every_rule_is_always_asked(movements: list[Posting], pauses: list[int]) -> None:
    screened, asked = Run.begin(a_world()), Run.begin(unscreened(a_world()))
    for run in (screened, asked):
        for one, pause in zip(movements, pauses, strict=False):
            run.take(one)
            if pause % 3 == 0:
                run.tick(one.at + pause * DAY)
        run.tick(START + 120 * DAY)
    assert screened.ids() == asked.ids()
    assert screened.states() == asked.states()


LIMITS = st.fixed_dictionaries(
    {
        "limits": st.dictionaries(st.sampled_from(["1", "2", "7", "30", "31"]), st.sampled_from(["0.5", "1", "1.00001"]), min_size=1),
        "abs_floor": st.sampled_from(["0.0001", "1", "7.0003"]),
    }
)
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "hours": st.sampled_from([0, 1, 23, 24, 25, 24 * 7, 24 * 30, -1, -24, -24 * 7, -24 * 29]),
            "amount": st.sampled_from(["0.0001", "0.4999", "0.5", "0.5001", "1", "3.5", "7.0003", "7.0004"]),
            "kind": st.sampled_from(["deposit", "withdrawal", "adjustment", "purchase"]),
            "reverses": st.none() | st.none() | st.integers(0, 15),
        }
    ),
    min_size=1,
    max_size=16,
)


@pytest.mark.parametrize("name", sorted(FLOWS))
@given(parameters=LIMITS, many=STEPS)
def test_whenever_a_cumulative_rule_would_open_its_screen_passes(name: str, parameters: dict[str, Any], many: list[dict[str, Any]]) -> None:
    detector, at = Detector(world({name: {"parameters": parameters}})), START
    rule = all_rules()[name]
    assert isinstance(rule, ConditionRule)
    own, made = detector.world, list[tuple[str, str, str]]()
    for place, step in enumerate(many):
        at += step["hours"] * 3_600
        kind, amount = step["kind"], step["amount"]
        credit = kind in ("deposit", "adjustment")
        values: dict[str, Any] = {}
        if step["reverses"] is not None and made:
            original, kind_before, when = made[step["reverses"] % len(made)]
            credit = kind_before in ("withdrawal", "purchase")
            kind, values = "reversal", {"reverses": {"event_id": original, "occurred_at": when, "kind": kind_before}}
        else:
            made.append((f"e{place}", kind, iso(at)))
        one = posting(
            event_id=f"e{place}", kind=kind, amount=amount, direction="credit" if credit else "debit", occurred_at=iso(at), **values
        )
        detector.take(one)
        customer = detector.customer()
        prepared = own.books.first.sheet(customer).prepared[name]
        day = own.calendar.date_of(customer.clock)
        situation = Situation(customer, own.books.first, own.calendar, customer.clock, day)
        conditions, customer.conditions = customer.conditions, {}
        opens = any(rule.opens(measured, situation, prepared) for measured in rule.measure(situation, prepared))
        customer.conditions = conditions
        which = 0 if FLOWS[name] == "credit" else 1
        sums = [customer.history.within(day - days + 1, day)[which] for days, *_ in prepared.limits]
        assert opens is any(total >= limit for total, (_, limit, _) in zip(sums, prepared.limits, strict=True))
        screens = rule.screens(prepared)
        assert screens is not None
        effect = Effect(detector.account(), 0, 0, 0)
        effect.clock_day = day
        passes = any(screen.passes(customer, effect) for screen in screens)
        assert passes or not opens
        assert opens or not passes, "these screens are exact"


@given(st.integers(0, 12 * 10**10))
def test_whenever_an_average_would_open_near_tier_its_screen_passes(average: int) -> None:
    own = world()
    rule = all_rules()["near_tier"]
    assert isinstance(rule, ConditionRule)
    customer = Detector(own).customer()
    customer.tier = decided_tier("", average, own.books.first)
    situation = Situation(customer, own.books.first, own.calendar, START, own.calendar.date_of(START))
    situation.average, situation.tier_before = average, customer.tier
    prepared = own.books.first.sheet(customer).prepared["near_tier"]
    opens = any(rule.opens(measured, situation, prepared) for measured in rule.measure(situation, prepared))
    screens = rule.screens(prepared)
    assert screens is not None
    assert any(screen.passes_close(customer, 0, average) for screen in screens) or not opens
