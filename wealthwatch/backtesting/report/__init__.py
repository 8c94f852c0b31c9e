"""The report: one page that needs nothing beside itself, in Chinese and in English, for a person who has never seen the product."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from schemas.customers import Language
from wealthwatch.backtesting.findings import Findings
from wealthwatch.backtesting.report.view import View
from wealthwatch.backtesting.report.words import Words, number


def report(findings: Findings) -> str:
    """The page as HTML; the same findings give the same bytes."""
    here = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = number
    template = environment.from_string((here / "page.html").read_text(encoding="utf-8"))
    views = [View(findings, Words(language)) for language in (Language.ENGLISH, Language.CHINESE)]
    return template.render(views=views, style=Markup((here / "page.css").read_text(encoding="utf-8")))  # noqa: S704 - our own file
