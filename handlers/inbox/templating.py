"""Pages from templates: everything is escaped, and a name that does not exist is an error."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from handlers.inbox.clock import fresh_id
from handlers.inbox.facts import measured_currency, readable
from handlers.inbox.voice import Voice

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


def page(template: str, voice: Voice, status: int = 200, **context: Any) -> HTMLResponse:
    """Render one page in one language."""
    text = _environment().get_template(template).render(v=voice, t=voice.t, fresh_id=fresh_id, **context)
    return HTMLResponse(text, status_code=status)


def customer_path(customer_id: str) -> str:
    """Where a customer's page is."""
    return f"/customers/{quote(customer_id, safe='')}"


@cache
def static_path(name: str) -> str:
    """A file of ours with its fingerprint: a browser keeps it until it changes."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(static=static_path, customer_path=customer_path, readable=readable, measured_currency=measured_currency)
    return environment
