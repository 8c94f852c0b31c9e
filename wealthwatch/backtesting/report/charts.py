"""The report's pictures, as inline SVG: bars in a row of a table, and columns with labelled axes. Colours are the style sheet's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from unicodedata import east_asian_width

from markupsafe import Markup

from handlers.inbox.charts.scale import ticks
from handlers.inbox.charts.svg import element, picture
from schemas.rules import Severity

SEVERITIES = tuple(str(severity) for severity in reversed(Severity))
"""Most severe first, as they are stacked."""
BAR = 1_000
TOP, BOTTOM, RIGHT = 26, 50, 14
GAP = 10
"""Between labels below the columns, at least."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a picture of columns."""

    width: int
    height: int
    left: int
    narrow: bool


FRAMES = (Frame(960, 300, 60, narrow=False), Frame(360, 270, 46, narrow=True))
"""For a desk and for a phone."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands below it, what is said of it, and its parts by class, from the bottom up."""

    label: str
    title: str
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        """Its height."""
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Axes:
    """What the picture is about."""

    title: str
    description: str
    across: str
    up: str


def bar(parts: Mapping[str, int], largest: int) -> Markup:
    """A bar for a row of a table, as long as its share of the largest row; the numbers stand beside it as text."""
    drawn, left = [], 0.0
    for name, count in parts.items():
        width = BAR * count / max(1, largest)
        if count:
            drawn.append(element("rect", x=left, y=0, width=max(width, 2.0), height=10, class_=f"fill-{name}"))
        left += width
    return element("svg", *drawn, class_="bar", viewBox=f"0 0 {BAR} 10", preserveAspectRatio="none", aria_hidden="true", focusable="false")


def both_ways(removed: int, added: int, largest: int) -> Markup:
    """A bar to the left and one to the right of the middle."""
    half = BAR / 2
    left, right = (half * count / max(1, largest) for count in (removed, added))
    return element(
        "svg",
        element("rect", x=half - left, y=0, width=left, height=10, class_="fill-removed"),
        element("rect", x=half, y=0, width=right, height=10, class_="fill-added"),
        element("rect", x=half - 1, y=0, width=2, height=10, class_="fill-middle"),
        class_="bar",
        viewBox=f"0 0 {BAR} 10",
        preserveAspectRatio="none",
        aria_hidden="true",
        focusable="false",
    )


def columns(identity: str, shown: Sequence[Column], axes: Axes, frame: Frame) -> Markup:
    """Columns side by side, stacked by class, with a labelled axis each way."""
    levels = [level for level in ticks(0, max(1, *(column.total for column in shown))) if level == int(level)]
    floor, room = frame.height - BOTTOM, frame.width - frame.left - RIGHT
    step = room / len(shown)

    def y(value: float) -> float:
        return TOP + (levels[-1] - value) / levels[-1] * (floor - TOP)

    grid = [
        element(
            "g",
            element("line", x1=frame.left, x2=frame.width - RIGHT, y1=y(level), y2=y(level), class_="grid"),
            element("text", f"{int(level):,}", x=frame.left - 7, y=y(level) + 4, text_anchor="end", class_="axis"),
        )
        for level in levels
    ]
    width = max(1.0, min(step * 0.82, 64.0))
    drawn = [_column(column, frame.left + (place + 0.5) * step - width / 2, width, y) for place, column in enumerate(shown)]
    every = ceil((max(_width(column.label) for column in shown) + GAP) / step)
    below = [
        element("text", column.label, x=frame.left + (place + 0.5) * step, y=floor + 20, text_anchor="middle", class_="axis")
        for place, column in enumerate(shown)
        if place % every == 0
    ]
    named = [
        element("text", axes.up, x=4, y=14, class_="axis-name"),
        element("text", axes.across, x=frame.width / 2, y=frame.height - 8, text_anchor="middle", class_="axis-name"),
    ]
    style = "narrow-only" if frame.narrow else "wide-only"
    return picture(identity, frame.width, frame.height, axes.title, axes.description, *grid, *drawn, *below, *named, class_=style)


def _width(label: str) -> float:
    """Of a label in the axis' type size, nearly."""
    return sum(12.5 if east_asian_width(sign) in "WF" else 6.8 for sign in label)


def _column(column: Column, x: float, width: float, y: Callable[[float], float]) -> Markup:
    pieces, below = [], 0
    for name, count in column.parts.items():
        if count:
            top, bottom = y(below + count), y(below)
            pieces.append(element("rect", x=x, y=top, width=width, height=bottom - top, class_=f"fill-{name}"))
        below += count
    return element("g", element("title", column.title), *pieces)
