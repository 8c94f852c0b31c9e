"""The manager's list."""

from __future__ import annotations

from contextlib import suppress
from itertools import groupby
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from handlers.inbox.gate import InParts, SignedIn
from handlers.inbox.item import State
from handlers.inbox.listing import ALL, Filters, Sort, listing
from handlers.inbox.templating import page
from schemas.follow_ups import Step
from schemas.rules import Severity

router = APIRouter()
STATES = (*(state.value for state in State), ALL)


@router.get("/")
def show(request: Request, parts: InParts, visit: SignedIn) -> Response:
    """Show the lines that the address asks for; a word in it that means nothing is ignored."""
    filters = _filters(request)
    with parts.database.reading() as connection:
        found = listing(connection, visit.who, filters, visit.voice.now)
    by_day = filters.sort is Sort.NEWEST
    groups = [(day, list(lines)) for day, lines in groupby(found.lines, key=lambda line: line.day if by_day else None)]
    return page(
        "list.html",
        visit.voice,
        visit=visit,
        here=_address(filters, filters.state, found.page),
        filters=filters,
        found=found,
        groups=groups,
        states=STATES,
        severities=[severity.value for severity in reversed(Severity)],
        sorts=[sort.value for sort in Sort],
        address=lambda state, number=1: _address(filters, state, number),
        saved=saved_step(request),
    )


def _filters(request: Request) -> Filters:
    asked = request.query_params
    severity, sort, number = None, Sort.NEWEST, 1
    with suppress(ValueError):
        severity = Severity(asked.get("severity", ""))
    with suppress(ValueError):
        sort = Sort(asked.get("sort", ""))
    with suppress(ValueError):
        number = int(asked.get("page", "1"))
    state = asked.get("state", State.OPEN.value)
    return Filters(
        state if state in STATES else State.OPEN.value,
        severity,
        asked.get("rule", "")[:128],
        asked.get("text", "").strip()[:128],
        sort,
        min(max(number, 1), 1_000_000),
    )


def _address(filters: Filters, state: str, number: int) -> str:
    chosen = {
        "state": state if state != State.OPEN.value else "",
        "severity": filters.severity.value if filters.severity else "",
        "rule": filters.rule,
        "text": filters.text,
        "sort": filters.sort.value if filters.sort is not Sort.NEWEST else "",
        "page": str(number) if number > 1 else "",
    }
    asked = urlencode({name: value for name, value in chosen.items() if value})
    return f"/?{asked}" if asked else "/"


def saved_step(request: Request) -> str:
    """What was just saved, if the address says so."""
    saved = request.query_params.get("saved", "")
    return saved if saved in {Step.ACKNOWLEDGED.value, Step.CONTACTED.value, Step.OUTCOME.value} else ""
