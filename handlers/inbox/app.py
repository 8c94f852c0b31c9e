"""The web application: its pages behind their locks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from handlers.inbox import failures
from handlers.inbox.body_limit import BodyLimit
from handlers.inbox.login_limit import LoginLimit
from handlers.inbox.measuring import Measuring
from handlers.inbox.pages import customer, events, language, listing, login, steps
from handlers.inbox.parts import Parts
from handlers.inbox.security_headers import SecurityHeaders
from handlers.inbox.templating import STATIC


def create_app(parts: Parts) -> FastAPI:
    """Put the pages together."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        parts.live.attach(asyncio.get_running_loop())
        yield

    app = FastAPI(title="wealthwatch inbox", openapi_url=None, docs_url=None, redoc_url=None, lifespan=life)
    app.state.parts = parts
    app.state.login_limit = LoginLimit(parts.settings.inbox.logins_per_minute)
    for room in (login, language, listing, customer, steps, events):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    failures.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Measuring, metrics=parts.metrics)
    app.add_middleware(SecurityHeaders, over_https=parts.settings.inbox.secure_cookie)
    return app
