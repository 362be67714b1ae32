"""`TransposerService`: parse, call, reply."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing

from segue.transposer.v1 import transposer_pb2
from segue.transposer.v1.transposer_pb2 import (
    DetectKeyRequest,
    DetectKeyResponse,
    InspectRequest,
    InspectResponse,
    NormaliseRequest,
    NormaliseResponse,
    PieceError,
    TransposeRequest,
    TransposeResponse,
)
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceServicer, add_TransposerServiceServicer_to_server
from servicekit import logs
from servicekit.faults import Internal
from servicekit.server import Context, Server
from servicekit.worker import Worker

from transposer import handlers
from transposer.process_pool import Crew
from transposer.settings import Settings


class TransposerServicer(TransposerServiceServicer):
    """Answers the transposer's calls; music is read and moved on threads of their own, collections in processes."""

    def __init__(self, settings: Settings) -> None:
        self._worker = Worker("transpose", settings.threads, settings.queue_size)
        self._crew = Crew(handlers.normalise, settings.processes)

    def close(self) -> None:
        """Stop the threads and processes."""
        self._worker.close()
        self._crew.close()

    async def Inspect(self, request: InspectRequest, context: Context) -> InspectResponse:
        """As the contract says."""
        return await self._worker.run(handlers.inspect_piece, request)

    async def DetectKey(self, request: DetectKeyRequest, context: Context) -> DetectKeyResponse:
        """As the contract says."""
        return await self._worker.run(handlers.detect_key, request)

    async def Transpose(self, request: TransposeRequest, context: Context) -> TransposeResponse:
        """As the contract says."""
        return await self._worker.run(handlers.transpose, request)

    async def Normalise(
        self, requests: AsyncIterator[NormaliseRequest], context: Context
    ) -> AsyncIterator[NormaliseResponse]:
        """As the contract says."""
        names: deque[str] = deque()
        async with aclosing(self._crew.run(_as_bytes(requests, names))) as outcomes:
            async for outcome in outcomes:
                yield _response(names.popleft(), outcome)


def serve(settings: Settings) -> Server:
    """Make the service's server."""
    servicer = TransposerServicer(settings)
    return Server(
        settings,
        transposer_pb2.DESCRIPTOR,
        lambda server: add_TransposerServiceServicer_to_server(servicer, server),
        close=servicer.close,
    )


async def _as_bytes(requests: AsyncIterator[NormaliseRequest], names: deque[str]) -> AsyncIterator[bytes]:
    """Pass requests on, and keep the names of those under way."""
    async for request in requests:
        names.append(request.piece_id)
        yield request.SerializeToString()


def _response(piece_id: str, outcome: bytes | Exception) -> NormaliseResponse:
    """Read a reply; a bug costs one piece its reply, and is logged."""
    if isinstance(outcome, bytes):
        return NormaliseResponse.FromString(outcome)
    logs.get_logger().error("piece.failed", exc_info=outcome)
    error = PieceError(reason=Internal.reason, message="Something went wrong with this piece; it has been logged.")
    return NormaliseResponse(piece_id=piece_id, error=error)
