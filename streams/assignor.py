"""Who gets which partition, and who is whose standby: decided by the group's leader from what each member says that it has.

The group protocol carries both. A member that joins says which partitions it had (as aiokafka's sticky assignor has it, so that workers of
the version before understand it) and how far what it keeps of each partition has read its changelog. With its partitions it is told whose
standby it is.

The law of sharing out:

1. Each member has the same number of partitions, or one more.
2. It keeps what it had, up to that number; of what is too much it gives up first what another keeps warm.
3. A partition without an owner goes to a member that keeps it warm, if one has room; of several to one that has read about the furthest.
4. The rest goes where there is most room.
5. Standbys are spread evenly over the members, since they cost memory. Within that, the first choice for a partition is whoever would get
   it, by 1 to 4, if its owner were gone; the second, whoever keeps it warm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import ClassVar

import msgspec
import structlog
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyAssignorUserDataV1, StickyPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

log = structlog.get_logger(__name__)

NEAR = 10_000
"""So many records are read in less than a second: who is so much further is not better."""


@dataclass(frozen=True, slots=True)
class Member:
    """What a member says when it joins."""

    had: Collection[int] = ()
    """Partitions that were its own."""
    held: Mapping[int, int] = field(default_factory=dict)
    """Up to which offset of its changelog it has what of a partition."""


def share_out(partitions: Collection[int], members: Mapping[str, Member]) -> dict[str, list[int]]:
    """The partitions of each member, by the law above; of members that are alike, those come first that are named first."""
    names = list(members)
    held = {name: members[name].held for name in names}
    owner = dict[int, str]()
    for name in names:
        for partition in members[name].had:
            # One that was frozen says that it had what another has by now, who has read further.
            if partition not in owner or held[name].get(partition, -1) > held[owner[partition]].get(partition, -1):
                owner[partition] = name
    owned: dict[str, list[int]] = {name: [] for name in names}
    free = list[int]()
    for partition in sorted(partitions):
        (owned[owner[partition]] if partition in owner else free).append(partition)

    def nearest(partition: int, among: list[str]) -> list[str]:
        """Those who keep it warm and have read about the furthest."""
        warm = [name for name in among if partition in held[name]]
        furthest = max((held[name][partition] for name in warm), default=0)
        return [name for name in warm if held[name][partition] >= furthest - NEAR]

    claims = Counter(name for partition in free for name in nearest(partition, names))
    by_claim = sorted(names, key=lambda name: (-len(owned[name]), -claims[name]))
    least, more = divmod(len(partitions), len(names))
    most = {name: least + (place < more) for place, name in enumerate(by_claim)}

    def room(name: str) -> int:
        return most[name] - len(owned[name])

    def warm_at(partition: int) -> list[str]:
        return nearest(partition, [name for name in names if room(name) > 0])

    for name in names:
        if (surplus := -room(name)) > 0:
            given_up = sorted(owned[name], key=lambda partition: not warm_at(partition))[:surplus]
            owned[name] = [partition for partition in owned[name] if partition not in given_up]
            free += given_up
    for partition in sorted(free, key=lambda partition: (len(warm_at(partition)) or len(names), partition)):
        owned[max(warm_at(partition) or names, key=room)].append(partition)
    return {name: sorted(found) for name, found in owned.items()}


def standbys(owned: Mapping[str, Collection[int]], members: Mapping[str, Member], replicas: int) -> dict[str, list[int]]:
    """The partitions whose standby each member is, by the law above: so many members for each partition, or all others."""
    found: dict[str, list[int]] = {name: [] for name in owned}
    everything = [partition for partitions in owned.values() for partition in partitions]
    wanted = min(replicas, len(owned) - 1)
    fair = -(-len(everything) * wanted // len(owned))
    for owner in owned if wanted else ():
        others = sorted(owned.keys() - {owner}, key=lambda name: (len(found[name]), name))
        left = {name: Member(owned[name], members[name].held if len(found[name]) < fair else {}) for name in others}
        heirs = {partition: name for name, inherited in share_out(everything, left).items() for partition in inherited}
        for partition in owned[owner]:
            full = {name for name in others if len(found[name]) >= fair}
            cold = {name for name in others if partition not in members[name].held}
            others.sort(key=lambda name: (name in full, name != heirs[partition], name in cold, len(found[name]), name))
            for name in others[:wanted]:
                found[name].append(partition)
    return {name: sorted(chosen) for name, chosen in found.items()}


class WarmAssignor(StickyPartitionAssignor):  # type: ignore[misc]
    """The law above, as aiokafka asks for it; `bound` makes the one of a worker."""

    held: ClassVar[Callable[[], dict[int, int]]] = staticmethod(dict)
    replicas: ClassVar[int] = 0
    standby_of: ClassVar[tuple[int, ...]] = ()
    """The partitions whose standby this worker is since the last assignment."""

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What this member says when it joins."""
        said = cls._metadata(topics, cls.member_assignment or [], cls.generation)
        return ConsumerProtocolMemberMetadata(said.version, said.subscription, said.user_data + msgspec.msgpack.encode(cls.held()))

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """The assignment of all members, decided by the leader."""
        owned: dict[str, list[tuple[str, list[int]]]] = {name: [] for name in members}
        followed: dict[str, list[int]] = {name: [] for name in members}
        for topic in sorted({topic for said in members.values() for topic in said.subscription}):
            heard = {name: cls._member(topic, said) for name, said in sorted(members.items()) if topic in said.subscription}
            shares = share_out(cluster.partitions_for_topic(topic) or (), heard)
            for name, partitions in shares.items():
                owned[name] += [(topic, partitions)] if partitions else []
            for name, partitions in standbys(shares, heard, cls.replicas).items():
                followed[name] += partitions
        return {
            name: ConsumerProtocolMemberAssignment(
                cls.version, owned[name], msgspec.msgpack.encode(followed[name]) if followed[name] else b""
            )
            for name in members
        }

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Take what the leader has decided."""
        super().on_assignment(assignment)
        cls.standby_of = msgspec.msgpack.decode(assignment.user_data, type=tuple[int, ...]) if assignment.user_data else ()

    @classmethod
    def _member(cls, topic: str, said: ConsumerProtocolMemberMetadata) -> Member:
        """What a member has said; one of the version before does not say what it keeps."""
        told = BytesIO(said.user_data)
        try:
            sticky = StickyAssignorUserDataV1.decode(told)
            beside = told.read()
            held = msgspec.msgpack.decode(beside, type=dict[int, int]) if beside else {}
        except (ValueError, msgspec.MsgspecError) as error:
            if said.user_data:
                log.warning("member_misunderstood", error=str(error))
            return Member()
        return Member({number for name, numbers in sticky.previous_assignment if name == topic for number in numbers}, held)


def bound(held: Callable[[], dict[int, int]], replicas: int) -> type[WarmAssignor]:
    """The assignor of one worker.

    Args:
        held: how far what it keeps of each partition has read its changelog; asked in the group's thread.
        replicas: how many standbys each partition has, should this worker be the leader.
    """
    return type("BoundAssignor", (WarmAssignor,), {"held": staticmethod(held), "replicas": replicas})
