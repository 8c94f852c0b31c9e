"""The screens of the calendar and of the relationship never fail in vain: with them the same is told as when every rule is always asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.book import all_rules
from tests.streams.builders import CREDITS, Detector, instant, iso, world
from tests.streams.builders import posting as made
from tests.streams.histories import START
from tests.streams.test_screens import unscreened

OURS = frozenset(
    {
        "maturity_upcoming",
        "matured_not_reinvested",
        "reinvested",
        "recurring_credit_missing",
        "birthday_or_anniversary",
        "attrition_score",
        "no_contact_after_change",
    }
)
DAY = 86_400
ORDINAL = date(2025, 3, 10).toordinal()
"""The date of START."""
DEPOSIT = {"account_id": "t", "asset_class": "time_deposit"}
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "back": ("maturity", {}),
    "sold": ("redemption", {"account_id": "a2"}),
    "placed": ("placement", {}),
    "bought": ("purchase", {"account_id": "a2"}),
    "to deposit": ("placement", {**DEPOSIT, "direction": "credit"}),
    "from deposit": ("maturity", {**DEPOSIT, "direction": "debit"}),
    "salary": ("salary", {"counterparty": {"name": "e"}}),
    "other salary": ("salary", {}),
    "gone": ("transfer_out", {}),
    "come": ("transfer_in", {}),
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(KINDS)),
        st.sampled_from(["45000", "50000", "55000", "90000", "100000", "400000"]),
        st.sampled_from([0, 1, 5, 24, 24, 48, 24 * 9, 24 * 26, 24 * 30, 24 * 31, 24 * 35, 24 * 70, -5, -24 * 3, -24 * 28]),
        st.none() | st.integers(1, 80),
        st.none() | st.none() | st.integers(0, 9),
    ),
    min_size=1,
    max_size=14,
)
PROFILES = st.fixed_dictionaries(
    {
        "born_on": st.sampled_from([0, date(1980, 2, 29).toordinal(), date(1979, 3, 13).toordinal()]),
        "customer_since": st.sampled_from([0, ORDINAL, date(2013, 4, 1).toordinal()]),
        "last_contact_on": st.sampled_from([0, ORDINAL - 89, ORDINAL - 10, ORDINAL, ORDINAL + 3]),
        "tier": st.sampled_from([None, "gold"]),
    }
)
SETTINGS: list[dict[str, dict[str, Any]]] = [
    {},
    {
        "attrition_score": {"parameters": {"score": "20", "weights": {"reinvested": "20", "large_outflow": "30", "full_sweep": "10"}}},
        "recurring_credit_missing": {"parameters": {"days": "1"}},
        "matured_not_reinvested": {"parameters": {"days": "1", "abs_floor": "45000"}},
        "reinvested": {"parameters": {"days": "1", "abs_floor": "45000", "tolerance": "0"}},
        "no_contact_after_change": {"parameters": {"long_days": "7", "days": "1", "cooldown_hours": "100"}},
    },
]


def led(detector: Detector, steps: list[Any], profile: dict[str, Any], talks: list[int], end: str, *, awake: bool = False) -> list[str]:
    """What our rules tell of a history and of the time after it until `end`, with contacts logged on the way.

    `awake`: every month after it something moves that means nothing to these rules.
    """
    detector.profile(**profile)
    at, before = START, list[dict[str, Any]]()
    for place, (what, amount, hours, matures, reverses) in enumerate(steps):
        at += hours * 3_600
        kind, more = KINDS[what]
        values: dict[str, Any] = {
            "event_id": f"e{place}",
            "kind": kind,
            "amount": amount,
            "direction": "credit" if kind in CREDITS else "debit",
            "occurred_at": iso(at),
            **more,
        }
        if matures is not None and what == "to deposit":
            values["maturity_date"] = (date.fromordinal(ORDINAL) + timedelta(days=matures)).isoformat()
        if reverses is not None and before:
            original = before[reverses % len(before)]
            undone = {name: original[name] for name in ("event_id", "occurred_at", "kind")}
            way = "debit" if original["direction"] == "credit" else "credit"
            values = {**original, "event_id": f"e{place}", "kind": "reversal", "direction": way, "occurred_at": iso(at), "reverses": undone}
        else:
            before.append(values)
        detector.take(made(**values))
        if talks and place % 3 == 2:
            detector.profile(**{**profile, "last_contact_on": ORDINAL + talks[place % len(talks)]})
    at = detector.customer().clock
    while awake and (at := at + 30 * DAY) < instant(end):
        detector.take(made(event_id=f"v{at}", kind="interest", amount="0.0001", account_id="v", occurred_at=iso(at)))
    detector.until(end)
    return [str(one.message_id) for one in detector.told if one.rule.name in OURS]


@pytest.mark.parametrize("settings", SETTINGS)
@given(STEPS, PROFILES, st.lists(st.integers(-5, 200), max_size=3))
def test_the_same_is_told_as_when_every_rule_is_always_asked(
    settings: dict[str, dict[str, Any]], steps: list[Any], profile: dict[str, Any], talks: list[int]
) -> None:
    screened, asked = Detector(world(settings)), Detector(unscreened(world(settings)))
    assert led(screened, steps, profile, talks, "2025-08-01 00:00") == led(asked, steps, profile, talks, "2025-08-01 00:00")
    assert [one.message_id for one in screened.told] == [one.message_id for one in asked.told]


@pytest.mark.parametrize("settings", SETTINGS)
@given(STEPS, PROFILES, st.lists(st.integers(-5, 200), max_size=3))
def test_who_sleeps_is_told_the_same_as_who_never_does(
    settings: dict[str, dict[str, Any]], steps: list[Any], profile: dict[str, Any], talks: list[int]
) -> None:
    """Time passes for 92 dates after the last movement; what matters later must wake the customer."""
    alone = {name: {"mode": "off"} for name in all_rules() if name not in OURS} | settings
    asleep, awake = Detector(world(alone)), Detector(world(alone))
    led(asleep, steps, profile, talks, "2026-06-01 00:00")
    led(awake, steps, profile, talks, "2026-06-01 00:00", awake=True)
    assert [one.message_id for one in asleep.told] == [one.message_id for one in awake.told]


def test_these_are_rules() -> None:
    assert all_rules().keys() >= OURS
