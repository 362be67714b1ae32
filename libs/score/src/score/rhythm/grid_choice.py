"""The choice of a grid: the file's own, or beats found from the notes."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from score.model import Notice, Score
from score.rhythm.grid_trust import PROBABLE, free_play_probability
from score.rhythm.played_notes import PlayedNotes
from score.rhythm.regridding import regrid
from score.rhythm.tracker import MIN_NOTES, BeatTrack, track_beats

GRID_FOUND = "GRID_FOUND"
MIN_BEAT_CONFIDENCE = 0.5
"""With a lower one, the notice says that the beats may be wrong."""


class GridSource(Enum):
    """Where the beats, bars and tempo of a piece come from."""

    FILE = "file"
    FOUND = "found"


class GriddedScore(NamedTuple):
    """A score on the chosen grid.

    Attributes
    ----------
    score : Score
        The piece itself, or the same notes on found beats, with a notice.
    source : GridSource
    confidence : float
        That this is the right source, 0 to 1; 1 if it was asked for.
    """

    score: Score
    source: GridSource
    confidence: float


def choose_grid(score: Score, wanted: GridSource | None = None) -> GriddedScore:
    """Put a score on the grid that is asked for, or on the one that fits its notes.

    Parameters
    ----------
    score : Score
        With at least one note.
    wanted : GridSource, optional
        By default the beats are found if the piece was played freely. A piece with fewer than 8 pitched notes keeps
        the file's grid in any case.
    """
    n_pitched = sum(len(track.notes) for track in score.tracks if not track.is_drum)
    if n_pitched < MIN_NOTES or wanted is GridSource.FILE:
        return GriddedScore(score, GridSource.FILE, 1.0)
    probability = free_play_probability(score) if wanted is None else 1.0
    if probability <= PROBABLE:
        return GriddedScore(score, GridSource.FILE, 1 - probability)
    track = track_beats(PlayedNotes.from_score(score))
    found = regrid(score, track)
    return GriddedScore(replace(found, notices=(*score.notices, _notice(track))), GridSource.FOUND, probability)


def _notice(track: BeatTrack) -> Notice:
    text = (
        f"This was played freely: the beat was found from the notes (about {track.quarter_bpm:.0f} BPM), "
        "not read from the file."
    )
    if track.beat_confidence < MIN_BEAT_CONFIDENCE:
        text += " It is uncertain: it may be half or twice as fast."
    return Notice(GRID_FOUND, text)
