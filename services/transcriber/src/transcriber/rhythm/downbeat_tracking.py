"""Which beats begin bars: by what changes there, judged by a network at every half beat.

Harmony changes at a bar's beginning, the bass enters, and long notes begin. Each half beat is described by these things
around it; the meter and its place are then the ones whose bars begin where the network expects it most. Half beats,
because a tracker that has locked onto the off-beats is put right here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from transcriber.constants import Floats, Integers
from transcriber.dense_network import Network
from transcriber.note_detection.note_decoding import HeardNote

CONTEXT = (-8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 6, 8)
"""Half beats around the place that are looked at."""
_REACH = 8
NEAR = 0.3
"""A note begins on a half beat if it is nearer than this share of one."""
MAX_HALVES = 8.0
METERS = {6: (3, 4), 8: (4, 4)}
"""Half beats of a bar, and the meter."""


class Bars(NamedTuple):
    """The beats of a piece, from a bar's first one; its meter; how sure the bars are, 0 to 1."""

    beats_s: Floats
    numerator: int
    denominator: int
    confidence: float

    @property
    def quarters(self) -> int:
        """Quarter notes of a bar."""
        return 4 * self.numerator // self.denominator


class _Table(NamedTuple):
    """Notes as columns, each of shape (n,)."""

    onsets_s: Floats
    ends_s: Floats
    pitches: Integers
    weights: Floats


def find_bars(notes: Sequence[HeardNote], beats_s: Floats, network: Network) -> Bars:
    """Choose meter and first beats.

    Parameters
    ----------
    notes : sequence of HeardNote
        By rising onset; not empty.
    beats_s : ndarray, shape (beats,)
        At least two, rising.
    network : Network
    """
    halves_s = np.interp(np.arange(0, len(beats_s) - 0.5, 0.5), np.arange(len(beats_s)), beats_s)
    logits = network.logits(features(notes, halves_s))
    scores = {
        (length, phase): float(logits[phase::length].mean())
        for length in METERS
        for phase in range(length)
        if len(logits[phase::length]) > 1
    }
    if not scores:
        return Bars(beats_s, 4, 4, 0.0)
    length, phase = max(scores, key=lambda key: scores[key])
    weights = np.exp(2 * (np.array(list(scores.values())) - scores[length, phase]))
    placed_s = _from_phase(halves_s, phase, length)
    numerator, denominator = METERS[length]
    if length == 6 and _is_compound(notes, placed_s):
        numerator, denominator = 6, 8
    return Bars(placed_s, numerator, denominator, float(1 / weights.sum()))


def features(notes: Sequence[HeardNote], halves_s: Floats) -> Floats:
    """Describe every half beat by what is on it and around it.

    Returns
    -------
    ndarray, shape (half beats, features), float32
    """
    own = _describe(_columns(notes), halves_s)
    padded = np.pad(own, ((_REACH, _REACH), (0, 0)), mode="edge")
    around = [padded[_REACH + offset : _REACH + offset + len(own)] for offset in CONTEXT]
    half_s = np.full((len(own), 1), min(float(np.log(np.median(np.diff(halves_s)))), 1.0))
    return np.concatenate([*around, half_s], axis=1, dtype=np.float32)


def _columns(notes: Sequence[HeardNote]) -> _Table:
    return _Table(
        np.array([note.onset_s for note in notes]),
        np.array([note.end_s for note in notes]),
        np.array([note.pitch for note in notes]),
        np.array([note.probability for note in notes]),
    )


def _describe(table: _Table, halves_s: Floats) -> Floats:
    """Describe every half beat by itself: what begins there, what is held over it, how the harmony changes."""
    half_s = float(np.median(np.diff(halves_s)))
    begun = _begun(table, halves_s, half_s)
    chroma, bass, held = _sounding(table, halves_s, half_s)
    changes = [_change(chroma, span) for span in (2, 4, 8)] + [_change(bass, span) for span in (2, 4)]
    described = np.column_stack((begun, held, *changes))
    described[:, [0, 1, 4, 7]] /= max(float(described[:, 0].mean()), 0.1)
    return described


def _begun(table: _Table, halves_s: Floats, half_s: float) -> Floats:
    """Sum up the notes that begin on each half beat, shape (half beats, 7)."""
    found = np.zeros((len(halves_s), 7))
    lowest = np.full(len(halves_s), np.inf)
    middle, low = np.median(table.pitches), np.quantile(table.pitches, 0.25)
    lengths = np.minimum((table.ends_s - table.onsets_s) / half_s, MAX_HALVES)
    nearest = _nearest(table.onsets_s, halves_s)
    on_it = np.abs(table.onsets_s - halves_s[nearest]) < NEAR * half_s
    for at, length, pitch, weight in zip(
        nearest[on_it], lengths[on_it], table.pitches[on_it], table.weights[on_it], strict=True
    ):
        row = found[at]
        row[:3] = row[0] + weight, row[1] + weight * length, max(row[2], length)
        if pitch < lowest[at]:
            lowest[at], row[3] = pitch, length
        if pitch <= low:
            row[4:6] = row[4] + weight, max(row[5], length)
    found[:, 6] = np.where(np.isinf(lowest), 0, (middle - np.where(np.isinf(lowest), middle, lowest)) / 12)
    return found


def _nearest(onsets_s: Floats, halves_s: Floats) -> Integers:
    after = np.clip(np.searchsorted(halves_s, onsets_s), 1, len(halves_s) - 1)
    is_before = onsets_s - halves_s[after - 1] < halves_s[after] - onsets_s
    return np.where(is_before, after - 1, after)


def _sounding(table: _Table, halves_s: Floats, half_s: float) -> tuple[Floats, Floats, Floats]:
    """Tell what sounds in each half beat: all pitch classes, those of the bass, and the weight of what is held over."""
    n = len(halves_s)
    chroma, bass, held = np.zeros((n, 12)), np.zeros((n, 12)), np.zeros(n)
    low = np.quantile(table.pitches, 0.25) + 5
    first = np.maximum(np.searchsorted(halves_s, table.onsets_s + NEAR * half_s) - 1, 0)
    last = np.searchsorted(halves_s, table.ends_s - 0.2 * half_s)
    last = np.clip(last, first + 1, first + 2 * int(MAX_HALVES))
    for begin, end, pitch, weight in zip(first, last, table.pitches, table.weights, strict=True):
        chroma[begin:end, pitch % 12] += weight
        if pitch <= low:
            bass[begin:end, pitch % 12] += weight
        held[begin + 1 : end] += weight
    return chroma, bass, held


def _change(chroma: Floats, span: int) -> Floats:
    """Compare the half beats that follow each place with those before it: 0 the same pitch classes, 1 none of them."""
    sums = np.concatenate((np.zeros((1, 12)), np.cumsum(chroma, axis=0)))
    index = np.arange(len(chroma))
    after = sums[np.minimum(index + span, len(chroma))] - sums[index]
    before = sums[index] - sums[np.maximum(index - span, 0)]
    norms = np.linalg.norm(after, axis=1) * np.linalg.norm(before, axis=1)
    return np.asarray(1 - (after * before).sum(axis=1) / np.maximum(norms, 1e-6))


def _from_phase(halves_s: Floats, phase: int, length: int) -> Floats:
    """Give the beats from the first bar on, with a bar before it, so that a pickup has its place."""
    kept = halves_s[phase % 2 :: 2]
    period_s = float(np.median(np.diff(kept[:5])))
    n_before = (length - phase + phase % 2) // 2 % (length // 2)
    before = kept[0] - period_s * np.arange(n_before, 0, -1)
    return np.concatenate((before, kept))


def _is_compound(notes: Sequence[HeardNote], beats_s: Floats) -> bool:
    """Tell whether bars of three quarters fall into two halves, as those of 6/8 do."""
    onsets_s = np.array([note.onset_s for note in notes])
    at = np.interp(onsets_s, beats_s, np.arange(len(beats_s))) % 3
    middle = float((np.abs(at - 1.5) < 0.15).sum())
    second, third = float((np.abs(at - 1) < 0.15).sum()), float((np.abs(at - 2) < 0.15).sum())
    return middle > max(second, third)
