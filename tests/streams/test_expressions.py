"""The language of expressions: what it takes, what it refuses, and that its numbers are exact."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.movements import Kind
from schemas.settings import Bank, SettingsError
from streams.expressions import LONGEST, Expression, Fault
from streams.situation import Situation
from streams.variables import variables
from tests.streams.builders import Detector
from tests.streams.seeing import watch

KNOWN = variables(Bank(), at_close=False)


def situation(amount: str = "100", aum: str = "1000", **overrides: Any) -> Situation:
    """After one movement of so much, of a customer who had so much before."""
    detector = Detector()
    detector.move("2025-03-09 00:00", aum, "adjustment", snapshot=True)
    seen = watch(detector)
    detector.move("2025-03-10 09:30", amount, **overrides)
    return seen[-1]


def answer(text: str, of: Situation | None = None, kind: Any = "yes/no") -> object:
    return Expression(text, kind, KNOWN).evaluate(of or situation())


# --- what it takes ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("movement.amount == money(100)", True),
        ("movement.amount >= money(100.0001)", False),
        ("movement.amount == 1000000", True),
        ('movement.kind == "deposit"', True),
        ("movement.kind == 'deposit'", True),
        ('movement.kind in ["fee", "deposit"]', True),
        ('!(movement.direction == "debit") && movement.hour == 9 && movement.weekday == 1', True),
        ('movement.counterparty.startsWith("王") || movement.counterparty == ""', True),
        ("size(movement.counterparty) == 0 && movement.counterparty.size() == 0", True),
        ("movement.amount * 10 >= customer.aum_before", True),
        ("movement.amount * 10 > customer.aum_before", False),
        ("share(movement.amount, customer.aum) == 90909", True),
        ("(movement.new_payee ? 1 : 2) == 2", True),
        ('customer.tier == "basic" && customer.segment != "corporate"', True),
        ("-movement.amount < 0 && 7 / 2 == 3 && 7 % 2 == 1 && true && !false", True),
        ('"a//b".contains("//")', True),
        ("customer.aum_before == money(1000)\n  && customer.aum == money(1100)", True),
    ],
)
def test_it_says(text: str, expected: bool) -> None:
    assert answer(text) is expected


@given(st.integers(1, 10**13), st.integers(1, 10**13))
def test_money_and_shares_are_exact(part: int, whole: int) -> None:
    """Against fractions; a share of the made-up customer's own figures, given as constants."""
    assert answer(f"share({part}, {whole})", SHOWN, "number") == int(Fraction(part * 10**6, whole))
    assert answer(f"{part} * 5 >= {whole}", SHOWN) is (part * 5 >= whole)


SHOWN = situation()


@given(st.integers(0, 10**14 - 1), st.integers(0, 9_999))
def test_an_amount_is_its_ten_thousandths(wholes: int, parts: int) -> None:
    assert answer(f"money({wholes}.{parts:04})", SHOWN, "number") == wholes * 10_000 + parts


def test_a_number_beyond_53_bits_keeps_its_last_digit() -> None:
    assert answer("9007199254740993 > 9007199254740992") is True


# --- what it cannot evaluate -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("movement.amount * 9223372036854775807 > 1", Fault.OVERFLOW),
        ("share(movement.amount * 1000000000000, 1) > 1", Fault.OVERFLOW),
        ("1 / (movement.amount - 1000000) > 1", Fault.DIVISION_BY_ZERO),
        ("1 % (movement.amount - 1000000) > 1", Fault.DIVISION_BY_ZERO),
        ("movement.amount == 1000000 && (movement.amount == 1000000 ? 1 : 2) == 1 && movement.kind > 3", Fault.WRONG_TYPE),
        ('movement.amount == 1000000 ? share("a", 1) > 1 : true', Fault.WRONG_TYPE),
    ],
)
def test_what_cannot_be_evaluated_is_a_named_fault(text: str, fault: Fault) -> None:
    assert answer(text) is fault


def test_what_is_not_known_is_no_fault_and_no_zero() -> None:
    assert answer("customer.aum_30d_ago > 0 || true") is None
    assert answer("share(movement.amount, customer.aum - customer.aum) >= 0") is None
    assert answer("customer.aum > 0 || share(movement.amount, customer.aum - customer.aum) >= 0") is True


# --- what it refuses -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("movement.amuont > 1", ["no variable movement.amuont", "movement.amount", "customer.aum"]),
        ("foo > 1", ["no variable foo", "customer.aum"]),
        ("movement", ["no variable movement;"]),
        ('movement["amount"] > 1', ["no variable movement;"]),
        ("has(movement.amuont)", ["no call has", "startsWith"]),
        ("movement .amount > 1", ["no variable"]),
        ("customer.aum.foo > 1", ["no variable aum.foo"]),
        (".movement.amount > 1", ["no variable"]),
        ("customer.aum >", ["line 1, character 15"]),
        ("true\n&& &&", ["line 2, character"]),
        ("[1, 2].map(x, x) == [1]", ["no call map"]),
        ("[1].exists(x, true)", ["no call exists"]),
        ("[1].all(x, true)", ["no call all"]),
        ('movement.kind.matches("(a+)+")', ["no call matches"]),
        ("now() > 1", ["no call now"]),
        ('timestamp("2020-01-01T00:00:00Z").getHours() > 1', ["no call timestamp"]),
        ("double(1) > 1", ["no call double"]),
        ("movement.kind.money(5) > 1", ["no call money"]),
        ("startsWith(movement.kind) == true", ["no call startsWith"]),
        ("movement.amount > 2.5", ["2.5", "money(2.5)"]),
        ("movement.amount > .5", ["'.5'"]),
        ("movement.amount > 1e5", ["'1e5'"]),
        ("movement.amount > 5u", ["'5u'"]),
        ("movement.amount > 0x10", ["'0x10'"]),
        ("movement.amount > 1 // a note", ["'//'"]),
        ('"""a""" == "a"', ["not a part"]),
        ('r"a" == "a"', ["not a part"]),
        ('{"a": 1}.a == 1', ["not a part"]),
        ('movement.kind == "\\u0041"', ["not a part"]),
        ("money(movement.amount) > 1", ["plain number"]),
        ("money(1.00001) > 1", ["at most 14 digits and 4 decimals"]),
        ("money(1000000000000000) > 1", ["at most 14 digits"]),
        ('movement.kind == "card_paymnt"', ["is never", "card_payment"]),
        ('movement.kind in ["fee", "taxx"]', ["is never", "tax"]),
        ('customer.tier != "golden"', ["is never", "basic, gold, platinum, private"]),
        ("movement.kind > 3", ["different kinds"]),
        ("movement.amount", ["yes or no"]),
        ("movement.amount > 1 && movement.kind == 1 && movement.kind + 1 == 2", ["different kinds"]),
        ("share(1) > 1", ["different kinds"]),
        ("9223372036854775808 > 1", ["line 1, character 1"]),
        ("(" * 500 + "true" + ")" * 500, ["line 1"]),
        ("true" + " && true" * 300, [f"longer than {LONGEST}"]),
    ],
)
def test_it_is_refused_in_one_line_that_says_what_exists(text: str, said: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        Expression(text, "yes/no", KNOWN)
    for words in said:
        assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_number_is_not_yes_or_no() -> None:
    with pytest.raises(SettingsError, match="a whole number"):
        Expression("movement.amount > 1", "number", KNOWN)


def test_at_a_close_there_is_no_movement() -> None:
    with pytest.raises(SettingsError, match=r"no variable movement\.amount; there are customer\.accounts"):
        Expression("movement.amount > 1", "yes/no", variables(Bank(), at_close=True))


PIECES = [
    *("movement.amount", "customer.aum", "movement.kind", "share(", "money(", "size(", ".contains(", "map(", '"fee"', "true", "in", "x"),
    *("1", "0", "(", ")", "[", "]", "{", "}", ",", ".", "&&", "||", "!", "==", "<", "+", "-", "*", "/", "%", "?", ":"),
    *(" ", "\n", "'", '"', "\\"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_whatever_is_written_is_refused_or_evaluates_to_an_answer(text: str) -> None:
    try:
        one = Expression(text, "yes/no", KNOWN)
    except SettingsError:
        return
    assert one.evaluate(SHOWN) in (True, False, None, *Fault)


def test_the_longest_is_evaluated_in_no_time() -> None:
    text = "movement.amount == 1"
    text += " || movement.amount == 2" * ((LONGEST - len(text)) // 24)
    one = Expression(text, "yes/no", KNOWN)
    began = time.perf_counter()
    for _ in range(100):
        assert one.evaluate(SHOWN) is False
    assert (time.perf_counter() - began) / 100 < 0.01


def test_every_kind_of_the_contract_may_be_named() -> None:
    for kind in Kind:
        assert answer(f'movement.kind == "{kind}"', SHOWN) is (kind is Kind.DEPOSIT)
