"""Conversion of the transposer's `Inspect` response to what the database stores."""

from __future__ import annotations

from contract import keys, roles
from segue.transposer.v1 import transposer_pb2

from gateway.domain.pieces import DetectedKey, GridName, KeyCandidate, LocalKey, PieceSummary, Track


def to_summary(inspection: transposer_pb2.InspectResponse) -> PieceSummary:
    """Return the summary of an inspected piece."""
    return PieceSummary(
        bars=inspection.bar_count,
        seconds=round(inspection.duration_s, 3),
        tempo_bpm=round(inspection.tempo_bpm, 2),
        meter=inspection.meter,
        key=_detected_key(inspection.key) if inspection.HasField("key") else None,
        local_keys=[_local_key(each) for each in inspection.local_keys] if len(inspection.local_keys) > 1 else [],
        tracks=[_track(track) for track in inspection.tracks],
        grid=_grid(inspection.grid),
        grid_confidence=round(inspection.grid_confidence, 3) if inspection.grid_confidence else 1.0,
    )


def _grid(source: int) -> GridName:
    return "found" if source == transposer_pb2.GRID_SOURCE_FOUND else "file"


def _detected_key(found: transposer_pb2.DetectedKey) -> DetectedKey:
    runner_up = None
    if found.runner_up_confidence > 0:
        runner_up = KeyCandidate(keys.key_name(found.runner_up), round(found.runner_up_confidence, 3))
    return DetectedKey(
        name=keys.key_name(found.key),
        confidence=round(found.confidence, 3),
        mode=found.mode_name or None,
        runner_up=runner_up,
    )


def _local_key(found: transposer_pb2.LocalKey) -> LocalKey:
    return LocalKey(
        name=keys.key_name(found.key),
        confidence=round(found.confidence, 3),
        first_bar=found.first_bar,
        bars=found.bar_count,
        start_s=round(found.onset_s, 3),
        end_s=round(found.end_s, 3),
    )


def _track(track: transposer_pb2.TrackInfo) -> Track:
    return Track(
        track=track.track,
        name=track.name,
        program=track.program,
        is_drum=track.is_drum,
        notes=track.note_count,
        role=roles.name_or_none(track.role),
        role_confidence=round(track.role_confidence, 3),
        roles=[name for name in map(roles.name_or_none, track.roles) if name is not None],
    )
