"""Paths through latent space: between two points on the sphere, and the middle of several."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_PARALLEL = 1e-4  # radians; below it the great circle is a line, and its formula divides by nearly nothing


def slerp(start: Floats, end: Floats, weight: Floats | float) -> Floats:
    """Interpolate along great circles.

    Parameters
    ----------
    start, end : ndarray, shape (n, LATENT_SIZE), float32
    weight : float or ndarray, shape (n,)
        0 gives `start`, 1 gives `end`, both exactly.

    Returns
    -------
    ndarray, shape (n, LATENT_SIZE), float32

    Notes
    -----
    Shoemake, *Animating Rotation with Quaternion Curves*, SIGGRAPH 1985; applied to vectors of any length, as
    Magenta's `TrainedModel.interpolate` does.
    """
    share = np.broadcast_to(np.asarray(weight, np.float64), len(start))[:, None]
    lengths = np.linalg.norm(start, axis=1) * np.linalg.norm(end, axis=1)
    cosine = np.sum(start.astype(np.float64) * end, axis=1) / np.maximum(lengths, 1e-12)
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))[:, None]
    straight = (angle < _PARALLEL) | (angle > np.pi - _PARALLEL)
    sine = np.where(straight, 1.0, np.sin(angle))
    of_start = np.where(straight, 1.0 - share, np.sin((1.0 - share) * angle) / sine)
    of_end = np.where(straight, share, np.sin(share * angle) / sine)
    between = of_start * start + of_end * end
    # Between equals rounding must not move anything: a piece blended with itself stays itself.
    is_start = (share == 0.0) | (start == end).all(axis=1, keepdims=True)
    return np.where(is_start, start, np.where(share == 1.0, end, between)).astype(np.float32)


def drawn_together(points: Sequence[Floats], middle: Floats, approach: float) -> Floats:
    """Move points along great circles towards their middle.

    Parameters
    ----------
    points : sequence of ndarray, shape (n, LATENT_SIZE) each
    middle : ndarray, shape (n, LATENT_SIZE)
        What `mix` makes of them.
    approach : float
        The share of the way: 0 leaves them, 1 puts all into the middle.

    Returns
    -------
    ndarray, shape (n, number of points, LATENT_SIZE), float32
    """
    return np.stack([slerp(each, middle, approach) for each in points], axis=1)


def evened(shares: Floats, evenness: float) -> Floats:
    """Bend shares so that steps of a weight are steps in music.

    Near an end a decoder says what its parent says whatever the other's share, and all would change at once about the
    middle; powers below 1 bring shares nearer to each other.

    Parameters
    ----------
    shares : ndarray, shape (n, number of points), float32
        Rows sum to 1, or to 0.
    evenness : float
        The power; 1 leaves them.

    Returns
    -------
    ndarray, shape (n, number of points), float32
        Rows sum as before; 0 and 1 stay.
    """
    bent = np.power(shares.astype(np.float64), evenness)
    total = bent.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(bent, total, out=np.zeros_like(bent), where=total > 0), np.float32)


def mix(points: Sequence[Floats], shares: Floats) -> Floats:
    """Mix several points by their shares, folding one after the other in by `slerp`.

    Parameters
    ----------
    points : sequence of ndarray, shape (n, LATENT_SIZE) each
    shares : ndarray, shape (n, number of points), float32
        Not negative, not all zero in a row.

    Returns
    -------
    ndarray, shape (n, LATENT_SIZE), float32
        A row whose whole share is one point's is that point exactly.
    """
    mixed, total = points[0], shares[:, 0].astype(np.float64)
    for index in range(1, len(points)):
        total = total + shares[:, index]
        mixed = slerp(
            mixed, points[index], np.divide(shares[:, index], total, where=total > 0, out=np.zeros_like(total))
        )
    return mixed
