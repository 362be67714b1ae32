"""`TransposerService`: parse, call, reply."""

from __future__ import annotations

from score import midi
from segue.transposer.v1 import transposer_pb2
from segue.transposer.v1.transposer_pb2 import (
    DetectKeyRequest,
    DetectKeyResponse,
    InspectRequest,
    InspectResponse,
    TransposeRequest,
    TransposeResponse,
)
from segue.transposer.v1.transposer_pb2_grpc import TransposerServiceServicer, add_TransposerServiceServicer_to_server
from servicekit.faults import InvalidInput
from servicekit.server import Context, Server
from servicekit.worker import Worker

from transposer import replies, transposition
from transposer.inspection import inspect
from transposer.key import detect_key
from transposer.settings import Settings


class TransposerServicer(TransposerServiceServicer):
    """Answers the transposer's calls; music is read and moved on threads of their own."""

    def __init__(self, settings: Settings) -> None:
        self._worker = Worker("transpose", settings.threads, settings.queue_size)

    def close(self) -> None:
        """Stop the threads."""
        self._worker.close()

    async def Inspect(self, request: InspectRequest, context: Context) -> InspectResponse:
        """As the contract says."""
        return await self._worker.run(_inspect, request)

    async def DetectKey(self, request: DetectKeyRequest, context: Context) -> DetectKeyResponse:
        """As the contract says."""
        return await self._worker.run(_detect_key, request)

    async def Transpose(self, request: TransposeRequest, context: Context) -> TransposeResponse:
        """As the contract says."""
        return await self._worker.run(_transpose, request)


def serve(settings: Settings) -> Server:
    """Make the service's server."""
    servicer = TransposerServicer(settings)
    return Server(
        settings,
        transposer_pb2.DESCRIPTOR,
        lambda server: add_TransposerServiceServicer_to_server(servicer, server),
        close=servicer.close,
    )


def _inspect(request: InspectRequest) -> InspectResponse:
    roles = replies.parse_roles(request.roles)
    score = midi.parse(request.midi)
    return replies.to_inspection(inspect(score, roles, include_notes=request.include_notes))


def _detect_key(request: DetectKeyRequest) -> DetectKeyResponse:
    score = midi.parse(request.midi)
    return DetectKeyResponse(key=replies.to_detected(detect_key(score)))


def _transpose(request: TransposeRequest) -> TransposeResponse:
    score = midi.parse(request.midi)
    match request.WhichOneof("target"):
        case "key":
            moved = transposition.to_key(score, replies.parse_key(request.key))
        case "semitones":
            moved = transposition.by_semitones(score, request.semitones)
        case _:
            raise InvalidInput("Say where to: a key, or a number of semitones.", field="target")
    return replies.to_transposition(moved)
