"""A movement's fast reading against the contract: the same refused, and the rest read to the same meaning."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas import movements as movements_contract
from schemas.dead_letters import DeadLetter, Fault
from schemas.message import CURRENCIES
from schemas.movements import AssetClass, Direction, Kind, Movement
from streams.money import to_units
from streams.posting import Posting
from streams.reading import read, seconds
from streams.wire import MISMATCH, OUT_OF_RANGE, Counterparty, Refusal, Reverses, Wire
from tests.streams.builders import FULL, LARGEST, MINIMAL, movement

BOTH = ["event_id", "source", "account_id", "customer_id", "asset_class", "kind", "direction", "currency"]
BOTH += ["counterparty", "reverses", "snapshot"]
"""What a posting holds as it is on the wire."""


def contract(value: bytes) -> Movement | None:
    """What the contract reads; None where it refuses."""
    try:
        return Movement.model_validate_json(value)
    except ValidationError:
        return None


def read_any_key(value: bytes) -> Posting | Refusal:
    """Read with whatever key the message itself names."""
    found = read(value, b"", LARGEST)
    if isinstance(found, Refusal) and found.fault is Fault.WRONG_KEY:
        movement_read = contract(value)
        assert movement_read is not None, "the key is looked at last, so the contract must have accepted the rest"
        found = read(value, movement_read.customer_id.encode(), LARGEST)
    return found


def meaning(value: Any) -> Any:
    """A decoded value without its type: what two readers must agree on."""
    if isinstance(value, msgspec.Struct):
        return {name: meaning(getattr(value, name)) for name in value.__struct_fields__}
    return value


def agree(value: bytes) -> None:
    """Assert that both readers refuse, or that both read the same."""
    expected, found = contract(value), read_any_key(value)
    if expected is None:
        assert isinstance(found, Refusal), f"only the contract refuses {value!r}"
        return
    assert isinstance(found, Posting), f"only the fast reader refuses {value!r}: {found}"
    theirs, ours = expected.model_dump(), meaning(found.wire)
    ours["occurred_at"] = found.occurred_at
    for name in ("amount", "balance_after", "quantity"):
        for side in (ours, theirs):
            side[name] = None if side[name] is None else Decimal(side[name])
    assert ours == theirs
    for name in BOTH:
        assert getattr(found, name) is getattr(found.wire, name), name
    assert found.occurred_at.utcoffset() == expected.occurred_at.utcoffset()
    assert found.units == to_units(expected.amount)
    assert found.signed == (found.units if expected.direction is Direction.CREDIT else -found.units)
    assert found.at == int(expected.occurred_at.timestamp() // 1)
    assert found.after == (None if expected.balance_after is None else to_units(expected.balance_after))
    assert found.held == (0 if expected.quantity is None else int(expected.quantity * 10**8))


# --- every movement the contract can produce -------------------------------------------------------------------------------------------

NAMES = st.text(st.characters(min_codepoint=0x20, exclude_characters="\x7f", exclude_categories=["Cs"]), min_size=1, max_size=128)
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31, 23, 59, 59, 999_999), timezones=OFFSETS)  # noqa: DTZ001
DATES = st.none() | st.dates(date(1, 1, 1))


def decimals(smallest: str, largest: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(0, places).flatmap(lambda some: st.decimals(smallest, largest, places=some, allow_nan=False))


LARGEST_AMOUNT = "99999999999999.9999"


@st.composite
def movements(draw: st.DrawFn) -> Movement:
    kind = draw(st.sampled_from(Kind))
    after = draw(st.none() | decimals("-" + LARGEST_AMOUNT, LARGEST_AMOUNT, 4))
    other = {"name": TEXTS, "bank": TEXTS, "account": TEXTS, "customer_id": st.none() | NAMES}
    reverses = {"event_id": NAMES, "occurred_at": MOMENTS, "kind": st.sampled_from(Kind)}
    return Movement.model_validate(
        {
            "schema_version": 1,
            "event_id": draw(NAMES),
            "source": draw(NAMES),
            "account_id": draw(NAMES),
            "customer_id": draw(NAMES),
            "branch": draw(TEXTS),
            "asset_class": draw(st.sampled_from(AssetClass)),
            "kind": kind,
            "direction": draw(st.sampled_from(Direction)),
            "amount": draw(decimals("0.0001", LARGEST_AMOUNT, 4).filter(bool)),
            "currency": draw(st.sampled_from(sorted(CURRENCIES))),
            "balance_after": Decimal(0) if kind is Kind.VALUATION and after is None else after,
            "product": draw(TEXTS),
            "instrument": draw(TEXTS),
            "quantity": draw(st.none() | decimals("-999999999999999999.99999999", "999999999999999999.99999999", 8)),
            "issuer": draw(TEXTS),
            "risk_score": draw(st.none() | st.integers(1, 5)),
            "maturity_date": draw(DATES),
            "overdue_days": draw(st.none() | st.integers(0, 36_600)),
            "occurred_at": draw(MOMENTS),
            "booked_on": draw(DATES),
            "value_date": draw(DATES),
            "bank_transaction_code": draw(TEXTS),
            "counterparty": draw(st.none() | st.fixed_dictionaries(other)),
            "channel": draw(TEXTS),
            "reverses": draw(st.fixed_dictionaries(reverses)) if kind is Kind.REVERSAL else None,
            "snapshot": draw(st.booleans()),
        }
    )


@given(movements(), st.booleans())
def test_every_movement_of_the_contract_is_read_to_the_same_meaning(one: Movement, leave_out: bool) -> None:
    value = one.model_dump_json(exclude_none=leave_out).encode()
    assert isinstance(read(value, one.customer_id.encode(), LARGEST), Posting)
    agree(value)


def test_both_readers_know_the_same_fields() -> None:
    assert set(Wire.__struct_fields__) == set(Movement.model_fields)
    assert set(Counterparty.__struct_fields__) == set(movements_contract.Counterparty.model_fields)
    assert set(Reverses.__struct_fields__) == set(movements_contract.Reverses.model_fields)


# --- mutations -------------------------------------------------------------------------------------------------------------------------

REVERSAL: dict[str, Any] = {
    **FULL,
    "kind": "reversal",
    "direction": "debit",
    "reverses": {"event_id": "e0", "occurred_at": "2025-03-09T09:30:00+08:00", "kind": "deposit"},
}
ODD_TIMES = [
    "2025-03-10T09:30:00.9999999+08:00",
    "2025-03-10T23:59:59.99999999Z",
    "2025-03-10T09:30:00.1234567Z",
    "2025-03-10T09:30:00.123456Z",
    "2025-03-10t09:30:00z",
    "2025-03-10 09:30:00Z",
    "2025-03-10_09:30:00Z",
    "2025-03-10T09:30Z",
    "2025-03-10T09:30:00+0800",
    "2025-03-10T09:30:00+08",
    "2025-03-10T09:30:00-00:00",
    "2025-03-10T09:30:00+23:59",
    "2025-03-10T09:30:00+24:00",
    "2025-03-10T09:30:60Z",
    "2025-03-10T24:00:00Z",
    "2025-03-10T09:30:00,5Z",
    "2025-03-10T09:30:00",
    "2025-03-10",
    "2025-02-29T00:00:00Z",
    "2024-02-29T00:00:00Z",
    "20250310T093000Z",
    "2025-W11-1T00:00:00Z",
    "1899-12-31T23:59:59Z",
    "1900-01-01T00:00:00Z",
    "1969-12-31T23:59:59.5Z",
    "2199-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "1741570200",
    "1741570200.5",
    "1741570200000",
    " 2025-03-10T09:30:00Z",
    "2025-03-10T09:30:00Z ",
    "٢٠٢٥-03-10T09:30:00Z",
]
ODD_AMOUNTS = [
    *[
        "0",
        "-0",
        "00",
        "01",
        "1.",
        ".1",
        "+1",
        "-1",
        "1e3",
        "1E3",
        "1_000",
        "1,000",
        " 1",
        "1 ",
        "1\n",
        "",
        "-",
        ".",
        "0x1",
        "NaN",
        "Infinity",
    ],
    *["1.00000", "1.0000", "0.0001", "0.00001", "99999999999999.9999", "100000000000000", "999999999999999999.9999", "1000000000000000000"],
    *["١٢٣", "１２３", "1٠", "²", "1.²"],
]
RAW = [
    *[
        "null",
        "true",
        "false",
        "0",
        "1",
        "1.0",
        "1e0",
        "-1",
        "100.5",
        "1e400",
        "-1e400",
        "NaN",
        "Infinity",
        "-Infinity",
        "9" * 30,
        "9" * 5_000,
    ],
    *[
        "01",
        "1.",
        "-",
        '""',
        '" "',
        '"x"',
        '"1"',
        '"true"',
        '"\\u0000"',
        '"\\ud800"',
        '"\\ud83d\\ude00"',
        '"\\udc00\\ud800"',
        '"\\x"',
        '"\t"',
    ],
    *['"\x7f"', '"\u200b"', '"\u2028"', '"\\u007f"', '"\\u0085"', "[]", "{}", "[[]]", '{"a":1}', "[1,2]", "[" * 150 + "]" * 150],
    *["[" * 250 + "]" * 250, '{"a":' * 250 + "1" + "}" * 250, '"' + "x" * 128 + '"', '"' + "x" * 129 + '"', '"' + "字" * 512 + '"'],
    *[
        '"' + "字" * 513 + '"',
        '"deposit"',
        '"DEPOSIT"',
        '"valuation"',
        '"reversal"',
        '"usd"',
        '"USD"',
        '"ZZZ"',
        '"2025-03-10"',
        '"2025-3-10"',
    ],
    *['"2025-02-29"', '"0001-01-01"', "20250310", '"20250310"', '"2025-03-10T00:00:00"', '"2025-03-10T00:00:01"', "1741570200", "86400"],
]
VALUES = st.one_of(
    st.sampled_from(RAW),
    st.sampled_from(ODD_TIMES).map(json.dumps),
    st.sampled_from(ODD_AMOUNTS).map(json.dumps),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=4,
    ).map(json.dumps),
)
FIELDS = sorted(REVERSAL)
UNKNOWN = ["new_field", "", "units", "after (not on the wire)", "held (not on the wire)", "at (not on the wire)", "Amount"]
SPACES = st.sampled_from(["", "", "", " ", "\n\t\r ", "\x0b", "\u00a0", "\ufeff"])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A movement with some fields dropped, replaced, doubled or added, written with odd spaces."""
    pairs = [(name, json.dumps(value)) for name, value in draw(st.sampled_from([MINIMAL, FULL, REVERSAL])).items()]
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(FIELDS) | st.sampled_from(UNKNOWN))
        match draw(st.sampled_from(["drop", "replace", "replace", "before", "after"])):
            case "drop":
                pairs = [pair for pair in pairs if pair[0] != name]
            case "replace":
                value = draw(VALUES)
                pairs = [pair for pair in pairs if pair[0] != name] + [(name, value)]
            case "before":
                pairs.insert(0, (name, draw(VALUES)))
            case "after":
                pairs.append((name, draw(VALUES)))
    space = draw(SPACES)
    text = f"{space}{{" + f",{space}".join(f"{json.dumps(name)}{space}:{value}" for name, value in pairs) + f"}}{space}"
    return text.encode("utf-8", "surrogatepass")


@given(mutated())
@example(movement(**{"after (not on the wire)": 7}))
@example(movement(**{"held (not on the wire)": 7}))
@example(movement(**{"after (not on the wire)": "x"}))
@example(movement(occurred_at="2025-03-10T23:59:59.9999999+08:00"))
@example(movement(new_field=int("9" * 4_000)).replace(b"9" * 4_000, b"9" * 5_000))
@example(movement(new_field="N").replace(b'"N"', b"[" * 250 + b"]" * 250))
def test_whatever_is_done_to_a_movement_both_readers_judge_it_alike(value: bytes) -> None:
    agree(value)


@pytest.mark.parametrize("base", [MINIMAL, FULL, REVERSAL], ids=["minimal", "full", "reversal"])
def test_every_odd_value_in_every_field_is_judged_alike(base: dict[str, Any]) -> None:
    odd = [*RAW, *(json.dumps(text) for text in ODD_TIMES + ODD_AMOUNTS)]
    for name in [*FIELDS, *UNKNOWN]:
        for raw in odd:
            kept = ",".join(f"{json.dumps(key)}:{json.dumps(value)}" for key, value in base.items() if key != name)
            agree(f'{{{kept},"{name}":{raw}}}'.encode("utf-8", "surrogatepass"))


def test_every_odd_value_within_the_other_side_and_within_what_is_reversed_is_judged_alike() -> None:
    odd = [*RAW, *(json.dumps(text) for text in ODD_TIMES + ODD_AMOUNTS)]
    for outer, fields in (
        ("counterparty", ["name", "bank", "account", "customer_id", "x"]),
        ("reverses", ["event_id", "occurred_at", "kind"]),
    ):
        for name in fields:
            for raw in odd:
                inner = {key: value for key, value in REVERSAL[outer].items() if key != name}
                text = json.dumps({**REVERSAL, outer: {**inner, "@": 0}}).replace('"@": 0', f'"{name}": {raw}')
                agree(text.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=40), st.integers(0, 2_000), st.integers(0, 2_000))
def test_bytes_spliced_into_a_movement_are_judged_alike(splice: bytes, begin: int, length: int) -> None:
    whole = movement(**{name: value for name, value in FULL.items() if name != "snapshot"})
    begin %= len(whole)
    agree(whole[:begin] + splice + whole[begin + length % 60 :])


@given(st.integers(0, 2_000))
def test_a_movement_cut_off_anywhere_is_refused(length: int) -> None:
    whole = movement(**FULL)
    assume(length < len(whole))
    assert isinstance(read(whole[:length], b"c1", LARGEST), Refusal)


# --- refusals --------------------------------------------------------------------------------------------------------------------------


def raw(name: str, value: str) -> bytes:
    """A movement with one field written by hand."""
    return movement(**{name: "@@"}).replace(b'"@@"', value.encode())


def without(name: str) -> bytes:
    return movement(**{name: None})


MALFORMED: list[tuple[str, bytes | None, Fault]] = [
    ("nothing", None, Fault.EMPTY),
    ("no bytes", b"", Fault.EMPTY),
    ("5 MB", movement(branch="x" * 5_000_000), Fault.TOO_LARGE),
    ("one byte too many", movement().ljust(LARGEST + 1), Fault.TOO_LARGE),
    ("not UTF-8", raw("branch", '"@"').replace(b"@", b"\xff\xfe"), Fault.NOT_UTF8),
    ("UTF-16", movement().decode().encode("utf-16"), Fault.NOT_UTF8),
    ("Latin-1", movement(branch="Zürich").decode().encode("latin-1"), Fault.NOT_UTF8),
    ("truncated", movement()[:-20], Fault.NOT_JSON),
    ("spaces only", b"   ", Fault.NOT_JSON),
    ("not JSON", b"deposit 100 CNY", Fault.NOT_JSON),
    ("two objects", movement() + movement(), Fault.NOT_JSON),
    ("a byte order mark", b"\xef\xbb\xbf" + movement(), Fault.NOT_JSON),
    ("single quotes", movement().replace(b'"', b"'"), Fault.NOT_JSON),
    ("a lone surrogate", raw("event_id", '"\\ud800"'), Fault.NOT_JSON),
    ("deep nesting alone", b"[" * 100_000, Fault.NOT_JSON),
    ("deep nesting in an unknown key", raw("extra", "[" * 20_000 + "]" * 20_000), Fault.NOT_JSON),
    ("deep objects in an unknown key", raw("extra", '{"a":' * 5_000 + "1" + "}" * 5_000), Fault.NOT_JSON),
    ("a number of 5000 digits in an unknown key", raw("extra", "1" * 5_000), Fault.NOT_JSON),
    ("a list", b"[" + movement() + b"]", Fault.NOT_AN_OBJECT),
    ("a string", b'"movement"', Fault.NOT_AN_OBJECT),
    ("a number", b"1", Fault.NOT_AN_OBJECT),
    ("null", b"null", Fault.NOT_AN_OBJECT),
    ("a later schema version", movement(schema_version=2), Fault.UNKNOWN_SCHEMA_VERSION),
    ("a later version of another shape", b'{"schema_version": 2, "money": []}', Fault.UNKNOWN_SCHEMA_VERSION),
    ("a version as text", movement(schema_version="1"), Fault.UNKNOWN_SCHEMA_VERSION),
    ("no version", without("schema_version"), Fault.MISSING_FIELD),
    ("an empty object", b"{}", Fault.MISSING_FIELD),
    *((f"no {name}", without(name), Fault.MISSING_FIELD) for name in MINIMAL if name != "schema_version"),
    ("an amount as a number", raw("amount", "100.5"), Fault.WRONG_TYPE),
    ("an amount of 1e400", raw("amount", "1e400"), Fault.WRONG_TYPE),
    ("an amount of null", raw("amount", "null"), Fault.WRONG_TYPE),
    ("a name as a number", raw("event_id", "7"), Fault.WRONG_TYPE),
    ("a counterparty as a text", raw("counterparty", '"ICBC"'), Fault.WRONG_TYPE),
    ("a snapshot as an object", raw("snapshot", "{}"), Fault.WRONG_TYPE),
    ("an amount of 1e400 as text", movement(amount="1e400"), Fault.INVALID_AMOUNT),
    ("a negative amount", movement(amount="-5.00"), Fault.INVALID_AMOUNT),
    ("nothing moved", movement(amount="0.0000"), Fault.INVALID_AMOUNT),
    ("five decimals", movement(amount="1.00001"), Fault.INVALID_AMOUNT),
    ("Arabic digits", movement(amount="١٢٣"), Fault.INVALID_AMOUNT),
    ("thousands separators", movement(amount="1,000.00"), Fault.INVALID_AMOUNT),
    ("nineteen digits", movement(amount="1000000000000000000"), Fault.INVALID_AMOUNT),
    ("a balance with an exponent", movement(balance_after="1e3"), Fault.INVALID_AMOUNT),
    ("an unknown currency", movement(currency="ZZZ"), Fault.UNKNOWN_CURRENCY),
    ("a currency in small letters", movement(currency="cny"), Fault.UNKNOWN_CURRENCY),
    ("an unknown kind", movement(kind="gift"), Fault.UNKNOWN_VALUE),
    ("an unknown asset class", movement(asset_class="yacht"), Fault.UNKNOWN_VALUE),
    ("an unknown direction", movement(direction="up"), Fault.UNKNOWN_VALUE),
    ("a time without an offset", movement(occurred_at="2025-03-10T09:30:00"), Fault.INVALID_VALUE),
    ("a time in 1899", movement(occurred_at="1899-12-31T00:00:00Z"), Fault.INVALID_VALUE),
    ("a date that never was", movement(maturity_date="2025-02-29"), Fault.INVALID_VALUE),
    ("an empty name", movement(account_id=""), Fault.INVALID_VALUE),
    ("a long name", movement(account_id="x" * 129), Fault.INVALID_VALUE),
    ("a control character in a name", movement(account_id="a\x00b"), Fault.INVALID_VALUE),
    ("a reversal of nothing", movement(kind="reversal"), Fault.INCONSISTENT),
    ("a deposit that reverses", movement(reverses=REVERSAL["reverses"]), Fault.INCONSISTENT),
    ("a valuation without the value", movement(kind="valuation"), Fault.INCONSISTENT),
    ("another customer's key", movement(customer_id="c2"), Fault.WRONG_KEY),
]


@pytest.mark.parametrize(("value", "fault"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_what_is_malformed_is_refused_for_the_right_reason(value: bytes | None, fault: Fault) -> None:
    found = read(value, b"c1", LARGEST)
    assert isinstance(found, Refusal)
    assert found.fault is fault


def test_every_fault_of_a_movement_is_reachable() -> None:
    beyond_reading = {Fault.IN_THE_FUTURE}
    """Only whoever knows the broker's clock can say so (`streams.intake`)."""
    assert {fault for _, _, fault in MALFORMED} | {MISMATCH.fault, OUT_OF_RANGE.fault} | beyond_reading == set(Fault)


@given(mutated())
def test_a_refusal_fits_into_a_dead_letter_and_is_one_line(value: bytes) -> None:
    found = read(value, b"c1", LARGEST)
    if isinstance(found, Refusal):
        assert found.detail.isprintable()
        DeadLetter(fault=found.fault, detail=found.detail[:1_000], topic="t", partition=0, offset=0, timestamp=0)


@pytest.mark.parametrize("name", FIELDS)
def test_a_refusal_never_repeats_the_value(name: str) -> None:
    for base in (FULL, REVERSAL):
        for secret in ("SECRET-6222021234567890", {"SECRET": 1}, ["SECRET"]):
            found = read(json.dumps({**base, name: secret}).encode(), b"c1", LARGEST)
            if isinstance(found, Refusal):
                assert "SECRET" not in found.detail


@pytest.mark.parametrize("key", [None, b"", b"c2", b"C1", b"c1 ", "ｃ1".encode()])
def test_the_key_must_be_the_customer_to_the_byte(key: bytes | None) -> None:
    assert read(movement(), key, LARGEST) == Refusal(Fault.WRONG_KEY, "the record's key is not the customer_id")


def test_the_key_of_a_customer_in_chinese_is_its_utf_8() -> None:
    assert isinstance(read(movement(customer_id="客户一"), "客户一".encode(), LARGEST), Posting)


def test_a_message_of_exactly_the_largest_size_is_read() -> None:
    assert isinstance(read(movement().ljust(LARGEST), b"c1", LARGEST), Posting)


def test_an_event_before_1970_is_dated_to_the_second_below() -> None:
    found = read(movement(occurred_at="1969-12-31T23:59:58.5Z"), b"c1", LARGEST)
    assert isinstance(found, Posting)
    assert found.at == -2


# --- instants --------------------------------------------------------------------------------------------------------------------------

FRACTIONS = st.sampled_from(["", ".", ","]).flatmap(lambda point: st.text("0123456789", max_size=9).map(lambda some: point + some))
ZONES = st.sampled_from(["Z", "z", "", "+08:00", "-00:00", "+0800", "+08", "+23:59", "-23:59", "+24:00", "+05:60", "+05:30:15", "+8:00"])
YEARS = st.sampled_from([1900, 1969, 1970, 2000, 2025, 2199, 1899, 2200, 1, 9999])
DIGITS = ["٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⁰¹²³⁴⁵⁶⁷⁸⁹", "０/:;?@A b-"]
"""What stands for a digit: of other scripts, raised, and the neighbours of the digits in ASCII."""


@st.composite
def instants(draw: st.DrawFn) -> str:
    """An instant in one of many forms, right or nearly so."""
    year, month, day = draw(YEARS), draw(st.integers(0, 13) | st.integers(1, 12)), draw(st.integers(1, 28) | st.integers(0, 32))
    hour, minute = draw(st.integers(0, 25) | st.integers(0, 23)), draw(st.integers(0, 61) | st.integers(0, 59))
    second = draw(st.integers(0, 61) | st.integers(0, 59))
    divide = draw(st.sampled_from(["T", "T", "T", "T", " ", "t", "_"]))
    time = f"{hour:02}:{minute:02}" + draw(st.sampled_from([f":{second:02}"] * 6 + ["", f":{second}", f"{second:02}"]))
    text = f"{year:04}-{month:02}-{day:02}{divide}{time}{draw(FRACTIONS)}{draw(ZONES)}"
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        place = draw(st.integers(0, len(text) - 1))
        if text[place].isascii() and text[place].isdigit():
            text = text[:place] + draw(st.sampled_from(DIGITS))[int(text[place])] + text[place + 1 :]
        else:
            text = text[:place] + draw(st.sampled_from(["", ":", "-", "+", " ", "0"])) + text[place + 1 :]
    return text


def right_seconds(text: str) -> int | None:
    """What Python says; None where it does not read the text, or where it is no instant between 1900 and 2200."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or not 1900 <= moment.year < 2200:
        return None
    return int(moment.timestamp() // 1)


@given(instants() | st.sampled_from(ODD_TIMES) | st.text(max_size=30))
@example("2025-03-10T09:30:60Z")
@example("2025-03-10T09:30:60+08:00")
@example("2025-03-10T24:00:00Z")
@example("2025-03-10T24:00:00+08:00")
@example("1899-12-31T23:59:59-23:59")
@example("1900-01-01T00:00:00+23:59")
@example("2199-12-31T23:59:59-23:59")
@example("2200-01-01T00:00:00+23:59")
@example("1969-12-31T23:59:59.999999Z")
@example("1969-12-31T23:59:59.5+00:00")
@example("２０２５-03-10T09:30:00Z")
@example("2025-03-10T0９:30:00Z")
@example("2025-03-10T09:30:00+0８:00")
@example("2025-03-10T09:30:00.５Z")
@example("2025-03-10T09:30:00.1234567Z")
@example("2025-03-10T09:30:00\x00")
def test_seconds_are_python_s_or_are_left_to_the_contract(text: str) -> None:
    try:
        found = seconds(text)
    except ValueError:
        found = None
    right = right_seconds(text)
    if found is not None:
        assert found == right
    value = movement(occurred_at=text)
    agree(value)
    judged = contract(value)
    if found is not None:
        assert judged is not None, "what the fast reader takes, the contract takes"


@given(MOMENTS, st.sampled_from(["seconds", "milliseconds", "microseconds"]), st.booleans())
def test_every_instant_as_feeds_write_it_is_read_without_the_contract(moment: datetime, timespec: str, in_utc: bool) -> None:
    text = moment.isoformat(timespec=timespec)
    if in_utc:
        text = text[:-6] + "Z"
    assert seconds(text) == right_seconds(text)
    assert seconds(text) == right_seconds(text), "asked again"
