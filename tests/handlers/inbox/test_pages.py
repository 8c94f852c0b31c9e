"""What a manager reads and does."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from pydantic import BaseModel

from handlers.inbox.database import Database
from handlers.inbox.parts import Parts
from handlers.inbox.terms import TERMS
from handlers.inbox.texts import TEXTS
from schemas.follow_ups import ContactBy, Outcome, Step
from schemas.managers import Channel, Role
from schemas.movements import AssetClass
from schemas.notifications import InstrumentPrice, NotificationKind, Rate, Status, Window, Words
from schemas.rules import Severity
from tests.handlers.inbox.conftest import Browser, Published, fill
from tests.handlers.inbox.messages import NOON, customer, follow_up, manager, notification, position, telling


def told(database: Database, *messages: BaseModel) -> None:
    fill(database, *messages, *(telling(one) for one in messages))


def named(title: str) -> Words:
    return Words(chinese=f"标题{title}", english=title)


def titles(page: str) -> list[str]:
    return re.findall(r'class="line-title">([^<]*)<', page)


def words_of(page: str) -> str:
    """The page as it is read."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page)))


# the list


def test_the_list_shows_who_moved_why_and_what_to_do(signed_in: Browser, database: Database) -> None:
    fill(database, manager(), customer())
    told(database, notification())
    page = words_of(signed_in.get("/").text)
    for part in ("陈立", "Large inflow", "¥1,250,000.00 from outside", "Call today and learn", "Warning", "due in 3 h", "Personal · Gold"):
        assert part in page
    assert "Today · Mar 2" in page


def test_by_default_days_come_newest_first_and_within_a_day_the_most_severe(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    yesterday = NOON - timedelta(days=1)
    told(
        database,
        notification(title=named("yesterday critical"), severity=Severity.CRITICAL, at=yesterday),
        notification(title=named("today info"), severity=Severity.INFO, at=NOON + timedelta(minutes=30)),
        notification(title=named("today warning, early"), severity=Severity.WARNING, at=NOON - timedelta(hours=1)),
        notification(title=named("today warning, late"), severity=Severity.WARNING, at=NOON),
    )
    newest = ["today warning, late", "today warning, early", "today info", "yesterday critical"]
    assert titles(signed_in.get("/").text) == newest
    assert titles(signed_in.get("/?sort=severe").text) == ["yesterday critical", *newest[:3]]
    assert titles(signed_in.get("/?sort=due").text)[0] == "yesterday critical"


def test_what_is_late_says_so_and_is_counted(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    told(database, notification(due_by=NOON + timedelta(minutes=30)), notification(due_by=None))
    page = words_of(signed_in.get("/").text)
    assert "overdue by 30 min" in page
    assert "1 overdue" in page


def test_the_tabs_count_and_filter_by_state(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    messages = [notification(title=named(name)) for name in ("open", "acknowledged", "resolved")]
    told(database, *messages)
    fill(database, follow_up(messages[1]), follow_up(messages[2], Step.OUTCOME, outcome=Outcome.GROWN))
    assert titles(signed_in.get("/").text) == ["open"]
    assert titles(signed_in.get("/?state=acknowledged").text) == ["acknowledged"]
    assert titles(signed_in.get("/?state=resolved").text) == ["resolved"]
    assert len(titles(signed_in.get("/?state=all").text)) == 3
    assert re.findall(r'class="count">(\d+)<', signed_in.get("/").text) == ["1", "1", "1", "3"]


def test_the_list_is_filtered_by_severity_rule_and_name_together(signed_in: Browser, database: Database) -> None:
    fill(database, customer(), customer("C2", "Émile 100%_Zola"))
    told(
        database,
        notification(title=named("a"), severity=Severity.CRITICAL, rule="full_sweep"),
        notification("C2", title=named("b"), severity=Severity.CRITICAL),
        notification("C2", title=named("c"), severity=Severity.INFO),
    )
    assert sorted(titles(signed_in.get("/?severity=critical").text)) == ["a", "b"]
    assert titles(signed_in.get("/?rule=full_sweep").text) == ["a"]
    assert titles(signed_in.get("/?text=éMILE&severity=info").text) == ["c"]
    assert len(titles(signed_in.get("/?text=100%25_z").text)) == 2
    assert len(titles(signed_in.get("/?text=%25").text)) == 2, "a per cent sign is a sign, not everything"
    assert titles(signed_in.get("/?text=陈").text) == ["a"]
    assert "Nothing matches these filters" in signed_in.get("/?text=nobody").text


def test_an_address_with_nonsense_in_it_shows_the_plain_list(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    told(database, notification())
    for asked in ("state=x&severity=y&sort=z&page=w&saved=%3Cb%3E", "page=-4", "page=99999999999999999999999", "page=7"):
        answer = signed_in.get(f"/?{asked}")
        assert answer.status_code == 200
        assert len(titles(answer.text)) == 1


def test_a_long_list_has_pages_and_none_is_shown_twice(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    told(database, *(notification(title=named(f"n{number}")) for number in range(60)))
    pages = [titles(signed_in.get(f"/?page={page}").text) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [25, 25, 10]
    assert len({title for page in pages for title in page}) == 60
    assert "Page 2 of 3" in words_of(signed_in.get("/?page=2").text)
    assert titles(signed_in.get("/?page=4").text) == pages[2]


def test_an_empty_list_says_what_will_come(signed_in: Browser) -> None:
    page = words_of(signed_in.get("/").text)
    assert "Nothing is waiting for you" in page
    assert "it will appear here at once" in page
    assert "Hello" in page
    for state in ("acknowledged", "resolved", "all"):
        assert signed_in.get(f"/?state={state}").status_code == 200


def test_a_name_is_text_and_never_markup(signed_in: Browser, database: Database) -> None:
    name = "<script>alert('x')</script>\"&"
    fill(database, customer(name=name), position())
    told(database, notification(title=named(name), body=named(name)))
    for path in ("/", "/customers/C1"):
        page = signed_in.get(path).text
        assert "<script>alert" not in page
        assert name in words_of(page).replace(" 标题", "")


def test_a_head_reads_whose_customer_it_is(browser: Browser, database: Database) -> None:
    fill(database, manager(), manager("H1", "周建国", role=Role.HEAD, branch="上海"), customer())
    told(database, notification())
    browser.sign_in("head")
    assert "With 王敏" in words_of(browser.get("/").text)
    assert "Manager: 王敏" in words_of(browser.get("/customers/C1").text)


# a customer


def test_the_customer_s_page_shows_allocation_history_movements_and_evidence(signed_in: Browser, database: Database) -> None:
    message = notification()
    rates = (Rate(currency="USD", rate=Decimal("7.1"), at=NOON), Rate(currency="XAU", rate=Decimal(1), at=None))
    prices = (
        InstrumentPrice(instrument="F1", quantity=Decimal("1200.5"), currency="USD", price=Decimal("12.3456"), at=NOON),
        InstrumentPrice(instrument="F2", quantity=Decimal(3), currency="CNY", price=Decimal(0)),
    )
    window = Window(name="30d", first=NOON.date() - timedelta(days=29), last=NOON.date())
    evidence = message.evidence.model_copy(update={"rates": rates, "prices": prices, "window": window})
    message = message.model_copy(update={"evidence": evidence})
    closes = {"2026-01-05": "1000000.0000", "2026-02-20": "1100000.0000"}
    held = {
        AssetClass.DEMAND_DEPOSIT: Decimal("1650000.0000"),
        AssetClass.FUND: Decimal("600000.0000"),
        AssetClass.LOAN: Decimal("-250000.0000"),
    }
    fill(
        database, manager(), customer(household_id="H9", contact=("call", "sms"), risk_profile=3), position(closes=closes, allocation=held)
    )
    told(database, message)
    fill(database, telling(message, channel=Channel.LOG), follow_up(message, Step.CONTACTED, contact_by=ContactBy.CALL, note="rings back"))
    answer = signed_in.get("/customers/C1")
    page = words_of(answer.text)
    for part in (
        "Customer C1",
        "Risk profile 3",
        "Household H9",
        "Prefers call, SMS",
        "Assets (AUM) ¥2,250,000.00",
        "Net assets ¥2,000,000.00",
        "Change in 30 days +¥1,250,000.00",
        "Demand deposit ¥1,650,000.00 73.3%",
        "Loan −¥250,000.00",
        "Measured ¥1,250,000.00 2.5 times the threshold",
        "Threshold ¥500,000.00",
        "Warning from ¥1,000,000.00",
        "Feb 1, 2026 to Mar 2, 2026",
        "¥1,000,000.00 → ¥2,250,000.00",
        "Floor of the tier ¥100,000.00",
        "Share of AUM that counts 10.0%",
        "1 USD = 7.1 CNY (Mar 2, 2026 12:00)",
        "XAU: no rate, not valued",
        "F1: 1,200.5 × 12.3456 USD (Mar 2, 2026 12:00)",
        "F2: 3, no price, counted with what was paid",
        "Demand deposit ¥400,000.00 ¥1,650,000.00",
        "Transfer in · 对方银行",
        "Contacted · Call",
        "rings back",
        "Told · log",
        "Rule R01 · Large inflow · version 1",
    ):
        assert part in page, part
    assert answer.text.count('class="mark mark-warning"') == 2, "the notification stands on the line, in the wide and in the narrow chart"


def test_a_condition_s_messages_form_one_notification(signed_in: Browser, database: Database) -> None:
    identity = uuid4()
    kind = NotificationKind.CONDITION
    fill(database, customer())
    told(
        database,
        notification(notification_id=identity, kind=kind, title=named("grows"), body=named("it began")),
        notification(
            notification_id=identity,
            kind=kind,
            title=named("grew"),
            body=named("it grew"),
            status=Status.ESCALATED,
            severity=Severity.CRITICAL,
            at=NOON + timedelta(minutes=5),
        ),
    )
    assert titles(signed_in.get("/").text) == ["grew"]
    page = words_of(signed_in.get("/customers/C1").text)
    assert "Opened Mar 2, 2026 12:00 it began" in page
    assert "Escalated Mar 2, 2026 12:05 it grew" in page


def test_a_customer_of_whom_nothing_is_known_yet_has_a_page_that_says_what_will_come(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    page = words_of(signed_in.get("/customers/C1").text)
    assert "No holdings have been received yet" in page
    assert "There are no notifications for this customer yet." in page


def test_a_customer_with_one_day_of_history_or_only_debts_has_a_page(signed_in: Browser, database: Database) -> None:
    fill(database, customer(), customer("C2"), position(), position("C2", allocation={AssetClass.LOAN: Decimal("-5.0000")}))
    assert "The line begins when there are two days of data." in signed_in.get("/customers/C1").text
    assert "−¥5.00" in signed_in.get("/customers/C2").text


def test_a_customer_number_may_hold_any_sign(signed_in: Browser, database: Database) -> None:
    number = "分行/007?a=1#x &é"
    fill(database, customer(number))
    told(database, notification(number))
    link = re.search(r'class="line-link" href="([^"]*)"', signed_in.get("/").text)
    assert link
    answer = signed_in.get(html.unescape(link[1]))
    assert answer.status_code == 200
    assert f"Customer {number}" in words_of(answer.text)


def test_the_notification_one_came_for_stands_first_and_others_have_pages(signed_in: Browser, database: Database) -> None:
    fill(database, customer())
    messages = [notification(title=named(f"n{number}"), at=NOON - timedelta(days=number)) for number in range(20)]
    told(database, *messages)
    shown = re.compile(r'<article [^>]*id="n-([^"]*)"')
    last = str(messages[-1].notification_id)
    assert shown.findall(signed_in.get(f"/customers/C1?n={last}").text)[0] == last
    pages = [shown.findall(signed_in.get(f"/customers/C1?page_number={page}").text) for page in (1, 2, 3)]
    assert [len(page) for page in pages] == [8, 8, 4]
    assert len({one for page in pages for one in page}) == 20


# steps


def test_acknowledging_is_published_and_shown_at_once(signed_in: Browser, database: Database, published: Published, parts: Parts) -> None:
    message = notification()
    fill(database, manager(), customer())
    told(database, message)
    answer = signed_in.take(message.notification_id, "acknowledge", back="/?severity=warning")
    assert answer.headers["location"] == "/?severity=warning&saved=acknowledged"
    step = published.follow_ups[0]
    assert (step.step, step.notification_id, step.customer_id, step.manager_id) == (Step.ACKNOWLEDGED, message.notification_id, "C1", "M1")
    assert titles(signed_in.get("/").text) == []
    assert "Acknowledged." in signed_in.get("/?saved=acknowledged").text
    assert parts.metrics.registry.get_sample_value("wealthwatch_inbox_follow_ups_total", {"step": "acknowledged"}) == 1


def test_a_contact_and_an_outcome_carry_what_the_manager_wrote(signed_in: Browser, database: Database, published: Published) -> None:
    message = notification()
    fill(database, manager(), customer())
    told(database, message)
    back = f"/customers/C1?n={message.notification_id}#n-{message.notification_id}"
    signed_in.take(message.notification_id, "contact", contact_by="visit", note="  <b>周四</b>面谈  ", back=back)
    answer = signed_in.take(message.notification_id, "outcome", outcome="retained", back=back)
    assert answer.headers["location"] == f"/customers/C1?n={message.notification_id}&saved=outcome#n-{message.notification_id}"
    contact, outcome = published.follow_ups
    assert (contact.contact_by, contact.note) == (ContactBy.VISIT, "<b>周四</b>面谈")
    assert (outcome.step, outcome.outcome) == (Step.OUTCOME, Outcome.RETAINED)
    page = words_of(signed_in.get("/customers/C1").text)
    assert "Contacted · Visit" in page
    assert "<b>周四</b>面谈" in page
    assert "Outcome · Retained" in page
    assert titles(signed_in.get("/?state=resolved").text) == ["Large inflow"]


def test_the_same_form_sent_twice_is_one_step(signed_in: Browser, database: Database, published: Published) -> None:
    message = notification()
    fill(database, customer())
    told(database, message)
    once = str(uuid4())
    answers = [signed_in.take(message.notification_id, "acknowledge", follow_up_id=once) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(published.follow_ups) == 1


def test_the_echo_of_a_step_from_kafka_changes_nothing(signed_in: Browser, database: Database, published: Published) -> None:
    message = notification()
    fill(database, customer())
    told(database, message)
    signed_in.take(message.notification_id, "acknowledge")
    before = words_of(signed_in.get("/customers/C1").text)
    fill(database, published.follow_ups[0])
    assert words_of(signed_in.get("/customers/C1").text) == before


def test_the_id_of_another_step_is_not_taken(signed_in: Browser, database: Database, published: Published) -> None:
    one, other = notification(), notification()
    fill(database, customer())
    told(database, one, other)
    used = str(uuid4())
    signed_in.take(one.notification_id, "acknowledge", follow_up_id=used)
    assert signed_in.take(other.notification_id, "acknowledge", follow_up_id=used).status_code == 404
    assert len(published.follow_ups) == 1


def test_what_kafka_does_not_take_is_not_shown_as_done(signed_in: Browser, database: Database, published: Published) -> None:
    message = notification()
    fill(database, customer())
    told(database, message)
    published.refuses = True
    answer = signed_in.take(message.notification_id, "acknowledge")
    assert answer.status_code == 503
    assert "nothing was recorded" in answer.text
    assert len(titles(signed_in.get("/").text)) == 1


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("contact", {}),
        ("contact", {"contact_by": "pigeon"}),
        ("outcome", {"outcome": ""}),
        ("acknowledge", {"follow_up_id": "x"}),
        ("contact", {"contact_by": "call", "note": "x" * 4001}),
    ],
)
def test_a_form_that_lacks_something_is_answered_with_a_page_that_says_so(
    signed_in: Browser, database: Database, published: Published, step: str, fields: dict[str, str]
) -> None:
    message = notification()
    fill(database, customer())
    told(database, message)
    answer = signed_in.take(message.notification_id, step, **fields)
    assert answer.status_code == 400
    assert "Something is missing" in answer.text
    assert published.follow_ups == []


# languages and failures


def test_every_page_speaks_chinese_as_well(signed_in: Browser, database: Database) -> None:
    fill(database, manager(), customer(), position(closes={"2026-01-05": "1000000.0000"}))
    told(database, notification())
    signed_in.client.cookies.set("wealthwatch_language", "zh-CN")
    page = words_of(signed_in.get("/").text)
    for part in ("王敏，以下客户有变动", "重要", "剩余 3 小时", "待处理", "大额资金流入", "今天 · 3月2日"):
        assert part in page
    page = words_of(signed_in.get("/customers/C1").text)
    for part in (
        "管理资产 AUM 225.00万元",
        "活期存款",
        "近 30 天变化 +125.00万元",
        "实测 125.00万元 阈值的 2.5 倍",
        "黄金客户",
        "2026年3月2日 12:00",
    ):
        assert part in page, part


@pytest.mark.parametrize(
    ("cookie", "own", "accepts", "expected"),
    [
        ("en", "zh-CN", "zh", "en"),
        ("", "en", "zh-CN,zh;q=0.9", "en"),
        ("xx", "zh-CN", "en", "zh-CN"),
        ("", None, "fr, en-GB;q=0.8, zh;q=0.5", "en"),
        ("", None, "zh;q=0.2, en;q=nonsense", "zh-CN"),
        ("", None, "fr", "zh-CN"),
    ],
)
def test_the_language_is_the_cookie_s_else_the_manager_s_else_the_browser_s(
    signed_in: Browser, database: Database, cookie: str, own: str | None, accepts: str, expected: str
) -> None:
    if own:
        fill(database, manager(language=own))
    signed_in.client.cookies.set("wealthwatch_language", cookie)
    page = signed_in.client.get("/", headers={"Accept-Language": accepts}).text
    assert f'<html lang="{expected}">' in page


def test_the_switch_is_remembered_and_leads_back(signed_in: Browser) -> None:
    answer = signed_in.get("/language/zh-CN?back=/%3Fstate%3Dall")
    assert answer.headers["location"] == "/?state=all"
    assert answer.cookies["wealthwatch_language"] == "zh-CN"
    assert signed_in.get("/language/fr").status_code == 400


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_page_shows_a_raw_key(signed_in: Browser, database: Database, published: Published, language: str) -> None:
    message = notification(severity=Severity.CRITICAL, rule="full_sweep")
    fill(database, manager(), customer(household_id="H1", risk_profile=2, contact=("call",)), position(closes={"2026-01-05": "1.0000"}))
    told(database, message)
    fill(database, follow_up(message, Step.CONTACTED, contact_by=ContactBy.NOTE))
    signed_in.client.cookies.set("wealthwatch_language", language)
    for path in ("/login", "/", "/?state=all", "/?text=x", "/?saved=outcome", "/customers/C1", "/customers/C1?saved=contacted", "/nowhere"):
        page = signed_in.get(path).text
        shown = words_of(re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL))
        attributes = " ".join(re.findall(r'(?:aria-label|title|placeholder|data-(?:new|changed|on|off))="([^"]*)"', page))
        for key in {**TEXTS, **TERMS}:
            pattern = rf"(?<![\w.-]){re.escape(key)}(?![\w.-])"
            assert "." not in key or not re.search(pattern, shown + " " + attributes), (path, key)
        assert "{" not in shown, path


def test_an_unknown_page_says_so_and_leads_back(signed_in: Browser) -> None:
    answer = signed_in.get("/nowhere")
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
    assert signed_in.client.delete("/").status_code == 405


def test_a_fault_of_ours_is_counted_and_answered_without_a_word_about_the_customer(
    signed_in: Browser, database: Database, parts: Parts, capsys: pytest.CaptureFixture[str]
) -> None:
    from sqlalchemy import text

    fill(database, customer(name="秘密客户"))
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE items RENAME TO gone"))
    answer = signed_in.get("/customers/C1")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    labels = {"method": "GET", "route": "/customers/{customer_id:path}", "status": "500"}
    assert parts.metrics.registry.get_sample_value("wealthwatch_inbox_requests_total", labels) == 1
    said = "".join(capsys.readouterr())
    assert "a request failed" in said
    assert "秘密客户" not in said
