"""The switch between 中文 and English."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from handlers.inbox.gate import LANGUAGE_COOKIE, InParts, local_path
from schemas.customers import Language

router = APIRouter()
A_YEAR_S = 31_536_000


@router.get("/language/{language}")
def switch(parts: InParts, language: Language, back: str = "/") -> Response:
    """Remember the language in this browser and go back."""
    answer = RedirectResponse(local_path(back), 303)
    secure = parts.settings.inbox.secure_cookie
    answer.set_cookie(LANGUAGE_COOKIE, language.value, max_age=A_YEAR_S, httponly=True, samesite="lax", secure=secure)
    return answer
