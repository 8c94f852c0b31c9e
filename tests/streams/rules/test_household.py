"""The household versions of R01, R02, R10, R11, R12, R21, R26 and R40, each number worked out by hand from the text of the rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest

from schemas.notifications import Notification, Status
from streams.book import all_rules
from tests.streams.builders import Detector, of, only, said, whole, world
from tests.streams.rules import assets_stories, flows_stories

RULES = [name for name, rule in all_rules().items() if rule.of_household]
SEEDED = "2025-01-01 00:00"
LINES = {"gold": 200_000, "platinum": 2_000_000}
FLOORS = {"basic": 50_000, "gold": 100_000}

# --- the story of the shared suite: two who live together, and what is told of them -----------------------------------------------------

FLOWS: list[tuple[str, str, str, str, str]] = [
    ("2025-02-10 09:00", "", "transfer_in", "60000.01", ""),
    ("2025-02-11 09:00", "2", "transfer_out", "30000", "the first"),
    ("2025-02-11 09:15", "", "transfer_in", "30000", "the second"),
    ("2025-04-20 09:00", "2", "transfer_out", "110000.5", ""),
]
"""When, which of the two, what, how much, and to or from whom if not from outside."""


def living_together(detector: Detector, who: str) -> None:
    for member in ("", "2"):
        detector.profile(who + member, household_id=f"{who}-home", manager_id="m1")
    seed(detector, who, "20000")
    seed(detector, f"{who}2", "80000", account_id=f"{who}2-own")
    seed(detector, f"{who}2", "90000", account_id=f"{who}2-fund", asset_class="fund")
    for at, member, kind, amount, _ in FLOWS:
        other = {"the first": {"customer_id": who}, "the second": {"customer_id": f"{who}2"}, "": None}[_]
        account = f"{who}2-own" if member else who
        detector.move(at, amount, kind, customer_id=who + member, account_id=account, counterparty=other)
    detector.until("2025-09-01 00:00", who)


STORIES = (living_together,)


def seed(detector: Detector, who: str, amount: str, at: str = SEEDED, **account: Any) -> None:
    detector.move(at, amount, "adjustment", **{"snapshot": True, "customer_id": who, "account_id": who, **account})


def external(one: Notification, way: str) -> Iterator[tuple[date, Decimal]]:
    """The household's flows up to a message, by date."""
    zone = world().calendar.zone
    for at, _, kind, amount, other in FLOWS:
        if not other and (kind == "transfer_in") is (way == "credit") and at <= one.occurred_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"):
            yield date.fromisoformat(at[:10]), Decimal(amount)


def gated(one: Notification) -> tuple[Decimal, Decimal]:
    (trigger,) = one.evidence.triggers
    share = (one.evidence.aum_before / 10).quantize(Decimal("0.0001"), ROUND_CEILING)
    return trigger.amount, max(Decimal(FLOORS[one.tier]), share)


def summed(one: Notification) -> tuple[Decimal, Decimal]:
    window, way = one.evidence.window, "credit" if one.rule.name.endswith("inflow") else "debit"
    assert window is not None
    total = sum((amount for on, amount in external(one, way) if window.first <= on <= window.last), Decimal(0))
    return total, Decimal(FLOORS[one.tier] * {"7d": 1, "30d": 2}[window.name])


def averaged(one: Notification) -> Decimal:
    """The mean of the household's closes of the 30 dates before the tick's: 190,000, and what has come and gone since."""
    today = one.occurred_at.astimezone(world().calendar.zone).date()
    closes = []
    for back in range(1, 31):
        moved = [
            amount * (1 if way == "credit" else -1)
            for way in ("credit", "debit")
            for on, amount in external(one, way)
            if on <= today - timedelta(days=back)
        ]
        closes.append(Decimal(190_000) + sum(moved))
    return (sum(closes, Decimal(0)) / 30).quantize(Decimal("0.0001"), ROUND_FLOOR)


def climbed(one: Notification) -> tuple[Decimal, Decimal]:
    return averaged(one), Decimal(LINES[one.dedup_key.rpartition(":")[2]])


def came_near(one: Notification) -> tuple[Decimal, Decimal]:
    return averaged(one), Decimal(one.evidence.facts["line"]) * Decimal("0.9")


RECOMPUTE: dict[str, Callable[[Notification], tuple[Decimal, Decimal]]] = {
    "household_large_inflow": gated,
    "household_large_outflow": gated,
    "household_cumulative_inflow": summed,
    "household_cumulative_outflow": summed,
    "household_net_outflow_ratio": flows_stories.RECOMPUTE["net_outflow_ratio"],
    "household_aum_change": assets_stories.RECOMPUTE["aum_change"],
    "household_allocation_shift": assets_stories.RECOMPUTE["allocation_shift"],
    "household_tier_up": climbed,
    "household_near_tier": came_near,
}


# --- cases worked out by hand -----------------------------------------------------------------------------------------------------------


def family(first: str = "90000", second: str = "90000", detector: Detector | None = None) -> Detector:
    """c1 and c2 live together, at m1's; each has one account, named as they are."""
    detector = detector or Detector()
    for who, amount in (("c1", first), ("c2", second)):
        detector.profile(who, household_id="h", manager_id="m1")
        seed(detector, who, amount)
    return detector


def move(detector: Detector, who: str, at: str, amount: str, kind: str, **other: Any) -> list[Notification]:
    """A movement on the account of one of the two."""
    return detector.move(at, amount, kind, customer_id=who, account_id=who, counterparty=other or None)


def of_household(found: list[Notification]) -> list[tuple[str, str]]:
    return [one for one in said(found) if one[0].startswith("household_")]


@pytest.mark.parametrize(("amount", "told"), [("79999.9999", False), ("80000", True), ("80000.0001", True)])
@pytest.mark.parametrize(("kind", "rule"), [("transfer_in", "large_inflow"), ("transfer_out", "large_outflow")])
def test_a_movement_is_large_to_a_household_by_the_assets_of_all(kind: str, rule: str, amount: str, told: bool) -> None:
    """10 % of 800,000; the member alone has 400,000, and hears of it from 50,000 on."""
    found = move(family("400000", "400000"), "c2", "2025-01-02 10:00", amount, kind)
    assert bool(of(found, f"household_{rule}")) is told
    own = only(found, rule)
    assert (own.customer_id, own.evidence.aum_before) == ("c2", Decimal(400_000))
    if told:
        one = only(found, f"household_{rule}")
        assert (one.evidence.measured, one.evidence.threshold, one.evidence.aum_before) == (
            Decimal(amount),
            Decimal(80_000),
            Decimal(800_000),
        )


@pytest.mark.parametrize(
    ("second", "on", "told"), [("24999.9999", "08", False), ("25000", "08", True), ("25000.01", "08", True), ("25000", "09", False)]
)
@pytest.mark.parametrize(("kind", "rule"), [("transfer_in", "cumulative_inflow"), ("transfer_out", "cumulative_outflow")])
def test_the_flows_of_all_are_summed_over_7_dates(kind: str, rule: str, second: str, on: str, told: bool) -> None:
    detector = family()
    move(detector, "c1", "2025-01-02 10:00", "25000", kind)
    found = move(detector, "c2", f"2025-01-{on} 10:00", second, kind)
    assert [one.evidence.measured for one in of(found, f"household_{rule}")] == ([Decimal(25_000) + Decimal(second)] if told else [])
    assert of(detector.told, rule) == []


@pytest.mark.parametrize(("amount", "told"), [("19999.9999", False), ("20000", True), ("20001", True)])
def test_a_share_of_what_all_had_has_left_on_balance(amount: str, told: bool) -> None:
    """20 % of the 200,000 at the close before the first of 30 dates; 25,000 left, 5,000 came to the other."""
    detector = family("100000", "100000")
    move(detector, "c1", "2025-02-10 10:00", "25000", "transfer_out")
    move(detector, "c2", "2025-02-10 11:00", "5000", "transfer_in")
    found = move(detector, "c2", "2025-02-11 10:00", amount, "transfer_out")
    assert [one.evidence.measured for one in of(found, "household_net_outflow_ratio")] == (
        [((Decimal(20_000) + Decimal(amount)) / 200_000).quantize(Decimal("0.000001"), ROUND_FLOOR)] if told else []
    )


@pytest.mark.parametrize(("amount", "told"), [("19999.9999", False), ("20000", True), ("20000.0001", True)])
def test_the_assets_of_all_have_changed_by_a_tenth_since_yesterday(amount: str, told: bool) -> None:
    detector = family("150000", "50000")
    found = move(detector, "c2", "2025-01-02 10:00", amount, "transfer_out")
    assert bool(of(found, "household_aum_change")) is told
    assert of(found, "aum_change")  # 40 % of what c2 has alone


@pytest.mark.parametrize(("amount", "told"), [("30000.02", False), ("30000", True), ("29000", True)])
def test_what_all_own_is_made_up_differently_from_a_month_ago(amount: str, told: bool) -> None:
    """All in deposits, 200,000 then; with 30,000 of 200,000 in funds the shift is 15 %, and less if what is left is more."""
    detector = family("150000", "50000")
    kept = {"customer_id": "c2", "account_id": "c2-fund", "asset_class": "fund"}
    move(detector, "c2", "2025-02-10 10:00", "30000", "purchase")
    detector.move("2025-02-10 10:00", "30000", "purchase", direction="credit", **kept)
    assert of(detector.told, "household_allocation_shift") == []  # within the household: seen with the next other movement, or at the close
    found = move(detector, "c1", "2025-02-10 11:00", amount, "transfer_out" if told else "transfer_in")
    assert bool(of(found, "household_allocation_shift")) is told


@pytest.mark.parametrize(
    ("second", "near", "tier"),
    [("59999.97", False, "basic"), ("60000", True, "basic"), ("79999.97", True, "basic"), ("80000", False, "gold")],
)
def test_all_together_are_near_a_tier_or_in_it_from_the_first_average_on(second: str, near: bool, tier: str) -> None:
    detector = family("120000", second)
    found = detector.until("2025-01-31 00:00", "c1")
    assert (bool(of(found, "household_near_tier")), bool(of(found, "household_tier_up"))) == (near, False)
    assert detector.household("h").customer.tier == tier


@pytest.mark.parametrize(
    ("more", "on", "up"), [("29999.97", "2025-03-04", False), ("30000", "2025-03-04", True), ("31034.4828", "2025-03-03", True)]
)
def test_the_average_of_all_crosses_a_line(more: str, on: str, up: bool) -> None:
    """170,000, and 30,000 more from 2 February on: 200,000 is the average of the 30 closes to 3 March."""
    detector = family("120000", "50000")
    move(detector, "c2", "2025-02-02 10:00", more, "adjustment")
    detector.until("2025-03-10 00:00", "c1")
    told = of(detector.told, "household_tier_up")
    assert [one.occurred_at.astimezone(detector.world.calendar.zone).date().isoformat() for one in told] == ([on] if up else [])
    assert of(detector.told, "tier_up") == []


# --- netting ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["customer_id", "account"])
def test_what_members_send_each_other_is_told_of_them_alone(by: str) -> None:
    detector = family("400000", "400000")
    out = move(detector, "c1", "2025-02-10 10:00", "300000", "transfer_out", **{by: "c2"})
    come = move(detector, "c2", "2025-02-10 10:15", "300000", "transfer_in", **{by: "c1"})
    assert of(out, "large_outflow")
    assert of(out, "cumulative_outflow")
    assert of(come, "large_inflow")
    assert of(come, "cumulative_inflow")
    detector.until("2025-02-11 00:00", "c1")
    assert of_household(detector.told) == []
    history = detector.household("h").customer.history
    assert history.gross() == 0
    assert detector.household("h").customer.aum == 800_000_0000


def test_what_a_stranger_sends_is_external_whatever_the_stranger_is_called() -> None:
    detector = family("100", "100")
    for other in ("c9", "h"):
        assert of(move(detector, "c1", "2025-01-02 10:00", "90000", "transfer_in", customer_id=other), "household_large_inflow")


def test_a_reversal_is_netted_as_its_original_was() -> None:
    detector = family("400000", "400000")
    other = {"customer_id": "c2"}
    detector.move("2025-01-02 10:00", "90000", "transfer_out", customer_id="c1", account_id="c1", counterparty=other, event_id="slip")
    place = {"customer_id": "c1", "account_id": "c1"}
    detector.reverse("2025-01-03 10:00", "slip", "2025-01-02 10:00", "90000", "transfer_out", counterparty=other, **place)
    assert detector.household("h").customer.history.gross() == 0
    detector.move("2025-01-04 10:00", "90000", "transfer_out", **place, event_id="real")
    found = detector.reverse("2025-01-05 10:00", "real", "2025-01-04 10:00", "90000", "transfer_out", **place)
    retracted = [one for one in found if one.status is Status.RETRACTED and one.household_id == "h" and one.rule.name in RULES]
    assert {one.rule.name for one in retracted} == {"household_large_outflow", "household_cumulative_outflow"}


def test_a_movement_that_comes_again_says_nothing_again() -> None:
    detector = family("400000", "400000")
    move(detector, "c1", "2025-01-02 10:00", "90000", "transfer_in")
    before, told = whole(detector.household("h").customer), list(detector.told)
    again = [one.model_copy() for one in told]
    detector.move("2025-01-02 10:00", "90000", "transfer_in", customer_id="c1", account_id="c1", event_id=f"e{detector.made}")
    assert detector.told == again
    assert whole(detector.household("h").customer) == before


# --- who is in it, and who is told ------------------------------------------------------------------------------------------------------


def test_who_joins_brings_what_they_have_as_if_always_there_and_nobody_is_told() -> None:
    detector = Detector()
    detector.profile("c1", household_id="h", manager_id="m1")
    seed(detector, "c1", "60000")
    seed(detector, "c2", "500000")
    seed(detector, "c2", "1000000", account_id="c2-fund", asset_class="fund")
    detector.until("2025-02-28 00:00", "c1")
    detector.until("2025-02-28 00:00", "c2")
    assert detector.household("h").customer.tier == "basic"
    told = len(detector.told)
    detector.profile("c2", household_id="h", manager_id="m1")
    home = detector.household("h").customer
    assert (home.aum, home.tier) == (1_560_000_0000, "gold")
    assert {value for _, value in home.history.closes()} == {1_560_000_0000}
    detector.until("2025-03-20 00:00", "c1")
    move(detector, "c1", "2025-03-20 09:00", "1", "transfer_in")
    move(detector, "c2", "2025-03-20 09:00", "1", "card_payment")
    assert of_household(detector.told[told:]) == []


def test_who_leaves_takes_it_along_as_if_never_there_and_nobody_is_told() -> None:
    detector = family("60000", "1500000")
    detector.until("2025-02-28 00:00", "c1")
    told = len(detector.told)
    detector.profile("c2", household_id="elsewhere", manager_id="m1")
    home, other = detector.household("h").customer, detector.household("elsewhere").customer
    assert (home.aum, home.tier, list(home.accounts)) == (60_000_0000, "basic", ["c1"])
    assert (other.aum, list(other.accounts)) == (1_500_000_0000, ["c2"])
    detector.until("2025-03-20 00:00", "c1")
    detector.until("2025-03-20 00:00", "c2")
    assert of_household(detector.told[told:]) == []
    assert of(move(detector, "c2", "2025-03-20 09:00", "150000", "transfer_in", customer_id="c1"), "household_large_inflow")


def test_a_member_who_comes_back_brings_what_they_have_then() -> None:
    detector = family("60000", "70000")
    detector.profile("c2")
    move(detector, "c2", "2025-01-05 09:00", "5000", "transfer_in")
    assert detector.household("h").customer.aum == 60_000_0000
    detector.profile("c2", household_id="h", manager_id="m1")
    assert detector.household("h").customer.aum == 135_000_0000
    move(detector, "c2", "2025-01-06 09:00", "1000", "transfer_in")
    assert detector.household("h").customer.aum == 136_000_0000


def test_it_is_told_of_the_head_to_the_manager_of_all() -> None:
    one = only(move(family("400000", "400000"), "c2", "2025-01-02 10:00", "80000", "transfer_in"), "household_large_inflow")
    assert (one.customer_id, one.household_id, one.manager_id) == ("c1", "h", "m1")
    assert one.dedup_key.startswith("household_large_inflow:h:")
    assert (one.title.chinese, one.title.english) == ("家庭大额资金流入", "Household: large inflow")
    assert one.body.english.startswith("The household received ¥80,000.00 (10.0% of AUM before) from outside the bank. All members")


@pytest.mark.parametrize("other", ["m2", None])
def test_where_members_have_different_managers_nobody_is_told(other: str | None) -> None:
    """Each of them would see what the customer of the other has."""
    detector = family("400000", "400000")
    detector.profile("c2", household_id="h", manager_id=other)
    found = move(detector, "c2", "2025-01-02 10:00", "80000", "transfer_in")
    assert only(found, "household_large_inflow").manager_id is None
    assert only(found, "large_inflow").manager_id == other


def test_thresholds_are_set_for_a_household_by_its_name_and_by_its_own_tier() -> None:
    rules = {
        "household_large_inflow": {"parameters": {"pct": "0.5"}, "by_tier": {"gold": {"pct": "0.2"}}, "by_customer": {"h": {"pct": "0.3"}}}
    }
    detector = family("400000", "400000", Detector(world(rules)))
    assert detector.until("2025-01-31 00:00", "c1") is not None
    assert of(move(detector, "c1", "2025-02-02 10:00", "239999.9999", "transfer_in"), "household_large_inflow") == []
    detector = family("400000", "400000", Detector(world({"household_large_inflow": {"by_tier": {"gold": {"pct": "0.2"}}}})))
    detector.until("2025-01-31 00:00", "c1")
    assert of(move(detector, "c1", "2025-02-02 10:00", "159999.9999", "transfer_in"), "household_large_inflow") == []
    assert of(move(detector, "c1", "2025-02-02 11:00", "200000", "transfer_in"), "household_large_inflow")


def test_a_customer_who_lives_alone_is_asked_none_of_them() -> None:
    detector = Detector()
    seed(detector, "c1", "400000")
    assert of_household(move(detector, "c1", "2025-01-02 10:00", "399999", "transfer_out")) == []
    assert not {name for name in detector.world.books.first.rules if name in RULES}
    assert detector.households == {}
