"""Notices about the pieces of a blend."""

from __future__ import annotations

from score import grid as grids
from score.model import Note, Notice, Score, Track
from vae.pieces.notices import piece_notices
from vae.pieces.piece import Piece, from_grid


def piece(*tracks: Track) -> Piece:
    """Return a piece of tracks."""
    score = Score(tracks=tracks)
    return from_grid(score, grids.from_score(score))


DRUMS = piece(Track("Drums", 0, 9, tuple(Note(at * 240, 100, 36, 90) for at in range(32))))
TUNE = piece(Track("Flute", 73, 0, tuple(Note(at * 500, 200, 60 + at % 5, 90) for at in range(16))))


def reasons(notices: list[Notice]) -> list[tuple[str, int | None]]:
    return [(notice.reason, notice.parent) for notice in notices]


def test_each_notice_has_the_index_of_its_piece() -> None:
    assert reasons(piece_notices([DRUMS, TUNE], [0, 1])) == [("NOTES_QUANTISED", 1)]
    assert reasons(piece_notices([TUNE, TUNE], [0, 1])) == [("NOTES_QUANTISED", 0), ("NOTES_QUANTISED", 1)]


def test_a_piece_that_gives_nothing_has_no_notice() -> None:
    assert piece_notices([DRUMS, TUNE], [0]) == [notice._replace(parent=0) for notice in DRUMS.grid.notices]


def test_only_drums_is_said_where_nothing_else_sounds() -> None:
    assert reasons(piece_notices([DRUMS, DRUMS], [0, 1])) == [("DRUMS_ONLY", 0), ("DRUMS_ONLY", 1)]
    assert reasons(piece_notices([DRUMS, TUNE], [0])) == [("DRUMS_ONLY", 0)]
    assert "DRUMS_ONLY" not in dict(reasons(piece_notices([DRUMS, TUNE], [0, 1])))
