"""Logs as JSON lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from servicekit import logs


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers, root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()


def test_an_event_is_one_json_line_with_what_is_bound() -> None:
    written = io.StringIO()
    logs.configure("renderer", "INFO", written)
    structlog.contextvars.bind_contextvars(request_id="r1")
    logs.get_logger().info("score.rendered", notes=312)
    logs.get_logger().debug("not.written")
    line = json.loads(written.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "score.rendered",
        "level": "info",
        "notes": 312,
        "request_id": "r1",
        "service": "renderer",
    }


def test_lines_of_other_packages_get_the_same_form_and_keep_their_stack() -> None:
    written = io.StringIO()
    logs.configure("renderer", "INFO", written)
    try:
        raise KeyError("lost")
    except KeyError:
        logging.getLogger("elsewhere").exception("went %s", "wrong")
    line = json.loads(written.getvalue())
    assert (line["event"], line["level"], line["service"]) == ("went wrong", "error", "renderer")
    assert "KeyError: 'lost'" in line["exception"]


def test_other_packages_log_warnings_and_above_only() -> None:
    written = io.StringIO()
    logs.configure("renderer", "DEBUG", written)
    logging.getLogger("httpx").info("GET ...")
    assert written.getvalue() == ""
