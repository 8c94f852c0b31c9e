"""SVG as escaped text: no style attribute anywhere, so that the strictest content policy holds; colours are classes of the stylesheet."""

from __future__ import annotations

from markupsafe import Markup, escape

Value = str | int | float


def element(name: str, *children: Markup | str, **attributes: Value | None) -> Markup:
    """One element; `class_` and `aria_label` become `class` and `aria-label`, what is None is left out."""
    shown = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _text(value)) for key, value in attributes.items() if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, shown, Markup("").join(escape(child) for child in children))


def picture(
    identity: str, width: int, height: int, title: str, description: str, *children: Markup, class_: str = "", role: str = "img"
) -> Markup:
    """A whole picture that a screen reader can name and describe; `identity` is unique on the page.

    A picture with links in it is a group: an image would hide them.
    """
    return element(
        "svg",
        element("title", title, id=f"{identity}-title"),
        element("desc", description, id=f"{identity}-desc"),
        *children,
        class_=f"chart {class_}".strip(),
        viewBox=f"0 0 {width} {height}",
        role=role,
        aria_labelledby=f"{identity}-title {identity}-desc",
    )


def _text(value: Value) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
