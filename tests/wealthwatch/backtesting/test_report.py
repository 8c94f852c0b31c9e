"""The report: one file that needs nothing else, readable on a desk and on a phone, by day and by night, in both languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.dead_letters import Fault
from schemas.settings import Settings
from tests.browsers import chromium, needs_chromium
from wealthwatch.backtesting.beside import Bad
from wealthwatch.backtesting.compare import Changes
from wealthwatch.backtesting.findings import Findings
from wealthwatch.backtesting.report import report
from wealthwatch.backtesting.report.explained import EXPLAINED
from wealthwatch.backtesting.report.timeline import binned, unit_for
from wealthwatch.backtesting.report.view import OF_A_HOUSEHOLD
from wealthwatch.backtesting.report.words import TEXTS
from wealthwatch.backtesting.rules import Rules
from wealthwatch.backtesting.tally import RuleName, Said, Tally
from wealthwatch.backtesting.task import Outcome, Span

from .conftest import Run

BEGINS = datetime(2023, 1, 1, tzinfo=UTC)
LONG = "客户经理编号特别长" * 12


def findings(rules: int, days: int, *, feeds: tuple[str, ...] = ("a.jsonl",), long: bool = False) -> Findings:
    """Something of so many rules over so many days."""
    tally = Tally(ZoneInfo("Asia/Shanghai"))
    severities = ("info", "notice", "warning", "critical")
    number = 0
    for place, rule in enumerate([*EXPLAINED, "a_rule_of_the_banks_own"][:rules]):
        for step in range(place * place * 7 % 300 + 3):
            number += 1
            customer = step * 31 % 97
            manager = LONG if long and customer % 5 == 0 else f"M{customer % 7}"
            at = BEGINS + timedelta(hours=step * 97 % (24 * days))
            tally.take(Said(f"{number}", "opened", RuleName(rule), severities[(step + place) % 4], f"C{customer}", at, "k", {}, manager))
    begins = int(BEGINS.timestamp())
    outcome = Outcome(
        customers=100,
        managers={f"M{place}" for place in range(7)},
        results=Counter(applied=1_234_567, late=3, duplicate=2, refused=1),
        faults=Counter({Fault.NOT_JSON: 1}),
        bad=[Bad((0, 7), "<script>alert(1)</script>.jsonl:7", Fault.NOT_JSON, "not JSON")],
        spans={0: Span(begins, begins + 86_400 * (days - 1))},
    )
    return Findings(feeds, (Rules(Settings()),), outcome, (tally,), None)


def test_the_page_asks_nothing_of_any_network_and_runs_nothing() -> None:
    page = report(findings(30, 700))
    assert not re.search(r"(?:src|href|action)\s*=|url\(|@import|<script|<iframe|<link", page)
    assert "default-src 'none'" in page
    assert set(re.findall(r"https?://[^\"'< ]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_what_people_wrote_is_text_and_not_markup() -> None:
    page = report(findings(3, 10, feeds=('<img src=x onerror="alert(1)">',)))
    assert "<img" not in page
    assert "&lt;img" in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;.jsonl:7") == 2


def test_the_same_findings_give_the_same_page() -> None:
    assert report(findings(12, 100)) == report(findings(12, 100))


def test_every_text_is_there_in_both_languages_with_the_same_values() -> None:
    for name, (chinese, english) in TEXTS.items():
        assert set(re.findall(r"{(\w+)}", chinese)) == set(re.findall(r"{(\w+)}", english)), name
        assert re.search(r"[一-鿿]", chinese), name
        assert not re.search(r"[一-鿿]", english), name


def test_every_rule_is_explained_in_both_languages() -> None:
    from streams.book import all_rules

    assert not {name.removeprefix(OF_A_HOUSEHOLD) for name in all_rules()} - EXPLAINED.keys()


@pytest.mark.parametrize(
    ("days", "unit", "bins"),
    [(1, "day", 1), (62, "day", 62), (63, "week", 10), (430, "week", 63), (431, "month", 15)],
)
def test_dates_are_put_together_so_that_they_fit_and_none_is_left_out(days: int, unit: str, bins: int) -> None:
    first = date(2023, 1, 1)
    last = first + timedelta(days=days - 1)
    assert unit_for(first, last) == unit
    found = binned({last: Counter(info=2)}, first, last, unit_for(first, last))
    assert len(found) == bins
    assert sum(counts.total() for counts in found.values()) == found[max(found)].total() == 2


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def compared(bank: Path, backtest: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compared")
    (out / "other.toml").write_text('[rules.large_inflow]\nparameters = { pct = "0.2" }\n[rules.full_sweep]\nmode = "off"\n')
    backtest(bank, "--out", out, "--compare", out / "other.toml")
    return out / "report.html"


def pages(tmp_path: Path, compared: Path) -> dict[str, Path]:
    found = {"compared": compared}
    made = {
        "many": findings(len(EXPLAINED) + 1, 900),
        "one": findings(1, 1),
        "long": findings(5, 90, feeds=("x" * 300,), long=True),
        "none": Findings(("a",), (Rules(Settings()),), Outcome(), (Tally(ZoneInfo("UTC")),), None),
        "quiet": Findings(
            ("a",), (Rules(Settings()), Rules(Settings(), name="b.toml")), findings(1, 40).outcome, (Tally(ZoneInfo("UTC")),) * 2, Changes()
        ),
    }
    for name, one in made.items():
        found[name] = tmp_path / f"{name}.html"
        found[name].write_text(report(one), encoding="utf-8")
    return found


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_well_at_a_desk_and_on_a_phone(browser: Any, compared: Path, tmp_path: Path, width: int, scheme: str) -> None:
    for name, path in pages(tmp_path, compared).items():
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        trouble: list[str] = []
        page.on("console", lambda message, trouble=trouble: trouble.append(message.text))
        page.on("request", lambda request, trouble=trouble: None if request.url.startswith("file:") else trouble.append(request.url))
        page.goto(path.as_uri())
        for language, heading in (("English", "What the rules would have told"), ("中文", "规则回测报告")):
            page.get_by_text(language, exact=True).first.click()
            assert page.locator("h1:visible").all_inner_texts() == [heading]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert page.evaluate(OVERLAPS) == [], name
        ground, ink = page.evaluate("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
        assert (_light(ground) > _light(ink)) is (scheme == "light")
        assert trouble == []
        page.close()


OVERLAPS = """
() => {
  const found = [];
  for (const svg of document.querySelectorAll('svg.chart')) {
    const texts = [...svg.querySelectorAll('text.axis')].map(text => [text.textContent, text.getBoundingClientRect()]);
    const boxes = texts.filter(([, box]) => box.width);
    boxes.forEach(([one, a], place) => boxes.slice(place + 1).forEach(([two, b]) => {
      if (a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom) found.push([one, two]);
    }));
    const frame = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.width && (box.left < frame.left - 1 || box.right > frame.right + 1)) found.push(['outside', text.textContent]);
    }
  }
  return found;
}
"""
"""Labels of an axis that stand on each other, or outside of their picture."""


def _light(colour: str) -> int:
    return sum(map(int, re.findall(r"\d+", colour)[:3]))


@pytest.mark.browser
@needs_chromium
def test_the_language_is_chosen_by_keyboard_too(browser: Any, compared: Path) -> None:
    page = browser.new_page()
    page.goto(compared.as_uri())
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    assert page.locator("h1:visible").all_inner_texts() == ["规则回测报告"]
    page.close()


@pytest.mark.browser
@needs_chromium
def test_it_shows_the_figures_of_the_summary(browser: Any, compared: Path) -> None:
    import json

    told = json.loads((compared.parent / "summary.json").read_text(encoding="utf-8"))
    page = browser.new_page()
    page.goto(compared.as_uri())
    text = page.locator("main.en").inner_text()
    assert f"{told['notifications']:,} notifications become {told['compared']['after']['notifications']:,}" in text
    assert f"{told['compared']['same']:,} are the same." in text
    for rule, counts in told["by_rule"].items():
        row = page.locator("main.en .rules li", has=page.locator(f"code:text-is('{rule}')"))
        assert row.locator(".count").inner_text() == f"{sum(counts.values()):,}"
    daily = told["per_manager_per_day"]
    on = date.fromisoformat(daily["largest_on"])
    assert f"the fullest, {on:%-d %b %Y} for {daily['largest_manager']}, has {daily['largest']}." in text
    page.close()
