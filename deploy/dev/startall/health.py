"""Asks a process whether it serves."""

import asyncio
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

ANSWER_TIMEOUT_S = 2.0


async def grpc_serving(target: str) -> bool:
    """Tell whether the gRPC server at `host:port` reports SERVING for all that it offers."""
    # A fresh channel for every question: a kept one would wait out its own backoff after a refused connection.
    async with grpc.aio.insecure_channel(target) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its published types lack the calls
        request = health_pb2.HealthCheckRequest(service="")
        try:
            answer = await stub.Check(request, timeout=ANSWER_TIMEOUT_S)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


async def http_ready(host: str, port: int) -> bool:
    """Tell whether the gateway's `/health/ready` answers 200."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            status = await _status_line(host, port)
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


async def _status_line(host: str, port: int) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET /health/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return await reader.readline()
    finally:
        writer.close()
