"""What each call answers: the request's message in, the reply's message out. No gRPC, so any process can do it."""

from __future__ import annotations

from score import midi
from score.model import Score
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
from servicekit.faults import Fault, InvalidInput

from transposer import replies, transposition
from transposer.inspection import inspect, local_keys
from transposer.key import find_key
from transposer.pitches import gather
from transposer.transposition import Transposition


def inspect_piece(request: InspectRequest) -> InspectResponse:
    """Describe a piece."""
    roles = replies.parse_roles(request.roles)
    score = midi.parse(request.midi)
    return replies.to_inspection(
        inspect(score, roles, include_notes=request.include_notes, include_local_keys=request.include_local_keys)
    )


def detect_key(request: DetectKeyRequest) -> DetectKeyResponse:
    """Find a piece's key."""
    score = midi.parse(request.midi)
    pitches = gather(score)
    stretches = local_keys(score, pitches) if request.include_local_keys else []
    return DetectKeyResponse(key=replies.to_detected(find_key(pitches)), local_keys=replies.to_local_keys(stretches))


def transpose(request: TransposeRequest) -> TransposeResponse:
    """Move a piece."""
    return replies.to_transposition(_moved(midi.parse(request.midi), request))


def normalise(request: bytes) -> bytes:
    """Move one piece of a collection, or say why not; messages as bytes, which cross to another process cheaply."""
    asked = NormaliseRequest.FromString(request)
    try:
        reply = NormaliseResponse(piece_id=asked.piece_id, transposed=transpose(asked.piece))
    except Fault as fault:
        error = PieceError(reason=fault.reason, message=fault.message)
        reply = NormaliseResponse(piece_id=asked.piece_id, error=error)
    return reply.SerializeToString()


def _moved(score: Score, request: TransposeRequest) -> Transposition:
    wishes = replies.parse_wishes(request)
    match request.WhichOneof("target"):
        case "key":
            return transposition.to_key(score, replies.parse_key(request.key), wishes)
        case "semitones":
            return transposition.by_semitones(score, request.semitones, wishes)
        case "agree_with":
            return transposition.to_agree(score, midi.parse(request.agree_with), wishes)
        case _:
            message = "Say where to: a key, a number of semitones, or a piece to agree with."
            raise InvalidInput(message, field="target")
