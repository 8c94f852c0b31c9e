"""From a finding to its notification: derived ids, evidence, bands; and no movement of the contract that it cannot carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.movements import Movement
from schemas.notifications import Notification
from schemas.positions import Position
from schemas.prices import Price
from schemas.rules import Severity
from streams.customer import Profile
from streams.decide import decide, pass_time
from streams.findings import band, derived, identity, in_unit, notification_id, uuid_of, written
from streams.portfolio import DAY_SECONDS
from streams.positions import snapshot
from streams.posting import Posting
from streams.reading import read
from streams.state import decode, encode, new_customer
from tests.streams.builders import LARGEST, Detector, instant, only, posting, whole, world
from tests.streams.test_posting import movements

BANDS = ((Severity.NOTICE, Decimal(1)), (Severity.WARNING, Decimal("2.5")), (Severity.CRITICAL, Decimal(10)))


# --- ids -------------------------------------------------------------------------------------------------------------------------------


def test_ids_are_derived_from_names_alone_and_never_change_between_versions() -> None:
    assert notification_id("large_inflow", "large_inflow:c1:core/e1", "core/e1") == UUID("328e5d89-5279-5586-a2c6-56c20de97c65")
    detector = Detector()
    one = only(detector.move("2025-03-10 09:00", "90000"), "large_inflow")
    assert one.notification_id == UUID("328e5d89-5279-5586-a2c6-56c20de97c65")
    assert one.message_id == UUID("1b9c33e4-bb64-52ad-b6b5-08a7e9546425")
    assert identity(posting(source="cards", event_id="x")) == "cards/x"


@given(st.uuids(), st.text(max_size=80))
def test_a_derived_id_is_the_one_of_the_standard(namespace: UUID, name: str) -> None:
    assert derived(namespace.bytes, name) == uuid5(namespace, name)


@given(st.uuids())
def test_an_id_is_read_back_from_its_text_as_uuid_does(one: UUID) -> None:
    found = uuid_of(str(one))
    assert (found, str(found), hash(found), found.is_safe) == (one, str(one), hash(one), UUID(str(one)).is_safe)


def test_neither_the_amount_nor_the_time_nor_the_customer_s_profile_is_part_of_an_id() -> None:
    one, other = Detector(), Detector()
    other.profile(manager_id="m1", branch="b")
    assert (
        only(one.move("2025-03-10 09:00", "90000"), "large_inflow").message_id
        == only(other.move("2025-06-10 09:00", "91000"), "large_inflow").message_id
    )


# --- severity --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "severity"),
    [(4, "notice"), (9, "notice"), (10, "warning"), (39, "warning"), (40, "critical"), (10**30, "critical"), (0, "notice"), (-1, "notice")],
)
def test_a_band_begins_at_its_lower_bound_and_below_all_the_lowest_counts(value: int, severity: str) -> None:
    assert band(BANDS, value, 4) == severity


def test_numbers_stand_in_the_evidence_in_their_unit() -> None:
    assert in_unit(1_234_567, "money") == Decimal("123.4567")
    assert in_unit(912_345, "ratio") == Decimal("0.912345")
    assert in_unit(366, "days") == Decimal(366)
    assert in_unit(5, "count") == Decimal(5)


# --- evidence --------------------------------------------------------------------------------------------------------------------------


def test_the_evidence_quotes_every_foreign_rate_and_says_which_is_not_known() -> None:
    detector = Detector()
    detector.rate("USD", "7.1", "2025-01-01 08:00")
    detector.move("2025-03-10 08:00", "1", account_id="usd", currency="USD")
    detector.move("2025-03-10 08:00", "1", account_id="eur", currency="EUR")
    one = only(detector.move("2025-03-10 09:00", "90000"), "large_inflow")
    rates = {rate.currency: (rate.rate, rate.at) for rate in one.evidence.rates}
    assert rates == {"USD": (Decimal("7.1"), datetime(2025, 1, 1, tzinfo=UTC)), "EUR": (Decimal(0), None)}
    assert one.evidence.aum_before == Decimal("7.1")


def test_the_trigger_is_the_movement_and_the_other_side_by_name_else_by_account() -> None:
    detector = Detector()
    for other, named in (({"name": "Ltd", "account": "*1"}, "Ltd"), ({"account": "*1"}, "*1"), ({"bank": "ICBC"}, None), (None, None)):
        (trigger,) = only(detector.move("2025-03-10 09:00", "90000", counterparty=other), "large_inflow").evidence.triggers
        assert trigger.counterparty == named
        assert (trigger.source, trigger.amount, trigger.account_id, trigger.kind) == ("core", 90_000, "a1", "deposit")


def test_what_a_tick_decides_has_no_trigger_and_the_same_before_and_after() -> None:
    detector = Detector()
    detector.move("2025-01-01 09:00", "190000", "adjustment", snapshot=True)
    one = only(detector.until("2025-02-01 00:00"), "near_tier")
    assert one.evidence.triggers == ()
    assert one.evidence.allocation_before == one.evidence.allocation_after
    assert one.evidence.aum_before == one.evidence.aum_after == 190_000
    assert one.occurred_at == datetime.fromtimestamp(instant("2025-01-31 00:00"), UTC)


# --- nothing that is valid is too much ---------------------------------------------------------------------------------------------------

RATES = st.dictionaries(st.sampled_from(["USD", "JPY", "KWD"]), st.sampled_from(["0.00000001", "0.0489", "7.1", "999999999.99999999"]))


SPANS = st.sampled_from([timedelta(days=730), timedelta(days=730), timedelta(days=730), timedelta(days=110_000)])
"""Within so long most lie; each century between two movements has 36,525 closes, which cost a second."""


@given(st.lists(movements(), min_size=1, max_size=5), RATES, st.booleans(), SPANS)
def test_no_movement_of_the_contract_stops_the_detector(
    many: list[Movement], rates: dict[str, str], same_account: bool, span: timedelta
) -> None:
    own = world({"recon_break": {}, "large_inflow": {"parameters": {"abs_floor": "0.0001", "pct": "0"}}})
    for currency, rate in rates.items():
        own.rates.learn(Price(of=currency, currency="CNY", price=Decimal(rate), at=datetime(2025, 1, 1, tzinfo=UTC)))
    seen_at, customer_id = datetime(2026, 3, 2, 2, tzinfo=UTC), many[0].customer_id
    customer = new_customer(customer_id)
    customer.profile = Profile(0, "corporate", "gold", "h" * 128, "m" * 128, "b" * 512)
    told: list[Notification] = []
    for one in many:
        first = many[0] if same_account else one
        apart = one.occurred_at - many[0].occurred_at
        moved = one.model_copy(
            update={
                "customer_id": customer_id,
                "account_id": first.account_id,
                "currency": first.currency,
                "occurred_at": many[0].occurred_at + (apart % span if apart >= timedelta() else -(-apart % span)),
            }
        )
        read_one = read(moved.model_dump_json().encode(), customer_id.encode(), LARGEST)
        assert isinstance(read_one, Posting)
        told += decide(customer, read_one, seen_at, own).notifications
        records = dict(encode(customer))
        assert whole(decode(records[customer_id.encode()], records.get)) == whole(customer)
    told += pass_time(customer, min(customer.clock + 800 * DAY_SECONDS, instant("2199-12-31 00:00")), seen_at, own)
    Position.model_validate_json(snapshot(customer, own.books.first))
    for each in told:
        assert written(each) == each.model_dump_json(exclude_none=True).encode()
        assert Notification.model_validate_json(written(each)) == each
