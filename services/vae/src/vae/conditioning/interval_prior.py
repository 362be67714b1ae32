"""Interval prior of a blended lead: the melodic intervals of its parents, and a bias towards onsets.

Decoders that decode together agree on a note less often than each alone begins one, and where their registers differ
they alternate: by themselves they give a melody with too few notes and too many leaps. So the lead has one expert more
in its product of experts (Hinton, Neural Computation 2002): the parents' distribution of intervals, and a bias that
makes onsets a little likelier. The constants were measured on hybrids, see docs/decisions/blend-path.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32, F64
from score.quantization.note_table import PITCH
from score.roles import Role

from vae.models.specs import N_INTERVALS
from vae.pieces.piece import Piece

_ONSET_BIAS_NATS = np.float32(0.8)
"""With it, blends have as many onsets as their parents."""

_PRIOR_MEAN_SEMITONES, _PRIOR_COUNT = 2.4, 10.0
"""Prior of a piece's intervals: the mean interval of leads, both composed and generated, and how many observed
intervals it weighs as much as."""

_DECODER_REPEAT_RATE, _DECODER_MEAN_SEMITONES = 0.25, 9.0
"""Intervals of decoders that decode together without this prior: every fourth note repeats the last one, the others go
nearly anywhere."""

_FULL_STRENGTH_DIVERGENCE = 0.5
"""Divergence from which the prior has its full strength: half-way between two parents that have nothing in common the
divergence is .59."""


def interval_logits(pieces: Sequence[Piece], role: Role, shares: F32, divergence: F32) -> F32 | None:
    """Compute the logits of the melodic intervals, for `vae.models.sampling.SamplingParams`.

    Parameters
    ----------
    pieces : sequence of Piece
    role : Role
    shares : ndarray, shape (n_windows, n_parents), float32
    divergence : ndarray, shape (n_windows,), float32
        From `vae.blending.latents.parent_divergence`: where the parents agree, the prior has no effect.

    Returns
    -------
    ndarray, shape (n_windows, 1 + N_INTERVALS), float32, or None
        The onset bias in nats, then the logit of each interval. None for all roles but the lead.
    """
    if role is not Role.LEAD:
        return None
    histograms = np.array([interval_histogram(piece, role) for piece in pieces])
    # Relative to the decoders' own intervals, which are in the product already.
    interval = np.log(shares @ histograms / _decoder_interval_prior())
    logits = np.concatenate([np.full((len(shares), 1), _ONSET_BIAS_NATS), interval], axis=1)
    return np.asarray(logits * np.minimum(divergence / _FULL_STRENGTH_DIVERGENCE, 1.0)[:, None], np.float32)


def interval_histogram(piece: Piece, role: Role) -> F64:
    """Return the smoothed relative frequency of each interval size in a role: shape (N_INTERVALS,), sum 1."""
    pitches = piece.grid.notes(role)[:, PITCH] if role in piece.grid.events else np.zeros(0, np.int64)
    intervals = np.minimum(np.abs(np.diff(pitches)), N_INTERVALS - 1)
    counts = np.bincount(intervals, minlength=N_INTERVALS) + _PRIOR_COUNT * _geometric(_PRIOR_MEAN_SEMITONES)
    return np.asarray(counts / counts.sum())


def _decoder_interval_prior() -> F64:
    moves = _geometric(_DECODER_MEAN_SEMITONES)
    moves[0] = 0.0
    prior = (1.0 - _DECODER_REPEAT_RATE) * moves / moves.sum()
    prior[0] = _DECODER_REPEAT_RATE
    return np.asarray(prior)


def _geometric(mean_semitones: float) -> F64:
    """Return a distribution over intervals that decays exponentially: shape (N_INTERVALS,)."""
    weights = np.exp(-np.arange(N_INTERVALS) / mean_semitones)
    return np.asarray(weights / weights.sum())
