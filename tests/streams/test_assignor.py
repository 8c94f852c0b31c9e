"""Who gets which partition and who is whose standby: evenly, with as little to read as can be, and understood by the version before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from random import Random

import pytest
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as some

from streams.assignor import Member, WarmAssignor, bound, share_out, standbys

TOPIC = "wealth.movements"
PARTITIONS = some.integers(1, 40).map(range)
MEMBERS = some.dictionaries(
    some.sampled_from("abcdefg"),
    some.builds(Member, some.sets(some.integers(0, 45)), some.dictionaries(some.integers(0, 45), some.integers(0, 100_000))),
    min_size=1,
)
REPLICAS = some.integers(0, 3)


class Group:
    """Workers that come and go; each keeps what it owns and what it stands by for, and nothing else."""

    def __init__(self, partitions: int, replicas: int) -> None:
        self._partitions, self._replicas = range(partitions), replicas
        self._held: dict[str, dict[int, int]] = {}
        self.owned: dict[str, list[int]] = {}
        self.cold = 0
        """Partitions that the last change gave to a worker that did not keep them."""

    def change(self, *, dead: str | None = None, born: str | None = None) -> None:
        had = {name: partitions for name, partitions in self.owned.items() if name != dead}
        members = {name: Member(partitions, self._held[name]) for name, partitions in had.items()}
        if born is not None:
            members[born] = Member()
        self.owned = share_out(self._partitions, members)
        follow = standbys(self.owned, members, self._replicas)
        self.cold = sum(number not in members[name].held for name, numbers in self.owned.items() for number in numbers)
        self._held = {name: dict.fromkeys([*self.owned[name], *follow[name]], 1_000_000) for name in members}


@given(PARTITIONS, MEMBERS)
def test_each_partition_has_one_owner_and_no_owner_has_two_more_than_another(partitions: range, members: dict[str, Member]) -> None:
    owned = share_out(partitions, members)
    assert sorted(number for numbers in owned.values() for number in numbers) == list(partitions)
    assert owned.keys() == members.keys()
    assert max(map(len, owned.values())) - min(map(len, owned.values())) <= 1


@given(PARTITIONS, MEMBERS, REPLICAS)
def test_each_partition_has_its_standbys_and_none_is_its_owner(partitions: range, members: dict[str, Member], replicas: int) -> None:
    owned = share_out(partitions, members)
    found = standbys(owned, members, replicas)
    for owner, numbers in owned.items():
        for number in numbers:
            following = [name for name, chosen in found.items() if number in chosen]
            assert len(following) == min(replicas, len(members) - 1)
            assert owner not in following
    assert all(len(chosen) == len(set(chosen)) for chosen in found.values())


@given(PARTITIONS, MEMBERS)
def test_who_has_what_they_have_keeps_it(partitions: range, members: dict[str, Member]) -> None:
    owned = share_out(partitions, members)
    assert share_out(partitions, {name: Member(owned[name], members[name].held) for name in members}) == owned


@given(PARTITIONS, MEMBERS)
def test_standbys_are_spread_evenly(partitions: range, members: dict[str, Member]) -> None:
    found = standbys(share_out(partitions, members), members, 1)
    assert max(map(len, found.values())) < len(partitions) / len(members) + 2


@given(some.integers(1, 64))
def test_of_two_workers_each_takes_over_all_of_the_other_warm(partitions: int) -> None:
    group = Group(partitions, 1)
    group.change(born="a")
    group.change(born="b")
    for dead, born in (("a", "c"), ("b", "d"), ("d", "e"), ("c", "f")):
        group.change(dead=dead)
        assert group.cold == 0
        group.change(born=born)


@pytest.mark.parametrize("workers", [3, 4, 5, 8])
def test_of_more_workers_few_partitions_of_a_dead_one_have_to_be_read_whole(workers: int) -> None:
    """Workers die in any order, and others come: docs/scaling.md says the two figures."""
    random, cold, taken = Random(workers), Counter[bool](), Counter[bool]()
    for partitions in range(workers, 5 * workers + 1):
        even, group = partitions % workers == 0, Group(partitions, 1)
        for number in range(workers):
            group.change(born=f"w{number}")
        for _ in range(3 * workers):
            dead = random.choice(sorted(group.owned))
            taken[even] += len(group.owned[dead])
            group.change(dead=dead)
            cold[even] += group.cold
            group.change(born=f"x{random.random()}")
    assert cold[True] <= taken[True] / 10
    assert cold[False] <= taken[False] / 4


def test_a_partition_goes_to_who_has_read_furthest_and_of_two_about_as_far_to_who_has_room() -> None:
    assert share_out([1], {"a": Member(held={1: 5}), "b": Member(held={1: 900_000}), "c": Member()})["b"] == [1]
    assert share_out([1, 2], {"a": Member([2], {1: 900_001}), "b": Member(held={1: 900_000})}) == {"a": [2], "b": [1]}


def test_a_worker_that_comes_back_gets_what_is_in_its_folders() -> None:
    owned = share_out(range(6), {"a": Member(range(6), dict.fromkeys(range(6), 50)), "b": Member(held={1: 40, 3: 40, 4: 40})})
    assert owned == {"a": [0, 2, 5], "b": [1, 3, 4]}


def test_of_two_who_say_that_a_partition_was_theirs_it_stays_with_who_has_read_further() -> None:
    """One was frozen while the other took it over."""
    assert share_out([0, 1], {"frozen": Member([0, 1], {0: 10}), "now": Member([0, 1], {0: 20, 1: 20})}) == {"frozen": [0], "now": [1]}
    assert share_out([0], {"frozen": Member([0], {0: 10}), "now": Member([0], {0: 20})}) == {"frozen": [], "now": [0]}


def joined(assignor: type[StickyPartitionAssignor]) -> ConsumerProtocolMemberMetadata:
    """What a member says, as its bytes are read by the leader."""
    return ConsumerProtocolMemberMetadata.decode(assignor.metadata([TOPIC]).encode())


def cluster(partitions: int) -> ClusterMetadata:
    found = ClusterMetadata()
    found._partitions[TOPIC] = dict.fromkeys(range(partitions))
    return found


def assigned(assignments: Mapping[str, ConsumerProtocolMemberAssignment], *assignors: type[StickyPartitionAssignor]) -> None:
    """Each member takes what the leader has decided, as bytes; a member's name is its place."""
    for place, assignor in enumerate(assignors):
        assignor.on_assignment(ConsumerProtocolMemberAssignment.decode(assignments[str(place)].encode()))


def test_what_members_say_and_are_told_goes_through_the_group_as_bytes() -> None:
    kept = [{0: 10, 1: 11}, {2: 2_000_000_000_000}]
    both = [bound(lambda place=place: kept[place], 1) for place in (0, 1)]  # type: ignore[misc]
    said = {str(place): joined(assignor) for place, assignor in enumerate(both)}
    assigned(both[0].assign(cluster(4), said), *both)
    assert [sorted(place.partition for place in one.member_assignment or []) for one in both] == [[0, 1], [2, 3]]
    assert [one.standby_of for one in both] == [(2, 3), (0, 1)]
    assert WarmAssignor.standby_of == ()
    again = {str(place): joined(assignor) for place, assignor in enumerate(both)}
    assert [both[0]._member(TOPIC, again[place]) for place in ("0", "1")] == [Member({0, 1}, kept[0]), Member({2, 3}, kept[1])]


def test_a_group_of_both_versions_shares_out_under_either_leader() -> None:
    class Before(StickyPartitionAssignor):  # type: ignore[misc]
        pass

    class Leader(StickyPartitionAssignor):  # type: ignore[misc]
        pass

    now = bound(lambda: {0: 10}, 1)
    for leader in (now, Leader):
        said = {"0": joined(now), "1": joined(Before)}
        assigned(leader.assign(cluster(4), said), now, Before)
        assert {place.partition for one in (now, Before) for place in one.member_assignment or []} == {0, 1, 2, 3}
        assert len(now.member_assignment or []) == 2
        assert now.standby_of == (tuple(place.partition for place in Before.member_assignment or []) if leader is now else ())
    kept = now.member_assignment
    assigned(Leader.assign(cluster(4), {"0": joined(now), "1": joined(Before)}), now, Before)
    assert now.member_assignment == kept == [TopicPartition(TOPIC, place.partition) for place in kept or []]


def test_a_member_that_says_what_nobody_understands_has_nothing() -> None:
    strange = ConsumerProtocolMemberMetadata(0, [TOPIC], b"\x00\x00\x00\x01\x00")
    assert WarmAssignor._member(TOPIC, strange) == Member()
