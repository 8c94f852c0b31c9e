"""Tables that align, and text that no terminal obeys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table


def safe(text: str) -> str:
    """The text with control characters spelt out: names on a topic are anybody's."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under their heads; on a terminal the last column wraps, elsewhere a row is a line."""
    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, no_wrap=place < len(heads) - 1)
    for row in rows:
        table.add_row(*(escape(safe(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = 100_000
    console.print(table, soft_wrap=not console.is_terminal)
