"""Notices about what is heard of a piece."""

from __future__ import annotations

import numpy as np

from score.meter_map import bar_at, describe_bars
from score.model import Notice, Score, Track
from score.sounding.note_array import ONSET, TRACK
from score.sounding.playing import PlayedNotes


def sounding_notices(score: Score, played: PlayedNotes) -> list[Notice]:
    """Return notices about silent tracks and bent notes.

    Parameters
    ----------
    score : Score
        As it came.
    played : PlayedNotes
        What is heard of it.
    """
    found = []
    if played.is_silent.all():
        found.append(Notice("TRACKS_SILENT", "The volume of every track is 0: the piece was read as if it were not."))
    else:
        found += _silent_notices(score, played)
    n_bent = int(np.count_nonzero(played.is_bent))
    if n_bent:
        found.append(
            Notice("NOTES_BENT", f"Notes bent by a semitone or more, read at the pitch that sounds: {n_bent}.")
        )
    return found


def _silent_notices(score: Score, played: PlayedNotes) -> list[Notice]:
    notices = []
    silent = played.notes[played.is_silent]
    n_audible = np.bincount(played.notes[~played.is_silent, TRACK], minlength=len(score.tracks))
    for index in np.unique(silent[:, TRACK]).tolist():
        label = _label(index, score.tracks[index])
        if not n_audible[index]:
            message = f"{label} is not heard, because its volume is 0: it has no role."
            notices.append(Notice("TRACK_SILENT", message))
            continue
        onsets = silent[silent[:, TRACK] == index, ONSET]
        first, last = (bar_at(score, int(tick)) for tick in (onsets.min(), onsets.max()))
        message = (
            f"Notes of {label} that are not heard, because its volume is 0 there, left out: {len(onsets)} "
            f"({describe_bars(range(first, last + 1))})."
        )
        notices.append(Notice("NOTES_SILENT", message, first_bar=first, last_bar=last))
    return notices


def _label(index: int, track: Track) -> str:
    return f"Track {index + 1}" + (f" ({track.name})" if track.name else "")
