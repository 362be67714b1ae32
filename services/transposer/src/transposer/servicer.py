"""`TransposerService`: convert the request, call the handler, return the response."""

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
from transposer.process_pool import OrderedProcessPool
from transposer.settings import Settings


class TransposerServicer(TransposerServiceServicer):
    """Runs single pieces on threads and collections in processes."""

    def __init__(self, settings: Settings) -> None:
        self._worker = Worker("transpose", settings.threads, settings.queue_size)
        self._process_pool = OrderedProcessPool(handlers.normalize, settings.processes)

    def close(self) -> None:
        """Stop the threads and processes."""
        self._worker.close()
        self._process_pool.close()

    async def Inspect(self, request: InspectRequest, context: Context) -> InspectResponse:
        """Describe a piece."""
        return await self._worker.run(handlers.inspect_piece, request)

    async def DetectKey(self, request: DetectKeyRequest, context: Context) -> DetectKeyResponse:
        """Detect the key of a piece."""
        return await self._worker.run(handlers.detect_key, request)

    async def Transpose(self, request: TransposeRequest, context: Context) -> TransposeResponse:
        """Transpose a piece."""
        return await self._worker.run(handlers.transpose, request)

    async def Normalise(
        self, requests: AsyncIterator[NormaliseRequest], context: Context
    ) -> AsyncIterator[NormaliseResponse]:
        """Transpose the pieces of a collection."""
        piece_ids: deque[str] = deque()
        async with aclosing(self._process_pool.map(_serialize(requests, piece_ids))) as results:
            async for result in results:
                yield _to_response(piece_ids.popleft(), result)


def serve(settings: Settings) -> Server:
    """Build the server of the service."""
    servicer = TransposerServicer(settings)
    return Server(
        settings,
        transposer_pb2.DESCRIPTOR,
        lambda server: add_TransposerServiceServicer_to_server(servicer, server),
        close=servicer.close,
    )


async def _serialize(requests: AsyncIterator[NormaliseRequest], piece_ids: deque[str]) -> AsyncIterator[bytes]:
    """Serialize requests, and append the ids of the pieces that are being processed."""
    async for request in requests:
        piece_ids.append(request.piece_id)
        yield request.SerializeToString()


def _to_response(piece_id: str, result: bytes | Exception) -> NormaliseResponse:
    """Deserialize a response; an unexpected exception is logged and reported for its piece alone."""
    if isinstance(result, bytes):
        return NormaliseResponse.FromString(result)
    logs.get_logger().error("piece.failed", exc_info=result)
    error = PieceError(reason=Internal.reason, message="Something went wrong with this piece; it has been logged.")
    return NormaliseResponse(piece_id=piece_id, error=error)
