"""Notices about quantization: what is unusual about a piece, and what the grid cannot represent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import chain, pairwise

import numpy as np

from score.meter_map import MeterMap, bar_at, describe_bars
from score.midi.smf import CONTROLLER, PITCH_BEND
from score.model import Notice, Score
from score.quantization import codec
from score.quantization.note_table import EncodedPart
from score.quantization.played_notes import find_unheld
from score.quantization.role_split import NoteSubset, RoleParts
from score.roles import ROLES, Role
from score.tempo_map import TempoMap

_LONG_PIECE_MINUTES = 15
_AUDIBLE_SHIFT_STEPS = 0.2
"""Onsets that move by less than this share of a sixteenth are not counted."""

_MIN_MOVED_SHARE = 0.005

_CONTROLLERS = {
    1: "modulation",
    2: "breath",
    5: "portamento",
    8: "balance",
    10: "pan",
    65: "portamento",
    67: "soft pedal",
    91: "reverb",
    93: "chorus",
}
_SETTINGS = frozenset((0, 32, 6, 38, *range(96, 102), *range(120, 128)))
"""Controllers that select banks, parameters and modes: nothing that is heard by itself."""

_VOICES = {
    Role.LEAD: "one note at a time in the lead",
    Role.HARMONY: "four in the harmony",
    Role.BASS: "one in the bass",
    Role.DRUMS: "nine drums",
}


def reading_notices(
    score: Score, meter_map: MeterMap, parts: RoleParts, encoded: Mapping[Role, EncodedPart]
) -> list[Notice]:
    """Return notices about a piece and its quantization to four roles on sixteenths.

    Parameters
    ----------
    score : Score
        The piece as read from its file.
    meter_map : MeterMap
        Its map from ticks to steps.
    parts : RoleParts
        The notes of each role before encoding.
    encoded : mapping of Role to EncodedPart
        The roles as encoded.
    """
    return [
        *_piece_notices(score),
        *_track_notices(score, parts),
        *_shift_notices(score, meter_map),
        *_texture_notices(parts, encoded),
        *_controller_notices(score),
        *_pitch_notices(parts),
    ]


def silence_notices(n_silent_bars: int) -> list[Notice]:
    """Return the notice about whole bars of silence before the music, which a grid does not have."""
    if n_silent_bars == 0:
        return []
    bars = (
        "A silent bar before the music is"
        if n_silent_bars == 1
        else f"{n_silent_bars} silent bars before the music are"
    )
    return [Notice("SILENCE_LEFT_OUT", f"{bars} left out: the piece begins with its first bar that sounds.")]


def _piece_notices(score: Score) -> list[Notice]:
    notices = []
    end_ticks = score.end_ticks
    tempos = [tempo for tempo in score.tempos if tempo.tick < end_ticks]
    n_changes = sum(old.microseconds_per_quarter != new.microseconds_per_quarter for old, new in pairwise(tempos))
    if n_changes:
        slowest, fastest = min(tempo.bpm for tempo in tempos), max(tempo.bpm for tempo in tempos)
        times = "once" if n_changes == 1 else f"{n_changes} times"
        changes = [bar_at(score, new.tick) for old, new in pairwise(tempos) if old[1:] != new[1:]]
        message = (
            f"The tempo changes {times} ({describe_bars(changes)}), between {slowest:.0f} and {fastest:.0f} BPM: "
            "read beat by beat."
        )
        notices.append(Notice("TEMPO_CHANGES_KEPT", message, first_bar=changes[0], last_bar=changes[-1]))
    minutes = TempoMap.from_score(score).seconds(score.end_ticks) / 60
    if minutes > _LONG_PIECE_MINUTES:
        notices.append(Notice("PIECE_LONG", f"The piece lasts {minutes:.0f} minutes: working on it takes a while."))
    if all(track.is_drum for track in score.tracks if track.notes):
        notices.append(Notice("DRUMS_ONLY", "There are only drums: no key, and no lead, harmony or bass."))
    return notices


def _track_notices(score: Score, parts: RoleParts) -> list[Notice]:
    notices = []
    n_tracks = sum(bool(track.notes) for track in score.tracks)
    if n_tracks > len(parts.notes):
        roles = ", ".join(role.value for role in ROLES if role in parts.notes)
        notices.append(Notice("TRACKS_MERGED", f"{n_tracks} tracks were merged by role: {roles}."))
    for index in dict.fromkeys(source.track for source in parts.sources if source.subset is not NoteSubset.WHOLE):
        divided = [source.role.value for source in parts.sources if source.track == index]
        name = f"Track {index + 1}" + (f" ({score.tracks[index].name})" if score.tracks[index].name else "")
        notices.append(Notice("TRACK_DIVIDED", f"{name} was divided into {', '.join(divided[:-1])} and {divided[-1]}."))
    return notices


def _shift_notices(score: Score, meter_map: MeterMap) -> list[Notice]:
    onsets = np.concatenate([track.note_array[:, 0] for track in score.tracks]).astype(np.float64)
    steps = meter_map.steps_at(onsets)
    share = float((np.abs(steps - codec.nearest_step(steps)) > _AUDIBLE_SHIFT_STEPS).mean()) if len(steps) else 0.0
    if share < _MIN_MOVED_SHARE:
        return []
    message = f"{share:.0%} of the notes are between the sixteenths: their timing is kept."
    return [Notice("NOTES_QUANTISED", message)]


def _texture_notices(parts: RoleParts, encoded: Mapping[Role, EncodedPart]) -> list[Notice]:
    n_unheld = {
        role: len(find_unheld(role, notes, encoded[role].events, encoded[role].velocities))
        for role, notes in parts.notes.items()
        if encoded[role].n_dropped
    }
    full = [_VOICES[role] for role in ROLES if n_unheld.get(role)]
    if not full:
        return []
    message = (
        f"Notes beyond those that the models read ({', '.join(full)}): {sum(n_unheld.values())}. "
        "They are kept as texture and sound in the bars that a blend takes from this piece."
    )
    return [Notice("TEXTURE_KEPT", message)]


def _controller_notices(score: Score) -> list[Notice]:
    counts: Counter[str] = Counter()
    for event in chain.from_iterable(track.others for track in score.tracks):
        kind = event.data[0] & 0xF0
        if kind == PITCH_BEND:
            counts["bends of less than a semitone"] += 1
        elif kind == CONTROLLER and event.data[1] not in _SETTINGS:
            counts[_CONTROLLERS.get(event.data[1], "others")] += 1
    if not counts:
        return []
    names = ", ".join(name for name, _ in counts.most_common())
    message = f"Controllers that a blend does not carry over: {counts.total()} ({names})."
    return [Notice("CONTROLLERS_NOT_CARRIED", message)]


def _pitch_notices(parts: RoleParts) -> list[Notice]:
    n_folded = sum(codec.count_outside(role, notes) for role, notes in parts.notes.items())
    if n_folded == 0:
        return []
    return [Notice("PITCHES_FOLDED", f"Notes outside the range of a piano, moved by octaves: {n_folded}.")]
