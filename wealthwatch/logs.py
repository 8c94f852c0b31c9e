"""Logs on standard error, one line an event, ours and those of the libraries alike."""

from __future__ import annotations

import logging
import sys

import structlog

from schemas.settings import Log

_QUIETER = ("aiokafka", "kafka", "faust", "mode", "uvicorn.access", "alembic")
"""Chatty at `info`: heard from `warning` on, or from `info` on at `debug`. Never lower: their
`debug` shows messages, and so names people."""


def start_logging(log: Log) -> None:
    """Set the form and the level for this process; a second call replaces the first."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[structlog.types.Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if log.format == "json"
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer]
        )
    )
    level = log.level.upper()
    logging.captureWarnings(capture=True)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    for name in _QUIETER:
        logging.getLogger(name).setLevel(logging.INFO if level == "DEBUG" else max(logging.WARNING, logging.getLevelNamesMapping()[level]))
