"""Pictures are pure functions from numbers to SVG."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from handlers.inbox.charts.bars import bars
from handlers.inbox.charts.donut import Slice, donut
from handlers.inbox.charts.line import NARROW, WIDE, Frame, Mark, line
from handlers.inbox.charts.scale import dates, ticks

FIRST = date(2026, 1, 1)


def parsed(picture: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(picture))


def a_line(values: list[str], marks: list[Mark] | None = None, frame: Frame = WIDE) -> Markup:
    closes = [(FIRST + timedelta(days=place), Decimal(value)) for place, value in enumerate(values)]
    return line("x", closes, marks or [], frame, ("AUM <now>", "from & to"), (str, date.isoformat))


def test_a_picture_has_a_name_a_description_and_no_style_of_its_own() -> None:
    for picture in (a_line(["1", "2"]), donut("x", [], "AUM <now>", "from & to", ()), bars("x", [], "AUM <now>", "from & to")):
        svg = parsed(picture)
        assert svg.attrib["aria-labelledby"] == "x-title x-desc"
        assert svg.findtext("title") == "AUM <now>"
        assert svg.findtext("desc") == "from & to"
        assert "style=" not in picture


def test_the_ring_gives_each_class_its_share_and_leaves_out_what_is_not_above_zero() -> None:
    slices = [Slice("fund", "Fund", Decimal(300)), Slice("bond", "Bond", Decimal(100)), Slice("loan", "Loan", Decimal(-50))]
    picture = donut("x", slices, "t", "d", ("400", "CNY"))
    assert re.findall(r"<title>([^<]*%)</title>", picture) == ["Fund 75.0%", "Bond 25.0%"]
    end_of_first = re.search(r"A 100\.0 100\.0 0 1 1 ([\d.]+) ([\d.]+)", picture)
    assert end_of_first
    assert math.isclose(float(end_of_first[1]), 10.0, abs_tol=0.01), "three quarters of the way round is the left edge"
    assert math.isclose(float(end_of_first[2]), 110.0, abs_tol=0.01)


def test_one_class_alone_is_a_whole_ring_and_none_an_empty_one() -> None:
    alone = donut("x", [Slice("fund", "Fund", Decimal(1))], "t", "d", ())
    assert alone.count(" A ") == 4, "two half turns outside and two inside"
    assert 'class="slice fill-none"' in donut("x", [], "t", "d", ())


def test_before_and_after_are_bars_of_one_length() -> None:
    rows = [("Before", [Slice("fund", "Fund", Decimal(1))]), ("After", [Slice("fund", "F", Decimal(1)), Slice("bond", "B", Decimal(3))])]
    widths = [float(one.attrib["width"]) for one in parsed(bars("x", rows, "t", "d")).iter("rect")]
    assert widths == [316.0, 79.0, 237.0]


def test_the_line_keeps_a_value_until_the_next_close() -> None:
    path = re.search(r'<path d="([^"]*)" class="aum"', a_line(["0", "100", "50"]))
    assert path
    assert re.fullmatch(r"M [\d.]+ [\d.]+ H [\d.]+ V [\d.]+ H [\d.]+ V [\d.]+", path[1]), "steps, no slopes"


def test_a_mark_stands_on_the_line_and_those_of_one_date_above_each_other() -> None:
    marks = [Mark(FIRST + timedelta(days=1), severity, severity, "#x") for severity in ("info", "notice", "warning", "critical")]
    marks.append(Mark(FIRST - timedelta(days=1), "info", "outside", "#y"))
    picture = a_line(["0", "100", "50"], marks)
    assert "outside" not in picture
    assert re.findall(r'<(circle|rect|path) [^>]*class="mark mark-\w+"', picture) == ["circle", "rect", "path", "path"]
    assert 'role="group"' in picture, "its links are not hidden in an image"
    assert picture.count('<a href="#x">') == 4


@given(st.lists(st.decimals(min_value=-(10**15), max_value=10**15, places=4), min_size=2, max_size=40))
def test_whatever_the_values_everything_is_drawn_inside_of_the_picture(values: list[Decimal]) -> None:
    for frame in (WIDE, NARROW):
        picture = a_line([str(value) for value in values], [Mark(FIRST, "critical", "m", "#m")], frame)
        path = re.search(r'<path d="([^"]*)" class="aum"', picture)
        assert path
        points = [float(number) for number in re.findall(r"-?[\d.]+", path[1])]
        assert all(math.isfinite(point) and -0.1 <= point <= frame.width for point in points)
        parsed(picture)


@given(st.floats(-1e15, 1e15), st.floats(0, 1e15))
def test_ticks_are_even_and_enclose_the_values(low: float, height: float) -> None:
    high = low + height
    found = ticks(low, high)
    hair = (found[1] - found[0]) * 1e-8
    assert found[0] <= low + hair
    assert found[-1] >= high - hair
    assert 2 <= len(found) <= 9


@pytest.mark.parametrize(("low", "high", "expected"), [(0, 100, [0, 25, 50, 75, 100]), (930, 1240, [900, 1000, 1100, 1200, 1300])])
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_dates_on_the_axis_hold_both_ends() -> None:
    assert dates(FIRST, FIRST + timedelta(days=90), 4) == [FIRST + timedelta(days=days) for days in (0, 30, 60, 90)]
    assert dates(FIRST, FIRST + timedelta(days=1), 6) == [FIRST, FIRST + timedelta(days=1)]
