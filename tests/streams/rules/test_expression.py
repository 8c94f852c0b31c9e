"""The bank's own rules: expressions of the settings."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.movements import Direction, Flow
from schemas.notifications import Notification, NotificationKind
from schemas.rules import Mode, RuleFault, RuleSettings, Severity
from schemas.settings import Bank, Settings, SettingsError
from streams.book import RuleBook, all_rules, known_rules
from streams.posting import Posting
from streams.timeline import Refused, RuleBooks
from tests.streams.builders import Detector, instant, of, only, said, world
from tests.streams.histories import START, Run, history, steps
from tests.streams.test_screens import unscreened

TITLE = {"zh-CN": "甲", "en": "A thing"}
CARD: dict[str, Any] = {"expression": 'movement.kind == "card_payment" && movement.amount >= money(1000)', "title": TITLE}
IDLE: dict[str, Any] = {"expression": "customer.aum >= money(1000) && customer.days_quiet >= 3", "when": "close", "title": TITLE}


def detector(table: dict[str, Any], **others: Any) -> Detector:
    return Detector(world({"own": table, **others}))


def refusal(table: dict[str, Any], name: str = "own") -> str:
    with pytest.raises(SettingsError) as caught:
        RuleBook(Bank(), {name: RuleSettings.model_validate_json(json.dumps(table))})
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- at a movement ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "fires"), [("999.9999", False), ("1000", True), ("1000.0001", True)])
def test_it_fires_for_a_movement_of_which_the_expression_is_true(amount: str, fires: bool) -> None:
    assert said(of(detector(CARD).move("2025-03-10 09:00", amount, "card_payment"), "own")) == [("own", "opened")] * fires


def test_it_fires_for_each_of_them() -> None:
    one = detector(CARD)
    found = [only(one.move("2025-03-10 09:00", "1000", "card_payment"), "own") for _ in range(2)]
    assert len({each.notification_id for each in found}) == 2


def test_it_is_told_like_any_other_finding() -> None:
    one = only(detector({**CARD, "severity": "warning"}).move("2025-03-10 09:00", "1234.5", "card_payment"), "own")
    assert (one.rule.rule_id, one.rule.name, one.kind, one.severity) == ("OWN", "own", NotificationKind.EVENT, Severity.WARNING)
    assert (one.evidence.measured, one.evidence.threshold, one.evidence.unit) == (Decimal(1), Decimal(1), "count")
    assert one.evidence.facts == {"expression": CARD["expression"], "movement.kind": "card_payment", "movement.amount": "1234.50"}
    assert (one.title.english, one.body.english, one.suggested_action.english) == ("A thing", "A thing.", "Check, and follow it up.")
    assert one.due_by is not None


MEASURED = {**CARD, "expression": "true", "measured": "movement.amount - money(0.5)", "threshold": "1000.00005", "unit": "money"}


@pytest.mark.parametrize(("amount", "fires"), [("1000.5", False), ("1000.5001", True)])
def test_a_measured_number_must_reach_the_threshold(amount: str, fires: bool) -> None:
    found = of(detector(MEASURED).move("2025-03-10 09:00", amount, "card_payment"), "own")
    assert bool(found) is fires
    assert all(one.evidence.measured == Decimal("1000.0001") and one.evidence.threshold == Decimal("1000.0001") for one in found)


@pytest.mark.parametrize(
    ("unit", "measured", "threshold", "is_measured", "is_threshold"),
    [
        ("money", "movement.amount", "60", "100", "60"),
        ("ratio", "share(movement.amount, money(300))", "0.3333329", "0.333333", "0.333333"),
        ("count", "customer.movements_7d", "0.5", "1", "1"),
        ("days", "customer.days_known + 3", "2", "3", "2"),
    ],
)
def test_the_number_has_its_unit(unit: str, measured: str, threshold: str, is_measured: str, is_threshold: str) -> None:
    table = {**CARD, "expression": "true", "measured": measured, "threshold": threshold, "unit": unit}
    one = only(detector(table).move("2025-03-10 09:00", "100", "card_payment"), "own")
    assert (one.evidence.unit, one.evidence.measured, one.evidence.threshold) == (unit, Decimal(is_measured), Decimal(is_threshold))


def test_thresholds_and_bands_are_set_like_any_rule_s() -> None:
    table = {
        **MEASURED,
        "measured": "movement.amount",
        "parameters": {"bands": {"notice": 1, "critical": 5}},
        "by_tier": {"gold": {"threshold": "20"}},
    }
    one = detector({**table, "threshold": "100"})
    one.profile("c2", tier="gold")
    amounts = [("c1", "99", []), ("c1", "100", ["notice"]), ("c1", "500", ["critical"]), ("c2", "20", ["notice"])]
    for customer_id, amount, severities in amounts:
        found = of(one.move("2025-03-10 09:00", amount, "card_payment", customer_id=customer_id), "own")
        assert [each.severity.value for each in found] == severities


@pytest.mark.parametrize(
    ("causes", "kinds"),
    [
        (None, ["deposit", "card_payment"]),
        (["external debit"], ["card_payment"]),
        (["income"], ["interest", "fee"]),
        (["income debit", "internal"], ["fee", "purchase"]),
    ],
)
def test_it_is_asked_about_its_causes_alone(causes: list[str] | None, kinds: list[str]) -> None:
    one = detector({"expression": "true", "title": TITLE, **({"causes": causes} if causes else {})})
    for place, kind in enumerate(["deposit", "card_payment", "interest", "fee", "purchase", "loan_drawdown"]):
        assert bool(of(one.move(f"2025-03-10 {place:02}:00", "10", kind), "own")) is (kind in kinds)


@pytest.mark.parametrize(("amount", "asked"), [("999.9999", False), ("1000", True)])
def test_it_is_not_asked_about_smaller_movements(amount: str, asked: bool) -> None:
    table = {"expression": "true", "title": TITLE, "parameters": {"least": "1000"}}
    assert bool(of(detector(table).move("2025-03-10 09:00", amount), "own")) is asked


def test_a_reversal_takes_it_back() -> None:
    one = detector(CARD)
    opened = only(one.move("2025-03-10 09:00", "1000", "card_payment"), "own")
    retracted = only(one.reverse("2025-03-10 10:00", "e1", "2025-03-10 09:00", "1000", "card_payment"), "own")
    assert (retracted.status.value, retracted.notification_id) == ("retracted", opened.notification_id)


def test_what_is_not_known_is_insufficient_history_and_no_fault() -> None:
    one = detector({"expression": "customer.aum >= customer.aum_7d_ago", "title": TITLE})
    assert of(one.move("2025-03-10 09:00"), "own") == []
    assert of(one.move("2025-03-17 09:00"), "own")
    assert not one.world.books.failures()


# --- at a close ------------------------------------------------------------------------------------------------------------------------


def test_at_closes_it_opens_when_the_expression_becomes_true_and_resolves_when_it_no_longer_is() -> None:
    one = detector(IDLE)
    one.move("2025-03-10 09:00", "1000")
    assert of(one.until("2025-03-12 23:59"), "own") == []
    opened = only(one.until("2025-03-13 00:00"), "own")
    assert (opened.kind, opened.status.value, opened.evidence.triggers) == (NotificationKind.CONDITION, "opened", ())
    assert opened.evidence.facts["customer.days_quiet"] == "3"
    assert of(one.until("2025-03-15 00:00"), "own") == []
    assert of(one.move("2025-03-15 12:00", "1"), "own") == []
    resolved = only(one.until("2025-03-16 00:00"), "own")
    assert (resolved.status.value, resolved.notification_id) == ("resolved", opened.notification_id)
    reopened = only(one.until("2025-03-18 00:00"), "own")
    assert reopened.notification_id != opened.notification_id


def test_with_a_number_it_escalates_and_resolves_below_rearm() -> None:
    table = {
        **IDLE,
        "expression": "true",
        "measured": "customer.aum",
        "threshold": "1000",
        "parameters": {"bands": {"notice": 1, "critical": 2}},
    }
    one = detector(table)
    told = []
    for day, stated in ((10, "1000"), (11, "2000"), (12, "800"), (13, "799.9999"), (14, "999.9999")):
        one.move(f"2025-03-{day} 09:00", stated, "adjustment", snapshot=True)
        told += said(of(one.until(f"2025-03-{day + 1} 00:00"), "own"))
    assert [status for _, status in told] == ["opened", "escalated", "resolved"]


def test_it_is_not_asked_of_customers_with_less_and_resolves_where_they_have_less() -> None:
    one = detector({"expression": "true", "when": "close", "title": TITLE, "parameters": {"least": "1000"}})
    told = []
    for day, stated in ((10, "999.9999"), (11, "1000"), (12, "999.9999")):
        one.move(f"2025-03-{day} 09:00", stated, "adjustment", snapshot=True)
        told.append(said(of(one.until(f"2025-03-{day + 1} 00:00"), "own")))
    assert told == [[], [("own", "opened")], [("own", "resolved")]]


def test_what_is_not_known_leaves_what_is_open_as_it_is() -> None:
    one = detector({"expression": "customer.days_since_contact > 5", "when": "close", "title": TITLE})
    one.profile("c1", last_contact_on=1)
    one.move("2025-03-10 09:00", "1")
    assert said(of(one.until("2025-03-11 00:00"), "own")) == [("own", "opened")]
    one.profile("c1")
    assert of(one.until("2025-03-12 00:00"), "own") == []
    assert "own:" in one.customer().conditions


# --- its own faults --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["movement", "close"])
def test_what_cannot_be_evaluated_is_counted_and_changes_nothing_else(when: str) -> None:
    broken = {"expression": "1 / (customer.accounts - 1) > 5", "title": TITLE, "when": when}
    one, other = detector(broken), Detector()
    for each in (one, other):
        each.move("2025-03-10 09:00", "900000")
        each.until("2025-03-12 00:00")
    assert [each.message_id for each in one.told] == [each.message_id for each in other.told]
    failures = one.world.books.failures()
    assert failures == {("own", "division_by_zero"): 1 if when == "movement" else 2}
    assert one.world.books.failures() == {}


def test_a_measured_number_that_fails_is_counted_too() -> None:
    one = detector({**MEASURED, "measured": "movement.amount * 9223372036854775807"})
    assert of(one.move("2025-03-10 09:00", "1000", "card_payment"), "own") == []
    assert one.world.books.failures() == {("own", "overflow"): 1}


# --- its table -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (
            {"expression": "movement.amuont > 1", "title": TITLE},
            ["rule own: expression: there is no variable movement.amuont", "movement.amount"],
        ),
        ({"expression": "movement.amount > 1", "title": TITLE, "when": "close"}, ["no variable movement.amount", "customer.aum"]),
        ({"expression": "customer.aum >", "title": TITLE}, ["rule own: expression: line 1, character 15"]),
        ({"expression": "true"}, ["rule own: title"]),
        ({"expression": "true", "title": {"zh-CN": "", "en": "A"}}, ["rule own: title", "empty"]),
        ({"expression": "true", "title": TITLE, "measured": "customer.aum"}, ["rule own: threshold"]),
        ({"expression": "true", "title": TITLE, "measured": "true", "threshold": 1}, ["rule own: measured"]),
        ({"expression": "true", "title": TITLE, "threshold": 1}, ["rule own: threshold"]),
        ({"expression": "true", "title": TITLE, "unit": "days"}, ["rule own: threshold and unit"]),
        ({"expression": "true", "title": TITLE, "causes": ["outside"]}, ["rule own: causes: there is no 'outside'", "external debit"]),
        ({"expression": "true", "title": TITLE, "when": "close", "causes": ["external"]}, ["rule own: causes"]),
        ({"expression": "true", "title": TITLE, "body": {"zh-CN": "{x}", "en": "A"}}, ["rule own: body: there is no {x}", "{measured}"]),
        ({"expression": "true", "title": TITLE, "body": {"zh-CN": "{", "en": "A"}}, ["rule own: body"]),
        ({"expression": "true", "title": TITLE, "body": {"zh-CN": "{amount.real}", "en": "A"}}, ["there is no {amount.real}"]),
        ({"expression": "true", "title": TITLE, "body": {"zh-CN": "{amount!r}", "en": "A"}}, ["rule own: body"]),
        ({"expression": "true", "title": TITLE, "when": "close", "body": {"zh-CN": "{amount}", "en": "A"}}, ["there is no {amount}"]),
        ({"expression": "true", "title": TITLE, "parameters": {"abs_floor": 1}}, ["rule own: abs_floor", "bands, least"]),
        ({"expression": "true", "title": TITLE, "parameters": {"threshold": 1}}, ["rule own: threshold", "bands, least"]),
        ({"expression": "true", "title": TITLE, "by_tier": {"golden": {}}}, ["no tier 'golden'"]),
    ],
)
def test_a_wrong_table_does_not_start_and_the_error_says_what_exists(table: dict[str, Any], words: list[str]) -> None:
    found = refusal(table)
    assert all(each in found for each in words), found


@pytest.mark.parametrize("name", ["Own", "own rule", "own:rule", "9own", "o" * 65])
def test_a_name_is_of_small_letters(name: str) -> None:
    assert f"rule {name}: the name" in refusal({"expression": "true", "title": TITLE}, name)


def test_it_may_not_take_the_name_of_a_rule_of_the_folder() -> None:
    assert "rule large_inflow: there is such a rule already" in refusal({"expression": "true", "title": TITLE}, "large_inflow")


@pytest.mark.parametrize("field", ["when", "measured", "threshold", "title", "causes", "severity", "unit"])
def test_what_is_of_an_expression_is_of_no_other_rule(field: str, tmp_path: Path) -> None:
    file = tmp_path / "bank.toml"
    values = {"when": '"close"', "title": '{ zh-CN = "a", en = "a" }', "causes": '["external"]', "threshold": "1", "unit": '"days"'}
    value = values.get(field, '"notice"')
    file.write_text(f"[rules.large_inflow]\n{field} = {value}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=f"rules.large_inflow: .*{field} is for a rule with an expression"):
        Settings.load(file)


def test_the_document_s_rules_are_rules(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "docs" / "expressions.md").read_text(encoding="utf-8")
    [toml] = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    file = tmp_path / "bank.toml"
    file.write_text(toml, encoding="utf-8")
    settings = Settings.load(file)
    assert list(known_rules(settings.rules, settings.bank))[-2:] == ["large_card_payment", "much_idle_and_no_contact"]
    one = Detector()
    one.world.books = RuleBooks.of(settings)
    one.move("2025-03-01 00:00", "500000", "adjustment", snapshot=True)
    one.profile("c1", last_contact_on=1)
    idle = only(one.until("2025-03-02 00:00"), "much_idle_and_no_contact")
    assert idle.title.english == "Much on demand deposit, and no contact"
    paid = only(one.move("2025-03-02 09:00", "50000", "card_payment"), "large_card_payment")
    assert (paid.body.english, paid.body.chinese) == ("¥50,000.00 was paid by card.", "刷卡支付5.00万元。")
    assert paid.severity is Severity.WARNING


# --- among the others ------------------------------------------------------------------------------------------------------------------


def test_several_stand_beside_each_other_and_the_folder_s() -> None:
    one = detector(CARD, other={"expression": "movement.amount == money(1000)", "title": TITLE})
    assert {each.rule.name for each in one.move("2025-03-10 09:00", "1000", "card_payment")} >= {"own", "other"}
    assert [*one.world.books.first.known] == [*all_rules(), "own", "other"]


def test_in_test_it_says_so_and_off_it_is_silent() -> None:
    found = only(detector({**CARD, "mode": "test", "version": 4}).move("2025-03-10 09:00", "1000", "card_payment"), "own")
    assert (found.rule.mode, found.rule.version) == (Mode.TEST, 4)
    assert of(detector({**CARD, "mode": "off"}).move("2025-03-10 09:00", "1000", "card_payment"), "own") == []


def version(**fields: Any) -> RuleSettings:
    since = datetime.fromtimestamp(instant("2025-03-11 00:00"), UTC)
    table = {**CARD, "rule": "own", "version": 2, "active_since": since.isoformat(), **fields}
    return RuleSettings.model_validate_json(json.dumps(table))


def test_a_version_of_it_holds_from_its_time_on_with_its_own_expression() -> None:
    one = detector(CARD)
    change = one.world.books.put("own@2", version(expression="movement.amount >= money(5)"))
    assert change.refused == ()
    told = [bool(of(one.move(f"2025-03-{day} 09:00", "5", "card_payment"), "own")) for day in (10, 11)]
    assert told == [False, True]


@pytest.mark.parametrize(
    ("fields", "fault", "words"),
    [
        ({"expression": "movement.amuont > 1"}, RuleFault.WRONG_SETTING, "no variable movement.amuont"),
        ({"expression": None, "title": None}, RuleFault.WRONG_SETTING, "has its expression, too"),
        ({"rule": "unheard_of"}, RuleFault.UNKNOWN_RULE, "unheard_of"),
    ],
)
def test_a_version_that_is_none_is_refused_and_what_held_goes_on(fields: dict[str, Any], fault: RuleFault, words: str) -> None:
    one = detector(CARD)
    wrong = version(**fields)
    [refused] = one.world.books.put(wrong.key, wrong).refused
    assert isinstance(refused, Refused)
    assert refused.fault is fault
    assert words in refused.detail
    assert of(one.move("2025-03-12 09:00", "1000", "card_payment"), "own")


def test_a_version_that_makes_a_condition_an_event_drops_what_is_open() -> None:
    one = detector(IDLE)
    one.world.books.put("own@2", version(active_since="2025-03-14T00:00:00+08:00"))
    one.move("2025-03-10 09:00", "1000")
    assert said(of(one.until("2025-03-20 00:00"), "own")) == [("own", "opened")]
    assert one.customer().conditions == {}
    assert of(one.move("2025-03-20 09:00", "1000", "card_payment"), "own")


OWN_RULES = {
    "own_flow": {"expression": "customer.outflow_7d * 2 >= customer.aum_before", "title": TITLE, "parameters": {"least": "20000"}},
    "own_close": {**IDLE, "expression": "customer.outflow_30d > customer.inflow_30d", "parameters": {"least": "50000"}},
}


@given(st.lists(steps(late=True, customers=1), max_size=14).map(history), st.lists(st.integers(0, 45), min_size=15, max_size=15))
def test_its_screens_never_fail_in_vain(movements: list[Posting], pauses: list[int]) -> None:
    screened, asked = Run.begin(world(OWN_RULES)), Run.begin(unscreened(world(OWN_RULES)))
    for run in (screened, asked):
        for one, pause in zip(movements, pauses, strict=False):
            run.take(one)
            if pause % 3 == 0:
                run.tick(one.at + pause * 86_400)
        run.tick(START + 120 * 86_400)
    assert screened.ids() == asked.ids()
    assert screened.states() == asked.states()


def test_the_same_history_says_the_same() -> None:
    def told() -> list[Notification]:
        one = Detector(world(OWN_RULES))
        one.move("2025-03-01 09:00", "100000")
        one.move("2025-03-02 09:00", "90000", "transfer_out")
        one.until("2025-05-01 00:00")
        return one.told

    assert {each.rule.name for each in told()} >= {"own_flow"}
    assert [each.model_dump_json() for each in told()] == [each.model_dump_json() for each in told()]


def test_it_concerns_flows_and_directions_of_the_contract() -> None:
    rule = detector({"expression": "true", "title": TITLE, "causes": [str(flow) for flow in Flow]}).world.books.first.rules["own"]
    assert rule.causes == {(flow, direction) for flow in Flow for direction in Direction}
