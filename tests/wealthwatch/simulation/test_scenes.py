"""Every rule has a story that it should see, and each story is there to be seen when it says: by pencil, by SQL, by the detector."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from schemas.customers import Customer
from schemas.movements import Movement
from schemas.prices import Price
from schemas.settings import Settings
from streams.posting import Posting
from streams.reading import read
from tests.oracle import FIRST_RULES, Paths, expected
from tests.oracle.findings import ALL_RULES
from tests.streams.builders import LARGEST, Detector, said
from tests.wealthwatch.simulation.sights import HOUSEHOLD_RULES, RULES, Eye, eye
from wealthwatch.simulation import Plan, write

START = date(2025, 3, 1)
OF_THE_DESIGN = {
    "large_inflow", "large_outflow", "unusual_amount", "new_payee_large", "to_competitor",
    "cumulative_to_competitor", "early_redemption", "loan_event",
    "cumulative_inflow", "cumulative_outflow", "net_outflow_ratio", "flow_spike", "activity_spike", "activity_drop", "pass_through",
    "drip_outflow", "above_previous_peak", "change_point", "low_balance", "aum_change", "full_sweep", "idle_cash", "class_drift",
    "total_drift", "allocation_shift", "concentration", "risk_mismatch", "maturity_upcoming", "matured_not_reinvested", "reinvested",
    "dormant_reactivated", "recurring_credit_missing", "birthday_or_anniversary", "tier_up", "near_tier", "tier_down_risk",
    "attrition_score", "potential_high_net_worth", "no_contact_after_change",
}  # fmt: skip
OF_HOUSEHOLDS = {
    "household_large_inflow", "household_large_outflow", "household_cumulative_inflow", "household_cumulative_outflow",
    "household_net_outflow_ratio", "household_aum_change", "household_allocation_shift", "household_tier_up", "household_near_tier",
}  # fmt: skip
NOT_BY_SQL = {("rent_not_covered", "low_balance")}
"""The oracle knows nothing of standing orders."""


@dataclass(slots=True)
class Bank:
    """A sample as a test looks at it."""

    path: Path
    last: date
    stories: list[dict[str, Any]] = field(default_factory=list)
    customers: dict[str, Customer] = field(default_factory=dict)
    movements: dict[str, list[Movement]] = field(default_factory=lambda: defaultdict(list))
    rates: dict[str, Decimal] = field(default_factory=lambda: {"CNY": Decimal(1)})

    def look_at(self, customer_id: str) -> Eye:
        return eye(self.customers[customer_id], self.movements[customer_id], self.rates, self.last)

    def look_at_household(self, household_id: str) -> Eye:
        members = [customer for customer in self.customers.values() if customer.household_id == household_id]
        rows = [movement for member in members for movement in self.movements[member.customer_id]]
        rows.sort(key=lambda movement: movement.occurred_at)
        aum = sum(movement.amount for movement in rows if movement.snapshot)
        tier = "gold" if aum >= 200_000 else None
        return eye(members[0].model_copy(update={"tier": tier}), rows, self.rates, self.last)


def _bank(path: Path, plan: Plan) -> Bank:
    write(plan, path)
    bank = Bank(path, plan.start + timedelta(days=plan.days - 1))
    bank.stories = json.loads(path.with_name(f"{path.stem}.stories.json").read_text(encoding="utf-8"))["stories"]
    players = {story["customer_id"] for story in bank.stories}
    for line in path.with_name(f"{path.stem}.customers.jsonl").read_bytes().splitlines():
        customer = Customer.model_validate_json(line)
        bank.customers[customer.customer_id] = customer
    for line in path.with_name(f"{path.stem}.prices.jsonl").read_bytes().splitlines():
        price = Price.model_validate_json(line)
        bank.rates[price.of] = price.price
    for line in path.read_bytes().splitlines():
        if (customer_id := _owner(line)) in players:
            bank.movements[customer_id].append(Movement.model_validate_json(line))
    return bank


def _owner(line: bytes) -> str:
    return line.split(b'"customer_id":"', 1)[1].split(b'"', 1)[0].decode()


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return _bank(tmp_path_factory.mktemp("year") / "bank.jsonl", Plan(7, 360, 400, START))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return _bank(tmp_path_factory.mktemp("demo") / "bank.jsonl", Plan(7, 500, 90, START))


@pytest.fixture(params=["year", "demo"])
def bank(request: pytest.FixtureRequest) -> Bank:
    found: Bank = request.getfixturevalue(request.param)
    return found


def _within(story: dict[str, Any], days: Iterator[date]) -> bool:
    return any(story["from"] <= day.isoformat() <= story["to"] for day in days)


def test_every_rule_of_the_design_has_a_story_in_a_year(year: Bank) -> None:
    assert {rule for story in year.stories for rule in story["rules"]} == OF_THE_DESIGN
    assert {rule for story in year.stories for rule in story.get("household_rules", ())} == OF_HOUSEHOLDS
    assert set(RULES) == OF_THE_DESIGN - FIRST_RULES
    assert set(HOUSEHOLD_RULES) == OF_HOUSEHOLDS


def test_three_months_show_all_but_what_needs_longer(demo: Bank) -> None:
    told = {rule for story in demo.stories for rule in story["rules"]}
    assert OF_THE_DESIGN - told == {"dormant_reactivated", "activity_drop", "above_previous_peak", "change_point"}


def test_a_pencil_sees_each_story_when_it_says(bank: Bank) -> None:
    unseen = []
    for story in bank.stories:
        seen = bank.look_at(story["customer_id"])
        unseen += [(story["story"], rule) for rule in story["rules"] if rule in RULES and not _within(story, RULES[rule](seen))]
    assert unseen == []


def test_a_household_shows_what_its_story_says_and_a_gift_within_it_nothing(bank: Bank) -> None:
    looked_at = set()
    for story in bank.stories:
        if home := story.get("household_id"):
            seen = bank.look_at_household(home)
            found = {rule for rule, sees in HOUSEHOLD_RULES.items() if any(sees(seen))}
            assert found >= set(story["household_rules"]), story["story"]
            if story["story"] == "household_gift":
                assert "household_large_inflow" not in found
                assert "household_large_outflow" not in found
                assert "household_net_outflow_ratio" not in found
            looked_at.add(story["story"])
    assert looked_at == {"household_gift", "household_inflow", "household_leaving", "household_moves_house", "household_tier"}


def test_sql_sees_each_story_too_as_far_as_it_counts_the_rule(demo: Bank) -> None:
    wanted = {(story["story"], story["customer_id"], rule, story["from"], story["to"])
              for story in demo.stories for rule in story["rules"] if rule in ALL_RULES
              and (story["story"], rule) not in NOT_BY_SQL}  # fmt: skip
    rules = {rule for _, _, rule, _, _ in wanted}
    opened = defaultdict(list)
    for finding in expected(Paths.beside(demo.path), Settings(), rules):
        opened[finding.customer_id, finding.rule].append(_china(finding.at))
    unseen = [one for one in wanted if not any(one[3] <= on <= one[4] for on in opened[one[1], one[2]])]
    assert len(wanted) > 40
    assert unseen == []


def _china(at: datetime) -> str:
    return (at.astimezone(UTC) + timedelta(hours=8)).date().isoformat()


# --- feeds that do not work as they should -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Bank:
    return _bank(tmp_path_factory.mktemp("faulty") / "bank.jsonl", Plan(7, 200, 60, START, faults=True))


def _detector(bank: Bank, customer_id: str) -> tuple[Detector, list[tuple[str, str]]]:
    """The real decision over what arrives of one customer, in the order in which it arrives."""
    detector, found = Detector(), []
    for currency, rate in bank.rates.items():
        if currency != "CNY":
            detector.rate(currency, str(rate))
    for line in bank.path.read_bytes().splitlines():
        if _owner(line) == customer_id:
            posting = read(line, customer_id.encode(), LARGEST)
            assert isinstance(posting, Posting)
            found += said(detector.take(posting))
    return detector, found


def _the(bank: Bank, name: str) -> str:
    return next(str(story["customer_id"]) for story in bank.stories if story["story"] == name)


OPENED, RETRACTED = ("recon_break", "opened"), ("recon_break", "retracted")


@pytest.mark.parametrize(
    ("story", "breaks"),
    [
        ("told_after_the_next", [OPENED, RETRACTED]),
        ("told_in_the_wrong_order", [OPENED, RETRACTED]),
        ("never_told", [OPENED]),
        ("told_twice", []),
    ],
)
def test_a_balance_breaks_as_the_story_says_and_ends_as_the_feed_says(faulty: Bank, story: str, breaks: list[tuple[str, str]]) -> None:
    customer_id = _the(faulty, story)
    detector, found = _detector(faulty, customer_id)
    latest = max(faulty.movements[customer_id], key=lambda movement: movement.occurred_at)
    (account,) = detector.customer(customer_id).accounts.values()
    assert [one for one in found if one[0] == "recon_break"] == breaks
    assert latest.balance_after is not None
    assert account.balance == latest.balance_after * 10_000


def test_a_card_payment_arrives_four_days_after_it_happened(faulty: Bank) -> None:
    (late,) = (movement for movement in faulty.movements[_the(faulty, "late_card_payment")] if movement.kind == "card_payment")
    lines = faulty.path.read_bytes().splitlines()
    at = next(place for place, line in enumerate(lines) if late.event_id.encode() in line)
    around = [Movement.model_validate_json(lines[place]).occurred_at - late.occurred_at for place in (at - 1, at + 1)]
    assert all(abs(gap - timedelta(days=4)) < timedelta(hours=2) for gap in around)
    assert late.balance_after is None


def test_an_account_in_yen_has_no_rate(faulty: Bank) -> None:
    customer_id = _the(faulty, "unpriced_position")
    detector, _ = _detector(faulty, customer_id)
    assert [account.currency for account in detector.customer(customer_id).accounts.values() if account.value is None] == ["JPY"]
    assert "JPY" not in faulty.rates


def test_the_cards_say_nothing_for_five_hours_and_then_everything(faulty: Bank) -> None:
    (told,) = json.loads(faulty.path.with_name("bank.stories.json").read_text(encoding="utf-8"))["feeds"]
    begins, ends = datetime.fromisoformat(told["from"]), datetime.fromisoformat(told["to"])
    clock = datetime.combine(START, datetime.min.time(), begins.tzinfo)
    held = 0
    for line in faulty.path.read_bytes().splitlines():
        at = datetime.fromisoformat(line.split(b'"occurred_at":"', 1)[1][:25].decode())
        if b'"source":"cards"' in line and begins <= at < ends:
            held += 1
            assert clock >= ends - timedelta(minutes=5)
        elif at > clock:
            clock = at
    assert told["source"] == "cards"
    assert held > 5


def test_a_bank_without_faults_has_none(demo: Bank) -> None:
    facts = json.loads(demo.path.with_name("bank.stories.json").read_text(encoding="utf-8"))
    assert facts["feeds"] == []
    assert not {"late_movement", "recon_break", "unpriced_position"} & {rule for story in facts["stories"] for rule in story["rules"]}
