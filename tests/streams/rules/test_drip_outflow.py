"""R17: >= 5 external debits to one payee in 30 dates, none >= the gate, their sum >= the gate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import Classification, Notification
from streams.memory import MOST_REGULARS
from tests.streams.builders import Detector, instant, iso, of, only, posting, said, whole, world
from tests.streams.test_screens import unscreened

RULE = "drip_outflow"
PAYEE = {"name": "Payee Ltd", "account": "****9"}


def holding(amount: str = "170000", **parameters: Any) -> Detector:
    """Below 180,000 the customer stays basic: the floor is 50,000."""
    detector = Detector(world({RULE: {"parameters": parameters}}))
    detector.move("2025-01-01 00:00", amount, "adjustment", snapshot=True)
    return detector


def pay(detector: Detector, at: str, amount: str, kind: str = "transfer_out", **more: Any) -> list[Notification]:
    return of(detector.move(at, amount, kind, **{"counterparty": PAYEE, **more}), RULE)


def pay_all(detector: Detector, *amounts: str, first: int = 1, **more: Any) -> list[bool]:
    return [bool(pay(detector, f"2025-03-{first + place:02} 09:00", amount, **more)) for place, amount in enumerate(amounts)]


@pytest.mark.parametrize(
    ("amounts", "opens"),
    [
        (["10000"] * 5, True),
        (["10000"] * 4 + ["9999.9999"], False),  # the sum is below
        (["12500"] * 4, False),  # four
        (["1", "1", "1", "1", "49999.9999"], True),
        (["1", "1", "1", "1", "50000"], False),  # one at the gate
        (["50000", "1", "1", "1", "1", "1"], False),
    ],
)
def test_five_below_the_gate_and_together_at_it(amounts: list[str], opens: bool) -> None:
    detector = holding()
    assert pay_all(detector, *amounts) == [False] * (len(amounts) - 1) + [opens]


def test_the_gate_is_a_tenth_of_aum_before_the_last_of_them() -> None:
    """600,000 less 4 x 11,200 is 555,200 before the fifth: the gate is 55,520 and the sum 56,000, where the first one's was 60,000."""
    detector = holding("600000", abs_floor="50000")
    assert pay_all(detector, *["11200"] * 5) == [False, False, False, False, True]
    assert only(detector.told, RULE).evidence.threshold == Decimal(55_520)
    detector = holding("600000", abs_floor="50000")
    assert pay_all(detector, *["11000"] * 5) == [False] * 5
    assert pay_all(detector, "0.01", first=6) == [True], "55,000.01 against a tenth of 545,000"


def test_the_thirtieth_date_back_counts_and_the_one_before_it_does_not() -> None:
    for day, opens in (("2025-03-02 00:00", True), ("2025-03-01 23:59", False)):
        detector = holding()
        pay(detector, day, "10000")
        pay_all(detector, *["10000"] * 3, first=10)
        assert bool(pay(detector, "2025-03-31 23:59", "10000")) is opens


def test_each_payee_is_by_itself_the_account_before_the_name() -> None:
    detector = holding()
    pay_all(detector, *["10000"] * 4)
    assert not pay(detector, "2025-03-06 09:00", "10000", counterparty={"name": "Payee Ltd"})
    assert not pay(detector, "2025-03-06 09:00", "10000", counterparty={"name": "Payee Ltd", "account": "****8"})
    assert not pay(detector, "2025-03-06 09:00", "10000", counterparty=None)
    assert (
        pay(detector, "2025-03-06 09:00", "10000", counterparty={"name": "Another", "account": "****9"})[0].dedup_key == f"{RULE}:c1:****9"
    )


def test_payments_without_a_payee_are_not_one_payee() -> None:
    assert pay_all(holding(), *["10000"] * 7, counterparty=None) == [False] * 7


def test_five_at_the_same_instant_are_five() -> None:
    detector = holding()
    assert [bool(pay(detector, "2025-03-01 09:00", "10000")) for _ in range(5)] == [False] * 4 + [True]


def test_own_money_does_not_drip() -> None:
    assert pay_all(holding(), *["10000"] * 6, kind="purchase") == [False] * 6
    assert pay_all(holding(), *["10000"] * 6, counterparty={"account": "a1"}) == [False] * 6


def test_it_resolves_when_a_fifth_leaves_the_window() -> None:
    detector = holding()
    pay_all(detector, *["11000"] * 5)
    assert said(of(detector.until("2025-03-30 23:00"), RULE)) == []
    resolved = only(detector.until("2025-03-31 00:00"), RULE)
    assert (resolved.status, resolved.evidence.measured, resolved.evidence.facts["debits"]) == ("resolved", Decimal(0), "4")


def test_it_resolves_when_a_large_one_comes_and_says_so_again_when_that_has_left_at_a_tick() -> None:
    detector = holding()
    pay_all(detector, *["11000"] * 4)
    pay(detector, "2025-03-05 09:00", "60000")
    assert said(pay(detector, "2025-03-06 09:00", "11000")) == []
    for day in range(7, 12):
        assert pay(detector, f"2025-03-{day:02} 09:00", "11000") == []
    assert of(detector.until("2025-04-03 23:00"), RULE) == []
    opened = only(detector.until("2025-04-04 00:00"), RULE)
    assert (opened.evidence.triggers, opened.dedup_key, opened.evidence.measured) == ((), f"{RULE}:c1:****9", Decimal(66_000))


def test_a_large_one_resolves_it() -> None:
    detector = holding()
    pay_all(detector, *["11000"] * 5)
    assert said(pay(detector, "2025-03-06 09:00", "60000")) == [(RULE, "resolved")]


def test_the_reversal_of_a_large_one_opens_it() -> None:
    detector = holding()
    pay_all(detector, *["11000"] * 4)
    pay(detector, "2025-03-05 09:00", "60000", event_id="odd")
    pay(detector, "2025-03-06 09:00", "11000")
    found = detector.reverse("2025-03-07 09:00", "odd", "2025-03-05 09:00", "60000", "transfer_out", counterparty=PAYEE)
    assert (RULE, "opened") in said(found)


def test_a_reversed_fifth_takes_back_what_it_opened() -> None:
    detector = holding()
    pay_all(detector, *["11000"] * 4)
    pay(detector, "2025-03-05 09:00", "11000", event_id="odd")
    found = detector.reverse("2025-03-06 09:00", "odd", "2025-03-05 09:00", "11000", "transfer_out", counterparty=PAYEE)
    assert (RULE, "retracted") in said(found)


def test_a_payment_reversed_before_it_arrived_never_was() -> None:
    detector = holding()
    detector.reverse("2025-03-05 09:00", "late", "2025-03-04 09:00", "11000", "transfer_out", counterparty=PAYEE)
    pay(detector, "2025-03-04 09:00", "11000", event_id="late")
    assert pay_all(detector, *["11000"] * 5, first=6) == [False] * 4 + [True]


def test_the_floor_of_the_gate_is_of_the_tier_on_the_last_one_s_date() -> None:
    detector = holding()
    pay_all(detector, *["11000"] * 5, first=20)
    detector.move("2025-03-24 10:00", "2000000", "adjustment", snapshot=True, account_id="a2")
    assert of(detector.until("2025-04-10 00:00"), RULE) == []
    assert detector.customer().tier == "gold"
    assert pay(detector, "2025-04-10 09:00", "1")[0].status == "resolved", "now it is a tenth of 2,115,000"


def test_how_many_and_the_gate_are_settings() -> None:
    assert pay_all(holding(debits=3, abs_floor="30", pct="0"), *["10"] * 3) == [False, False, True]


def test_it_is_restricted_and_names_no_manager() -> None:
    detector = holding()
    detector.profile(manager_id="M1")
    pay_all(detector, *["11000"] * 5)
    detector.until("2025-06-01 00:00")
    told = of(detector.told, RULE)
    assert [one.status for one in told] == ["opened", "resolved"]
    assert {(one.classification, one.manager_id) for one in told} == {(Classification.RESTRICTED, None)}
    assert {one.group_key.partition(":")[0] for one in told} == {"restricted"}
    english = "In 30 days Payee Ltd got ¥55,000.00 in small payments, none of them large by itself; payments: 5."
    assert told[0].body.english == english


def test_its_facts() -> None:
    detector = holding()
    pay_all(detector, "10000", "10000", "10000", "10000", "12000.5")
    found = only(detector.told, RULE)
    assert found.evidence.facts == {
        "payee": "****9",
        "debits": "5",
        "sum": "52000.50",
        "largest": "12000.50",
        "aum_before": "130000.00",
        "abs_floor": "50000.00",
        "pct": "0.10",
    }


def test_the_names_of_regular_payees_are_kept_and_bounded_and_written() -> None:
    detector = holding()
    for payee in range(MOST_REGULARS + 3):
        for hour in range(4):
            pay(detector, f"2025-03-{1 + payee:02} {hour + 9:02}:00", "1", counterparty={"name": f"P{payee}"})
    names = list(detector.customer().memory.regulars.values())
    assert names == [f"P{payee}" for payee in range(3, MOST_REGULARS + 3)]
    twin = detector.copy()
    assert twin.customer().memory.regulars == detector.customer().memory.regulars
    assert whole(twin.customer()) == whole(detector.customer())


def test_the_date_of_the_latest_tier_is_kept_and_written() -> None:
    detector = holding()
    detector.move("2025-03-10 09:00", "2000000", "adjustment", snapshot=True, account_id="a2")
    detector.until("2025-03-20 00:00")
    memory = detector.copy().customer().memory
    assert (memory.tier_before, detector.customer().tier) == ("basic", "gold")
    assert memory.tier_on(memory.tier_since - 1, "gold") == "basic"
    assert memory.tier_on(memory.tier_since, "gold") == "gold"


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 1, 2, 10, 29, 30, -1, -10, -29]),
        st.sampled_from(["1", "2", "3", "9", "10"]),
        st.sampled_from(["A", "A", "A", "B", ""]),
        st.none() | st.none() | st.integers(0, 9),
    ),
    min_size=5,
    max_size=24,
)


@given(STEPS, st.integers(0, 40))
def test_it_opens_and_resolves_as_the_definition_says(steps: list[tuple[int, str, str, int | None]], after: int) -> None:
    """The definition, said again in the plainest way; and the same is told when the rule is asked at all times, without its screens."""
    detector, bare = (Detector(world({RULE: {"parameters": {"debits": 3, "abs_floor": "10", "pct": "0"}}})) for _ in range(2))
    unscreened(bare.world)
    day, made, paid, open_now = 0, list[dict[str, Any]](), list[tuple[str, str, int, int]](), set[str]()
    start = instant("2025-03-10 09:00")
    latest = start
    for place, (days, amount, payee, reverses) in enumerate([*steps, (after, "1", "", None)]):
        day += days
        at = start + day * 86_400
        if made and reverses is not None and (original := made[reverses % len(made)])["event_id"] in {one for one, *_ in paid}:
            undone = {name: original[name] for name in ("event_id", "occurred_at", "kind")}
            values = {**original, "kind": "reversal", "direction": "credit", "reverses": undone}
            paid = [one for one in paid if one[0] != original["event_id"]]
        else:
            values = {"kind": "transfer_out", "amount": amount, "direction": "debit", "counterparty": {"name": payee} if payee else None}
            paid.append((f"e{place}", payee, day, int(amount)))
        values |= {"event_id": f"e{place}", "occurred_at": iso(at)}
        if values["kind"] != "reversal":
            made.append(values)
        one = posting(**values)
        latest = max(latest, at)
        today = (latest - start) // 86_400
        told = of(detector.take(one), RULE)
        bare.take(one)
        for status in ("opened", "resolved", "retracted"):
            for said_one in told:
                if said_one.status == status:
                    (open_now.add if status == "opened" else open_now.discard)(said_one.dedup_key.rpartition(":")[2])
        for who in ("A", "B"):
            amounts = [size for _, to, on, size in paid if to == who and today - 30 < on <= today]
            shaped = len(amounts) >= 3 and max(amounts) < 10
            value = sum(amounts) if shaped else 0
            assert not (value >= 10 and who not in open_now), "it is said as soon as it is so"
            assert not (value < 8 and who in open_now), "and no longer than it is so"
    assert [one.message_id for one in of(detector.told, RULE)] == [one.message_id for one in of(bare.told, RULE)]
    assert whole(detector.customer()) == whole(bare.customer())
