"""Paths through latent space: great circles between points, means of several points, and weights along the way.

Conventions: points are float32 arrays of shape (n, latent_size), weights and shares of shape (n, n_points).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from score.arrays import F32

_PARALLEL_RADIANS = 1e-4
"""Below this angle the great circle is a straight line, and its formula divides by nearly zero."""

_ROUNDING = 1e-4
"""Divergence below this comes from float32 arithmetic, not from the music."""


def slerp(start: F32, end: F32, weight: F32 | float) -> F32:
    """Interpolate along great circles.

    Parameters
    ----------
    start, end : ndarray, shape (n, latent_size), float32
    weight : float or ndarray, shape (n,)
        0 gives `start`, 1 gives `end`, both exactly.

    Returns
    -------
    ndarray, shape (n, latent_size), float32

    Notes
    -----
    Shoemake, *Animating Rotation with Quaternion Curves*, SIGGRAPH 1985; applied to vectors of any length, as
    Magenta's `TrainedModel.interpolate` does.
    """
    share = np.broadcast_to(np.asarray(weight, np.float64), len(start))[:, None]
    lengths = np.linalg.norm(start, axis=1) * np.linalg.norm(end, axis=1)
    cosine = np.sum(start.astype(np.float64) * end, axis=1) / np.maximum(lengths, 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))[:, None]
    is_parallel = (angle < _PARALLEL_RADIANS) | (angle > np.pi - _PARALLEL_RADIANS)
    sine = np.where(is_parallel, 1.0, np.sin(angle))
    start_weight = np.where(is_parallel, 1.0 - share, np.sin((1.0 - share) * angle) / sine)
    end_weight = np.where(is_parallel, share, np.sin(share * angle) / sine)
    between = start_weight * start + end_weight * end
    # Rounding must not move anything between equal points: a piece blended with itself stays itself.
    is_start = (share == 0.0) | (start == end).all(axis=1, keepdims=True)
    return np.where(is_start, start, np.where(share == 1.0, end, between)).astype(np.float32)


def slerp_mean(points: Sequence[F32], shares: F32) -> F32:
    """Compute the mean of several points on the sphere, adding one after the other by `slerp`.

    Parameters
    ----------
    points : sequence of ndarray, shape (n, latent_size), float32
    shares : ndarray, shape (n, n_points), float32
        Not negative, not all zero in a row.

    Returns
    -------
    ndarray, shape (n, latent_size), float32
        Exactly a point where its share is 1.
    """
    mean, total = points[0], shares[:, 0].astype(np.float64)
    for index in range(1, len(points)):
        total = total + shares[:, index]
        weight = np.divide(shares[:, index], total, where=total > 0, out=np.zeros_like(total))
        mean = slerp(mean, points[index], weight)
    return mean


def contract_toward_mean(points: Sequence[F32], mean: F32, contraction: float) -> F32:
    """Move points along great circles towards their mean.

    Parameters
    ----------
    points : sequence of ndarray, shape (n, latent_size), float32
    mean : ndarray, shape (n, latent_size), float32
        From `slerp_mean`.
    contraction : float
        0 leaves the points, 1 moves all to the mean.

    Returns
    -------
    ndarray, shape (n, n_points, latent_size), float32
    """
    return np.stack([slerp(each, mean, contraction) for each in points], axis=1)


def flatten_weights(shares: F32, exponent: float) -> F32:
    """Raise shares to a power and normalize them again.

    Near an end of the path a decoder gives its own parent's music whatever the other one's weight, and everything would
    change at once around the middle. Powers below 1 bring the weights nearer to each other, so that equal steps of a
    share are equal steps in the music.

    Parameters
    ----------
    shares : ndarray, shape (n, n_points), float32
        Rows sum to 1, or to 0.
    exponent : float
        1 leaves the shares.

    Returns
    -------
    ndarray, shape (n, n_points), float32
        Rows with the same sums; 0 and 1 stay.
    """
    powers = np.power(shares.astype(np.float64), exponent)
    total = powers.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(powers, total, out=np.zeros_like(powers), where=total > 0), np.float32)


def parent_divergence(points: Sequence[F32], shares: F32) -> F32:
    """Compute how far each window is from being one parent's own.

    Parameters
    ----------
    points : sequence of ndarray, shape (n, latent_size), float32
        The parents' latents.
    shares : ndarray, shape (n, n_points), float32

    Returns
    -------
    ndarray, shape (n,), float32
        0 at the ends and between equal parents, at most 1: twice what the shares' mean of the unit vectors lacks in
        length.
    """
    stacked = np.stack(points, axis=1)
    lengths = np.maximum(np.linalg.norm(stacked, axis=2, keepdims=True), 1e-9)
    mean = (stacked / lengths * shares[:, :, None]).sum(axis=1)
    divergence = np.clip(2.0 * (1.0 - np.linalg.norm(mean, axis=1)), 0.0, 1.0)
    return np.where(divergence < _ROUNDING, 0.0, divergence).astype(np.float32)
