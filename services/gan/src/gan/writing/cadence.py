"""The last bar: music that does not close by itself arrives on the tonic there, and nobody plays on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from score.arrays import I16
from score.encoding import HOLD, MAX_PITCH, MIN_PITCH, OFF, PITCH_OFFSET
from score.roles import Role

from gan.measures.events import FIRST_NOTE, sounding_pitches

TONIC_TRIAD = {False: (0, 4, 7), True: (9, 0, 4)}
"""Pitch classes of the final chord, tonic first: C major, A minor."""

KICK_AND_CRASH = 1 << 0 | 1 << 7


def has_final_cadence(events: Mapping[Role, I16], steps_per_bar: int, *, is_minor: bool) -> bool:
    """Tell whether a piece ends: its bass on the tonic, its lead on the triad, and all at rest.

    Where one of them does not play, the lowest or highest last note counts. At rest: something sounds in the last bar,
    and no pitched note begins after its first half.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's events in C major or A minor.
    steps_per_bar : int
    is_minor : bool
    """
    lines: dict[Role, I16] = {role: values for role, values in events.items() if role is not Role.DRUMS}
    if not lines:
        return True
    late = [values[-(steps_per_bar // 2) :] for values in lines.values()]
    if any((values >= FIRST_NOTE).any() for values in late) or not _sounds(lines, steps_per_bar):
        return False
    heard = sorted(pitch for values in lines.values() for pitch in _last_pitches(values))
    low, high = (
        _last_pitches(lines[role]) if role in lines else heard[at]
        for role, at in ((Role.BASS, slice(1)), (Role.LEAD, slice(-1, None)))
    )
    triad = TONIC_TRIAD[is_minor]
    return bool(low and high) and low[0] % 12 == triad[0] and high[0] % 12 in triad


def _sounds(lines: Mapping[Role, I16], steps: int) -> bool:
    """Tell whether anything sounds in the last steps."""
    return any(
        bool(sounding_pitches(values[None] if values.ndim == 1 else values.T)[:, -steps:].any())
        for values in lines.values()
    )


def write_final_cadence(events: Mapping[Role, I16], steps_per_bar: int, *, is_minor: bool) -> dict[Role, I16]:
    """Rewrite the last bar as a final chord that is held to its end.

    Each voice moves to the nearest tone of the tonic triad, the bass to the nearest tonic, the drums strike once.

    Parameters
    ----------
    events : mapping of Role to ndarray, int16
        A grid's events in C major or A minor.
    steps_per_bar : int
    is_minor : bool
    """
    start = -steps_per_bar
    ended = {}
    for role, values in events.items():
        closed = values.copy()
        closed[start:] = HOLD
        if role is Role.DRUMS:
            closed[start] = KICK_AND_CRASH
        elif role is Role.HARMONY:
            closed[start] = _final_chord(values[:start], TONIC_TRIAD[is_minor], values.shape[1])
        else:
            tones = TONIC_TRIAD[is_minor][:1] if role is Role.BASS else TONIC_TRIAD[is_minor]
            closed[start] = _nearest(_last_pitch(values[:start], 48 if role is Role.BASS else 72), tones) - PITCH_OFFSET
        ended[role] = closed
    return ended


def _last_pitch(line: I16, default: int) -> int:
    pitches = sounding_pitches(line[None])[0]
    return int(pitches[pitches > 0][-1]) if pitches.any() else default


def _last_pitches(values: I16) -> list[int]:
    """The last pitch of every voice that ever sounds."""
    lasts = [_last_pitch(line, 0) for line in (values.T if values.ndim == 2 else [values])]
    return [pitch for pitch in lasts if pitch > 0]


def _nearest(pitch: int, tones: tuple[int, ...]) -> int:
    """Find the pitch of the grid, of one of these classes, that is nearest; of two the lower."""
    near = range(max(pitch - 12, MIN_PITCH), min(pitch + 12, MAX_PITCH) + 1)
    return min((p for p in near if p % 12 in tones), key=lambda p: (abs(p - pitch), p))


def _final_chord(harmony: I16, tones: tuple[int, ...], n_voices: int) -> I16:
    """Lead the last chord's voices to the tonic triad, highest voice first, no two on one pitch."""
    lasts = [_last_pitch(harmony[:, voice], 0) for voice in range(n_voices)]
    used = sorted({_nearest(pitch, tones) for pitch in lasts if pitch > 0}, reverse=True) or [64, 60]
    while len({pitch % 12 for pitch in used}) < 3 and len(used) < min(3, n_voices):
        missing = tuple(tone for tone in tones if tone not in {pitch % 12 for pitch in used})
        used = sorted({*used, _nearest(used[-1], missing)}, reverse=True)
    row = np.full(n_voices, OFF, np.int16)
    row[: len(used[:n_voices])] = [pitch - PITCH_OFFSET for pitch in used[:n_voices]]
    return row
