"""A manager works in a real browser, on a real broker."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from pydantic import BaseModel

from handlers.inbox.database import Database
from handlers.inbox.migration import migrate
from handlers.inbox.users import add_user
from schemas import topics
from schemas.follow_ups import ContactBy, FollowUp, Outcome, Step
from schemas.notifications import Notification, Words
from schemas.rules import Severity
from schemas.settings import Door, Settings
from tests.brokers.records import await_records, produce
from tests.browsers import chromium as launched
from tests.browsers import needs_chromium
from tests.handlers.inbox.conftest import PASSWORD, TOPIC_OF
from tests.handlers.inbox.messages import customer, manager, notification, position, telling
from tests.patience import PATIENCE_S
from wealthwatch.broker import free_port
from wealthwatch.configuration import environment_of
from wealthwatch.supervisor import Child

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.browser, needs_chromium]

LONG = "上海浦东国际金融贸易发展（集团）股份有限公司长三角一体化示范区分公司" * 2
WITHIN_MS = 1_000 * PATIENCE_S
NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """The inbox of one test: where it is, and how to tell it something."""

    settings: Settings
    address: str

    def hears(self, *messages: BaseModel) -> None:
        for message in messages:
            topic = TOPIC_OF[type(message)]
            produce(self.settings, topic, [(str(getattr(message, topic.key)), message.model_dump_json().encode())])

    def is_told(self, message: Notification) -> Notification:
        self.hears(message, telling(message, at=datetime.now(UTC)))
        return message

    def follow_ups(self, count: int) -> list[FollowUp]:
        records = await_records(self.settings, topics.FOLLOW_UPS, lambda found: len(found) >= count)
        return sorted((FollowUp.model_validate_json(record.value) for record in records), key=lambda one: one.at)


def finding(customer_id: str = "C1", english: str = "Large inflow", **more: object) -> Notification:
    title = Words(chinese=f"中文{english}", english=english)
    return notification(customer_id, at=NOW - timedelta(minutes=5), title=title, due_by=NOW + timedelta(hours=3), **more)


@pytest.fixture
def desk(settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    port, door = free_port(), free_port()
    inbox = settings.inbox.model_copy(update={"port": port, "door": Door(port=door)})
    settings = settings.model_copy(update={"inbox": inbox})
    database = Database(inbox.database_url)
    migrate(database)
    for username, manager_id in (("wang", "M1"), ("li", "M2")):
        add_user(database, username, manager_id, PASSWORD)
    database.close()
    child = Child("the inbox", [sys.executable, "-m", "wealthwatch", "inbox", "serve"], tmp_path / "inbox.log", environment_of(settings))
    try:
        _await_ready(child, door)
        found = Desk(settings, f"http://127.0.0.1:{port}")
        closes = {(NOW - timedelta(days=days)).date().isoformat(): f"{900_000 + days * 1000}.0000" for days in range(1, 60)}
        found.hears(manager(), manager("M2", "李雷"), customer(), customer("C2", LONG), customer("C3", "别人的客户", manager_id="M2"))
        found.hears(position(at=NOW, closes=closes))
        yield found
    finally:
        child.stop()


def _await_ready(child: Child, door: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert child.exit_code is None, child.last_words()
        assert time.monotonic() < deadline, child.last_words()
        try:
            if httpx.get(f"http://127.0.0.1:{door}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)  # the door is the only one who says when


@pytest.fixture(scope="module")
def chromium() -> Iterator[sync_api.Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about: a script that fails, something the content policy forbids."""
    return []


@pytest.fixture
def page(chromium: sync_api.Browser, complaints: list[str]) -> Iterator[sync_api.Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def sign_in(page: sync_api.Page, desk: Desk, username: str = "wang", language: str = "en") -> None:
    page.context.add_cookies([{"name": "wealthwatch_language", "value": language, "url": desk.address}])
    page.goto(desk.address)
    page.get_by_label(re.compile("Username|用户名")).fill(username)
    page.get_by_label(re.compile("Password|密码")).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#live[data-state=on]")


def line(page: sync_api.Page, title: str) -> sync_api.Locator:
    return page.locator(".line", has_text=title)


def expect(what: sync_api.Locator | sync_api.Page) -> sync_api.LocatorAssertions:
    return sync_api.expect(what)


def test_a_notification_arrives_without_a_reload_and_is_followed_up_to_its_outcome(desk: Desk, page: sync_api.Page) -> None:
    sign_in(page, desk)
    expect(page.get_by_text("Nothing is waiting for you")).to_be_visible()
    page.evaluate("window.stillTheSamePage = true")
    message = desk.is_told(finding())
    expect(line(page, "Large inflow")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator("#announce")).to_have_text("1 new")
    assert page.evaluate("window.stillTheSamePage") is True

    line(page, "Large inflow").get_by_role("link").click()
    expect(page.get_by_role("heading", name="陈立")).to_be_visible()
    assert page.title() == "陈立 · Wealthwatch"
    expect(page.locator("svg.donut")).to_be_visible()
    expect(page.locator(".wide-only .mark-warning")).to_be_visible()
    expect(page.get_by_text("2.5 times the threshold")).to_be_visible()

    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".saved")).to_have_text("Acknowledged.")
    page.get_by_text("Log a contact").click()
    page.get_by_label("Visit").check()
    page.locator("details.contact textarea").fill("周四上午面谈")
    page.locator("details.contact").get_by_role("button", name="Save").click()
    expect(page.locator(".trail").first).to_contain_text("周四上午面谈")
    page.get_by_text("Record the outcome").click()
    page.locator("select[name=outcome]").select_option("grown")
    page.locator("details.outcome").get_by_role("button", name="Save").click()
    expect(page.locator(".state-resolved")).to_be_visible()

    acknowledged, contacted, outcome = desk.follow_ups(3)
    assert {one.notification_id for one in (acknowledged, contacted, outcome)} == {message.notification_id}
    assert acknowledged.step is Step.ACKNOWLEDGED
    assert (contacted.contact_by, contacted.note) == (ContactBy.VISIT, "周四上午面谈")
    assert (outcome.step, outcome.outcome, outcome.manager_id) == (Step.OUTCOME, Outcome.GROWN, "M1")


def test_an_open_customer_s_page_shows_what_is_new_and_keeps_what_is_being_written(desk: Desk, page: sync_api.Page) -> None:
    desk.is_told(finding(english="First"))
    sign_in(page, desk)
    line(page, "First").get_by_role("link").click()
    page.get_by_text("Log a contact").click()
    page.locator("details.contact textarea").fill("half a sen")
    before = page.locator(".figures dd").first.inner_text()
    desk.hears(position(at=datetime.now(UTC), net_assets=Decimal("1.0000"), aum=Decimal("7777777.0000")))
    expect(page.locator(".figures dd").first).to_have_text("¥7,777,777.00", timeout=WITHIN_MS)
    assert before != "¥7,777,777.00"
    desk.is_told(finding(english="Second"))
    expect(page.locator(".case")).to_have_count(2, timeout=WITHIN_MS)
    expect(page.locator("#announce")).to_have_text("1 new")
    expect(page.locator(".case", has_text="First").locator("details.contact textarea")).to_have_value("half a sen")


def test_both_languages_say_the_same_page_and_the_choice_is_kept(desk: Desk, page: sync_api.Page) -> None:
    desk.is_told(finding(severity=Severity.CRITICAL))
    sign_in(page, desk, language="zh-CN")
    expect(page.get_by_role("heading", name="王敏，以下客户有变动")).to_be_visible()
    expect(line(page, "中文Large inflow")).to_contain_text("紧急")
    page.get_by_role("link", name="Switch to English").click()
    expect(line(page, "Large inflow")).to_contain_text("Critical")
    page.reload()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="切换到中文").click()
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_another_manager_s_customer_is_not_found_and_their_news_do_not_arrive(
    desk: Desk, page: sync_api.Page, complaints: list[str]
) -> None:
    sign_in(page, desk)
    desk.is_told(finding("C3", "Not yours", manager_id="M2"))
    desk.is_told(finding("C1", "Yours"))
    expect(line(page, "Yours")).to_be_visible(timeout=WITHIN_MS)
    assert line(page, "Not yours").count() == 0
    answer = page.goto(f"{desk.address}/customers/C3")
    assert answer is not None
    assert answer.status == 404
    assert page.get_by_text("别人的客户").count() == 0
    complaints.clear()  # the browser logs the 404 that we wanted


def test_the_keyboard_does_it_all(desk: Desk, page: sync_api.Page) -> None:
    first = desk.is_told(finding(english="First", severity=Severity.CRITICAL))
    second = desk.is_told(finding(english="Second", severity=Severity.WARNING))
    desk.is_told(finding(english="Third", severity=Severity.INFO))
    sign_in(page, desk)
    expect(page.locator(".line")).to_have_count(3, timeout=WITHIN_MS)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.keyboard.press("j")
    expect(line(page, "First")).to_have_class(re.compile("selected"))
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    expect(line(page, "Second")).to_have_class(re.compile("selected"))
    page.keyboard.press("a")
    expect(page.locator(".line")).to_have_count(2)
    expect(page.locator("#announce")).to_have_text("Acknowledged.")
    assert [one.notification_id for one in desk.follow_ups(1)] == [second.notification_id]

    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/customers/C1?n={first.notification_id}")
    page.keyboard.press("u")
    expect(page.locator(".line")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing matches these filters")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_on_a_phone_nothing_is_wider_than_the_screen(desk: Desk, page: sync_api.Page, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    long = "VeryLongWordWithoutAnySpaceInItAtAll" * 4
    desk.is_told(finding())
    desk.is_told(finding("C2", long, body=Words(chinese=long, english=long), suggested_action=Words(chinese=long, english=long)))
    sign_in(page, desk, language=language)
    expect(page.locator(".line")).to_have_count(2, timeout=WITHIN_MS)
    for path in ("/", "/?state=all&severity=warning", "/customers/C1", "/customers/C2", "/login"):
        page.goto(desk.address + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (path, wide)


def test_without_script_the_pages_work_as_well(desk: Desk, chromium: sync_api.Browser) -> None:
    desk.is_told(finding())
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    page.context.add_cookies([{"name": "wealthwatch_language", "value": "en", "url": desk.address}])
    page.goto(desk.address)
    page.get_by_label("Username").fill("wang")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=re.compile("^Acknowledge")).click()
    expect(page.locator(".saved")).to_have_text("Acknowledged.")
    page.get_by_label("Severity").select_option("critical")
    page.get_by_role("button", name="Apply").click()
    assert "severity=critical" in page.url
    context.close()
