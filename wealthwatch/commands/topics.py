"""`wealthwatch topics`: make the topics, and hold them against the topic map."""

from __future__ import annotations

import typer

from wealthwatch.configuration import settings_of

PANEL = "Operate it"
app = typer.Typer(help="Create, check and list the topics.")


@app.command()
def create(context: typer.Context) -> None:
    """Create the topics that are missing; those that exist stay as they are.

    Partitions, replication and the name's prefix come from the settings:

    `WEALTHWATCH_KAFKA__PARTITIONS=32 WEALTHWATCH_KAFKA__REPLICATION_FACTOR=3 wealthwatch topics create`
    """
    from handlers import topics

    kafka = settings_of(context).kafka
    for name in topics.create(kafka):
        typer.echo(f"created {name}")
    topics.check(kafka)
    typer.echo("all topics are there and as they should be")


@app.command()
def check(context: typer.Context) -> None:
    """Say what is wrong with the topics, and what to do about it; exit code 3 when something is.

    Every service does the same when it starts.
    """
    from handlers import topics

    topics.check(settings_of(context).kafka)
    typer.echo("all topics are there and as they should be")


@app.command("list")
def list_topics(context: typer.Context) -> None:
    """List the topics as the settings want them; no broker is needed."""
    from rich.console import Console
    from rich.table import Table

    from handlers.topics import partitions
    from schemas.topics import TOPICS

    kafka = settings_of(context).kafka
    table = Table("topic", "key", "partitions", "keeping", box=None, pad_edge=False)
    for topic in TOPICS:
        keeping = "latest of each key" if topic.keeping == "compact" else f"{topic.keeping} days"
        table.add_row(kafka.topic(topic), topic.key, str(partitions(topic, kafka)), keeping)
    Console().print(table)
