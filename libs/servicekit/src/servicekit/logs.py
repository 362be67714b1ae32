"""Logs: one JSON object a line on standard error, an event's name and its facts, never payloads.

::

    log = logs.get_logger()
    log.info("score.rendered", notes=312, audio_s=41.2, took_ms=830)

What is bound to the call (``request_id``, ``rpc``) is added to every line written while it runs, in a `worker.Worker`
too. Lines of other packages come through the standard library and get the same form.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

_QUIET = ("grpc", "httpx", "httpcore", "hpack", "asyncio", "urllib3")
"""Packages that tell at INFO or DEBUG what our own lines tell better."""


def configure(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Write this process's logs as JSON lines.

    Parameters
    ----------
    service : str
        Stands in every line.
    level : str
        "DEBUG", "INFO", "WARNING" or "ERROR".
    stream : TextIO, optional
        Where to; standard error by default.
    """
    first = _first_processors(service)
    structlog.configure(
        processors=[*first, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(first))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for package in _QUIET:
        logging.getLogger(package).setLevel(max(logging.WARNING, root.level))


def get_logger() -> FilteringBoundLogger:
    """Give the logger; the same everywhere."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def _first_processors(service: str) -> list[Processor]:
    def add_service(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_service,
    ]


def _formatter(first: Sequence[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=first,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
    )
