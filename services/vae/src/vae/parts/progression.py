"""The chord progression of a blend: one path through both parents' chords, by half bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F64, I64
from score.roles import Role

from vae.analysis.chord_recognition import CHORD_TONES, log_transitions, viterbi
from vae.analysis.parent import Parent
from vae.planning.form import FormPlan
from vae.planning.sources import Cell, cell_of

_CHANGE_COST, _CHANGE_COST_AT_PHRASE = 1.4, 0.2
"""Cost of a change from one parent's chords to the other's: within a phrase, and at its first bar."""

_TRANSITION_WEIGHT = 0.5
_OWN_HARMONY_GAIN, _OWN_GUESS_GAIN = 1.2, 0.3
"""Gain of the chords of the parent that gives the contour: with harmony, and with chords guessed from the lead."""

_SHARE_WEIGHT = 1.8
_MIN_SHARE, _EXCLUDED_COST = 0.02, 1e4
_LEAD_WEIGHT = 3.0
"""Weight of the contour's notes that belong to the chord."""

_CADENCE_GAIN = 1.2
"""Gain of the form leader's own chord at the end of a phrase."""

_TIED_GAIN = 100.0
"""Less than the cost of a parent without a share."""


def choose_progression(
    plan: FormPlan, parents: Sequence[Parent], contour: dict[Cell, int], shares: F64
) -> tuple[I64, I64]:
    """Choose the chords of a blend.

    Parameters
    ----------
    plan : FormPlan
    parents : sequence of Parent
    contour : dict of Cell to int
        The parent of the contour that the chords are to fit.
    shares : ndarray, shape (n_bars, n_parents), float64
        Shares of the harmony.

    Returns
    -------
    chords : ndarray, shape (2 * n_bars,), int64
        The chord of each half bar.
    sources : ndarray, shape (2 * n_bars,), int64
        The parent of each.
    """
    candidates = np.array(
        [
            [parent.chord(slot.bars[side], half) for side, parent in enumerate(parents)]
            for slot in plan.slots
            for half in (0, 1)
        ]
    )
    scores = _scores(plan, parents, candidates, contour, shares)
    major_tonic = parents[plan.leader].major_tonic
    first_pass = _search(plan, candidates, scores, major_tonic)
    sources = _search(plan, candidates, _tie_bar_classes(plan, first_pass, scores), major_tonic)
    return candidates[np.arange(len(candidates)), sources], sources


def _scores(plan: FormPlan, parents: Sequence[Parent], candidates: I64, contour: dict[Cell, int], shares: F64) -> F64:
    """Return the score of each parent's chord in each half bar, shape (2 * n_bars, n_parents)."""
    by_half = np.repeat(shares, 2, axis=0)
    scores = _SHARE_WEIGHT * np.log(np.clip(by_half, _MIN_SHARE, 1.0))
    scores[by_half <= 0.0] = -_EXCLUDED_COST
    gains = [_OWN_HARMONY_GAIN if parent.has_role(Role.HARMONY) else _OWN_GUESS_GAIN for parent in parents]
    for bar, slot in enumerate(plan.slots):
        source = contour[cell_of(slot)]
        for half in (0, 1):
            lead = parents[source].lead_pitch_classes[2 * slot.bars[source] + half]
            for side in range(len(parents)):
                tones = CHORD_TONES[candidates[2 * bar + half, side]]
                scores[2 * bar + half, side] += _LEAD_WEIGHT * sum(lead[tone] for tone in tones)
        scores[2 * bar : 2 * bar + 2, source] += gains[source]
        if slot.is_last:
            scores[2 * bar + 1, plan.leader] += _CADENCE_GAIN
    return scores


def _search(plan: FormPlan, candidates: I64, scores: F64, major_tonic: int) -> I64:
    transitions = log_transitions(major_tonic)

    def transition_scores(index: int) -> F64:
        is_phrase_start = index % 2 == 0 and plan.slots[index // 2].position == 0
        change = (_CHANGE_COST_AT_PHRASE if is_phrase_start else _CHANGE_COST) * (1.0 - np.eye(candidates.shape[1]))
        return np.asarray(_TRANSITION_WEIGHT * transitions[np.ix_(candidates[index - 1], candidates[index])] - change)

    return viterbi(scores, transition_scores)


def _tie_bar_classes(plan: FormPlan, sources: I64, scores: F64) -> F64:
    """Return scores that hold all bars of a class to the parent that most of them have chosen, else the first one."""
    votes: dict[object, F64] = {}
    for bar, slot in enumerate(plan.slots):
        counts = votes.setdefault(slot.bar_class, np.zeros((2, scores.shape[1])))
        for half in (0, 1):
            counts[half, sources[2 * bar + half]] += 1.0 if counts.sum() else 1.1
    tied = scores.copy()
    for bar, slot in enumerate(plan.slots):
        for half in (0, 1):
            tied[2 * bar + half, int(votes[slot.bar_class][half].argmax())] += _TIED_GAIN
    return tied
