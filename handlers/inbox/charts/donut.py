"""The allocation as a ring: one arc an asset class, clockwise from the top."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from handlers.inbox.charts.svg import element, picture

SIZE = 220
OUTER, INNER = 100.0, 64.0


@dataclass(frozen=True, slots=True)
class Slice:
    """One class; only what is above zero has a share of the ring."""

    name: str
    label: str
    value: Decimal


def donut(identity: str, slices: Sequence[Slice], title: str, description: str, centre: Sequence[str]) -> Markup:
    """Draw the ring with up to two lines of text in its middle."""
    shown = [one for one in slices if one.value > 0]
    total = sum((one.value for one in shown), Decimal(0))
    arcs, start = [], 0.0
    for one in shown:
        share = float(one.value / total)
        arcs.append(
            element("path", element("title", f"{one.label} {share:.1%}"), d=_arc(start, start + share), class_=f"slice fill-{one.name}")
        )
        start += share
    if not shown:
        arcs.append(element("path", d=_arc(0.0, 1.0), class_="slice fill-none"))
    lines = [
        element("text", line, x=SIZE / 2, y=SIZE / 2 + offset, class_=f"centre centre-{place}", text_anchor="middle")
        for place, (line, offset) in enumerate(zip(centre, (2, 24), strict=False))
    ]
    return picture(identity, SIZE, SIZE, title, description, *arcs, *lines, class_="donut")


def _arc(start: float, end: float) -> str:
    if end - start > 0.9999:  # a whole turn has no two ends to join
        return f"{_half(OUTER, 1)} {_half(INNER, 0)} Z"
    large = 1 if end - start > 0.5 else 0
    return (
        f"M {_point(OUTER, start)} A {OUTER} {OUTER} 0 {large} 1 {_point(OUTER, end)} "
        f"L {_point(INNER, end)} A {INNER} {INNER} 0 {large} 0 {_point(INNER, start)} Z"
    )


def _half(radius: float, sweep: int) -> str:
    turn = f"A {radius} {radius} 0 1 {sweep}"
    return f"M {_point(radius, 0.0)} {turn} {_point(radius, 0.5)} {turn} {_point(radius, 0.0)}"


def _point(radius: float, share: float) -> str:
    angle = 2 * math.pi * share
    return f"{SIZE / 2 + radius * math.sin(angle):.2f} {SIZE / 2 - radius * math.cos(angle):.2f}"
