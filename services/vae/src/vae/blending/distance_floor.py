"""Distance floor: a blend is never nearer to a parent than that parent's own end of the path is.

A model reconstructs a window with small errors, and a blend may happen to lack them: it would be nearer to the parent
than the parent's own end. Such a blend has not left the parent, so the reconstruction replaces it. That changes little:
both are nearer to the parent than the floor.

Distances are those of `vae.pieces.window_distance.distance`, of windows with normalized rests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from score.arrays import F64, I16
from score.roles import Role

from vae.blending.interpolation import RoleInterpolation
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.note_thinning import thin_window
from vae.pieces.window_events import normalize_rests, onset_steps
from vae.reconstruction.store import Reconstruction

_ROUNDING = 1e-9


def apply_distance_floor(
    interpolation: RoleInterpolation, reconstructions: Sequence[Reconstruction], windows: I16
) -> I16:
    """Keep the windows between the ends at least as far from each parent as that parent's own end is.

    A role that one parent alone gives to a blend of several keeps its distance from the others too, whose windows it
    may resemble by coincidence.

    Parameters
    ----------
    interpolation : RoleInterpolation
    reconstructions : sequence of Reconstruction
        One for each parent.
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
        The finished windows.

    Returns
    -------
    ndarray, the shape of `windows`, int16
    """
    role, has_floor = interpolation.role, interpolation.has_floor
    own, endpoints, floors = [], [], np.zeros(interpolation.shares.shape)
    for index, (piece, reconstruction) in enumerate(zip(interpolation.pieces, reconstructions, strict=True)):
        aligned = interpolation.alignment.source_windows[:, index]
        own.append(piece.windows.get(role, reconstruction.endpoint)[aligned])
        endpoints.append(reconstruction.endpoint[aligned])
        floors[:, index] = np.where(has_floor[:, index], reconstruction.distance[aligned], 0.0)
    is_complete = (interpolation.note_keep_ratio == 1.0) & ~interpolation.rest_mask.any(axis=1)
    is_endpoint = (has_floor.sum(axis=1) == 1) & is_complete
    floors[is_endpoint] = 0.0
    return enforce_min_distance(normalize_rests(windows, role), own, endpoints, floors, role)


def enforce_min_distance(windows: I16, own: Sequence[I16], endpoints: Sequence[I16], floors: F64, role: Role) -> I16:
    """Replace windows that are nearer to a parent than the floor allows.

    The endpoint of the parent that is too near replaces such a window. If that endpoint in turn is too near to another
    parent, as it may be where parents are nearly equal, the other one's endpoint does; if none is far enough from all,
    the first one without as many of its weakest notes as necessary.

    Parameters
    ----------
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
    own, endpoints : sequence of ndarray, each the shape of `windows`, int16
        For each parent: its own windows, and the windows at its own end of the blend.
    floors : ndarray, shape (n_windows, n_parents), float64
        Minimum distance from each parent: that of its endpoint, at most `MAX_RECONSTRUCTION_DISTANCE`; 0 for none.
    role : Role

    Returns
    -------
    ndarray, the shape of `windows`, int16
        The other windows as they were.
    """
    result, rows = windows.copy(), np.flatnonzero((floors > 0).any(axis=1))
    if not len(rows):
        return result
    shortfalls = _shortfall(windows[rows], [each[rows] for each in own], floors[rows], role)
    for row, shortfall in zip(rows.tolist(), shortfalls, strict=True):
        if shortfall.max() > 0:
            aligned = [each[row : row + 1] for each in own]
            # The parent that is nearest, relative to its floor, comes first.
            order = np.argsort(-shortfall, kind="stable").tolist()
            candidates = _candidates([endpoints[index][row] for index in order if floors[row, index] > 0], role)
            result[row] = next(
                each for each in candidates if not _shortfall(each[None], aligned, floors[row : row + 1], role).any()
            )
    return result


def _shortfall(windows: I16, own: Sequence[I16], floors: F64, role: Role) -> F64:
    """Return how much farther windows should be from each parent: shape (n_windows, n_parents)."""
    distances = [window_distance.distance(each, windows, ROLE_SPECS[role]) for each in own]
    shortfall = floors - np.stack(distances, axis=1)
    return np.where(shortfall > _ROUNDING, shortfall, 0.0)


def _candidates(endpoints: Sequence[I16], role: Role) -> Iterator[I16]:
    """Yield replacements of a window: the endpoints, then the first one with fewer and fewer notes."""
    yield from endpoints
    n_onsets = int(onset_steps(endpoints[0][None], role).sum())
    for n_left in range(n_onsets - 1, -1, -1):
        yield normalize_rests(thin_window(endpoints[0], role, n_left / n_onsets)[None], role)[0]
