"""Structure segmentation: features of windows, a novelty curve, section boundaries, and labels of similar sections."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from score.arrays import F64, I16, Bool
from score.roles import Role

from vae.pieces.sections import Section, section_label
from vae.pieces.window_events import onset_steps

_N_ONSET_BINS = 8
"""Parts of a window in which onsets are counted."""

_KERNEL_HALF_WINDOWS = 4
"""Half the width of the checkerboard kernel: it compares the eight bars before a moment with the eight after it."""

_MIN_SECTION_WINDOWS = 2

_NOVELTY_THRESHOLD_STD = 0.5
"""A boundary's novelty exceeds the mean of the piece by at least this many standard deviations."""

_MIN_NOVELTY = 0.1
"""Smaller novelty is never a boundary, however uniform the rest of the piece is."""

_MIN_CENTERED_NORM = 0.2
"""Windows nearer than this to the mean of the piece differ from it only by noise."""

_SAME_LABEL_SIMILARITY = 0.6
"""Minimum mean cosine similarity of centered features for two sections to share a label."""

_SAME_LABEL_RAW_SIMILARITY = 0.98
"""The same for features that are not centered: for pieces without contrast."""

_MAX_LENGTH_RATIO = 1.5
"""Sections whose lengths differ by a larger factor do not share a label."""


def window_features(windows: Mapping[Role, I16], pitch_classes: Bool) -> F64:
    """Compute the features of every window: pitch classes, and onset positions and density of each role.

    Parameters
    ----------
    windows : mapping of Role to ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The roles that the piece has.
    pitch_classes : ndarray, shape (n_windows, 12), bool
        The pitch classes that begin in each window, over all pitched roles.

    Returns
    -------
    ndarray, shape (n_windows, n_features), float64
        Rows of unit length.
    """
    columns = [pitch_classes.astype(np.float64)]
    for role in Role:
        if role not in windows:
            columns.append(np.zeros((len(pitch_classes), _N_ONSET_BINS + 1)))
            continue
        onsets = onset_steps(windows[role], role)
        by_bin = onsets.reshape(len(onsets), _N_ONSET_BINS, -1).mean(axis=2)
        columns.append(np.concatenate([by_bin, onsets.mean(axis=1, keepdims=True)], axis=1))
    return normalize_rows(np.concatenate(columns, axis=1))


def normalize_rows(rows: F64) -> F64:
    """Scale rows to unit length; rows of zeros stay."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9))


def centered_features(features: F64) -> F64:
    """Return how each window differs from the mean of the piece, scaled to a length of at most 1."""
    centered = features - features.mean(axis=0)
    return np.asarray(centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), _MIN_CENTERED_NORM))


def novelty_curve(features: F64) -> F64:
    """Compute how much a piece changes before each of its windows.

    Parameters
    ----------
    features : ndarray, shape (n_windows, n_features), float64
        From `window_features`.

    Returns
    -------
    ndarray, shape (n_windows,), float64
        0 where nothing changes, at most 1; also 0 where a section would be too short.

    Notes
    -----
    Foote, *Automatic audio segmentation using a measure of audio novelty*, ICME 2000: the self-similarity matrix
    around a moment is correlated with a checkerboard kernel tapered by a Gaussian.
    """
    centered = centered_features(features)
    similarity = centered @ centered.T
    novelty = np.zeros(len(features))
    for window in range(_MIN_SECTION_WINDOWS, len(features) - _MIN_SECTION_WINDOWS + 1):
        half = min(_KERNEL_HALF_WINDOWS, window, len(features) - window)
        taper = np.exp(-0.5 * ((np.arange(half) + 0.5) / (0.5 * _KERNEL_HALF_WINDOWS)) ** 2)
        before, after = slice(window - half, window), slice(window, window + half)
        backward, forward = taper[::-1, None], taper[:, None]
        # The two quadrants within one side count as similar, the two across the moment as different (one is computed,
        # since the matrix is symmetric).
        within = np.sum(similarity[before, before] * (backward * backward.T))
        within += np.sum(similarity[after, after] * (forward * forward.T))
        across = np.sum(similarity[before, after] * (backward * forward.T))
        novelty[window] = 0.25 * (within - 2.0 * across) / np.sum(taper) ** 2
    return novelty


def boundaries(features: F64) -> list[int]:
    """Return the windows at which sections begin: 0 and the peaks of the novelty curve, highest peaks first served."""
    novelty = novelty_curve(features)
    threshold = max(_MIN_NOVELTY, novelty.mean() + _NOVELTY_THRESHOLD_STD * novelty.std())
    chosen = [0]
    for window in sorted(np.flatnonzero(novelty >= threshold).tolist(), key=lambda each: (-novelty[each], each)):
        nearest = min(abs(window - other) for other in (*chosen, len(features)))
        if nearest >= _MIN_SECTION_WINDOWS:
            chosen.append(window)
    return sorted(chosen)


def segment(features: F64) -> tuple[Section, ...]:
    """Divide a piece into sections and give similar ones the same label.

    Parameters
    ----------
    features : ndarray, shape (n_windows, n_features), float64
        From `window_features`.

    Returns
    -------
    tuple of Section
        In order, without gaps.
    """
    starts, centered = boundaries(features), centered_features(features)
    sections: list[Section] = []
    for start, stop in pairwise([*starts, len(features)]):
        similar = [each for each in sections if _is_similar(features, centered, each, start, stop)]
        n_labels = len({each.label for each in sections})
        sections.append(Section(start, stop, similar[0].label if similar else section_label(n_labels)))
    return tuple(sections)


def _is_similar(features: F64, centered: F64, section: Section, start: int, stop: int) -> bool:
    length, other_length = section.stop - section.start, stop - start
    if max(length, other_length) > _MAX_LENGTH_RATIO * min(length, other_length):
        return False
    common = min(length, other_length)
    first, second = slice(section.start, section.start + common), slice(start, start + common)
    raw_similarity, similarity = ((of[first] * of[second]).sum(axis=1).mean() for of in (features, centered))
    return bool(raw_similarity >= _SAME_LABEL_RAW_SIMILARITY or similarity >= _SAME_LABEL_SIMILARITY)
