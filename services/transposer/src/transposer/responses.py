"""Conversion of domain values to the contract's responses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contract import keys, notices, roles
from score import midi
from score.rhythm import GriddedScore, GridSource
from score.summary import TimedNote, TrackSummary
from segue.common.v1 import common_pb2
from segue.transposer.v1 import transposer_pb2 as pb

from transposer.inspection import Inspection, LocalKey
from transposer.key_detection.detector import DetectedKey
from transposer.key_detection.key import Key
from transposer.transposition.transpose import Transposition

_GRID_SOURCES = {GridSource.FILE: pb.GRID_SOURCE_FILE, GridSource.FOUND: pb.GRID_SOURCE_FOUND}


def to_key(key: Key) -> common_pb2.Key:
    """Return the message for a key."""
    return keys.to_proto(key.tonic, is_minor=key.is_minor)


def to_detected_key(detected: DetectedKey | None) -> pb.DetectedKey | None:
    """Return the message for a detected key."""
    if detected is None:
        return None
    return pb.DetectedKey(
        key=to_key(detected.key),
        confidence=detected.confidence,
        runner_up=to_key(detected.runner_up),
        mode_name=detected.mode_name,
        runner_up_confidence=detected.runner_up_confidence,
    )


def to_local_keys(local_keys: Iterable[LocalKey]) -> list[pb.LocalKey]:
    """Return the messages for local keys."""
    return [
        pb.LocalKey(
            first_bar=local_key.first_bar,
            bar_count=local_key.n_bars,
            onset_s=local_key.onset_s,
            end_s=local_key.end_s,
            key=to_key(local_key.key),
            confidence=local_key.confidence,
        )
        for local_key in local_keys
    ]


def to_inspection(inspection: Inspection, gridded: GriddedScore) -> pb.InspectResponse:
    """Return the response for a piece that was inspected on a grid."""
    summary = inspection.summary
    notes: Sequence[Sequence[TimedNote]] = inspection.notes or [[]] * len(summary.tracks)
    return pb.InspectResponse(
        bar_count=summary.n_bars,
        duration_s=summary.seconds,
        tempo_bpm=summary.tempo_bpm,
        meter=summary.meter,
        key=to_detected_key(inspection.key),
        tracks=[_to_track(track, own) for track, own in zip(summary.tracks, notes, strict=True)],
        notices=notices.to_proto(summary.notices),
        bar_onsets_s=inspection.bar_onsets_s,
        local_keys=to_local_keys(inspection.local_keys),
        grid=_GRID_SOURCES[gridded.source],
        gridded_midi=midi.write(gridded.score) if gridded.source is GridSource.FOUND else b"",
        grid_confidence=gridded.confidence,
    )


def to_transposition(transposition: Transposition, original: bytes) -> pb.TransposeResponse:
    """Return the response for a transposed piece; one that stays where it is keeps its bytes."""
    return pb.TransposeResponse(
        midi=midi.write(transposition.score) if transposition.semitones else original,
        from_key=to_detected_key(transposition.from_key),
        to_key=to_key(transposition.to_key) if transposition.to_key else None,
        semitones=transposition.semitones,
        notices=notices.to_proto((*transposition.score.notices, *transposition.notices)),
    )


def _to_track(track: TrackSummary, notes: Sequence[TimedNote]) -> pb.TrackInfo:
    return pb.TrackInfo(
        track=track.track,
        name=track.name,
        program=track.program,
        is_drum=track.is_drum,
        note_count=track.n_notes,
        role=roles.to_proto(track.role),
        role_confidence=track.role_confidence,
        roles=[roles.to_proto(role) for role in track.roles],
        notes=[
            pb.Note(
                onset_s=note.onset_s,
                duration_s=note.duration_s,
                pitch=note.pitch,
                velocity=note.velocity,
                role=roles.to_proto(note.role) if note.role else common_pb2.ROLE_UNSPECIFIED,
            )
            for note in notes
        ],
    )
