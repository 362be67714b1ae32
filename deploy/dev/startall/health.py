"""Asks a process whether it serves."""

import asyncio

from servicekit import probe

ANSWER_TIMEOUT_S = 2.0


async def grpc_serving(target: str) -> bool:
    """Tell whether the gRPC server at `host:port` reports SERVING for all that it offers."""
    return await asyncio.to_thread(probe.ask, target, timeout_s=ANSWER_TIMEOUT_S) == "SERVING"


async def http_answers(host: str, port: int, path: str) -> bool:
    """Tell whether an HTTP server answers 200 to a path."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
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
