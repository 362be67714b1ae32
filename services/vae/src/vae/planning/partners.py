"""The phrase of the other parent that each phrase of the form's leader meets."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from score.arrays import F64, I64, Bool
from score.roles import Role

from vae.analysis.parent import Parent, Phrase

_BAR_COST, _MAX_BARS_APART = 0.2, 16
"""Cost of each bar between the places of two phrases in their pieces, and how many count."""

_LENGTH_COST, _DENSITY_COST, _CADENCE_COST = 0.3, 0.4, 0.5
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
    candidates = _Phrases.describe(other, other.phrases)
    own = _Phrases.describe(leader, [phrase for phrase, _ in form])
    known: dict[Hashable, Phrase] = {}
    partners: list[Phrase] = []
    starts = np.cumsum([0, *(len(phrase) for phrase, _ in form)])
    for index, (phrase, variation) in enumerate(form):
        phrase_class = (phrase.label, variation)
        if index == len(form) - 1 and len(other.phrases) > 1:
            partners.append(other.phrases[-1])
            continue
        if phrase_class not in known:
            place = int(starts[index]) % other.n_bars
            noise = _MAX_SEED_COST * rng.random(len(other.phrases)) if seed else 0.0
            best = int(np.argmin(_costs(own, index, candidates, place) + _REUSE_COST * uses + noise))
            uses[best] += 1
            known[phrase_class] = other.phrases[best]
        partners.append(known[phrase_class])
    return partners


@dataclass(frozen=True)
class _Phrases:
    """What decides which phrases fit, for some phrases of a parent.

    Attributes
    ----------
    phrases : sequence of Phrase
    sounding : ndarray, shape (n_bars of the parent,), bool
        In which bars the lead sounds.
    start : ndarray, shape (n,), int64
        The bar in which each begins.
    density : ndarray, shape (n,), float64
        Its onset density.
    degree : ndarray, shape (n,), int64
        The root of the chord on which each ends, in semitones above the tonic of the signature.
    contour : ndarray, shape (n, 4), float64
        The mean pitch of each quarter of a phrase, relative to the phrase's mean, of unit length; or zero.
    """

    phrases: Sequence[Phrase]
    sounding: Bool
    start: I64
    density: F64
    degree: I64
    contour: F64

    @classmethod
    def describe(cls, parent: Parent, phrases: Sequence[Phrase]) -> _Phrases:
        """Describe some phrases of a parent."""
        by_phrase = {(phrase.start, phrase.stop): _contour(parent, phrase) for phrase in phrases}
        return cls(
            phrases,
            parent.sounding[Role.LEAD],
            np.array([phrase.start for phrase in phrases]),
            np.array([parent.onset_density[phrase.start : phrase.stop].mean() for phrase in phrases]),
            np.array([(parent.chord(phrase.stop - 1, 1) % 12 - parent.major_tonic) % 12 for phrase in phrases]),
            np.array([by_phrase[phrase.start, phrase.stop] for phrase in phrases]),
        )


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


def _costs(own: _Phrases, index: int, candidates: _Phrases, place: int) -> F64:
    """Return how badly each candidate fits one of the leader's phrases, at a bar of the other parent."""
    phrase = own.phrases[index]
    n_bars = len(phrase)
    lengths = np.array([len(candidate) for candidate in candidates.phrases])
    costs = _BAR_COST * np.minimum(np.abs(candidates.start - place), _MAX_BARS_APART)
    costs += _LENGTH_COST * np.abs(lengths - n_bars)
    costs += _DENSITY_COST * np.abs(own.density[index] - candidates.density)
    costs += _CADENCE_COST * (own.degree[index] != candidates.degree)
    costs -= _CONTOUR_GAIN * candidates.contour @ own.contour[index]
    met = np.array([[partner_bar(candidate, bar, n_bars) for bar in range(n_bars)] for candidate in candidates.phrases])
    is_alone = own.sounding[phrase.start : phrase.stop] & ~candidates.sounding[met]
    return np.asarray(costs + _SILENT_COST * is_alone.mean(axis=1))


def _contour(parent: Parent, phrase: Phrase) -> F64:
    """Return the contour of a phrase: see `_Phrases`."""
    quarters: list[list[int]] = [[], [], [], []]
    for bar in range(len(phrase)):
        for note in parent.bars[Role.LEAD][phrase.start + bar]:
            quarters[4 * bar // len(phrase)].append(note.pitch)
    mean = np.mean([pitch for quarter in quarters for pitch in quarter]) if any(quarters) else 0.0
    contour = np.array([np.mean(quarter) - mean if quarter else 0.0 for quarter in quarters])
    return np.asarray(contour / max(float(np.linalg.norm(contour)), 1e-9))
