"""What every rule of the folder is held to, whoever writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from holidays import country_holidays
from hypothesis import given
from hypothesis import strategies as st

import streams.rules
from schemas.notifications import Notification, Status
from schemas.rules import Severity
from streams.book import all_rules
from streams.customer import Customer
from streams.falling import FallingRule
from streams.findings import written
from streams.rule import ConditionRule, EventRule, Measured
from streams.situation import Situation
from streams.state import new_customer
from tests.streams.builders import Detector, whole, world
from tests.streams.rules import assets_stories, flows_stories
from tests.streams.rules.single_stories import RECOMPUTE as SINGLE_RECOMPUTE
from tests.streams.rules.single_stories import STORIES as SINGLE_STORIES

RULES = sorted(all_rules())
ASK_ALONE = [name for name in RULES if name != "retraction"]
"""A retraction is not asked about movements: it speaks of what the others told."""
LISTENERS = {"attrition_score", "no_contact_after_change"}
"""Rules that speak of what others found, if these are live."""
LINES = {"gold": 200_000, "platinum": 2_000_000, "private": 8_000_000}


# --- one history in which every rule speaks: a customer for each ---------------------------------------------------------------------


def inflow(detector: Detector, who: str) -> None:
    detector.move("2025-03-01 00:00", "1234567.89", "adjustment", snapshot=True, customer_id=who, account_id="seed")
    detector.move("2025-03-10 09:00", "200000.55", "transfer_in", customer_id=who, counterparty={"name": "Ltd", "account": "****1"})
    detector.move("2025-03-11 09:00", "900000", customer_id=who)


def foreign(detector: Detector, who: str) -> None:
    detector.rate("USD", "7.1234")
    detector.move("2025-03-10 09:00", "20000.01", "transfer_in", customer_id=who, currency="USD")


def outflow(detector: Detector, who: str) -> None:
    detector.move("2025-03-01 00:00", "1000000", "adjustment", snapshot=True, customer_id=who)
    for day, amount in ((3, "60000"), (4, "200000"), (8, "70000"), (20, "60000"), (28, "150000")):
        detector.move(f"2025-03-{day:02} 09:00", amount, "transfer_out", customer_id=who)
    detector.until("2025-06-01 00:00", who)


def sweep(detector: Detector, who: str) -> None:
    detector.move("2025-03-01 00:00", "123456.78", "adjustment", snapshot=True, customer_id=who)
    detector.move("2025-03-10 20:00", "61728.39", "withdrawal", customer_id=who)
    detector.move("2025-03-11 10:00", "55000", "withdrawal", customer_id=who)


def dormant(detector: Detector, who: str) -> None:
    detector.move("2023-03-01 00:00", "100000", "adjustment", snapshot=True, customer_id=who)
    detector.move("2023-03-02 00:00", "1", "card_payment", customer_id=who)
    detector.move("2025-03-10 09:00", "70000", "own_transfer", customer_id=who)


def disagreement(detector: Detector, who: str) -> None:
    detector.move("2025-03-01 00:00", "1000", "adjustment", snapshot=True, customer_id=who)
    detector.move("2025-03-10 09:00", "100", "deposit", balance_after="1233.3333", customer_id=who)
    detector.move("2025-03-05 09:00", "133.3333", "deposit", customer_id=who)


def climb(detector: Detector, who: str) -> None:
    for day, amount in (("2025-01-01", "185000.5"), ("2025-02-05", "300000"), ("2025-04-01", "9000000"), ("2025-06-01", "10")):
        detector.move(f"{day} 09:00", amount, "adjustment", snapshot=True, customer_id=who)
    detector.until("2025-09-01 00:00", who)


def taken_back(detector: Detector, who: str) -> None:
    detector.move("2025-03-10 09:00", "60000", customer_id=who, event_id="mistake")
    detector.reverse("2025-03-11 09:00", "mistake", "2025-03-10 09:00", "60000", "deposit", customer_id=who)


def terms(detector: Detector, who: str) -> None:
    detector.move("2025-02-01 00:00", "60000", "adjustment", snapshot=True, customer_id=who)
    for account, amount, on in (("t1", "100000.03", "2025-03-20"), ("t2", "100000", "2025-04-10")):
        kept = {"account_id": account, "asset_class": "time_deposit", "customer_id": who, "maturity_date": on}
        detector.move("2025-02-01 00:00", amount, "adjustment", snapshot=True, **kept)
    for account, amount, on, again in (("t1", "100000.03", "2025-03-20", "95000"), ("t2", "100000", "2025-04-10", "69999.9999")):
        kept = {"account_id": account, "asset_class": "time_deposit", "customer_id": who}
        detector.move(f"{on} 06:00", amount, "maturity", direction="debit", **kept)
        detector.move(f"{on} 06:00", amount, "maturity", customer_id=who)
        detector.move(f"{on} 10:00", again, "placement", customer_id=who)
        detector.move(f"{on} 10:00", again, "placement", direction="credit", **{**kept, "account_id": "t9"})
    detector.until("2025-05-01 00:00", who)


def own_day(detector: Detector, who: str) -> None:
    detector.profile(who, born_on=date(1980, 2, 29).toordinal(), customer_since=date(2015, 3, 20).toordinal())
    detector.move("2025-02-20 09:00", "1000", customer_id=who)
    detector.until("2025-04-01 00:00", who)


def leaving(detector: Detector, who: str) -> None:
    detector.profile(who, tier="gold", last_contact_on=date(2025, 2, 20).toordinal())
    detector.move("2024-12-01 00:00", "400000", "adjustment", snapshot=True, customer_id=who)
    for on in ("2024-12-10", "2025-01-10", "2025-02-10"):
        detector.move(f"{on} 09:00", "9000", "salary", customer_id=who, counterparty={"name": "Ltd"})
    detector.move("2025-03-10 09:00", "410000", "transfer_out", customer_id=who)
    detector.until("2025-03-28 00:00", who)
    detector.profile(who, tier="gold", last_contact_on=date(2025, 3, 25).toordinal())
    detector.move("2025-04-20 09:00", "9000", "salary", customer_id=who, counterparty={"name": "Ltd"})
    detector.until("2025-09-01 00:00", who)


def of_the_test_files(what: str) -> list[Any]:
    """What the test files of single rules bring along under this name: a rule that is new needs no file but its own two."""
    files = [file for file in sorted(Path(__file__).parent.glob("test_*.py")) if file != Path(__file__)]
    brought = [file for file in files if re.search(rf"^{what}\b", file.read_text(encoding="utf-8"), re.MULTILINE)]
    return [getattr(import_module(f"tests.streams.rules.{file.stem}"), what) for file in brought]


STORIES: tuple[Callable[[Detector, str], None], ...] = (
    inflow,
    foreign,
    outflow,
    sweep,
    dormant,
    disagreement,
    climb,
    taken_back,
    *SINGLE_STORIES,
    terms,
    own_day,
    leaving,
    *assets_stories.STORIES,
    *flows_stories.STORIES,
    *(story for stories in of_the_test_files("STORIES") for story in stories),
)


def play(detector: Detector | None = None) -> Detector:
    """All stories; each customer has the name of theirs."""
    detector = detector or Detector()
    detector.world.history_days = 400
    for story in STORIES:
        story(detector, story.__name__)
    return detector


@lru_cache(maxsize=1)
def told() -> tuple[Notification, ...]:
    return tuple(play().told)


def told_by(name: str) -> list[Notification]:
    """What a rule told, retractions of others' under the name of R07."""
    if name == "retraction":
        return [one for one in told() if "retracts" in one.evidence.facts]
    return [one for one in told() if one.rule.name == name and "retracts" not in one.evidence.facts]


# --- the folder ------------------------------------------------------------------------------------------------------------------------


def test_every_file_of_the_folder_has_its_tests() -> None:
    for file in Path(streams.rules.__path__[0]).glob("*.py"):
        if file.stem != "__init__":
            assert (Path(__file__).parent / f"test_{file.stem}.py").is_file(), file.name


def test_names_are_what_a_rule_sees_and_numbers_are_the_catalogue_s() -> None:
    for name, rule in all_rules().items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert re.fullmatch(r"R\d\d|FEED", rule.rule_id)


@pytest.mark.parametrize("name", RULES)
def test_its_docstring_states_the_definition(name: str) -> None:
    rule = type(all_rules()[name])
    assert rule.__doc__ is not None
    assert rule.__doc__ not in {base.__doc__ for base in rule.__mro__[1:]}
    assert len(rule.__doc__) >= 80
    if name in ASK_ALONE and name != "recon_break":
        assert any(sign in rule.__doc__ for sign in (">=", "<", " in [")), "a definition says from where on"


@pytest.mark.parametrize("name", RULES)
def test_every_fact_of_its_evidence_is_named_in_its_docstring(name: str) -> None:
    documented = type(all_rules()[name]).__doc__ or ""
    parameters = all_rules()[name].parameters.model_fields
    for one in told_by(name):
        for fact in one.evidence.facts:
            assert fact in documented or fact in parameters or fact in {"tier", "currency"}, fact


@pytest.mark.parametrize("name", RULES)
def test_the_history_of_this_suite_makes_it_speak(name: str) -> None:
    statuses = {one.status for one in told_by(name)}
    assert statuses >= ({Status.RETRACTED} if name == "retraction" else {Status.OPENED})
    if isinstance(all_rules()[name], ConditionRule) and name != "cumulative_inflow":
        assert Status.RESOLVED in statuses


# --- what it may not do ----------------------------------------------------------------------------------------------------------------


def test_the_same_history_is_told_in_the_same_bytes() -> None:
    assert [one.model_dump_json() for one in play().told] == [one.model_dump_json() for one in play().told]


@pytest.mark.parametrize("name", RULES)
def test_what_it_says_is_a_message_of_the_contract_to_the_last_byte(name: str) -> None:
    """The engine makes its messages without looking at each value again, and writes them by itself."""
    for one in told_by(name):
        assert written(one) == one.model_dump_json(exclude_none=True).encode()
        assert Notification.model_validate_json(written(one)) == one
        assert one.model_fields_set == set(Notification.model_fields)


@lru_cache(maxsize=1)
def asked() -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """Each rule and method that the history asks, and those of them that left the customer otherwise than it was."""
    found, changing = set[tuple[str, str]](), set[tuple[str, str]]()

    def watched(method: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def ask(self: Any, first: Any, *others: Any) -> Any:
            shown = others[0] if isinstance(first, Measured) else first
            customer = (shown if isinstance(shown, Situation) else shown.situation).customer
            before = frozen(customer)
            answer = original(self, first, *others)
            if isinstance(answer, Iterator):
                answer = iter(list(answer))
            found.add((self.name, method))
            if frozen(customer) != before:
                changing.add((self.name, method))
            return answer

        return ask

    with pytest.MonkeyPatch.context() as patch:
        for rule in {type(rule): rule for rule in all_rules().values()}.values():
            originals = {method: getattr(type(rule), method) for method in asked_by(rule)}
            for method, original in originals.items():
                if not hasattr(original, "watched"):
                    ask = watched(method, original)
                    ask.watched = True  # type: ignore[attr-defined]
                    patch.setattr(type(rule), method, ask)
        play()
    return frozenset(found), frozenset(changing)


def asked_by(rule: Any) -> list[str]:
    return ["measure", "facts", "say", *(["opens", "resolves"] if isinstance(rule, ConditionRule) else ["rearms"])]


@pytest.mark.parametrize("name", RULES)
def test_being_asked_leaves_the_customer_as_it_was(name: str) -> None:
    found, changing = asked()
    assert {"say", "facts"} <= {method for rule, method in found if rule == name}
    assert [method for rule, method in changing if rule == name] == []


def frozen(customer: Customer) -> bytes:
    return whole(customer) + msgspec.msgpack.encode(sorted(customer.unsaved))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("average", [None, 0])
def test_it_is_quiet_about_a_customer_of_whom_nothing_is_known(name: str, average: int | None) -> None:
    rule, own = all_rules()[name], world()
    customer, book = new_customer("c1"), own.books.first.households if rule.of_household else own.books.first
    situation = Situation(customer, book, own.calendar, 0, own.calendar.date_of(0))
    situation.average = average
    prepared = book.sheet(customer).prepared[name]
    if isinstance(rule, EventRule):
        assert not isinstance(rule.measure(situation, prepared), Measured)
    else:
        assert isinstance(rule, ConditionRule)
        assert [one for one in rule.measure(situation, prepared) if rule.opens(one, situation, prepared)] == []


@pytest.mark.parametrize("kind", ["deposit", "withdrawal", "transfer_out", "adjustment", "interest", "valuation"])
def test_a_snapshot_never_notifies(kind: str) -> None:
    detector = Detector()
    detector.move("2023-01-01 09:00", "90000", "card_payment")
    del detector.told[:]
    for hour in range(10, 14):
        detector.move(f"2023-01-01 {hour}:00", "99999999", kind, snapshot=True, balance_after="-1")
        detector.move(f"2025-03-10 {hour}:00", "99999999", kind, snapshot=True, account_id=f"n{hour}", balance_after="7")
    assert [one for one in detector.told if one.evidence.triggers] == []


@pytest.mark.parametrize("name", RULES)
def test_switched_off_it_says_nothing_and_the_others_say_the_same(name: str) -> None:
    without = play(Detector(world({name: {"mode": "off"}}))).told
    if name == "retraction":
        assert not any("retracts" in one.evidence.facts for one in without)
        return
    aside = {name, *LISTENERS}
    assert [one.message_id for one in without if one.rule.name not in aside] == [
        one.message_id for one in told() if one.rule.name not in aside
    ]


@pytest.mark.parametrize("name", RULES)
def test_in_test_it_says_the_same_and_that_it_is_in_test(name: str) -> None:
    tested = play(Detector(world({name: {"mode": "test", "version": 7}}))).told
    aside = LISTENERS - {name}
    assert [one.message_id for one in tested if one.rule.name not in aside] == [
        one.message_id for one in told() if one.rule.name not in aside
    ]
    assert {(one.rule.mode.value, one.rule.version) for one in tested if one.rule.name == name} <= {("test", 7)}
    assert {(one.rule.mode.value, one.rule.version) for one in tested if one.rule.name != name} == {("live", 1)}


# --- words -----------------------------------------------------------------------------------------------------------------------------

CJK = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", RULES)
def test_its_words_are_whole_in_both_languages(name: str) -> None:
    for one in told_by(name):
        for words in (one.title, one.body, one.suggested_action):
            assert CJK.search(words.chinese)
            assert not CJK.search(words.english)
            for text in (words.chinese, words.english):
                assert text
                assert text == text.strip()
                assert not set("{}") & set(text)
                assert "None" not in text
        assert one.body.english.endswith(".")
        assert one.body.chinese.endswith("。")


@pytest.mark.parametrize("name", RULES)
def test_what_is_over_says_so_and_asks_for_nothing(name: str) -> None:
    prefixes = {Status.RESOLVED: "Resolved: ", Status.RETRACTED: "Retracted: ", Status.ESCALATED: "Escalated: "}
    for one in told_by(name):
        over = one.status in (Status.RESOLVED, Status.RETRACTED)
        assert one.title.english.startswith(prefixes.get(one.status, ""))
        assert (one.suggested_action.english == "Nothing to do.") is over
        assert (one.due_by is None) is (over or one.severity is Severity.INFO)


# --- evidence --------------------------------------------------------------------------------------------------------------------------


def exact(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.0001"), ROUND_CEILING)


def gate(one: Notification) -> tuple[Decimal, Decimal]:
    (trigger,) = one.evidence.triggers
    rates = {rate.currency: rate.rate for rate in one.evidence.rates} | {one.base_currency: Decimal(1)}
    facts = one.evidence.facts
    threshold = max(Decimal(facts["abs_floor"]), Decimal(facts["pct"]) * one.evidence.aum_before)
    return (trigger.amount * rates[trigger.currency]).quantize(Decimal("0.0001")), exact(threshold)


def sums(one: Notification) -> tuple[Decimal, Decimal]:
    """By a GROUP BY over the history between the window's dates, up to the moment of the message."""
    window, at = one.evidence.window, one.occurred_at
    assert window is not None
    way = "credit" if one.rule.name == "cumulative_inflow" else "debit"
    factor = {"basic": 50_000, "gold": 100_000, "platinum": 500_000, "private": 1_000_000}[one.tier] * {"7d": 1, "30d": 2}[window.name]
    total = Decimal(0)
    for moved in moved_by(one.customer_id):
        local = datetime.fromisoformat(moved["occurred_at"]).astimezone(world().calendar.zone).date()
        external = moved["kind"] in ("deposit", "transfer_in", "transfer_out", "withdrawal", "card_payment") and not moved["snapshot"]
        before = datetime.fromisoformat(moved["occurred_at"]) <= at and not (moved["undone_at"] and moved["undone_at"] <= at)
        if external and before and window.first <= local <= window.last and moved["direction"] == way:
            total += (Decimal(moved["amount"]) * Decimal("7.1234" if moved["currency"] == "USD" else 1)).quantize(Decimal("0.0001"))
    return total, Decimal(factor)


def swept(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    assert Decimal(facts["left"]) >= Decimal(facts["abs_floor"])
    return (Decimal(facts["left"]) / Decimal(facts["base"])).quantize(Decimal("0.000001"), ROUND_FLOOR), Decimal("0.9")


def slept(one: Notification) -> tuple[Decimal, Decimal]:
    (trigger,) = one.evidence.triggers
    assert trigger.amount >= Decimal(one.evidence.facts["abs_floor"])
    on = trigger.occurred_at.astimezone(world().calendar.zone).date()
    return Decimal((on - date.fromisoformat(one.evidence.facts["last_active"])).days), Decimal(365)


def differed(one: Notification) -> tuple[Decimal, Decimal]:
    return abs(Decimal(one.evidence.facts["stated"]) - Decimal(one.evidence.facts["kept"])), Decimal("0.0001")


def average(one: Notification) -> Decimal:
    """The mean of the closes of the 30 dates before the tick's, from the balances that the history states."""
    last = one.occurred_at.astimezone(world().calendar.zone).date()
    stated = {datetime.fromisoformat(moved["occurred_at"]).date(): Decimal(moved["amount"]) for moved in moved_by(one.customer_id)}
    closes = [stated[max(day for day in stated if day <= last - timedelta(days=back))] for back in range(1, 31)]
    return (sum(closes, Decimal(0)) / 30).quantize(Decimal("0.0001"), ROUND_FLOOR)


def climbed(one: Notification) -> tuple[Decimal, Decimal]:
    return average(one), Decimal(LINES[one.dedup_key.rpartition(":")[2]])


def came_near(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    assert Decimal(facts["line"]) - Decimal(facts["missing"]) == one.evidence.measured
    return average(one), Decimal(facts["line"]) * Decimal("0.9")


def took_back(one: Notification) -> tuple[Decimal, Decimal]:
    (trigger,) = one.evidence.triggers
    assert one.evidence.facts["by"] == f"{trigger.source}/{trigger.event_id}"
    assert one.evidence.facts["retracts"] == one.rule.name
    return trigger.amount, Decimal(0)


def local(one: Notification) -> date:
    """The business date on which it was said."""
    return one.occurred_at.astimezone(world().calendar.zone).date()


def working_days(after: date, until: date) -> int:
    """Of China, from after one date to another, the last included."""
    china = country_holidays("CN")
    return sum(china.is_working_day(after + timedelta(days=step)) for step in range(1, (until - after).days + 1))


def matures(one: Notification) -> tuple[Decimal, Decimal]:
    between = Decimal(
        working_days(local(one) - timedelta(days=1), date.fromisoformat(one.evidence.facts["matures_on"]) - timedelta(days=1))
    )
    assert between in (30, 7, 1)
    return between, between


def stays_idle(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    proceeds, placed = Decimal(facts["proceeds"]), Decimal(facts["placed"])
    assert working_days(date.fromisoformat(facts["came_on"]), local(one) - timedelta(days=1)) == 3
    assert placed < Decimal(facts["share"]) * proceeds
    least = (proceeds * (1 - Decimal(facts["share"]))).quantize(Decimal("0.0001"), ROUND_FLOOR) + Decimal("0.0001")
    return proceeds - placed, least


def placed_again(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    share = Decimal(facts["placed"]) / Decimal(facts["proceeds"])
    assert share <= 1 + Decimal(facts["tolerance"])
    assert working_days(date.fromisoformat(facts["came_on"]), local(one)) <= 3
    return share.quantize(Decimal("0.000001"), ROUND_FLOOR), 1 - Decimal(facts["tolerance"])


def did_not_come(one: Notification) -> tuple[Decimal, Decimal]:
    facts = one.evidence.facts
    if one.status is Status.RESOLVED and not facts["expected_on"]:
        return Decimal(0), Decimal(5)
    expected = date.fromisoformat(facts["last_on"]) + timedelta(days=int(facts["median_gap"]))
    assert facts["expected_on"] == expected.isoformat()
    return Decimal(max(0, (local(one) - expected).days - 1)), Decimal(5)


def comes(one: Notification) -> tuple[Decimal, Decimal]:
    return Decimal((date.fromisoformat(one.evidence.facts["on"]) - local(one)).days), Decimal(3)


def adds_up(one: Notification) -> tuple[Decimal, Decimal]:
    return Decimal(sum(int(reason.rpartition(":")[2]) for reason in one.evidence.facts["reasons"].split())), Decimal(50)


def unspoken(one: Notification) -> tuple[Decimal, Decimal]:
    days = Decimal((local(one) - date.fromisoformat(one.evidence.facts["since"])).days)
    return days, Decimal(3 if one.dedup_key.endswith(":change") else 90)


RECOMPUTE: dict[str, Callable[[Notification], tuple[Decimal, Decimal]]] = {
    "large_inflow": gate,
    "large_outflow": gate,
    "cumulative_inflow": sums,
    "cumulative_outflow": sums,
    "full_sweep": swept,
    "dormant_reactivated": slept,
    "recon_break": differed,
    "tier_up": climbed,
    "near_tier": came_near,
    "retraction": took_back,
    **SINGLE_RECOMPUTE,
    "maturity_upcoming": matures,
    "matured_not_reinvested": stays_idle,
    "reinvested": placed_again,
    "recurring_credit_missing": did_not_come,
    "birthday_or_anniversary": comes,
    "attrition_score": adds_up,
    "no_contact_after_change": unspoken,
    **assets_stories.RECOMPUTE,
    **flows_stories.RECOMPUTE,
    **{name: recompute for brought in of_the_test_files("RECOMPUTE") for name, recompute in brought.items()},
}


@lru_cache(maxsize=1)
def moved() -> tuple[dict[str, Any], ...]:
    """Every movement of the history as it was told to the detector."""
    found: list[dict[str, Any]] = []
    undone: dict[str, datetime] = {}

    class Listening(Detector):
        def take(self, one: Any) -> list[Notification]:
            found.append({name: getattr(one.wire, name) for name in ("customer_id", "kind", "direction", "amount", "currency", "snapshot")})
            found[-1] |= {"occurred_at": one.occurred_at.isoformat(), "event_id": one.event_id}
            if one.reverses is not None:
                undone[one.reverses.event_id] = one.occurred_at
            return super().take(one)

    play(Listening())
    return tuple({**one, "undone_at": undone.get(one["event_id"])} for one in found)


def moved_by(customer_id: str) -> list[dict[str, Any]]:
    return [one for one in moved() if one["customer_id"] == customer_id]


def test_every_rule_is_recomputed() -> None:
    assert sorted(RECOMPUTE) == RULES


@pytest.mark.parametrize("name", RULES)
def test_its_evidence_is_enough_to_recompute_the_decision(name: str) -> None:
    recomputed = 0
    for one in told_by(name):
        assert RECOMPUTE[name](one) == (one.evidence.measured, one.evidence.threshold)
        recomputed += 1
        if one.status in (Status.OPENED, Status.ESCALATED):
            reached = one.evidence.measured >= one.evidence.threshold
            assert reached is not isinstance(all_rules()[name], FallingRule)
    assert recomputed


@pytest.mark.parametrize("name", ASK_ALONE)
def test_its_severity_is_the_highest_band_that_the_measured_value_reaches(name: str) -> None:
    for one in told_by(name):
        lowers = [band.lower for band in one.evidence.bands]
        assert lowers == sorted(lowers)
        if one.status in (Status.OPENED, Status.ESCALATED):
            reached = [band.severity for band in one.evidence.bands if band.lower <= one.evidence.measured]
            if isinstance(all_rules()[name], FallingRule):
                reached = [band.severity for band in one.evidence.bands]
            assert reached[-1] is one.severity


@pytest.mark.parametrize("name", RULES)
def test_its_allocations_add_up(name: str) -> None:
    for one in told_by(name):
        assets = {name: value for name, value in one.evidence.allocation_after.items() if name not in ("loan", "credit_card")}
        assert sum(assets.values()) == one.evidence.aum_after
        assert sum(one.evidence.allocation_after.values()) == one.evidence.net_assets_after
        before = {name: value for name, value in one.evidence.allocation_before.items() if name not in ("loan", "credit_card")}
        assert sum(before.values()) == one.evidence.aum_before


# --- monotone --------------------------------------------------------------------------------------------------------------------------

UNITS = st.integers(1, 4_000_000_000)


@lru_cache(maxsize=1)
def quiet_for_three_years() -> Detector:
    """A customer of 150,000 who has done nothing since."""
    detector = Detector()
    detector.move("2022-01-01 00:00", "150000", "adjustment", snapshot=True)
    detector.until("2025-03-10 08:00")
    return detector


@lru_cache(maxsize=1_000)
def fires(name: str, units: int) -> bool:
    """Whether a rule speaks of a movement of so much, all else being the same."""
    amount = str(Decimal(units).scaleb(-4))
    kind = "deposit" if name in ("large_inflow", "cumulative_inflow") else "transfer_out"
    return any(one.rule.name == name for one in quiet_for_three_years().copy().move("2025-03-10 09:00", amount, kind))


@pytest.mark.parametrize(
    "name", ["large_inflow", "large_outflow", "cumulative_inflow", "cumulative_outflow", "full_sweep", "dormant_reactivated"]
)
@given(UNITS, UNITS)
def test_more_money_never_makes_it_silent(name: str, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert fires(name, more) >= fires(name, less)
    assert fires(name, 10_000_000_000_000)
    assert not fires(name, 1)
