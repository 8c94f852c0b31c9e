"""`wealthwatch notifier`: tells the managers what the detector found."""

from __future__ import annotations

import typer

PANEL = "Run it"


def command(context: typer.Context) -> None:
    """Run the notifier: decide who is told what, deliver it, and keep the journal.

    It reads `wealth.notifications`, holds back what is silenced, cooling down, in test or already told, delivers the rest by inbox, log and
    webhook, and writes each of it to `wealth.journal`. Run as many as you like: they share the partitions. Stop it with Ctrl-C or SIGTERM.

    `wealthwatch -c bank.toml notifier`
    """
    import signal

    from prometheus_client import CollectorRegistry

    from handlers import app, topics
    from wealthwatch.build import announce
    from wealthwatch.configuration import settings_of
    from wealthwatch.door import Door
    from wealthwatch.logs import start_logging

    settings = settings_of(context)
    start_logging(settings.log)
    topics.check(settings.kafka)
    registry = CollectorRegistry()
    announce("notifier", registry)
    notifier = app.notifier(settings, registry)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: notifier.stop())
    with Door(settings.notifier.door, alive=notifier.alive, ready=notifier.ready, registry=registry):
        notifier.run()
