"""What every rule answers at one moment: each reason on a case worked out by hand, and on random histories the decision's own numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Notification, Status
from streams.book import all_rules
from streams.decide import Decision, Result, decide, pass_time
from streams.explanation import TOLD, Act, Answer, AskingChangedError, Explained, Moment, Moved, Reason, explained, moved
from streams.posting import Posting
from streams.rules.large_inflow import LargeInflow
from streams.state import new_customer
from streams.timeline import RuleBooks
from streams.world import World
from tests.streams.builders import Detector, instant, world
from tests.streams.histories import Run, a_world, history, steps


class Listening(Detector):
    """A detector that can say why."""

    past: list[Moved]

    def take(self, one: Posting) -> list[Notification]:
        found = super().take(one)
        if self.last is not None and self.last.result in (Result.APPLIED, Result.LATE):
            self.past.append(moved(self.customer(one.customer_id), one, self.world))
        return found

    def twin(self) -> Listening:
        """The same, to be led elsewhere."""
        twin = self.copy()
        assert isinstance(twin, Listening)
        twin.past = list(self.past)
        return twin

    def why(self, at: str, amount: str = "100.00", kind: str = "deposit", **overrides: Any) -> Explained:
        """Decide a movement as `move` does, once unheard, and once listened to."""
        plain, heard = self.twin(), self.twin()
        taken: list[Posting] = []
        plain.take = lambda one: taken.append(one) or super(Listening, plain).take(one)  # type: ignore[func-returns-value,method-assign]
        told = plain.move(at, amount, kind, **overrides)
        (one,) = taken
        customer, moment = heard.customer(one.customer_id), datetime.fromtimestamp(one.at, UTC)
        past = [*heard.past, moved(customer, one, self.world)]
        act: Act = lambda arm: decide(customer, one, moment, arm(self.world))  # noqa: E731
        return explained(customer, Moment(one.at, one), act, self.world.books, self.world.calendar, past, told)

    def why_at_tick(self, at: str) -> Explained:
        """Let time pass to a tick, once unheard, and once listened to."""
        to = instant(at)
        told, customer, moment = self.twin().until(at), self.twin().customer(), datetime.fromtimestamp(to, UTC)
        act: Act = lambda arm: Decision(Result.APPLIED, pass_time(customer, to, moment, arm(self.world)))  # noqa: E731
        return explained(customer, Moment(to), act, self.world.books, self.world.calendar, self.past, told)


def new(rules: dict[str, dict[str, Any]] | None = None) -> Listening:
    detector = Listening(world(rules))
    detector.past = []
    return detector


def of(found: Explained, rule: str, facet: str | None = None) -> Answer:
    """The one answer of a rule, or of a facet of it."""
    (one,) = [answer for answer in found.answers if answer.rule == rule and facet in (None, answer.facet)]
    return one


def with_money(rules: dict[str, dict[str, Any]] | None = None) -> Listening:
    """A customer with 1,000,000 since March 1, without a tier."""
    detector = new(rules)
    detector.move("2025-03-01 00:00", "1000000", "adjustment", snapshot=True)
    return detector


# --- each reason, worked out by hand ---------------------------------------------------------------------------------------------------


def large() -> Explained:
    return with_money().why("2025-03-10 09:00", "250000", "transfer_in")


def small() -> Explained:
    return with_money().why("2025-03-10 09:00", "60000", "transfer_in")


def tiny() -> Explained:
    return with_money().why("2025-03-10 09:00", "20", "transfer_in")


def out_again() -> Explained:
    detector = with_money()
    detector.move("2025-03-10 09:00", "60000", "transfer_out")
    return detector.why("2025-03-11 09:00", "15000", "withdrawal")


def swept_twice() -> Explained:
    detector = new()
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True)
    detector.move("2025-03-10 09:00", "95000", "transfer_out")
    return detector.why("2025-03-10 10:00", "1000", "transfer_out")


def cooled() -> Explained:
    detector = with_money({"cumulative_inflow": {"parameters": {"cooldown_hours": 240}}})
    detector.move("2025-03-01 09:00", "60000", "transfer_in")
    detector.until("2025-03-09 00:00")
    return detector.why("2025-03-10 09:00", "70000", "transfer_in")


def switched_off() -> Explained:
    return with_money({"large_inflow": {"mode": "off"}}).why("2025-03-10 09:00", "250000", "transfer_in")


def seeded() -> Explained:
    return new().why("2025-03-01 00:00", "1000000", "adjustment", snapshot=True)


def reversed_before() -> Explained:
    detector = with_money()
    detector.reverse("2025-03-10 10:00", "late", "2025-03-10 09:00", "250000", "transfer_in")
    return detector.why("2025-03-10 09:00", "250000", "transfer_in", event_id="late")


def repeated() -> Explained:
    detector = with_money()
    detector.move("2025-03-10 09:00", "250000", "transfer_in", event_id="once")
    return detector.why("2025-03-10 09:00", "250000", "transfer_in", event_id="once")


def taken_back() -> Explained:
    detector = with_money()
    detector.move("2025-03-10 09:00", "250000", "transfer_in", event_id="mistake")
    reverses = {"event_id": "mistake", "occurred_at": "2025-03-10T09:00:00+08:00", "kind": "transfer_in"}
    return detector.why("2025-03-10 10:00", "250000", "reversal", reverses=reverses)


@dataclass
class Case:
    """What a rule answers; amounts are what the docstring of the rule says, by hand."""

    explain: Callable[[], Explained]
    rule: str
    facet: str
    reason: Reason
    measured: str | None = None
    threshold: str | None = None


CASES = {
    "an inflow of 25 % of AUM is told": Case(large, "large_inflow", "", Reason.OPENED, "250000", "100000"),
    "one of 6 % is below the gate of 10 %": Case(small, "large_inflow", "", Reason.BELOW_THRESHOLD, "60000", "100000"),
    "one below the floor": Case(tiny, "large_inflow", "", Reason.BELOW_FLOOR),
    "sums are measured though nothing is open": Case(tiny, "cumulative_inflow", "30d", Reason.BELOW_THRESHOLD, "20", "100000"),
    "a sum that crossed its limit": Case(small, "cumulative_inflow", "7d", Reason.OPENED, "60000", "50000"),
    "the other window did not": Case(small, "cumulative_inflow", "30d", Reason.BELOW_THRESHOLD, "60000", "100000"),
    "a sum told before": Case(out_again, "cumulative_outflow", "7d", Reason.STILL_OPEN, "75000", "50000"),
    "an inflow rule about an outflow": Case(out_again, "large_inflow", "", Reason.NOT_CONCERNED),
    "a sweep rule below the floor": Case(tiny, "full_sweep", "", Reason.NOT_CONCERNED),
    "an account swept a moment ago": Case(swept_twice, "full_sweep", "a1", Reason.LATCHED, "0.96", "0.9"),
    "within the cooldown": Case(cooled, "cumulative_inflow", "7d", Reason.COOLING_DOWN, "70000", "50000"),
    "a rule that is off": Case(switched_off, "large_inflow", "", Reason.OFF),
    "nobody is dormant after nine days": Case(large, "dormant_reactivated", "", Reason.INSUFFICIENT_HISTORY),
    "a snapshot asks nobody": Case(seeded, "large_inflow", "", Reason.NOT_TAKEN),
    "a repeat asks nobody": Case(repeated, "large_inflow", "", Reason.NOT_TAKEN),
    "a movement undone beforehand": Case(reversed_before, "large_inflow", "", Reason.REVERSED),
    "a reversal takes back": Case(taken_back, "large_inflow", "", Reason.RETRACTED, "250000", "0"),
    "a reversal takes back the sum it had carried over the limit": Case(
        taken_back, "cumulative_inflow", "7d", Reason.RETRACTED, "0", "50000"
    ),
    "only a reversal retracts": Case(large, "retraction", "", Reason.NOT_CONCERNED),
    "balances that agree": Case(large, "recon_break", "", Reason.NO_ANSWER),
    "a tier is decided at a close": Case(large, "tier_up", "", Reason.NOT_CONCERNED),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_rule_says_why(case: Case) -> None:
    answer = of(case.explain(), case.rule, case.facet)
    assert answer.reason is case.reason
    assert answer.measured == (None if case.measured is None else Decimal(case.measured))
    assert answer.threshold == (None if case.threshold is None else Decimal(case.threshold))
    assert answer.told is (answer.notification is not None)


def test_the_floor_is_named_with_the_amount() -> None:
    answer = of(tiny(), "large_inflow")
    assert (answer.amount, answer.floor) == (Decimal(20), Decimal(50_000))


def test_a_cooldown_says_until_when_and_an_open_condition_since_when() -> None:
    assert of(cooled(), "cumulative_inflow", "7d").at == datetime.fromtimestamp(instant("2025-03-18 00:00"), UTC)
    assert of(out_again(), "cumulative_outflow", "7d").at == datetime.fromtimestamp(instant("2025-03-10 09:00"), UTC)


def test_the_movements_of_a_window_add_up_and_reversals_take_out() -> None:
    detector = with_money()
    detector.move("2025-03-02 09:00", "99", "deposit")  # before the window of seven dates
    detector.move("2025-03-05 09:00", "30000", "deposit")
    detector.move("2025-03-06 09:00", "12000", "salary", event_id="wrong")
    detector.move("2025-03-06 10:00", "5000", "withdrawal")
    detector.reverse("2025-03-07 09:00", "wrong", "2025-03-06 09:00", "12000", "salary")
    answer = of(detector.why("2025-03-10 09:00", "25000", "transfer_in"), "cumulative_inflow", "7d")
    assert [one.counts for one in answer.movements] == [Decimal(30_000), Decimal(12_000), Decimal(-12_000), Decimal(25_000)]
    assert answer.measured == Decimal(55_000)
    assert answer.adds_up


def test_a_days_debits_of_one_account_are_named() -> None:
    detector = new()
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True)
    detector.move("2025-03-01 00:00", "100000", "adjustment", snapshot=True, account_id="a2")
    detector.move("2025-03-09 08:59", "1", "withdrawal")
    detector.move("2025-03-09 09:00", "2", "withdrawal")
    detector.move("2025-03-09 10:00", "3", "withdrawal", account_id="a2")
    answer = of(detector.why("2025-03-10 09:00", "95000", "transfer_out"), "full_sweep")
    assert [one.amount for one in answer.movements] == [Decimal(2), Decimal(95_000)]


def test_a_number_in_a_unit_of_its_own_is_told_in_it() -> None:
    detector = new()
    overdue = detector.why("2025-03-10 09:00", "100", "loan_repayment", account_id="loan", asset_class="loan", overdue_days=40)
    told = [one for one in overdue.answers if one.notification is not None and one.rule == "loan_event"]
    assert told
    for one in told:
        assert one.notification is not None
        assert (one.unit, one.measured) == (one.notification.evidence.unit, one.notification.evidence.measured)
    assert "days" in {one.unit for one in told}


def test_at_a_tick_the_close_is_explained() -> None:
    detector = with_money()
    detector.move("2025-03-01 09:00", "60000", "transfer_in")
    resolved = of(detector.why_at_tick("2025-03-08 00:00"), "cumulative_inflow", "7d")
    assert (resolved.reason, resolved.measured) == (Reason.RESOLVED, Decimal(0))
    young = detector.why_at_tick("2025-03-20 00:00")
    assert of(young, "large_inflow").reason is Reason.NOT_CONCERNED
    assert of(young, "near_tier").reason in (Reason.INSUFFICIENT_HISTORY, Reason.NO_ANSWER)
    old = with_money()
    old.move("2025-03-01 09:00", "840000", "adjustment")
    near = of(old.why_at_tick("2025-03-31 00:00"), "near_tier", "platinum")
    assert (near.reason, near.measured, near.threshold) == (Reason.OPENED, Decimal(1_840_000), Decimal(1_800_000))


def test_beyond_the_range_is_not_below_the_threshold() -> None:
    detector = with_money({"near_tier": {"parameters": {"cooldown_hours": 240}}})
    detector.move("2025-03-01 09:00", "840000", "adjustment")
    detector.until("2025-03-31 00:00")
    detector.move("2025-03-31 09:00", "9000000", "adjustment")
    ended = of(detector.why_at_tick("2025-04-01 00:00"), "near_tier", "platinum")
    detector.until("2025-04-01 00:00")
    beyond = of(detector.why_at_tick("2025-04-02 00:00"), "near_tier", "platinum")
    assert ended.reason is Reason.RESOLVED
    assert beyond.reason is Reason.OUT_OF_ITS_RANGE
    assert beyond.measured == Decimal("2440000.00")  # 28 closes of 1,840,000 and two of 10,840,000


def test_a_version_that_begins_later_is_the_one_that_is_shown() -> None:
    books = RuleBooks(world().books.bank)
    setting = {"rule": "large_inflow", "version": 2, "active_since": "2025-03-05T00:00:00+08:00", "parameters": {"pct": "0.05"}}
    books.put("large_inflow@2", type(books.first.settings["large_inflow"]).model_validate(setting | {"changed_by": "li"}))
    detector = with_money()
    detector.world = World(books, detector.world.rates, detector.world.calendar)
    before = of(detector.why("2025-03-04 09:00", "60000", "transfer_in"), "large_inflow")
    after = of(detector.why("2025-03-06 09:00", "60000", "transfer_in"), "large_inflow")
    assert (before.reason, before.setting.version, before.threshold) == (Reason.BELOW_THRESHOLD, 1, Decimal(100_000))
    assert (after.reason, after.setting.version, after.setting.changed_by) == (Reason.OPENED, 2, "li")
    assert after.threshold == Decimal(50_000)


def test_every_rule_answers_once_for_each_of_its_numbers() -> None:
    for case in CASES.values():
        found = case.explain()
        named = [(answer.rule, answer.facet) for answer in found.answers]
        assert len(set(named)) == len(named)
        assert {rule for rule, _ in named} == {name for name, rule in all_rules().items() if not rule.of_household}


# --- the decision's own numbers, whatever the history ----------------------------------------------------------------------------------


@given(st.lists(steps(late=True, customers=1), min_size=1, max_size=12).map(history))
def test_whatever_is_told_is_explained_with_its_own_numbers_and_asking_changes_nothing(movements: list[Posting]) -> None:
    *earlier, last = movements
    plain, heard = Run.begin().take_all(earlier), Run.begin().take_all(earlier)
    who, at, rules = last.customer_id, datetime.fromtimestamp(last.at, UTC), a_world()
    before = len(plain.told.get(who, []))
    told = plain.take(last).told[who][before:]
    customer = heard.customers.setdefault(who, new_customer(who))
    past = [moved(customer, last, rules)]
    act: Act = lambda arm: decide(customer, last, at, arm(rules))  # noqa: E731
    found = explained(customer, Moment(last.at, last), act, rules.books, rules.calendar, past, told)
    here = [one for one in told if one.evidence.triggers]
    answers = {one.notification.message_id: one for one in found.answers if one.notification is not None}
    assert len(answers) == len(here)
    for one in here:
        answer = answers[one.message_id]
        assert (answer.measured, answer.threshold, answer.bands) == (one.evidence.measured, one.evidence.threshold, one.evidence.bands)
        assert (answer.rule, answer.severity, answer.reason.value) == (one.rule.name, one.severity, one.status.value)
    assert heard.states() == plain.states()


class Vain(LargeInflow):
    """Its screen fails in vain: it says that it needs not be asked, and would fire."""

    name = "large_inflow"

    def screens(self, prepared: Any) -> tuple[Any, ...]:  # noqa: ARG002
        return ()


def test_a_screen_that_fails_in_vain_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = with_money()
    detector.world.books.first.rules["large_inflow"] = detector.world.books.first.events["large_inflow"] = Vain()
    with pytest.raises(AskingChangedError, match="c1: listening to the rules changed what they say"):
        detector.why("2025-03-10 09:00", "250000", "transfer_in")


def test_every_status_is_a_reason() -> None:
    assert {Reason(status.value) for status in Status} == TOLD
