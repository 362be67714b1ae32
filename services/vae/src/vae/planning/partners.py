"""The phrase of the other parent that each phrase of the form's leader meets."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from score.arrays import F64
from score.roles import Role

from vae.analysis.parent import Parent, Phrase

_POSITION_COST, _LENGTH_COST, _DENSITY_COST, _CADENCE_COST = 3.0, 0.3, 0.4, 0.5
_SILENT_COST, _REUSE_COST = 3.0, 0.35
_CONTOUR_GAIN = 0.4
_MAX_SEED_COST = 0.5
"""How much a seed other than 0 may add to the cost of a partner."""


def choose_partners(leader: Parent, other: Parent, form: Sequence[tuple[Phrase, int]], seed: int) -> list[Phrase]:
    """Choose the other parent's phrase for each phrase of a form; equal phrases meet the same one, the last the last.

    Parameters
    ----------
    leader, other : Parent
    form : sequence of (Phrase, int)
        The leader's phrases in the order of the blend, each with the number of its variation.
    seed : int
        0 takes the cheapest partners; other seeds add noise to the costs.
    """
    uses = np.zeros(len(other.phrases))
    rng = np.random.default_rng(seed)
    known: dict[Hashable, Phrase] = {}
    partners: list[Phrase] = []
    starts = np.cumsum([0, *(len(phrase) for phrase, _ in form)])
    for index, (phrase, variation) in enumerate(form):
        phrase_class = (phrase.label, variation)
        if index == len(form) - 1 and len(other.phrases) > 1:
            partners.append(other.phrases[-1])
            continue
        if phrase_class not in known:
            position = float(starts[index] / max(starts[-1], 1))
            noise = _MAX_SEED_COST * rng.random(len(other.phrases)) if seed else 0.0
            costs = np.array([_partner_cost(leader, other, phrase, each, position) for each in other.phrases])
            best = int(np.argmin(costs + _REUSE_COST * uses + noise))
            uses[best] += 1
            known[phrase_class] = other.phrases[best]
        partners.append(known[phrase_class])
    return partners


def partner_bar(partner: Phrase, position: int, n_bars: int) -> int:
    """Return the partner's bar at a position of a phrase: its last bar at the end, else counted from its start.

    Parameters
    ----------
    partner : Phrase
    position : int
        Bar of the phrase, from 0.
    n_bars : int
        Length of the phrase.

    Examples
    --------
    >>> [partner_bar(Phrase(8, 11, 0), position, 4) for position in range(4)]
    [8, 9, 9, 10]
    """
    if position == n_bars - 1:
        return partner.stop - 1
    return partner.start + min(position, max(len(partner) - 2, 0))


def _partner_cost(leader: Parent, other: Parent, phrase: Phrase, candidate: Phrase, position: float) -> float:
    """Return how badly a phrase of the other fits one of the leader's, at a position of the blend from 0 to 1."""
    own_density = leader.onset_density[phrase.start : phrase.stop].mean()
    density = other.onset_density[candidate.start : candidate.stop].mean()
    cost = _POSITION_COST * abs(candidate.start / other.n_bars - position)
    cost += _LENGTH_COST * abs(len(candidate) - len(phrase))
    cost += _DENSITY_COST * abs(own_density - density)
    cost += _CADENCE_COST * (_final_degree(leader, phrase) != _final_degree(other, candidate))
    cost -= _CONTOUR_GAIN * _cosine(_contour(leader, phrase), _contour(other, candidate))
    return float(cost + _SILENT_COST * _silent_share(leader, other, phrase, candidate))


def _silent_share(leader: Parent, other: Parent, phrase: Phrase, candidate: Phrase) -> float:
    """Return the share of a phrase's bars in which the leader's lead sounds and the other's rests."""
    bars = [(phrase.start + bar, partner_bar(candidate, bar, len(phrase))) for bar in range(len(phrase))]
    return float(np.mean([leader.sounding[Role.LEAD][own] and not other.sounding[Role.LEAD][met] for own, met in bars]))


def _final_degree(parent: Parent, phrase: Phrase) -> int:
    """Return the root of the chord on which a phrase ends, in semitones above the tonic of the signature."""
    return (parent.chord(phrase.stop - 1, 1) % 12 - parent.major_tonic) % 12


def _contour(parent: Parent, phrase: Phrase) -> F64:
    """Return the mean pitch of each quarter of a phrase relative to the phrase's mean, shape (4,)."""
    quarters: list[list[int]] = [[], [], [], []]
    for bar in range(len(phrase)):
        for note in parent.bars[Role.LEAD][phrase.start + bar]:
            quarters[4 * bar // len(phrase)].append(note.pitch)
    mean = np.mean([pitch for quarter in quarters for pitch in quarter]) if any(quarters) else 0.0
    return np.array([np.mean(quarter) - mean if quarter else 0.0 for quarter in quarters])


def _cosine(first: F64, second: F64) -> float:
    norm = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / norm if norm > 0 else 0.0
