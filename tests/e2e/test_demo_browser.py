"""The whole of it, in a real browser: every planted story of the demo's bank stands on its manager's page, in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin
from uuid import UUID

import pytest

from handlers.inbox.database import Database
from handlers.inbox.users import create_login
from schemas.journal import JournalEntry, Reason, Verdict
from schemas.notifications import Notification, Status
from schemas.settings import Settings
from schemas.topics import JOURNAL, NOTIFICATIONS
from tests.brokers.records import read_all
from tests.browsers import chromium, needs_chromium
from tests.patience import PATIENCE_S
from wealthwatch.demonstration import Demonstration, Wish, running
from wealthwatch.simulation import Plan

pytestmark = [pytest.mark.browser, needs_chromium]

LANGUAGES = ("zh-CN", "en")
LINES = """lines => lines.map(line =>
    [line.dataset.id, line.querySelector("b").innerText, line.querySelector(".line-title").innerText])"""
LINE = re.compile(r'<li class="line[^"]*" data-id="([^"]+)">.*?<b>([^<]*)</b>', re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demonstration, Path]]:
    """The demo's bank, all of it decided and told."""
    folder = tmp_path_factory.mktemp("demo")
    wish = Wish(Plan(7, 500, 90, date(2025, 3, 1)), live_days=0, pace=1, port=0, folder=folder)
    with running(wish, Settings.load(), lambda *_: None) as found:
        found.catch_up()
        yield found, folder


def test_every_story_stands_on_its_managers_page_in_both_languages(demo: tuple[Demonstration, Path]) -> None:
    """Each story's rules, to the right manager, once, in the words that were published; and not on another manager's page."""
    found, folder = demo
    said = [Notification.model_validate_json(record.value) for record in read_all(found.settings, NOTIFICATIONS)]
    names = {row["customer_id"]: row["name"] for row in map(json.loads, (folder / "sample.customers.jsonl").read_text().splitlines())}
    stories = json.loads((folder / "sample.stories.json").read_text())["stories"]
    told = [story for story in stories if story["rules"]]
    held = why_held(found.settings)
    nobody = {m.notification_id for m in said if m.rule.name.startswith("household_") and m.manager_id is None}
    assert {notification for notification, why in held.items() if why is Reason.NO_MANAGER} <= nobody
    assert set(held.values()) == {Reason.INHIBITED, Reason.RESTRICTED, Reason.COOLDOWN, Reason.NO_MANAGER}
    to_stand = [m for m in said if m.status is Status.OPENED and m.notification_id not in held]
    for story in told:
        theirs = [m for m in said if m.customer_id == story["customer_id"] and m.rule.name in story["rules"]]
        assert {held.get(m.notification_id) for m in theirs} <= {None, Reason.INHIBITED, Reason.RESTRICTED}, story["story"]
        standing = {m.rule.name for m in to_stand if m.customer_id == story["customer_id"]}
        assert {m.manager_id for m in to_stand if m.customer_id == story["customer_id"]} == {story["manager_id"]}
        assert standing >= set(story["rules"]) & {"large_inflow", "full_sweep", "to_competitor", "low_balance", "near_tier", "tier_up"}
    assert {rule for story in told for rule in story["rules"]} >= {"large_inflow", "full_sweep", "cumulative_outflow", "tier_up"}
    published: dict[str, list[Notification]] = {}
    for message in said:
        published.setdefault(str(message.notification_id), []).append(message)
    database = Database(found.settings.inbox.database_url)
    managers = sorted({story["manager_id"] for story in told})
    passwords = {manager: create_login(database, manager, manager.lower()) for manager in managers}
    database.close()
    address = f"http://{found.settings.inbox.host}:{found.settings.inbox.port}"
    with chromium() as browser:
        for manager in managers:
            listed = {str(m.notification_id): m for m in to_stand if m.manager_id == manager}
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(1_000 * PATIENCE_S)
            page = context.new_page()
            page.goto(address)
            page.get_by_label(re.compile("Username|用户名")).fill(manager.lower())
            page.get_by_label(re.compile("Password|密码")).fill(passwords[manager])
            page.keyboard.press("Enter")
            page.wait_for_selector("#live[data-state=on]")
            page.goto(f"{address}/?state=all")
            page.wait_for_selector(f"#lines[data-total='{len(listed)}']")
            assert whole_list(context.request, f"{address}/?state=all") == {one: names[m.customer_id] for one, m in listed.items()}, manager
            for story in told:
                if story["manager_id"] != manager:
                    continue
                name = names[story["customer_id"]]
                about = {one: m for one, m in listed.items() if names[m.customer_id] == name}
                for language in LANGUAGES:
                    context.add_cookies([{"name": "wealthwatch_language", "value": language, "url": address}])
                    page.goto(f"{address}/?{urlencode({'state': 'all', 'text': name})}")
                    shown = {one: title for one, whose, title in all_lines(page) if whose == name}
                    assert shown.keys() == about.keys(), (story["story"], language)
                    assert all(title in {m.title[language] for m in published[one]} for one, title in shown.items())
                filtered = f"{address}/?{urlencode({'state': 'all', 'text': name, 'rule': story['rules'][0]})}"
                by_rule = {one for one, whose in whole_list(context.request, filtered).items() if whose == name}
                assert by_rule == {one for one, m in about.items() if m.rule.name == story["rules"][0]}
            context.close()


def all_lines(page: Any) -> list[tuple[str, str, str]]:
    """The notification's id, the customer's name and the title of each line of the list that is open and of its further pages."""
    found = page.locator(".line").evaluate_all(LINES)
    while (following := page.locator("nav.pages a[rel=next]")).count():
        page.goto(urljoin(page.url, following.get_attribute("href")))
        found += page.locator(".line").evaluate_all(LINES)
    return [(one, name, title) for one, name, title in found]


def whole_list(request: Any, address: str) -> dict[str, str]:
    """The customer's name of each line, by the notification's id, from all pages of a list, as the server sends them."""
    found: dict[str, str] = {}
    following: str | None = address
    while following:
        answer = request.get(following)
        assert answer.ok
        lines = [(one, unescape(name)) for one, name in LINE.findall(answer.text())]
        assert not found.keys() & dict(lines).keys()
        found |= lines
        after = re.search(r'rel="next" href="([^"]+)"', answer.text())
        following = urljoin(address, unescape(after[1])) if after else None
    return found


def why_held(settings: Settings) -> dict[UUID, Reason]:
    """Of each notification of which no message was told, why."""
    entries = [JournalEntry.model_validate_json(record.value) for record in read_all(settings, JOURNAL)]
    told = {entry.notification_id for entry in entries if entry.verdict is Verdict.TOLD}
    return {entry.notification_id: entry.reason for entry in entries if entry.reason and entry.notification_id not in told}
