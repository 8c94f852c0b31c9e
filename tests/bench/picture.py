"""The latency curve as a picture that stands alone: p50 and p99 over the load, on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log10

from markupsafe import Markup

from handlers.inbox.charts.scale import ticks
from handlers.inbox.charts.svg import element

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 64, 36, 76, 48
COLOURS = ("#0b5cad", "#b4530a", "#1a8a5a", "#8a3fa0")
"""In the order of the systems; each is told from white by at least 4.5 : 1, but for the green with 4.2 : 1."""
MARKS = ("p50_ms", "p99_ms")
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #333 }
.grid { stroke: #ddd } .name { fill: #111 }
.p50_ms { stroke-dasharray: 3 4 }
polyline { fill: none; stroke-width: 2 }
"""

Loads = Sequence[Mapping[str, float]]


def curves(systems: Mapping[str, Loads]) -> Markup:
    """Draw every system's p50 (dotted) and p99 (drawn) at the loads where it was measured."""
    found = [load[mark] for loads in systems.values() for load in loads for mark in MARKS if mark in load]
    most = max(load["movements_per_s"] for loads in systems.values() for load in loads)
    low, high = floor(log10(max(1.0, min(found)))), ceil(log10(max(10.0, *found)))
    right = ticks(0, most)

    def x(load: float) -> float:
        return LEFT + load / right[-1] * (WIDTH - LEFT - RIGHT)

    def y(milliseconds: float) -> float:
        return TOP + (high - log10(max(1.0, milliseconds))) / (high - low) * (HEIGHT - TOP - BOTTOM)

    up = [10**power for power in range(low, high + 1)]
    grid = [
        element("g", element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(level), y2=y(level), class_="grid"),
                element("text", f"{level:,}", x=LEFT - 8, y=y(level) + 4, text_anchor="end"))
        for level in up
    ]  # fmt: skip
    across = [element("text", f"{int(load):,}", x=x(load), y=HEIGHT - BOTTOM + 20, text_anchor="middle") for load in right]
    named = [
        element("text", "ms from append to readable, p99 drawn, p50 dotted", x=12, y=18, class_="name"),
        element("text", "movements/s", x=WIDTH / 2, y=HEIGHT - 8, text_anchor="middle", class_="name"),
    ]
    drawn = [_system(place, name, loads, x, y) for place, (name, loads) in enumerate(systems.items())]
    return element(
        "svg",
        element("title", "Latency over the load"),
        element("style", Markup(STYLE)),
        element("rect", width=WIDTH, height=HEIGHT, fill="#fff"),
        *grid, *across, *named, *drawn,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
    )  # fmt: skip


def _system(place: int, name: str, loads: Loads, x: Callable[[float], float], y: Callable[[float], float]) -> Markup:
    colour, drawn = COLOURS[place], []
    for mark in MARKS:
        points = [(x(load["movements_per_s"]), y(load[mark])) for load in loads if mark in load]
        drawn.append(element("polyline", points=" ".join(f"{across:.1f},{up:.1f}" for across, up in points), stroke=colour, class_=mark))
        drawn += [element("circle", cx=across, cy=up, r=3, fill=colour) for across, up in points]
    column, row = divmod(place, 2)
    left, line = LEFT + column * 330, 42 + row * 20
    return element(
        "g",
        element("line", x1=left, x2=left + 24, y1=line - 4, y2=line - 4, stroke=colour, stroke_width=3),
        element("text", name, x=left + 32, y=line, class_="name"),
        *drawn,
    )
