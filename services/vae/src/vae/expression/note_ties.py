"""Ties: notes of a blend that sound across the boundary between two windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32, I16, Bool
from score.encoding import OFF
from score.quantization.note_table import END, ONSET
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.models.specs import ROLE_SPECS
from vae.pieces.piece import Piece


def tie_mask(pieces: Sequence[Piece], alignment: Alignment, role: Role, shares: F32, windows: I16) -> Bool:
    """Return into which windows a note may be tied: those into which one is tied in the parent with the largest share.

    No note becomes longer by it than the parents' longest note.

    Parameters
    ----------
    pieces : sequence of Piece
    alignment : Alignment
    role : Role
        A pitched one.
    shares : ndarray, shape (n_windows, n_parents), float32
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The blended windows.

    Returns
    -------
    ndarray, shape (n_windows,) or (n_windows, n_voices), bool
    """
    n_voices = ROLE_SPECS[role].n_voices
    is_tied = np.zeros((len(alignment), len(pieces), n_voices), bool)
    for index, piece in enumerate(pieces):
        if role in piece.continuations:
            ties = piece.continuations[role].reshape(piece.n_windows, n_voices)
            is_tied[:, index] = ties[alignment.source_windows[:, index]]
    mask = is_tied[np.arange(len(alignment)), shares.argmax(axis=1)]
    lengths = [np.diff(piece.grid.notes(role)[:, ONSET : END + 1]) for piece in pieces if role in piece.grid.events]
    max_steps = max((int(each.max(initial=0)) for each in lengths), default=windows.shape[1])
    by_voice = windows.reshape(*windows.shape[:2], n_voices)
    for voice in range(n_voices):
        _limit_tie_length(mask[:, voice], by_voice[:, :, voice], max_steps)
    return np.asarray(mask if n_voices > 1 else mask[:, 0])


def _limit_tie_length(mask: Bool, windows: I16, max_steps: int) -> None:
    """Clear the mask of one voice, in place, where a note would last longer than `max_steps`."""
    n_sounding = 0  # steps for which the note at the end of the previous window has sounded
    for window, events in enumerate(windows):
        event_steps = np.flatnonzero(events)
        later = event_steps[event_steps > 0]
        first_end = int(later[0]) if len(later) else len(events)
        mask[window] &= n_sounding + first_end <= max_steps
        carried = n_sounding if mask[window] else 0
        n_sounding = len(events) - int(later[-1]) if len(later) else len(events) + carried
        if len(event_steps) and events[event_steps[-1]] == OFF:
            n_sounding = 0
