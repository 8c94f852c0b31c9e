"""A customer's page."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from handlers.inbox.dossier import Dossier, dossier
from handlers.inbox.gate import InParts, NotFound, SignedIn
from handlers.inbox.pages.listing import saved_step
from handlers.inbox.pages.pictures import allocation_picture, allocation_table, before_and_after, history_pictures
from handlers.inbox.templating import customer_path, page
from schemas.follow_ups import ContactBy, Outcome

router = APIRouter()
CHANGE_DAYS = 30


@router.get("/customers/{customer_id:path}")
def show(request: Request, parts: InParts, visit: SignedIn, customer_id: str, n: str = "", page_number: int = 1) -> Response:
    """Show the customer if they are theirs.

    Raises:
        NotFound: there is no such customer, or they are somebody else's.
    """
    with parts.database.reading() as connection:
        found = dossier(connection, visit.who, customer_id, n[:36], page_number)
    if found is None:
        raise NotFound
    voice = visit.voice
    return page(
        "customer.html",
        voice,
        visit=visit,
        here=customer_path(customer_id) + (f"?n={n[:36]}" if n else ""),
        found=found,
        focus=n,
        allocation=allocation_picture(found, voice),
        allocation_table=allocation_table(found),
        history=history_pictures(found, voice),
        before_and_after=lambda message: before_and_after(message, voice),
        change=_change(found),
        change_days=CHANGE_DAYS,
        contact_ways=[way.value for way in ContactBy],
        outcomes=[outcome.value for outcome in Outcome],
        saved=saved_step(request),
    )


def _change(found: Dossier) -> Decimal | None:
    """AUM now against the close so many days before; None when the closes do not reach so far back."""
    if found.position is None or not found.closes:
        return None
    last: date = found.closes[-1][0]
    before = [aum for on, aum in found.closes if on <= last - timedelta(days=CHANGE_DAYS)]
    return Decimal(found.position.aum) - before[-1] if before else None
