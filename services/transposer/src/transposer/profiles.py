"""Key profiles: how much each degree of the scale weighs in music of a key, tonic first.

Krumhansl and Kessler asked listeners how well a tone fits a key (*Tracing the dynamic changes in perceived tonal
organization*, Psychological Review 89, 1982); Albrecht and Shanahan counted the tones of 490 pieces (*The use of large
corpora to train a new type of key-finding algorithm*, Music Perception 31, 2013).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Profiles = NDArray[np.float64]
"""Shape (2, 12): major, then minor; tonic first."""

KRUMHANSL_KESSLER: Profiles = np.array(
    [
        [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
        [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
    ]
)

ALBRECHT_SHANAHAN: Profiles = np.array(
    [
        [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
        [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
    ]
)


def correlate(histogram: NDArray[np.float64], profiles: Profiles) -> NDArray[np.float64]:
    """Correlate a pitch-class histogram with the 24 rotated key profiles.

    Parameters
    ----------
    histogram : ndarray, shape (12,), float64
        Time sounded per pitch class, C first, in any unit.
    profiles : ndarray, shape (2, 12), float64
        Major and minor profile, tonic first.

    Returns
    -------
    ndarray, shape (2, 12), float64
        Pearson's r by mode and tonic, in [-1, 1]; all 0 for a histogram that prefers no pitch class.

    Notes
    -----
    Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, ch. 4.
    """
    return np.asarray(_standardised(histogram) @ _rotations(profiles)).reshape(*histogram.shape[:-1], 2, 12)


def correlate_all(histograms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlate several histograms with both pairs of profiles at once.

    Parameters
    ----------
    histograms : ndarray, shape (n, 12), float64
        As for `correlate`.

    Returns
    -------
    ndarray, shape (n, 2, 2, 12), float64
        Pearson's r by histogram, pair of profiles (Albrecht and Shanahan's first), mode and tonic.
    """
    return np.asarray(_standardised(histograms) @ _ALL_ROTATIONS).reshape(len(histograms), 2, 2, 12)


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centre along the last axis and scale to unit length; zero stays zero."""
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.sqrt((centred * centred).sum(axis=-1, keepdims=True))
    return np.asarray(centred / np.where(length > 0, length, 1.0))


def _rotations(profiles: Profiles) -> NDArray[np.float64]:
    """Both profiles on every tonic, standardised; shape (12, 24)."""
    degrees = (np.arange(12) - np.arange(12)[:, None]) % 12
    return np.asarray(_standardised(profiles[:, degrees]).reshape(24, 12).T)


_ALL_ROTATIONS = np.hstack([_rotations(ALBRECHT_SHANAHAN), _rotations(KRUMHANSL_KESSLER)])
