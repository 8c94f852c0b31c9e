"""What inhibits is published before what it inhibits; who inhibits whom is a catalogue without a circle."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.notifications import EVERY_RULE, Inhibition, Notification
from streams.book import all_rules
from streams.precedence import in_order
from tests.streams.builders import Detector, of
from wealthwatch.backtesting.report.explained import EXPLAINED

INHIBITS = {name: rule.inhibits for name, rule in all_rules().items() if rule.inhibits}


def test_the_default_inhibitions_are_those_of_the_rules() -> None:
    expected = {
        "reinvested": {"large_inflow", "large_outflow", "matured_not_reinvested"},
        "full_sweep": {"cumulative_outflow", "net_outflow_ratio"},
        "large_outflow": {"unusual_amount", "new_payee_large"},
        "recon_break": {EVERY_RULE},
    }
    assert {name: set(rules) for name, rules in INHIBITS.items()} == {
        name: rules for name, rules in expected.items() if name in all_rules()
    }


def test_what_is_inhibited_is_a_rule() -> None:
    for names in INHIBITS.values():
        assert names <= EXPLAINED.keys() | {EVERY_RULE}


def test_no_rule_comes_round_to_inhibit_itself() -> None:
    def below(name: str, seen: tuple[str, ...]) -> None:
        assert name not in seen
        for other in INHIBITS.get(name, frozenset()):
            below(other, (*seen, name))

    for name in INHIBITS:
        below(name, ())


def test_a_sweep_says_what_it_inhibits_and_for_how_long_when_it_opens() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "123456.78", "adjustment", snapshot=True)
    found = detector.move("2025-03-10 09:00", "120000", "withdrawal")
    [sweep] = of(found, "full_sweep")
    assert sweep.inhibits == Inhibition(rules=("cumulative_outflow", "net_outflow_ratio"), within_s=86_400)
    assert all(one.inhibits is None for one in of(found, "cumulative_outflow"))
    [retracted] = of(detector.reverse("2025-03-10 10:00", "e2", "2025-03-10 09:00", "120000", "withdrawal"), "full_sweep")
    assert retracted.inhibits is None


def test_a_reconciliation_break_comes_before_the_outflow_that_found_it() -> None:
    detector = Detector()
    detector.move("2025-03-01 00:00", "1000000", "adjustment", snapshot=True)
    found = detector.move("2025-03-10 09:00", "200000", "transfer_out", balance_after="700000")
    ordered = in_order(found)
    before, after = ([one.rule.name for one in which if one.evidence.triggers] for which in (found, ordered))
    assert before.index("recon_break") > before.index("large_outflow")
    assert after[0] == "recon_break"
    assert sorted(one.message_id for one in ordered) == sorted(one.message_id for one in found)


def made(names: list[int], edges: dict[int, frozenset[int]]) -> list[Notification]:
    """Messages of one movement, of rules that are numbers, of which some inhibit others."""
    detector = Detector()
    [one, *_] = detector.move("2025-03-10 09:00", "200000")
    found = []
    for name in names:
        rules = tuple(str(other) for other in sorted(edges.get(name, ())))
        reference = one.rule.model_copy(update={"name": str(name)})
        found.append(one.model_copy(update={"rule": reference, "inhibits": Inhibition(rules=rules) if rules else None}))
    return found


EDGES = st.dictionaries(st.integers(0, 5), st.frozensets(st.integers(0, 5), max_size=3), max_size=5).map(
    lambda edges: {name: frozenset(other for other in others if other < name) for name, others in edges.items()}
)


@given(st.permutations(range(6)), EDGES)
def test_none_stands_before_one_that_inhibits_it_and_nothing_is_lost(names: list[int], edges: dict[int, frozenset[int]]) -> None:
    found = made(names, edges)
    ordered = in_order(found)
    assert sorted(one.rule.name for one in ordered) == sorted(map(str, names))
    places = {int(one.rule.name): place for place, one in enumerate(ordered)}
    assert all(places[name] < places[other] for name, others in edges.items() for other in others)
    if not any(edges.values()):
        assert ordered == found


def test_what_another_movement_led_to_keeps_its_place() -> None:
    first, second = made([0], {}), made([1], {1: frozenset({0})})
    later = [one.model_copy(update={"occurred_at": one.occurred_at + timedelta(seconds=1)}) for one in second]
    assert in_order([*first, *later]) == [*first, *later]
    assert in_order([*first, *second]) == [*second, *first]


def test_in_a_circle_everything_is_still_published() -> None:
    found = made([0, 1], {0: frozenset({1}), 1: frozenset({0})})
    assert sorted(one.rule.name for one in in_order(found)) == ["0", "1"]
