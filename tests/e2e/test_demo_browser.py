"""The whole of it, in a real browser: every planted story of the demo's bank stands on its manager's page, in both languages."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
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
from wealthwatch.demonstration import Demonstration, Wish, running
from wealthwatch.simulation import Plan

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]

LANGUAGES = ("zh-CN", "en")
LINES = """lines => lines.map(line =>
    [line.dataset.id, line.querySelector("b").innerText, line.querySelector(".line-title").innerText])"""


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
    database = Database(found.settings.inbox.database_url)
    managers = sorted({story["manager_id"] for story in told})
    passwords = {manager: create_login(database, manager, manager.lower()) for manager in managers}
    database.close()
    address = f"http://{found.settings.inbox.host}:{found.settings.inbox.port}"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for manager in managers:
            theirs = {str(m.notification_id): m for m in to_stand if m.manager_id == manager}
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            context.set_default_timeout(20_000)
            page = context.new_page()
            page.goto(address)
            page.get_by_label(re.compile("Username|用户名")).fill(manager.lower())
            page.get_by_label(re.compile("Password|密码")).fill(passwords[manager])
            page.keyboard.press("Enter")
            page.wait_for_selector("#live[data-state=on]")
            page.goto(f"{address}/?state=all")
            page.wait_for_selector(f"#lines[data-total='{len(theirs)}']")
            for language in LANGUAGES:
                context.add_cookies([{"name": "wealthwatch_language", "value": language, "url": address}])
                shown = whole_list(page, f"{address}/?state=all")
                assert shown.keys() == theirs.keys(), manager  # no other manager's, and each of theirs once
                for notification, (name, title) in shown.items():
                    assert name == names[theirs[notification].customer_id]
                    assert theirs[notification].title[language] in title
            story = next(story for story in told if story["manager_id"] == manager)
            name, rule = names[story["customer_id"]], story["rules"][0]
            sought = {one for one, m in theirs.items() if names[m.customer_id] == name and m.rule.name == rule}
            found_again = whole_list(page, f"{address}/?{urlencode({'state': 'all', 'text': name, 'rule': rule})}")
            assert {one for one, (shown_name, _) in found_again.items() if shown_name == name} == sought
            context.close()
        browser.close()


def whole_list(page: sync_api.Page, address: str) -> dict[str, tuple[str, str]]:
    """The customer's name and the title of each line, by the notification's id, from all pages of a list."""
    found: dict[str, tuple[str, str]] = {}
    page.goto(address)
    while True:
        lines = page.locator(".line").evaluate_all(LINES)
        assert not found.keys() & {line[0] for line in lines}
        found |= {notification: (name, title) for notification, name, title in lines}
        if not (following := page.locator("nav.pages a[rel=next]")).count():
            return found
        page.goto(urljoin(address, following.get_attribute("href")))


def why_held(settings: Settings) -> dict[UUID, Reason]:
    """Of each notification of which no message was told, why."""
    entries = [JournalEntry.model_validate_json(record.value) for record in read_all(settings, JOURNAL)]
    told = {entry.notification_id for entry in entries if entry.verdict is Verdict.TOLD}
    return {entry.notification_id: entry.reason for entry in entries if entry.reason and entry.notification_id not in told}
