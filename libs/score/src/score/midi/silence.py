"""The longest silence that a file may have: what comes after a longer one is there because a time was damaged."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile

import numpy as np

from score.midi.smf import RawEvent, RawFile, RawNote, RawTrack

MAX_SILENT_QUARTERS = 1024
"""256 bars of 4/4 in which no note of any track begins or ends."""


def cut_after_silence(raw_file: RawFile) -> RawFile:
    """Return the file without what comes after a silence of more than `MAX_SILENT_QUARTERS` within it or after it.

    The silence before the first note counts as music.
    """
    max_ticks = MAX_SILENT_QUARTERS * raw_file.ticks_per_quarter
    if max(track.last_tick for track in raw_file.tracks) <= max_ticks:
        return raw_file
    ticks = np.unique([note.tick for track in raw_file.tracks for note in track.notes])
    gaps = np.flatnonzero(np.diff(ticks) > max_ticks)
    if len(gaps):
        last, following = int(ticks[gaps[0]]), int(ticks[gaps[0] + 1])
    else:
        last = int(ticks[-1]) if len(ticks) else 0
        following = max(track.last_tick for track in raw_file.tracks)
    if following - last <= max_ticks:
        return raw_file
    raw_file.repairs.add("LONG_SILENCE", round((following - last) / raw_file.ticks_per_quarter))
    return replace(raw_file, tracks=[_cut_track(track, last + max_ticks) for track in raw_file.tracks])


def _cut_track(track: RawTrack, stop: int) -> RawTrack:
    if track.end_tick <= stop:
        return track

    def is_before_stop(each: RawNote | RawEvent) -> bool:
        return each.tick <= stop

    return RawTrack(list(takewhile(is_before_stop, track.notes)), list(takewhile(is_before_stop, track.events)), stop)
