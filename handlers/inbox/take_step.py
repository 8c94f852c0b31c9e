"""Records one step of a manager: published first, then shown at once, and known again when its echo comes."""

from __future__ import annotations

from sqlalchemy import select

from handlers.inbox import tables
from handlers.inbox.changes import Changes
from handlers.inbox.database import put
from handlers.inbox.parts import Parts
from handlers.inbox.publisher import NotPublished
from handlers.inbox.read_model import rework
from handlers.inbox.rows import follow_up_row
from schemas.follow_ups import FollowUp


class NotTheirStep(Exception):  # noqa: N818 - not a fault of ours
    """The id of this step was used for something else."""


def take_step(parts: Parts, follow_up: FollowUp) -> None:
    """Publish and keep the step; a second submit of the same form does nothing.

    Raises:
        NotPublished: Kafka did not take it, and nothing was kept.
        NotTheirStep: the id belongs to another step.
    """
    row = follow_up_row(follow_up)
    kept = tables.FollowUp
    with parts.database.reading() as connection:
        known = connection.execute(
            select(kept.notification_id, kept.manager_id, kept.step).where(kept.follow_up_id == row["follow_up_id"])
        ).first()
    if known is not None:
        if tuple(known) != (row["notification_id"], row["manager_id"], row["step"]):
            raise NotTheirStep
        return
    try:
        parts.publisher.publish(follow_up)
    except NotPublished:
        parts.metrics.follow_ups_failed.labels(row["step"]).inc()
        raise
    parts.metrics.follow_ups.labels(row["step"]).inc()
    with parts.database.writing() as connection:
        put(connection, kept, [row], keep=True)
        rework(connection, [row["notification_id"]], parts.zone)
    changed = frozenset({follow_up.customer_id})
    parts.live.tell(Changes(changed, changed))
