"""What a manager does about a notification: acknowledge, log a contact, record the outcome."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from handlers.inbox.gate import ByHand, InParts, NotFound, local_path
from handlers.inbox.listing import line
from handlers.inbox.parts import Parts
from handlers.inbox.take_step import NotTheirStep, take_step
from schemas.follow_ups import ContactBy, FollowUp, Outcome, Step

router = APIRouter(prefix="/notifications/{notification_id}")


class StepForm:
    """What every step's form carries beside its own fields."""

    def __init__(
        self,
        parts: InParts,
        visit: ByHand,
        notification_id: UUID,
        follow_up_id: Annotated[UUID, Form()],
        back: Annotated[str, Form()] = "/",
    ) -> None:
        with parts.database.reading() as connection:
            found = line(connection, visit.who, str(notification_id))
        if found is None:
            raise NotFound
        self.back = local_path(back)
        self.known = {
            "follow_up_id": follow_up_id,
            "notification_id": notification_id,
            "customer_id": found.customer_id,
            "manager_id": visit.who.manager_id,
            "at": parts.clock(),
        }


OneStep = Annotated[StepForm, Depends()]
Note = Annotated[str, Form(max_length=4000)]


@router.post("/acknowledge")
def acknowledge(parts: InParts, form: OneStep) -> Response:
    """The manager has seen it."""
    return _take(parts, form, FollowUp(**form.known, step=Step.ACKNOWLEDGED))


@router.post("/contact")
def contact(parts: InParts, form: OneStep, contact_by: Annotated[ContactBy, Form()], note: Note = "") -> Response:
    """The manager spoke to the customer, or noted something."""
    return _take(parts, form, FollowUp(**form.known, step=Step.CONTACTED, contact_by=contact_by, note=note.strip()))


@router.post("/outcome")
def outcome(parts: InParts, form: OneStep, outcome: Annotated[Outcome, Form()], note: Note = "") -> Response:
    """What came of it."""
    return _take(parts, form, FollowUp(**form.known, step=Step.OUTCOME, outcome=outcome, note=note.strip()))


def _take(parts: Parts, form: StepForm, follow_up: FollowUp) -> Response:
    try:
        take_step(parts, follow_up)
    except NotTheirStep:
        raise NotFound from None
    path = urlsplit(form.back)
    query = "&".join(part for part in (path.query, f"saved={follow_up.step.value}") if part)
    return RedirectResponse(urlunsplit(("", "", path.path, query, path.fragment)), 303)
