"""Which key music is in, by the profiles of those who measured how keys are heard and written."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from score.arrays import F64, I16
from score.roles import Role

from gan.measures.events import sounding_pitches

KRUMHANSL: F64 = np.array(
    [
        [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
        [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
    ]
)
"""Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, table 2.1: probe-tone ratings, major and minor."""

AARDEN: F64 = np.array(
    [
        [17.77, 0.15, 14.93, 0.16, 19.80, 11.36, 0.29, 22.06, 0.15, 8.15, 0.23, 4.95],
        [18.26, 0.74, 14.05, 16.86, 0.70, 14.44, 0.70, 18.62, 4.57, 1.93, 7.38, 1.76],
    ]
)
"""Aarden, *Dynamic Melodic Expectancy*, 2003: scale-degree distributions of folk songs, major and minor."""


def weigh_keys(histogram: F64, profiles: F64) -> F64:
    """Correlate what sounded with the profiles of all keys.

    Parameters
    ----------
    histogram : ndarray, shape (12,)
        Time sounded per pitch class.
    profiles : ndarray, shape (2, 12)
        Major and minor, tonic first.

    Returns
    -------
    ndarray, shape (2, 12)
        Pearson's r by mode and tonic; zeros where nothing sounded, or all alike.
    """
    if np.ptp(histogram) == 0:
        return np.zeros((2, 12))
    turned = np.stack([[np.roll(profile, tonic) for tonic in range(12)] for profile in profiles])
    centred = turned - turned.mean(-1, keepdims=True)
    own = histogram - histogram.mean()
    weights: F64 = centred @ own / np.sqrt((centred**2).sum(-1) * (own**2).sum())
    return weights


def pitch_class_histogram(events: Mapping[Role, I16]) -> F64:
    """Count the steps that each pitch class sounds, over all voices but drums: shape (12,)."""
    histogram = np.zeros(12)
    for role, values in events.items():
        if role is not Role.DRUMS:
            pitches = sounding_pitches(values[None] if values.ndim == 1 else values.T)
            histogram += np.bincount(pitches[pitches > 0] % 12, minlength=12)
    return histogram


def key_clarity(events: Mapping[Role, I16], *, is_minor: bool) -> float:
    """Say how far C major (or A minor) stands above every other key, by Aarden's profiles, which were counted of music.

    By Krumhansl's, which were heard one tone at a time, a third of what people wrote is in another key than it says.

    Returns
    -------
    float
        Difference of correlations; negative where another key fits better.
    """
    weights = weigh_keys(pitch_class_histogram(events), AARDEN)
    own = int(is_minor), 9 if is_minor else 0
    asked, weights[own] = weights[own], -1.0
    return float(asked - weights.max())
