"""gRPC server of a service with health, reflection and interceptor, from start to graceful stop.

::

    def serve(settings: Settings) -> Server:
        servicer = TransposerServicer(settings)
        return Server(
            settings,
            transposer_pb2.DESCRIPTOR,
            lambda server: add_TransposerServiceServicer_to_server(servicer, server),
            load=servicer.load,
            close=servicer.close,
        )

    if __name__ == "__main__":
        serve_forever(Settings, serve)
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import grpc
from google.protobuf.descriptor import FileDescriptor
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
from grpc_reflection.v1alpha import reflection

from servicekit import logs, metrics
from servicekit.client import MAX_MESSAGE_BYTES
from servicekit.faults import Fault
from servicekit.rpc.interceptor import CallInterceptor, Context
from servicekit.settings import ServerSettings, read_settings

__all__ = ["Context", "Server", "run", "serve_forever"]

SettingsT = TypeVar("SettingsT", bound=ServerSettings)

MAX_CALLS = 1000
"""Largest number of concurrent calls; further calls are refused."""

_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # Otherwise a second process can open the same port and receive half of the calls.
    ("grpc.so_reuseport", 0),
    # Accept the client's keepalive pings every 30 s, which gRPC would otherwise treat as abuse.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
)


class Server:
    """One service on one port.

    Parameters
    ----------
    settings : ServerSettings
        Its ``env_prefix`` names the service in logs and messages.
    contract : FileDescriptor
        ``<service>_pb2.DESCRIPTOR``; health and reflection cover its services.
    register : callable
        Registers the servicer: a closure around the stubs' ``add_..._to_server``.
    load : callable, optional
        Slow initialization to run before serving, e.g. loading weights. It runs on a thread after the port is open;
        until it returns, health is NOT_SERVING and calls fail with `NotReady`.
    close : callable, optional
        Releases resources when the server stops, e.g. closes a worker.
    """

    def __init__(
        self,
        settings: ServerSettings,
        contract: FileDescriptor,
        register: Callable[[grpc.aio.Server], None],
        load: Callable[[], None] | None = None,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.settings = settings
        self.name = str(settings.model_config.get("env_prefix", "")).rstrip("_").lower() or "service"
        self.services: tuple[str, ...] = tuple(one.full_name for one in contract.services_by_name.values())
        self.port = settings.port
        self._register = register
        self._load = load
        self._close = close
        self._health = health.aio.HealthServicer()
        self._interceptor = CallInterceptor(self.services)

    @property
    def target(self) -> str:
        """The ``host:port`` for clients; valid once the server has started."""
        return f"{self.settings.host}:{self.port}"

    async def start(self) -> None:
        """Open the port; health is NOT_SERVING.

        Raises
        ------
        SystemExit
            If the port is in use, with one line that names the setting.
        """
        await self._set_health(HealthCheckResponse.NOT_SERVING)
        self._grpc = grpc.aio.server(
            interceptors=[self._interceptor], options=_OPTIONS, maximum_concurrent_rpcs=MAX_CALLS
        )
        self._register(self._grpc)
        add_HealthServicer_to_server(self._health, self._grpc)
        visible = (*self.services, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(visible, self._grpc)
        self.port = self._bind()
        await self._grpc.start()
        logs.get_logger().info("server.started", target=self.target)

    async def load(self) -> None:
        """Load off the event loop, then set health to SERVING."""
        if self._load is not None:
            await asyncio.to_thread(self._load)
        self._interceptor.ready = True
        await self._set_health(HealthCheckResponse.SERVING)
        logs.get_logger().info("server.serving", target=self.target)

    async def stop(self, grace_s: float = 0.0) -> None:
        """Set health to NOT_SERVING, refuse new calls, give calls in progress the grace period, and close."""
        await self._health.enter_graceful_shutdown()
        await self._grpc.stop(grace_s)
        if self._close is not None:
            self._close()
        logs.get_logger().info("server.stopped")

    async def __aenter__(self) -> Self:
        await self.start()
        try:
            await self.load()
        except BaseException:
            # `__aexit__` is not called when entering fails, so that the port would stay open.
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _set_health(self, status: int) -> None:
        for service in ("", *self.services):
            await self._health.set(service, status)

    def _bind(self) -> int:
        refuse_used_port(self.settings.host, self.settings.port, self.name)
        return self._grpc.add_insecure_port(self.target)


def refuse_used_port(host: str, port: int, name: str) -> None:
    """Check that a port is free, because gRPC's own error takes three lines and does not name the setting.

    Parameters
    ----------
    host : str
        Address to listen on.
    port : int
        Port to listen on; 0 is always free.
    name : str
        Name of the service; ``<NAME>_PORT`` is the setting that the error names.

    Raises
    ------
    SystemExit
        If the port is in use or must not be opened.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As in gRPC, connections of a stopped server in TIME_WAIT do not block the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            setting = f"{name.upper()}_PORT"
            raise SystemExit(f"{name}: cannot listen on {host}:{port} ({error.strerror}); set {setting}") from None


def serve_forever(kind: type[SettingsT], serve: Callable[[SettingsT], Server]) -> None:
    """Read a service's settings from the environment and serve until SIGTERM or SIGINT: the body of a ``__main__``.

    Parameters
    ----------
    kind : type
        The service's subclass of `ServerSettings`.
    serve : callable
        Builds the server from the settings.

    Raises
    ------
    SystemExit
        If a setting is refused, the port is in use, or loading fails with a fault: one line with the reason.
    """
    run(serve(read_settings(kind)))


def run(server: Server) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises
    ------
    SystemExit
        If the port is in use, or loading fails with a fault: one line with the reason.
    """
    logs.configure(server.name, server.settings.log_level)
    asyncio.run(_run(server))


async def _run(server: Server) -> None:
    stop_requested = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop_requested.set)
    stop_metrics = _start_metrics(server)
    await server.start()
    try:
        await _load_or_stop(server, stop_requested)
        await stop_requested.wait()
    except Fault as fault:
        raise SystemExit(f"{server.name}: {fault.reason}: {fault.message}") from fault
    finally:
        await server.stop(server.settings.grace_s)
        stop_metrics()


async def _load_or_stop(server: Server, stop_requested: asyncio.Event) -> None:
    """Load, but stop waiting when a stop is requested: loading a model may take longer than the grace period."""
    loading = asyncio.create_task(server.load())
    stopping = asyncio.create_task(stop_requested.wait())
    await asyncio.wait((loading, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if loading.done():
        loading.result()
    else:
        loading.cancel()


def _start_metrics(server: Server) -> Callable[[], None]:
    if not server.settings.metrics_port:
        return lambda: None
    refuse_used_port(server.settings.host, server.settings.metrics_port, f"{server.name}_metrics")
    return metrics.serve_metrics(server.settings.host, server.settings.metrics_port)
