"""AUM over time: a stepped line of daily closes, with a mark where a notification stands."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from handlers.inbox.charts.scale import dates, ticks
from handlers.inbox.charts.svg import element, picture

TOP, BOTTOM, RIGHT = 14, 26, 12
STACK, HIGHEST_STACK = 13, 3
"""Marks of one date stand above each other."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A notification on the line: its severity is a shape as well as a colour."""

    on: date
    severity: str
    label: str
    target: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of the picture, and how much room the amounts at its left need."""

    width: int
    height: int
    left: int
    dates: int


WIDE = Frame(520, 250, 62, 5)
NARROW = Frame(350, 220, 58, 3)


def line(
    identity: str,
    closes: Sequence[tuple[date, Decimal]],
    marks: Sequence[Mark],
    frame: Frame,
    words: tuple[str, str],
    show: tuple[Callable[[Decimal], str], Callable[[date], str]],
) -> Markup:
    """Draw at least two closes in the order of their dates; a date without one keeps the value before it.

    Args:
        identity: unique on the page.
        closes: date and AUM.
        marks: what happened; what lies outside of the dates is left out.
        frame: how large.
        words: title and description.
        show: how an amount and a date are written on the axes.
    """
    days = [on for on, _ in closes]
    values = [float(value) for _, value in closes]
    levels = ticks(min(values), max(values))
    first, length = days[0].toordinal(), days[-1].toordinal() - days[0].toordinal()

    def x(on: date) -> float:
        return frame.left + (on.toordinal() - first) / length * (frame.width - frame.left - RIGHT)

    def y(value: float) -> float:
        return TOP + (levels[-1] - value) / (levels[-1] - levels[0]) * (frame.height - TOP - BOTTOM)

    show_amount, show_date = show
    floor = frame.height - BOTTOM
    grid = [
        element("g", element("line", x1=frame.left, x2=frame.width - RIGHT, y1=y(level), y2=y(level), class_="grid"),
                element("text", show_amount(Decimal(repr(level))), x=frame.left - 8, y=y(level) + 4, text_anchor="end", class_="axis"))
        for level in levels
    ]  # fmt: skip
    shown_dates = dates(days[0], days[-1], frame.dates)
    below = [
        element("text", show_date(on), x=x(on), y=frame.height - 6, class_="axis", text_anchor=_anchor(place, len(shown_dates)))
        for place, on in enumerate(shown_dates)
    ]
    path = f"M {x(days[0]):.1f} {y(values[0]):.1f}" + "".join(
        f" H {x(on):.1f} V {y(value):.1f}" for on, value in zip(days[1:], values[1:], strict=True)
    )
    area = element("path", d=f"{path} V {floor} H {frame.left} Z", class_="area")
    signs, on_one_date = [], Counter[date]()
    for mark in marks:
        if days[0] <= mark.on <= days[-1]:
            height = y(values[bisect_right(days, mark.on) - 1]) - STACK * min(on_one_date[mark.on], HIGHEST_STACK)
            on_one_date[mark.on] += 1
            signs.append(element("a", element("title", mark.label), _shape(mark.severity, x(mark.on), max(height, 9.0)), href=mark.target))
    return picture(
        identity, frame.width, frame.height, *words, *grid, *below, area, element("path", d=path, class_="aum"), *signs, role="group"
    )


def _anchor(place: int, count: int) -> str:
    return "start" if place == 0 else "end" if place == count - 1 else "middle"


def _shape(severity: str, x: float, y: float) -> Markup:
    """A circle, a square, a diamond, a triangle: least to most severe."""
    style = f"mark mark-{severity}"
    if severity == "critical":
        return element("path", d=f"M {x:.1f} {y - 8:.1f} l 7.5 13 h -15 Z", class_=style)
    if severity == "warning":
        return element("path", d=f"M {x:.1f} {y - 7:.1f} l 7 7 l -7 7 l -7 -7 Z", class_=style)
    if severity == "notice":
        return element("rect", x=x - 5, y=y - 5, width=10, height=10, class_=style)
    return element("circle", cx=x, cy=y, r=5, class_=style)
