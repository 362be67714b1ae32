"""Conversion of progress and transcriptions to the contract's responses."""

from __future__ import annotations

from contract import notices, roles
from segue.common.v1 import common_pb2
from segue.transcriber.v1.transcriber_pb2 import TranscribedTrack, TranscribeResponse
from segue.transcriber.v1.transcriber_pb2 import Transcription as TranscriptionMessage

from transcriber.notation.score_builder import TRACK_NAMES
from transcriber.transcription import Progress, Transcription

RECEIVE_SHARE = 0.05
"""Share of receiving the file in the whole progress."""


def to_receive_progress(share: float) -> TranscribeResponse:
    """Return the progress for a received share of the file, 0 to 1."""
    return _to_progress("receive", RECEIVE_SHARE * share)


def to_response(event: Progress | Transcription) -> TranscribeResponse:
    """Return the response for progress or the result."""
    if isinstance(event, Progress):
        return _to_progress(event.stage, event.fraction)
    return TranscribeResponse(transcription=_to_transcription(event))


def _to_progress(stage: str, fraction: float) -> TranscribeResponse:
    return TranscribeResponse(progress=common_pb2.Progress(stage=stage, fraction=fraction))


def _to_transcription(transcription: Transcription) -> TranscriptionMessage:
    return TranscriptionMessage(
        midi=transcription.midi,
        tempo_bpm=transcription.tempo_bpm,
        tempo_is_constant=transcription.is_constant,
        meter_numerator=transcription.bars.numerator,
        meter_denominator=transcription.bars.denominator,
        duration_s=transcription.duration_s,
        confidence=transcription.notes_confidence,
        tempo_confidence=transcription.tempo_confidence,
        meter_confidence=transcription.bars.confidence,
        tracks=_to_tracks(transcription),
        notices=notices.to_proto(transcription.notices),
        start_s=transcription.start_s,
    )


def _to_tracks(transcription: Transcription) -> list[TranscribedTrack]:
    return [
        TranscribedTrack(
            track=index,
            name=TRACK_NAMES[part.role],
            role=roles.to_proto(part.role),
            note_count=len(track.notes),
            confidence=part.confidence,
        )
        for index, (part, track) in enumerate(zip(transcription.parts, transcription.score.tracks, strict=True))
    ]
