"""Money, numbers, dates and spans as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from handlers.inbox.voice import Voice
from schemas.customers import Language

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
CHINESE = Voice(Language.CHINESE, ZoneInfo("Asia/Shanghai"), NOW)
ENGLISH = Voice(Language.ENGLISH, ZoneInfo("Asia/Shanghai"), NOW)


@pytest.mark.parametrize(
    ("amount", "currency", "chinese", "english"),
    [
        ("1250000", "CNY", "125.00万元", "¥1,250,000.00"),
        ("9999.99", "CNY", "9,999.99元", "¥9,999.99"),
        ("10000", "CNY", "1.00万元", "¥10,000.00"),
        ("123456789.1234", "CNY", "1.23亿元", "¥123,456,789.12"),
        ("-1250000", "CNY", "−125.00万元", "−¥1,250,000.00"),
        ("0", "CNY", "0.00元", "¥0.00"),
        ("39296720.10", "CZK", "3,929.67万捷克克朗", "CZK39,296,720.10"),
        ("1250000", "USD", "125.00万美元", "$1,250,000.00"),
        ("1250000", "JPY", "125.00万日元", "JP¥1,250,000"),
        ("999", "JPY", "999日元", "JP¥999"),
    ],
)
def test_money(amount: str, currency: str, chinese: str, english: str) -> None:
    assert CHINESE.money(amount, currency) == chinese
    assert ENGLISH.money(amount, currency) == english


@pytest.mark.parametrize(
    ("amount", "chinese", "english"),
    [("1250000", "125万", "1.25M"), ("-20000", "−2万", "−20K"), ("950", "950", "950"), ("2500000000", "25亿", "2.5B"), ("0", "0", "0")],
)
def test_an_amount_on_an_axis_is_short(amount: str, chinese: str, english: str) -> None:
    assert CHINESE.axis(Decimal(amount)) == chinese
    assert ENGLISH.axis(Decimal(amount)) == english


def test_a_change_has_its_sign_and_a_share_a_tenth_of_a_percent() -> None:
    assert ENGLISH.change(Decimal(5), "CNY") == "+¥5.00"
    assert ENGLISH.change(Decimal(-5), "CNY") == "−¥5.00"
    assert ENGLISH.change(Decimal(0), "CNY") == "¥0.00"
    assert ENGLISH.percent(Decimal("0.3123")) == "31.2%"


@pytest.mark.parametrize(
    ("due", "chinese", "english"),
    [
        (timedelta(days=2, hours=5), "剩余 2 天", "due in 2 d"),
        (timedelta(hours=3, minutes=59), "剩余 3 小时", "due in 3 h"),
        (timedelta(minutes=5), "剩余 5 分钟", "due in 5 min"),
        (timedelta(seconds=30), "剩余 不到 1 分钟", "due in less than a minute"),
        (timedelta(minutes=-61), "逾期 1 小时", "overdue by 1 h"),
    ],
)
def test_a_due_time_says_what_is_left_or_how_late_it_is(due: timedelta, chinese: str, english: str) -> None:
    assert CHINESE.due(NOW + due) == chinese
    assert ENGLISH.due(NOW + due) == english


def test_times_are_of_the_bank_s_time_zone() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    assert CHINESE.moment(late) == "2026年3月2日 00:30"
    assert ENGLISH.moment(late) == "Mar 2, 2026 00:30"


def test_days_are_called_by_their_nearness() -> None:
    assert ENGLISH.heading(date(2026, 3, 2)) == "Today · Mar 2"
    assert CHINESE.heading(date(2026, 3, 1)) == "昨天 · 3月1日"
    assert ENGLISH.heading(date(2026, 2, 27)) == "Friday, February 27, 2026"
