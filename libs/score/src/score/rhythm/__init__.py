"""Beats, bars and tempo found from notes in seconds, and the choice between them and a file's own."""

from score.rhythm.grid_choice import GRID_FOUND, GriddedScore, GridSource, choose_grid
from score.rhythm.grid_trust import is_performed
from score.rhythm.played_notes import PlayedNotes
from score.rhythm.regridding import regrid
from score.rhythm.tracker import BeatTrack, track_beats

__all__ = [
    "GRID_FOUND",
    "BeatTrack",
    "GridSource",
    "GriddedScore",
    "PlayedNotes",
    "choose_grid",
    "is_performed",
    "regrid",
    "track_beats",
]
