"""Between the contract's messages and the domain's types."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from score import midi
from score.model import Notice
from score.roles import Role
from score.summary import TimedNote, TrackSummary
from segue.common.v1 import common_pb2
from segue.transposer.v1 import transposer_pb2 as pb
from servicekit.faults import InvalidInput

from transposer.inspection import Inspection, LocalKey
from transposer.key_detection.detector import DetectedKey, Key
from transposer.transposition.transpose import ModePolicy, RangePolicy, Transposition, Way, Wishes

_ROLES: dict[common_pb2.Role.ValueType, Role | None] = {
    common_pb2.ROLE_LEAD: Role.LEAD,
    common_pb2.ROLE_HARMONY: Role.HARMONY,
    common_pb2.ROLE_BASS: Role.BASS,
    common_pb2.ROLE_DRUMS: Role.DRUMS,
    common_pb2.ROLE_NONE: None,
}
_MODE_POLICIES: dict[int, ModePolicy] = {
    pb.MODE_POLICY_UNSPECIFIED: ModePolicy.RELATIVE,
    pb.MODE_POLICY_RELATIVE: ModePolicy.RELATIVE,
    pb.MODE_POLICY_PARALLEL: ModePolicy.PARALLEL,
}
_WAYS: dict[int, Way] = {
    pb.WAY_UNSPECIFIED: Way.SHORTEST,
    pb.WAY_SHORTEST: Way.SHORTEST,
    pb.WAY_IN_RANGE: Way.IN_RANGE,
}
_RANGE_POLICIES: dict[int, RangePolicy] = {
    pb.RANGE_POLICY_UNSPECIFIED: RangePolicy.INSTRUMENT,
    pb.RANGE_POLICY_INSTRUMENT: RangePolicy.INSTRUMENT,
    pb.RANGE_POLICY_MIDI: RangePolicy.MIDI,
}
_ROLE_NUMBERS = {role: number for number, role in _ROLES.items()}


def parse_roles(overrides: Iterable[common_pb2.RoleOverride]) -> dict[int, Role | None]:
    """Read the roles that a person set; one that is not said is left to the service.

    Raises
    ------
    InvalidInput
        If a role is none of the contract's.
    """
    said = [override for override in overrides if override.role != common_pb2.ROLE_UNSPECIFIED]
    for override in said:
        if override.role not in _ROLES:
            raise InvalidInput(f"There is no role {override.role}; use 1 to 5.", field="roles", value=override.role)
    return {override.track: _ROLES[override.role] for override in said}


def parse_key(key: common_pb2.Key) -> Key:
    """Read a key.

    Raises
    ------
    InvalidInput
        If the tonic is over 11, or the mode is not said.
    """
    if key.tonic > 11:
        raise InvalidInput(f"A tonic is 0 (C) to 11 (B), not {key.tonic}.", field="key.tonic", value=key.tonic)
    if key.mode not in (common_pb2.MODE_MAJOR, common_pb2.MODE_MINOR):
        raise InvalidInput("Say whether the key is major or minor.", field="key.mode", value=int(key.mode))
    return Key(key.tonic, key.mode == common_pb2.MODE_MINOR)


def parse_wishes(request: pb.TransposeRequest) -> Wishes:
    """Read how a piece is to be moved; what is not said is as the contract says.

    Raises
    ------
    InvalidInput
        If a value is none of the contract's.
    """
    for field, known in (("mode_policy", _MODE_POLICIES), ("way", _WAYS), ("range_policy", _RANGE_POLICIES)):
        value = getattr(request, field)
        if value not in known:
            raise InvalidInput(f"There is no {field} {value}; use 1 or 2.", field=field, value=int(value))
    return Wishes(_MODE_POLICIES[request.mode_policy], _WAYS[request.way], _RANGE_POLICIES[request.range_policy])


def to_key(key: Key) -> common_pb2.Key:
    """Write a key."""
    mode = common_pb2.MODE_MINOR if key.is_minor else common_pb2.MODE_MAJOR
    return common_pb2.Key(tonic=key.tonic, mode=mode)


def to_detected(found: DetectedKey | None) -> pb.DetectedKey | None:
    """Write a key that was found."""
    if found is None:
        return None
    return pb.DetectedKey(
        key=to_key(found.key),
        confidence=found.confidence,
        runner_up=to_key(found.runner_up),
        mode_name=found.mode_name,
        runner_up_confidence=found.runner_up_confidence,
    )


def to_local_keys(stretches: Iterable[LocalKey]) -> list[pb.LocalKey]:
    """Write the keys that a piece passes through."""
    return [
        pb.LocalKey(
            first_bar=each.first_bar,
            bar_count=each.n_bars,
            onset_s=each.onset_s,
            end_s=each.end_s,
            key=to_key(each.key),
            confidence=each.confidence,
        )
        for each in stretches
    ]


def to_inspection(inspection: Inspection) -> pb.InspectResponse:
    """Write what is told about a piece."""
    short = inspection.summary
    notes: Sequence[Sequence[TimedNote]] = inspection.notes or [[]] * len(short.tracks)
    return pb.InspectResponse(
        bar_count=short.n_bars,
        duration_s=short.seconds,
        tempo_bpm=short.tempo_bpm,
        meter=short.meter,
        key=to_detected(inspection.key),
        tracks=[_to_track(track, heard) for track, heard in zip(short.tracks, notes, strict=True)],
        notices=to_notices(short.notices),
        bar_onsets_s=inspection.bar_onsets_s,
        local_keys=to_local_keys(inspection.local_keys),
    )


def to_transposition(moved: Transposition) -> pb.TransposeResponse:
    """Write a transposed piece."""
    return pb.TransposeResponse(
        midi=midi.write(moved.score),
        from_key=to_detected(moved.from_key),
        to_key=to_key(moved.to_key) if moved.to_key else None,
        semitones=moved.semitones,
        notices=to_notices((*moved.score.notices, *moved.notices)),
    )


def to_notices(notices: Iterable[Notice]) -> list[common_pb2.Notice]:
    """Write notices."""
    return [common_pb2.Notice(reason=notice.reason, message=notice.message) for notice in notices]


def _to_track(track: TrackSummary, notes: Sequence[TimedNote]) -> pb.TrackInfo:
    return pb.TrackInfo(
        track=track.track,
        name=track.name,
        program=track.program,
        is_drum=track.is_drum,
        note_count=track.n_notes,
        role=_ROLE_NUMBERS[track.role],
        role_confidence=track.role_confidence,
        notes=[
            pb.Note(onset_s=note.onset_s, duration_s=note.duration_s, pitch=note.pitch, velocity=note.velocity)
            for note in notes
        ],
    )
