"""The two factors of a lead: its rhythm without pitches, and its contour without rhythm.

Conventions: ``windows`` is an int16 array of shape (n_windows, n_steps) of a lead, as `score.windows.split` returns it.

References
----------
Yang et al., *Deep Music Analogy via Latent Representation Disentanglement*, ISMIR 2019, which encodes both by one
model and divides its latent; here each has a model and a latent of its own.
"""

from __future__ import annotations

import numpy as np
from score.arrays import I16
from score.encoding import FIRST_PITCH_EVENT

from vae.models.specs import LeadFactor

ONSET_TOKEN = FIRST_PITCH_EVENT
"""The token of a rhythm at which a note begins, whatever its pitch; hold and note-off are those of the lead."""


def rhythm_tokens(windows: I16) -> I16:
    """Return the rhythm of windows of a lead: its events with every pitch replaced by `ONSET_TOKEN`.

    Examples
    --------
    >>> rhythm_tokens(np.array([[41, 0, 1, 0, 43, 45]], np.int16)).tolist()
    [[2, 0, 1, 0, 2, 2]]
    """
    return np.minimum(windows, np.int16(ONSET_TOKEN))


def contour_tokens(windows: I16) -> I16:
    """Return the contour of windows of a lead: at each step, the event of the pitch that sounds or sounded last.

    It has neither rests nor repeated onsets, so that it can be read at the onsets of any rhythm. Before the first onset
    of a window it is the pitch of that onset; in a window without onsets it is 0.

    Examples
    --------
    >>> contour_tokens(np.array([[1, 0, 41, 0, 1, 43]], np.int16)).tolist()
    [[41, 41, 41, 41, 41, 43]]
    """
    is_onset = windows >= FIRST_PITCH_EVENT
    last = np.maximum.accumulate(np.where(is_onset, np.arange(windows.shape[1]), -1), axis=1)
    source = np.where(last < 0, is_onset.argmax(axis=1)[:, None], last)
    pitches = np.take_along_axis(windows, source, axis=1)
    return np.where(is_onset.any(axis=1, keepdims=True), pitches, np.int16(0))


def factor_tokens(windows: I16, factor: LeadFactor) -> I16:
    """Return what the model of a factor reads of windows of a lead, shape (n_windows, n_steps)."""
    return rhythm_tokens(windows) if factor is LeadFactor.RHYTHM else contour_tokens(windows)
