"""Keys and chords as the decoders are steered by them.

The harmony is decoded first; lead and bass then lean towards the chord that was found under each half bar, and all
three towards the key. Everything happens in C major or A minor: the piece is moved to its key at the end.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from score.encoding import N_PITCHED_CLASSES, OFF, PITCH_OFFSET

from gan.hearing import Events, sounding_pitches, voices
from gan.shapes import STEPS_PER_BEAT

Chroma = npt.NDArray[np.float32]

WHITE = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float32)
LEADING_TONE_OF_MINOR = 8
"""G sharp, which A minor borrows for its cadences."""

TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6)}

OUTSIDE_PENALTY = 4.0
"""Nats against a pitch outside of the key, in a style that has none; less where the style is chromatic."""


def key_bias(chromatic_share: float, *, is_minor: bool) -> Chroma:
    """Weigh the 12 pitch classes by the key: 0 inside, negative outside.

    Parameters
    ----------
    chromatic_share : float
        How much of the style's music lies outside of its key, 0 to 1.
    is_minor : bool
        A minor instead of C major.
    """
    penalty = OUTSIDE_PENALTY * max(0.25, 1 - 6 * chromatic_share)
    bias = np.where(WHITE > 0, 0.0, -penalty).astype(np.float32)
    if is_minor:
        bias[LEADING_TONE_OF_MINOR] *= 0.4
    return bias


def chords_by_half_bar(events: Events, steps_per_bar: int) -> Chroma:
    """Find the chord under each half bar.

    Parameters
    ----------
    events : ndarray, shape (windows, steps, voices), int16
        The harmony.
    steps_per_bar : int

    Returns
    -------
    ndarray, shape (windows, steps / (steps_per_bar / 2), 12), float32
        The triad's tones, 1 or 0; a half bar without harmony takes the chord of the one before, or C's or A minor's
        tones are left open (all 0).
    """
    half = steps_per_bar // 2
    pitches = sounding_pitches(voices(events))
    chroma = np.zeros((len(events), events.shape[1] // half, 12), np.float32)
    window, _, step = np.nonzero(pitches)
    np.add.at(chroma, (window, step // half, pitches[pitches > 0] % 12), 1.0)
    flat = chroma.reshape(-1, 12)
    chords = np.zeros_like(flat)
    for index, weights in enumerate(flat):
        chords[index] = triad_tones(*best_triad(weights)) if weights.any() else (chords[index - 1] if index else 0.0)
    return chords.reshape(chroma.shape)


def best_triad(weights: Chroma) -> tuple[int, str]:
    """Find the triad that covers most of a chroma: its root and kind; of equals the major one."""
    scores = {
        (root, kind): float(weights[[(root + tone) % 12 for tone in tones]].sum() + 0.3 * weights[root])
        for kind, tones in TRIADS.items()
        for root in range(12)
    }
    return max(scores, key=lambda triad: scores[triad])


def triad_tones(root: int, kind: str) -> Chroma:
    """Mark a triad's three pitch classes."""
    tones = np.zeros(12, np.float32)
    tones[[(root + tone) % 12 for tone in TRIADS[kind]]] = 1.0
    return tones


def event_bias(by_class: Chroma, lowest: int, highest: int) -> npt.NDArray[np.float32]:
    """Spread weights of pitch classes over the decoder's events.

    Parameters
    ----------
    by_class : ndarray, shape (..., 12)
    lowest, highest : int
        MIDI pitches that the role may play; others are all but forbidden.

    Returns
    -------
    ndarray, shape (..., N_PITCHED_CLASSES), float32
    """
    pitches = np.arange(OFF + 1, N_PITCHED_CLASSES) + PITCH_OFFSET
    bias = np.zeros((*by_class.shape[:-1], N_PITCHED_CLASSES), np.float32)
    bias[..., OFF + 1 :] = by_class[..., pitches % 12]
    bias[..., OFF + 1 :][..., (pitches < lowest) | (pitches > highest)] -= 12.0
    return bias


def step_bias(chords: Chroma, key: Chroma, steps: int, strong: float, weak: float) -> Chroma:
    """Weigh pitch classes at every step by the chord under it.

    Parameters
    ----------
    chords : ndarray, shape (windows, half bars, 12)
    key : ndarray, shape (12,)
    steps : int
        Steps of a window.
    strong, weak : float
        Nats against what is not of the chord, on beats and between them.

    Returns
    -------
    ndarray, shape (windows, steps, 12), float32
    """
    spread = np.repeat(chords, steps // chords.shape[1], axis=1)
    on_beat = (np.arange(steps) % STEPS_PER_BEAT == 0)[None, :, None]
    outside = 1 - np.where(spread.any(-1, keepdims=True), spread, 1.0)
    return np.asarray(key - outside * np.where(on_beat, strong, weak), np.float32)
