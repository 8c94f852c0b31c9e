"""Two allocations as bars of the same length, one above the other: before and after."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from handlers.inbox.charts.donut import Slice
from handlers.inbox.charts.svg import element, picture

WIDTH, BAR, GAP, LABEL = 360, 18, 8, 44


def bars(identity: str, rows: Sequence[tuple[str, Sequence[Slice]]], title: str, description: str) -> Markup:
    """Draw one labelled bar a row; each class has its share of the bar's length."""
    drawn: list[Markup] = []
    for place, (label, slices) in enumerate(rows):
        top = place * (BAR + GAP)
        drawn.append(element("text", label, x=0, y=top + BAR - 5, class_="bar-label"))
        drawn.extend(_bar(slices, top))
    return picture(identity, WIDTH, len(rows) * (BAR + GAP) - GAP, title, description, *drawn, class_="bars")


def _bar(slices: Sequence[Slice], top: int) -> list[Markup]:
    shown = [one for one in slices if one.value > 0]
    total = sum((one.value for one in shown), Decimal(0))
    room = WIDTH - LABEL
    if not shown:
        return [element("rect", x=LABEL, y=top, width=room, height=BAR, rx=3, class_="fill-none")]
    pieces, left = [], float(LABEL)
    for one in shown:
        share = float(one.value / total)
        pieces.append(
            element(
                "rect",
                element("title", f"{one.label} {share:.1%}"),
                x=left,
                y=top,
                width=max(share * room, 0.5),
                height=BAR,
                class_=f"slice fill-{one.name}",
            )
        )
        left += share * room
    return pieces
