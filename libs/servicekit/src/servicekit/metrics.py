"""Prometheus metrics of all services, in base units and without ids as labels."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram, start_http_server

CALLS = Counter("segue_rpc_calls", "Calls that ended, by method and status code.", ["rpc", "code"])
CALL_SECONDS = Histogram(
    "segue_rpc_seconds",
    "Seconds from a call's start to its end.",
    ["rpc"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300),
)
CALLS_IN_FLIGHT = Gauge("segue_rpc_in_flight", "Calls under way.", ["rpc"])
WORK_QUEUED = Gauge("segue_work_queued", "Pieces of work admitted and not ended.", ["worker"])
WORK_REFUSED = Counter("segue_work_refused", "Pieces of work refused because the queue was full.", ["worker"])


def serve_metrics(host: str, port: int) -> Callable[[], None]:
    """Serve the metrics over HTTP on a background thread.

    Returns
    -------
    callable
        Function that stops the server.

    Raises
    ------
    OSError
        If the port is in use.
    """
    server, thread = start_http_server(port, addr=host)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
