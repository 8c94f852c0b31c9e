"""`wealthwatch simulate`: make up a bank, its customers and their movements."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

PANEL = "See it"
START = "2025-03-01"


def command(
    out: Annotated[Path, typer.Option(metavar="FILE", dir_okay=False, help="Movements, a JSON line each.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    customers: Annotated[int, typer.Option(min=1, max=10_000_000, help="People, companies and institutions.")] = 500,
    days: Annotated[
        int, typer.Option(min=1, max=3_660, help="Dates, from the first on; some stories need a year: from 380 on there are all.")
    ] = 90,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First date.")] = START,  # type: ignore[assignment]
    faults: Annotated[bool, typer.Option("--faults", help="Let the feeds tell things late, twice, in the wrong order, or never.")] = False,
) -> None:
    """Make up a bank: people and companies of every tier, their accounts, their daily life, and stories worth a manager's call.

    Beside FILE (here sample.jsonl) stand sample.customers.jsonl, sample.managers.jsonl, sample.prices.jsonl, and sample.stories.json: what
    was planted, when, and which rules should see it. All names are invented.

    `wealthwatch simulate --seed 7 --customers 500 --days 90 --out sample.jsonl`
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from wealthwatch.simulation import Plan, write

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[movements]:,} movements"), TimeRemainingColumn())
    console = Console()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"Simulating {days} days", total=days, movements=0)
        plan = Plan(seed, customers, days, start.date(), faults)
        written = write(plan, out, lambda day, movements: bar.update(task, completed=day, movements=movements))
    console.print(
        f"{written.movements:,} movements of {written.customers:,} customers, {written.managers} managers and heads, "
        f"{written.stories} planted stories: {out}",
        highlight=False,
        soft_wrap=True,
    )
