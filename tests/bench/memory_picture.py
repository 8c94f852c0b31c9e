"""Memory over time as a picture that stands alone: a line for each process, the half that is judged on a darker ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from handlers.inbox.charts.scale import ticks
from handlers.inbox.charts.svg import element
from tests.bench.picture import COLOURS, STYLE

WIDTH, HEIGHT = 760, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 36, 56, 48


def over_time(samples: Mapping[str, Sequence[tuple[float, float]]]) -> Markup:
    """Draw each process's samples, in seconds and MiB."""
    across = ticks(0, max(at for line in samples.values() for at, _ in line) / 60)
    up = ticks(0, max(mib for line in samples.values() for _, mib in line))
    last = max(at for line in samples.values() for at, _ in line)

    def x(seconds: float) -> float:
        return LEFT + seconds / 60 / across[-1] * (WIDTH - LEFT - RIGHT)

    def y(mib: float) -> float:
        return TOP + (1 - mib / up[-1]) * (HEIGHT - TOP - BOTTOM)

    grid = [
        element("g", element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(level), y2=y(level), class_="grid"),
                element("text", f"{level:,.0f}", x=LEFT - 8, y=y(level) + 4, text_anchor="end"))
        for level in up
    ]  # fmt: skip
    below = [element("text", f"{minute:g}", x=x(minute * 60), y=HEIGHT - BOTTOM + 20, text_anchor="middle") for minute in across]
    named = [
        element("text", "MiB resident; the half that is judged on grey", x=12, y=18, class_="name"),
        element("text", "minutes", x=WIDTH / 2, y=HEIGHT - 8, text_anchor="middle", class_="name"),
    ]
    drawn = [
        element("g",
                element("line", x1=LEFT + place * 180, x2=LEFT + place * 180 + 24, y1=38, y2=38, stroke=COLOURS[place], stroke_width=3),
                element("text", name, x=LEFT + place * 180 + 32, y=42, class_="name"),
                element("polyline", points=" ".join(f"{x(at):.1f},{y(mib):.1f}" for at, mib in line), stroke=COLOURS[place]))
        for place, (name, line) in enumerate(samples.items())
    ]  # fmt: skip
    return element(
        "svg",
        element("title", "Memory over time"),
        element("style", Markup(STYLE)),
        element("rect", width=WIDTH, height=HEIGHT, fill="#fff"),
        element("rect", x=x(last / 2), y=TOP, width=x(last) - x(last / 2), height=HEIGHT - TOP - BOTTOM, fill="#f1f1f1"),
        *grid, *below, *named, *drawn,
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img",
    )  # fmt: skip
