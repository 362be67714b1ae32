"""The work of each call, from request message to response message; without gRPC, so that any process can run it."""

from __future__ import annotations

from score import midi
from score.model import Score
from score.rhythm import choose_grid
from score.roles import apply_drum_overrides
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

from transposer import requests, responses
from transposer.inspection import detect_local_keys, inspect
from transposer.key_detection.detector import detect_key_of_notes
from transposer.key_detection.pitched_notes import extract_pitched_notes
from transposer.transposition.transpose import (
    Transposition,
    transpose_by_semitones,
    transpose_to_key,
    transpose_to_reference,
)


def inspect_piece(request: InspectRequest) -> InspectResponse:
    """Describe a piece."""
    roles = requests.parse_roles(request.roles)
    gridded = choose_grid(midi.parse(request.midi), requests.parse_grid_source(request.grid))
    inspection = inspect(
        gridded.score, roles, include_notes=request.include_notes, include_local_keys=request.include_local_keys
    )
    return responses.to_inspection(inspection, gridded)


def detect_key(request: DetectKeyRequest) -> DetectKeyResponse:
    """Detect the key of a piece."""
    score = apply_drum_overrides(midi.parse(request.midi), requests.parse_roles(request.roles))
    notes = extract_pitched_notes(score)
    local_keys = detect_local_keys(score, notes) if request.include_local_keys else []
    return DetectKeyResponse(
        key=responses.to_detected_key(detect_key_of_notes(notes)), local_keys=responses.to_local_keys(local_keys)
    )


def transpose(request: TransposeRequest) -> TransposeResponse:
    """Transpose a piece."""
    score = apply_drum_overrides(midi.parse(request.midi), requests.parse_roles(request.roles))
    return responses.to_transposition(_transpose_score(score, request), request.midi)


def normalize(serialized_request: bytes) -> bytes:
    """Transpose one piece of a collection, or report why it cannot be transposed.

    The messages are serialized, which is the cheapest way for them to cross process boundaries.
    """
    request = NormaliseRequest.FromString(serialized_request)
    try:
        response = NormaliseResponse(piece_id=request.piece_id, transposed=transpose(request.piece))
    except Fault as fault:
        error = PieceError(reason=fault.reason, message=fault.message)
        response = NormaliseResponse(piece_id=request.piece_id, error=error)
    return response.SerializeToString()


def _transpose_score(score: Score, request: TransposeRequest) -> Transposition:
    options = requests.parse_options(request)
    match request.WhichOneof("target"):
        case "key":
            return transpose_to_key(score, requests.parse_key(request.key), options)
        case "semitones":
            return transpose_by_semitones(score, request.semitones, options)
        case "reference_midi":
            return transpose_to_reference(score, midi.parse(request.reference_midi), options)
        case _:
            message = "The target is missing: give a key, a number of semitones, or a reference piece."
            raise InvalidInput(message, field="target")
