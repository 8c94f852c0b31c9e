"""What each message refuses, and how it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.customers import Customer
from schemas.dead_letters import DeadLetter, Fault
from schemas.follow_ups import FollowUp
from schemas.journal import JournalEntry
from schemas.message import CURRENCIES, Amount, Identifier, Quantity, Share, SignedAmount, Total, TotalQuantity, cloud_event
from schemas.movements import Movement
from schemas.notifications import Words
from schemas.prices import Price
from schemas.rules import Severity
from schemas.silences import Silence
from schemas.ticks import Tick
from schemas.topics import TOPICS

NOON = "2025-03-10T12:00:00Z"
LATER = "2025-03-11T12:00:00Z"
UUID_TEXT = "328e5d89-5279-5586-a2c6-56c20de97c65"


def refuses(model: type[BaseModel], values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        model.model_validate(values)


# --- amounts ---------------------------------------------------------------------------------------------------------------------------

ODD = ["", " 1", "1 ", "+1", ".5", "1.", "01", "1e3", "1,000", "NaN", "Infinity", "١", "1\n", "0x1", "--1"]


@pytest.mark.parametrize(
    ("money", "good", "bad"),
    [
        (Amount, ["0", "0.0001", "99999999999999.9999"], ["-1", "-0", "1.00001", "100000000000000", "999999999999999999.9999"]),
        (SignedAmount, ["-0.0001", "-99999999999999.9999", "7"], ["1.00001", "100000000000000", "-100000000000000"]),
        (Total, ["-1000000000000000000", "123456789012345678901234567890.0001"], ["1.00001"]),
        (Quantity, ["-1.00000001", "999999999999999999"], ["1.000000001", "1000000000000000000"]),
        (Share, ["0", "0.000001", "1", "1.0"], ["-0.1", "1.000001", "0.0000001", "2"]),
        (TotalQuantity, ["1000000000000000000.00000001"], ["1.000000001"]),
    ],
)
def test_money_is_a_decimal_string_and_nothing_else(money: Any, good: list[str], bad: list[str]) -> None:
    adapter: TypeAdapter[Decimal] = TypeAdapter(money)
    for text in good:
        assert adapter.validate_python(text) == Decimal(text)
        assert adapter.dump_python(adapter.validate_python(text)) == text
    for value in (*bad, *ODD, 1, 1.5, True, None, ["1"], Decimal("NaN")):
        with pytest.raises(ValidationError):
            adapter.validate_python(value)


def test_money_is_never_written_with_an_exponent() -> None:
    adapter: TypeAdapter[Decimal] = TypeAdapter(Amount)
    assert adapter.dump_json(adapter.validate_python(Decimal("1E+3"))) == b'"1000"'
    assert adapter.dump_json(adapter.validate_python(Decimal("0.0001"))) == b'"0.0001"'


def test_the_currencies_are_those_of_iso_4217() -> None:
    assert {"CNY", "USD", "HKD", "EUR", "JPY", "CZK"} <= CURRENCIES
    assert not {"cny", "RMB", "CNH", "ZZZ", ""} & CURRENCIES
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in CURRENCIES)


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("c1", True),
        ("客户 1", True),
        ("x" * 128, True),
        ("", False),
        ("x" * 129, False),
        ("a\x00b", False),
        ("a\nb", False),
        ("a\n", False),
        ("\x7f", False),
    ],
)
def test_a_name_has_1_to_128_characters_and_no_control_character(name: str, good: bool) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Identifier)
    if good:
        assert adapter.validate_python(name) == name
    else:
        with pytest.raises(ValidationError):
            adapter.validate_python(name)


# --- words -----------------------------------------------------------------------------------------------------------------------------


def test_words_are_written_by_language_and_read_either_way() -> None:
    words = Words(chinese="甲", english="a")
    assert words.model_dump() == {"zh-CN": "甲", "en": "a"}
    assert Words.model_validate({"zh-CN": "甲", "en": "a"}) == words
    assert Words.model_validate_json(words.model_dump_json()) == words
    assert (words["zh-CN"], words["en"]) == ("甲", "a")
    refuses(Words, {"en": "a"}, "zh-CN")


# --- what a message must have ------------------------------------------------------------------------------------------------------------

STEP = {"follow_up_id": UUID_TEXT, "notification_id": UUID_TEXT, "customer_id": "c1", "manager_id": "m1", "at": NOON}


@pytest.mark.parametrize(
    ("step", "needs", "value"),
    [
        ("contacted", "contact_by", "call"),
        ("outcome", "outcome", "lost"),
        ("snoozed", "until", LATER),
        ("reassigned", "to_manager_id", "m2"),
    ],
)
def test_a_step_says_what_it_needs(step: str, needs: str, value: str) -> None:
    refuses(FollowUp, {**STEP, "step": step}, f"{step} needs `{needs}`")
    assert FollowUp.model_validate({**STEP, "step": step, needs: value}).step == step


@pytest.mark.parametrize("step", ["acknowledged", "plan_proposed"])
def test_other_steps_need_nothing(step: str) -> None:
    assert FollowUp.model_validate({**STEP, "step": step}).step == step


def test_a_note_is_at_most_4000_characters() -> None:
    assert FollowUp.model_validate({**STEP, "step": "acknowledged", "note": "字" * 4_000})
    refuses(FollowUp, {**STEP, "step": "acknowledged", "note": "字" * 4_001}, "4000")


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"fund": "0.6", "demand_deposit": "0.3"}, "add up to 1"),
        ({}, "add up to 1"),
        ({"fund": "0.5", "loan": "0.5"}, "a loan or a credit card has no share"),
        ({"fund": "1.5", "bond": "-0.5"}, "from 0 to 1"),
        ({"gold": "1"}, "target_allocation"),
    ],
)
def test_a_target_allocation_shares_out_all_assets_and_nothing_else(target: dict[str, str], said: str) -> None:
    refuses(Customer, {"customer_id": "c1", "name": "n", "target_allocation": target}, said)
    good = Customer.model_validate({"customer_id": "c1", "name": "n", "target_allocation": {"fund": "0.6", "demand_deposit": "0.400000"}})
    assert good.target_allocation is not None
    assert sum(good.target_allocation.values()) == 1


MOVEMENT = {
    "schema_version": 1,
    "event_id": "e1",
    "source": "loans",
    "account_id": "a1",
    "customer_id": "c1",
    "asset_class": "loan",
    "kind": "interest",
    "direction": "debit",
    "amount": "1",
    "currency": "CNY",
    "occurred_at": NOON,
}


@pytest.mark.parametrize(("field", "wrong"), [("risk_score", 0), ("risk_score", 6), ("overdue_days", -1), ("overdue_days", 36_601)])
def test_a_movement_refuses_a_risk_off_the_scale_and_an_overdue_time_that_cannot_be(field: str, wrong: int) -> None:
    assert Movement.model_validate(MOVEMENT)
    refuses(Movement, {**MOVEMENT, field: wrong}, field)


ENTRY = {"entry_id": UUID_TEXT, "message_id": UUID_TEXT, "notification_id": UUID_TEXT, "customer_id": "c1", "at": NOON}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"verdict": "told", "channel": "inbox"}, None),
        ({"verdict": "undelivered", "channel": "webhook"}, None),
        ({"verdict": "held", "reason": "cooldown"}, None),
        ({"verdict": "held"}, "has a reason"),
        ({"verdict": "told", "channel": "inbox", "reason": "cooldown"}, "has a reason"),
        ({"verdict": "told"}, "has a channel"),
        ({"verdict": "undelivered"}, "has a channel"),
        ({"verdict": "held", "reason": "cooldown", "channel": "inbox"}, "has a channel"),
    ],
)
def test_what_is_held_has_a_reason_and_what_is_not_has_a_channel(values: dict[str, str], said: str | None) -> None:
    if said is None:
        assert JournalEntry.model_validate({**ENTRY, **values}).verdict == values["verdict"]
    else:
        refuses(JournalEntry, {**ENTRY, **values}, said)


SILENCE = {"silence_id": "s1", "asked_by": "m1", "starts_at": NOON, "ends_at": LATER}


@pytest.mark.parametrize("field", ["customer_id", "rule", "manager_id", "branch"])
def test_a_silence_is_about_something(field: str) -> None:
    assert Silence.model_validate({**SILENCE, field: "x"}).up_to is Severity.CRITICAL
    refuses(Silence, SILENCE, "names a customer, a rule, a manager or a branch")
    refuses(Silence, {**SILENCE, field: ""}, "names a customer|at least 1 character")


@pytest.mark.parametrize("ends_at", [NOON, "2025-03-10T11:59:59Z", "2025-03-10T20:00:00+08:00"])
def test_a_silence_ends_after_it_starts(ends_at: str) -> None:
    refuses(Silence, {**SILENCE, "rule": "x", "ends_at": ends_at}, "ends after it starts")


def test_times_have_an_offset() -> None:
    refuses(Tick, {"at": "2025-03-10T12:00:00"}, "timezone")
    refuses(Silence, {**SILENCE, "rule": "x", "ends_at": "2025-03-12T12:00:00"}, "timezone")
    refuses(Price, {"of": "USD", "currency": "CNY", "price": "7", "at": "2025-03-10T12:00:00"}, "timezone")


def test_a_price_is_positive_and_in_a_known_currency() -> None:
    refuses(Price, {"of": "USD", "currency": "CNY", "price": "0", "at": NOON}, "greater than 0")
    refuses(Price, {"of": "USD", "currency": "RMB", "price": "7", "at": NOON}, "ISO 4217")
    refuses(Price, {"of": "USD", "currency": "CNY", "price": "NaN", "at": NOON}, "decimal string")


def test_a_customer_s_risk_is_from_1_to_5() -> None:
    assert Customer(customer_id="c1", name="张三", risk_profile=5).segment == "personal"
    refuses(Customer, {"customer_id": "c1", "name": "x", "risk_profile": 6}, "less than or equal to 5")
    refuses(Customer, {"customer_id": "c1", "name": "x", "segment": "retail"}, "personal")


def test_severities_are_ordered_from_info_to_critical() -> None:
    assert sorted(Severity, key=lambda one: one.rank) == [Severity.INFO, Severity.NOTICE, Severity.WARNING, Severity.CRITICAL]


# --- headers ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", Fault)
def test_a_dead_letter_s_headers_say_all_of_it(fault: Fault) -> None:
    letter = DeadLetter(fault=fault, detail="金额: wrong", topic="wealth.movements", partition=3, offset=2**40, timestamp=1)
    headers = [("ce_id", b"\xff"), *letter.headers(), ("other", b"\xfe")]
    assert DeadLetter.from_headers(headers) == letter
    assert letter.headers()[0][0] == "dead_letter_fault"


def test_without_its_headers_it_is_no_dead_letter() -> None:
    with pytest.raises(ValidationError, match="fault"):
        DeadLetter.from_headers([("dead_letter_topic", b"x")])


def test_cloud_events_headers_are_those_of_version_1() -> None:
    at = datetime(2025, 3, 10, 12, 0, 0, 500_000, tzinfo=UTC)
    assert dict(cloud_event("notification.opened", "id-1", "/wealthwatch/detector", at)) == {
        "ce_specversion": b"1.0",
        "ce_id": b"id-1",
        "ce_type": b"com.wealthwatch.notification.opened.v1",
        "ce_source": b"/wealthwatch/detector",
        "ce_time": b"2025-03-10T12:00:00.500000Z",
        "ce_dataschema": b"urn:wealthwatch:schema:notification:1",
        "content-type": b"application/json",
    }


def test_topics_have_names_of_their_own_and_what_a_notifier_joins_is_spread_alike() -> None:
    names = [topic.name for topic in TOPICS]
    assert len(names) == len(set(names))
    assert all(topic.config()["max.message.bytes"] == str(topic.max_bytes) for topic in TOPICS)
    spread = {topic.name for topic in TOPICS if topic.spread == "customers"}
    assert {"movements", "customers", "ticks", "detector-states", "notifications", "journal", "dead-letters"} <= spread
