"""What a person is told about how their piece was read into a grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from score.meter_map import MeterMap
from score.midi.smf import CONTROLLER, PITCH_BEND
from score.model import Notice, Score
from score.quantization import codec
from score.quantization.note_table import EncodedPart
from score.quantization.role_split import NoteSubset, RoleParts
from score.roles import ROLES, Role
from score.tempo_map import TempoMap

_LONG_PIECE_MINUTES = 15
_AUDIBLE_STEPS = 0.2
"""Onsets moved by less than this share of a sixteenth are not worth a word."""

_LEFT_OUT = {
    Role.LEAD: "Notes left out of the lead, which plays one note at a time: {}.",
    Role.HARMONY: "Notes left out of the harmony, which plays four at a time: {}.",
    Role.BASS: "Notes left out of the bass, which plays one note at a time: {}.",
    Role.DRUMS: "Strokes left out of the drums, of instruments that the kit does not have: {}.",
}


def reading_notices(
    score: Score, bars: MeterMap, parts: RoleParts, drawings: Mapping[Role, EncodedPart]
) -> list[Notice]:
    """Tell what is unusual about a piece, and what was done to make four roles on sixteenths of it."""
    return [
        *_of_piece(score),
        *_of_tracks(score, parts),
        *_of_moves(score, bars),
        *(
            Notice("NOTES_LEFT_OUT", _LEFT_OUT[role].format(drawings[role].n_dropped))
            for role in ROLES
            if role in drawings and drawings[role].n_dropped
        ),
        *_of_events(score),
        *_of_pitches(parts),
    ]


def _of_piece(score: Score) -> list[Notice]:
    notices = []
    if len({tempo.microseconds_per_quarter for tempo in score.tempos}) > 1:
        n_changes = len(score.tempos) - (score.tempos[0].tick == 0)
        notices.append(Notice("TEMPO_CHANGES_KEPT", f"Tempo changes, all kept: {n_changes}."))
    minutes = TempoMap.of(score).seconds(score.end_ticks) / 60
    if minutes > _LONG_PIECE_MINUTES:
        notices.append(Notice("PIECE_LONG", f"The piece lasts {minutes:.0f} minutes: working on it takes a while."))
    if all(track.is_drum for track in score.tracks if track.notes):
        notices.append(Notice("DRUMS_ONLY", "There are only drums: no key, and no lead, harmony or bass."))
    return notices


def _of_tracks(score: Score, parts: RoleParts) -> list[Notice]:
    notices = []
    n_tracks = sum(bool(track.notes) for track in score.tracks)
    if n_tracks > len(parts.notes):
        roles = ", ".join(role.value for role in ROLES if role in parts.notes)
        notices.append(Notice("TRACKS_MERGED", f"{n_tracks} tracks were merged by role: {roles}."))
    for index in dict.fromkeys(source.track for source in parts.sources if source.share is not NoteSubset.WHOLE):
        shares = [source.role.value for source in parts.sources if source.track == index]
        name = f"Track {index + 1}" + (f" ({score.tracks[index].name})" if score.tracks[index].name else "")
        notices.append(Notice("TRACK_DIVIDED", f"{name} was divided into {', '.join(shares[:-1])} and {shares[-1]}."))
    return notices


def _of_moves(score: Score, bars: MeterMap) -> list[Notice]:
    onsets = np.array([note.onset_ticks for track in score.tracks for note in track.notes], dtype=np.float64)
    steps = bars.steps_at(onsets)
    share = float((np.abs(steps - codec.nearest_step(steps)) > _AUDIBLE_STEPS).mean()) if len(steps) else 0.0
    if share < 0.005:
        return []
    return [Notice("NOTES_QUANTISED", f"{share:.0%} of the notes were moved to the nearest sixteenth.")]


def _of_events(score: Score) -> list[Notice]:
    n_events = sum(
        event.data[0] & 0xF0 in (CONTROLLER, PITCH_BEND)
        for track in score.tracks
        for event in track.others
        if event.data[0] < 0xF0
    )
    if n_events == 0:
        return []
    return [Notice("CONTROLLERS_NOT_CARRIED", f"Controllers and bends, which have no place in a blend: {n_events}.")]


def _of_pitches(parts: RoleParts) -> list[Notice]:
    n_folded = sum(codec.count_outside(role, notes) for role, notes in parts.notes.items())
    if n_folded == 0:
        return []
    return [Notice("PITCHES_FOLDED", f"Notes outside of the piano, moved by octaves: {n_folded}.")]
