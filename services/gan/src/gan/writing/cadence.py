"""The final cadence: whether a piece ends on its tonic, and a last bar that makes it do so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from score.arrays import I16
from score.encoding import (
    DRUM_CLASS_OF_PITCH,
    FIRST_PITCH_EVENT,
    HOLD,
    MAX_PITCH,
    MIN_PITCH,
    OFF,
    event_of_pitch,
    sounding_pitch,
)
from score.roles import Role

TONIC_TRIAD = {False: (0, 4, 7), True: (9, 0, 4)}
"""Pitch classes of the final chord by whether the key is minor, tonic first: C major, A minor."""

KICK_PITCH, CRASH_PITCH = 36, 49
KICK_AND_CRASH = 1 << DRUM_CLASS_OF_PITCH[KICK_PITCH] | 1 << DRUM_CLASS_OF_PITCH[CRASH_PITCH]

DEFAULT_BASS_PITCH, DEFAULT_LEAD_PITCH = 48, 72
"""In place of the last pitch of a bass or a lead that never sounds."""


def has_final_cadence(events: Mapping[Role, I16], bar_steps: int, *, is_minor: bool) -> bool:
    """Return whether a piece ends: its bass on the tonic, its lead on the tonic triad, and all at rest.

    Where bass or lead do not play, the lowest or the highest of the last pitches counts. At rest means that something
    sounds in the last bar, and no pitched note begins in its second half.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's, in C major or A minor.
    bar_steps : int
        Steps in a bar.
    is_minor : bool
    """
    pitched: dict[Role, I16] = {role: values for role, values in events.items() if role is not Role.DRUMS}
    if not pitched:
        return True
    second_halves = [values[-(bar_steps // 2) :] for values in pitched.values()]
    if any((values >= FIRST_PITCH_EVENT).any() for values in second_halves):
        return False
    if not any(bool(sounding_pitch(values)[-bar_steps:].any()) for values in pitched.values()):
        return False
    last_pitches = sorted(pitch for values in pitched.values() for pitch in _last_pitches(values))
    low, high = (
        _last_pitches(pitched[role]) if role in pitched else last_pitches[others]
        for role, others in ((Role.BASS, slice(1)), (Role.LEAD, slice(-1, None)))
    )
    triad = TONIC_TRIAD[is_minor]
    return bool(low and high) and low[0] % 12 == triad[0] and high[0] % 12 in triad


def write_final_cadence(events: Mapping[Role, I16], bar_steps: int, *, is_minor: bool) -> dict[Role, I16]:
    """Return a piece whose last bar is a final chord.

    Each voice moves to the nearest tone of the tonic triad and the bass to the nearest tonic; the drums play once.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's, in C major or A minor.
    bar_steps : int
        Steps in a bar.
    is_minor : bool
    """
    start, triad = -bar_steps, TONIC_TRIAD[is_minor]
    ended = {}
    for role, values in events.items():
        closed = values.copy()
        closed[start:] = HOLD
        if role is Role.DRUMS:
            closed[start] = KICK_AND_CRASH
        elif role is Role.HARMONY:
            closed[start] = _final_chord(values[:start], triad, values.shape[1])
        elif role is Role.BASS:
            last = _last_pitch(values[:start], DEFAULT_BASS_PITCH)
            closed[start] = event_of_pitch(_nearest_pitch(last, triad[:1]))
        else:
            last = _last_pitch(values[:start], DEFAULT_LEAD_PITCH)
            closed[start] = event_of_pitch(_nearest_pitch(last, triad))
        ended[role] = closed
    return ended


def _last_pitch(line: I16, default: int) -> int:
    pitches = sounding_pitch(line)
    return int(pitches[pitches > 0][-1]) if pitches.any() else default


def _last_pitches(values: I16) -> list[int]:
    """Return the last pitch of every voice that ever sounds."""
    last = [_last_pitch(line, 0) for line in (values.T if values.ndim == 2 else [values])]
    return [pitch for pitch in last if pitch > 0]


def _nearest_pitch(pitch: int, pitch_classes: tuple[int, ...]) -> int:
    """Return the nearest pitch of the grid that is in some pitch classes; of two equally near the lower."""
    near = range(max(pitch - 12, MIN_PITCH), min(pitch + 12, MAX_PITCH) + 1)
    return min((p for p in near if p % 12 in pitch_classes), key=lambda p: (abs(p - pitch), p))


def _final_chord(harmony: I16, triad: tuple[int, ...], n_voices: int) -> I16:
    """Return the events of the final chord, highest voice first.

    The voices of the last chord move to the nearest tones of the triad, no two to one pitch; where fewer than three
    tones result, missing ones are added below.
    """
    last = [_last_pitch(harmony[:, voice], 0) for voice in range(n_voices)]
    pitches = sorted({_nearest_pitch(pitch, triad) for pitch in last if pitch > 0}, reverse=True) or [64, 60]
    while len({pitch % 12 for pitch in pitches}) < 3 and len(pitches) < min(3, n_voices):
        missing = tuple(tone for tone in triad if tone not in {pitch % 12 for pitch in pitches})
        pitches = sorted({*pitches, _nearest_pitch(pitches[-1], missing)}, reverse=True)
    row = np.full(n_voices, OFF, np.int16)
    row[: len(pitches[:n_voices])] = [event_of_pitch(pitch) for pitch in pitches[:n_voices]]
    return row
