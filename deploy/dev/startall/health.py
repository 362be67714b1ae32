"""Health checks of a process, over gRPC and over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

CHECK_TIMEOUT_S = 2.0


async def is_grpc_serving(target: str) -> bool:
    """Return whether the gRPC server at ``host:port`` reports SERVING.

    No thread waits for it: a check that does not return is given up, and never keeps the supervisor from stopping.
    """
    try:
        async with asyncio.timeout(2 * CHECK_TIMEOUT_S), grpc.aio.insecure_channel(target) as channel:
            stub: Any = HealthStub(channel)  # its methods are created at run time
            response = await stub.Check(HealthCheckRequest(), timeout=CHECK_TIMEOUT_S)
    except (grpc.RpcError, TimeoutError):
        return False
    return bool(response.status == HealthCheckResponse.SERVING)


async def is_http_ok(host: str, port: int, path: str) -> bool:
    """Return whether an HTTP server responds with status 200.

    Parameters
    ----------
    host : str
        A name or a literal address.
    port : int
        TCP port.
    path : str
        Path of the GET request, beginning with a slash.
    """
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            status = await _status_line(host, port, path)
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


async def _status_line(host: str, port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return await reader.readline()
    finally:
        writer.close()
