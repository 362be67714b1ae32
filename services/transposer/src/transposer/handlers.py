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

from transposer import responses
from transposer.inspection import inspect, local_keys
from transposer.key_detection.detector import find_key
from transposer.key_detection.pitched_notes import gather
from transposer.transposition.transpose import Transposition, by_semitones, to_agree, to_key


def inspect_piece(request: InspectRequest) -> InspectResponse:
    """Describe a piece."""
    roles = responses.parse_roles(request.roles)
    score = midi.parse(request.midi)
    return responses.to_inspection(
        inspect(score, roles, include_notes=request.include_notes, include_local_keys=request.include_local_keys)
    )


def detect_key(request: DetectKeyRequest) -> DetectKeyResponse:
    """Find a piece's key."""
    score = midi.parse(request.midi)
    pitches = gather(score)
    stretches = local_keys(score, pitches) if request.include_local_keys else []
    return DetectKeyResponse(
        key=responses.to_detected(find_key(pitches)), local_keys=responses.to_local_keys(stretches)
    )


def transpose(request: TransposeRequest) -> TransposeResponse:
    """Move a piece."""
    return responses.to_transposition(_moved(midi.parse(request.midi), request))


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
    wishes = responses.parse_wishes(request)
    match request.WhichOneof("target"):
        case "key":
            return to_key(score, responses.parse_key(request.key), wishes)
        case "semitones":
            return by_semitones(score, request.semitones, wishes)
        case "agree_with":
            return to_agree(score, midi.parse(request.agree_with), wishes)
        case _:
            message = "Say where to: a key, a number of semitones, or a piece to agree with."
            raise InvalidInput(message, field="target")
