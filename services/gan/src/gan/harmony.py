"""Keys and chords as the decoders are steered by them.

The harmony is decoded first and its triads are named, beat by beat; bass and lead are told them, and lean towards their
tones; all three lean towards the key. Everything happens in C major or A minor: the piece is moved to its key at the
end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from score.chords import N_CHORDS, triads
from score.encoding import N_PITCHED_CLASSES, OFF, PITCH_OFFSET

from gan.hearing import Events
from gan.shapes import BEATS, STEPS_PER_BEAT

Chroma = npt.NDArray[np.float32]
Chords = npt.NDArray[np.int64]

WHITE = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1], np.float32)
LEADING_TONE_OF_MINOR = 8
"""G sharp, which A minor borrows for its cadences."""

TRIADS = ((0, 4, 7), (0, 3, 7), (0, 4, 8), (0, 3, 6))
"""The kinds of triads in the order of `score.chords`, from their roots."""

OUTSIDE_PENALTY = 4.0
"""Nats against a pitch outside of the key, in a style that has none; less where the style is chromatic."""


def _outside_triad() -> Chroma:
    outside = np.zeros((N_CHORDS, 12), np.float32)
    for chord in range(1, N_CHORDS):
        kind, root = divmod(chord - 1, 12)
        outside[chord] = 1.0
        outside[chord, [(root + tone) % 12 for tone in TRIADS[kind]]] = 0.0
    return outside


OUTSIDE_TRIAD = _outside_triad()
"""Which of the 12 pitch classes each chord lacks; none where there is no chord."""


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


def chords_of(parts: Sequence[Events]) -> Chords:
    """Name the triad of each beat, as lead and bass are told it.

    Parameters
    ----------
    parts : sequence of ndarray, shape (pieces, windows, steps) or (pieces, windows, steps, voices), int16
        The parts that carry the chords.

    Returns
    -------
    ndarray, shape (pieces, windows, BEATS), int64
        As `score.chords` numbers them; 0 where none is clear, and past the window's end.
    """
    pieces, windows, steps = parts[0].shape[:3]
    beats = steps // STEPS_PER_BEAT
    named = np.zeros((pieces, windows, BEATS), np.int64)
    for piece in range(pieces):
        lines = [part[piece].reshape(windows * steps, *part.shape[3:]) for part in parts]
        named[piece, :, :beats] = triads(lines).reshape(windows, beats)
    return named


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


def step_bias(chords: Chords, key: Chroma, steps: int, strong: float, weak: float) -> Chroma:
    """Weigh pitch classes at every step by the chord of its beat.

    Parameters
    ----------
    chords : ndarray, shape (..., BEATS), int64
    key : ndarray, shape (12,)
    steps : int
        Steps of a window.
    strong, weak : float
        Nats against what is not of the chord, on beats and between them.

    Returns
    -------
    ndarray, shape (..., steps, 12), float32
    """
    outside = np.repeat(OUTSIDE_TRIAD[chords], STEPS_PER_BEAT, axis=-2)[..., :steps, :]
    on_beat = (np.arange(steps) % STEPS_PER_BEAT == 0)[:, None]
    return np.asarray(key - outside * np.where(on_beat, strong, weak), np.float32)
