"""Structured logs: one JSON object per line on standard error, with an event name and facts, never payloads.

::

    log = logs.get_logger()
    log.info("score.rendered", notes=312, audio_s=41.2, took_ms=830)

Values that are bound to the call (``request_id``, ``rpc``) are added to every line written during the call, also on
threads of a `worker.Worker`. Lines of other packages come through the standard library and get the same form.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

_QUIET = ("grpc", "httpx", "httpcore", "hpack", "asyncio", "urllib3")
"""Packages whose INFO and DEBUG lines are suppressed."""


def configure(service: str, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Configure this process to write its logs as JSON lines.

    Parameters
    ----------
    service : str
        Name that is added to every line.
    level : str
        "DEBUG", "INFO", "WARNING" or "ERROR".
    stream : TextIO, optional
        Standard error by default.
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
    """Return the logger of this process."""
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
