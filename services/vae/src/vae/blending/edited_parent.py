"""A parent's own notes with sliders applied: the end of a blend where it is not the models' reconstruction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from score.encoding import BARS_PER_WINDOW
from score.grid import GridKey, GridTempo

from vae.alignment.window_alignment import Alignment
from vae.attributes.apply import SliderContext, apply_sliders
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.expression.microtiming import interpolate_timing
from vae.pieces.notices import piece_notices
from vae.pieces.piece import Piece
from vae.pieces.sections import merge_labels, window_labels


def edit_parent(pieces: Sequence[Piece], parent: int, options: BlendOptions) -> BlendResult:
    """Return a parent as it is on the grid, with the sliders, tempo and key of the options.

    Parameters
    ----------
    pieces : sequence of Piece
        All pieces of the request.
    parent : int
        Index of the parent.
    options : BlendOptions
    """
    piece = pieces[parent]
    alignment = Alignment(np.arange(piece.n_windows, dtype=np.int64)[:, None])
    shares = np.ones((piece.n_windows, 1), np.float32)
    timing = {
        role: interpolate_timing([piece], alignment, role, shares, piece.steps_per_window) for role in piece.grid.roles
    }
    tempos = piece.grid.tempos if options.tempo_bpm is None else (GridTempo.at_bpm(0, options.tempo_bpm),)
    keys = piece.grid.keys if options.key is None else (GridKey(0, *options.key),)
    grid = replace(piece.grid, tempos=tempos, keys=keys)
    labels = [label for label in window_labels(piece.sections) for _ in range(BARS_PER_WINDOW)][: grid.n_bars]
    edited = apply_sliders(grid, options.sliders, SliderContext(parents=(piece.grid,)))
    texture = {
        role: played
        for role, played in piece.grid.played.items()
        if np.array_equal(edited.events[role], piece.grid.events[role])
    }
    notices = tuple(piece_notices(pieces, [parent]))
    return BlendResult(edited, notices, timing, merge_labels(labels), texture=texture)
