"""`wealthwatch detector`: one worker of the detector."""

from __future__ import annotations

import typer

from wealthwatch.configuration import settings_of

PANEL = "Run it"


def command(context: typer.Context) -> None:
    """Detect significant changes: movements in, notifications and allocations out.

    Start as many as there is load for: they share the partitions of the movements, and one that ends hands its customers to the others.
    Ends with SIGTERM or Ctrl-C, after the batch in flight. A fault of its own ends it with exit code 1 and says why.

        $ wealthwatch --config bank.toml detector
    """
    import asyncio

    from handlers import topics
    from streams.app import Detector
    from streams.timeline import RuleBooks
    from wealthwatch import garbage
    from wealthwatch.build import announce
    from wealthwatch.door import Door
    from wealthwatch.logs import start_logging

    settings = settings_of(context)
    RuleBooks.of(settings)  # a misspelt rule is refused before anything is connected
    start_logging(settings.log)
    topics.check(settings.kafka)

    async def work() -> None:
        looking = asyncio.create_task(garbage.look())
        detector = Detector(settings)
        announce("detector", detector.metrics.registry)
        with Door(settings.detector.door, alive=detector.alive, ready=detector.ready, registry=detector.metrics.registry):
            await detector.run()
        looking.cancel()

    with garbage.resting():
        asyncio.run(work())
