"""Key profiles: the expected weight of each scale degree in a major and a minor key, and their correlation with music.

A profile pair has shape (2, 12): major, then minor, tonic first.

References
----------
- Krumhansl and Kessler, *Tracing the dynamic changes in perceived tonal organization*, Psychological Review 89, 1982:
  listeners' ratings of how well a tone fits a key. Also table 2.1 of Krumhansl, *Cognitive Foundations of Musical
  Pitch*, 1990, whose chapter 4 describes key finding by correlation.
- Albrecht and Shanahan, *The use of large corpora to train a new type of key-finding algorithm*, Music Perception 31,
  2013: tone counts of 490 pieces.
- Aarden, *Dynamic Melodic Expectancy*, 2003: scale-degree distributions of folk songs.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from score.arrays import F64

KRUMHANSL_KESSLER: F64 = np.array(
    [
        [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
        [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
    ]
)

ALBRECHT_SHANAHAN: F64 = np.array(
    [
        [0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081],
        [0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052],
    ]
)

AARDEN: F64 = np.array(
    [
        [17.77, 0.15, 14.93, 0.16, 19.80, 11.36, 0.29, 22.06, 0.15, 8.15, 0.23, 4.95],
        [18.26, 0.74, 14.05, 16.86, 0.70, 14.44, 0.70, 18.62, 4.57, 1.93, 7.38, 1.76],
    ]
)


def correlate(histograms: F64, profiles: F64) -> F64:
    """Correlate pitch-class histograms with key profiles rotated to all twelve tonics.

    Parameters
    ----------
    histograms : ndarray, shape (..., 12), float64
        Time sounded per pitch class, C first, in any unit.
    profiles : ndarray, shape (..., 2, 12), float64
        One profile pair, or several stacked.

    Returns
    -------
    ndarray, shape (..., ..., 2, 12), float64
        Pearson's r by histogram, then by profile pair, mode and tonic, in [-1, 1]; all 0 for a histogram that prefers
        no pitch class.

    Examples
    --------
    >>> c_major_scale = np.isin(np.arange(12), [0, 2, 4, 5, 7, 9, 11]).astype(float)
    >>> scores = correlate(c_major_scale, KRUMHANSL_KESSLER)
    >>> scores.shape
    (2, 12)
    >>> mode, tonic = np.unravel_index(scores.argmax(), scores.shape)
    >>> (int(mode), int(tonic))
    (0, 0)
    """
    templates = _templates(profiles.tobytes())
    return np.asarray(_standardize(histograms) @ templates).reshape(*histograms.shape[:-1], *profiles.shape)


def _standardize(values: F64) -> F64:
    """Center along the last axis and scale to unit length; zero stays zero."""
    centered = values - values.mean(axis=-1, keepdims=True)
    length = np.sqrt((centered * centered).sum(axis=-1, keepdims=True))
    return np.asarray(centered / np.where(length > 0, length, 1.0))


@lru_cache(maxsize=16)
def _templates(profiles: bytes) -> F64:
    """Return the standardized profiles on every tonic, shape (12, 12 * profiles); cached by the profiles' bytes."""
    degrees = (np.arange(12) - np.arange(12)[:, None]) % 12
    rotated = np.frombuffer(profiles).reshape(-1, 12)[:, degrees]
    return np.asarray(_standardize(rotated).reshape(-1, 12).T)
