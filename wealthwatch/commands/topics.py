"""`wealthwatch topics`: create and check the topics."""

from __future__ import annotations

import typer

PANEL = "Operate it"
app = typer.Typer(help="Create, check and list the topics.")


@app.command("list")
def list_topics(context: typer.Context) -> None:
    """List the topics: key, partitions, keeping."""
