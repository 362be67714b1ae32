"""How near a blend may come to its parents: no nearer than what the models give back of them.

A model errs a little where it gives a window back, and between the ends it may by chance not err there: such a blend
would be nearer to a parent than that parent's own end of the path. It has not left that parent, so what the model gives
back stands in its place. That changes little: no more than both are away from the parent.

Near is what `vae.pieces.window_distance.distance` says of windows whose silence is written as a grid writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from score.encoding import OFF
from score.roles import Role

from vae.expression import dynamics
from vae.models.specs import ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import tidied

Events = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]

FARTHEST = 0.5
"""As far as silence at least; what lies beyond is not what the parent plays, and its model does not know it."""

_ROUNDING = 1e-9


def kept_off(cut: Events, owns: Sequence[Events], given: Sequence[Events], least: Floats, role: Role) -> Events:
    """Replace blends that are nearer to a parent than what the model gives back of it.

    In their place stands what the model gives back of the parent that they are too near to. Where that in turn is too
    near to another parent, as may be where parents are nearly alike, what it gives back of that one stands; where none
    does, the first with as many of its weakest notes left out as must be.

    Parameters
    ----------
    cut : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16
        Blends.
    owns, given : sequence of ndarray, each of the shape of `cut`
        One a parent: what it plays at each place, and what its model gives back of that.
    least : ndarray, shape (n_windows, n_parents), float64
        How far blends must be from each parent: as far as `given` is, at most `FARTHEST`; 0 for parents that do not
        count.
    role : Role

    Returns
    -------
    ndarray
        Of the shape of `cut`, the other windows as they were.
    """
    kept, rows = cut.copy(), np.flatnonzero((least > 0).any(axis=1))
    if not len(rows):
        return kept
    lack = _lack(cut[rows], [own[rows] for own in owns], least[rows], role)
    for row, lacking in zip(rows.tolist(), lack, strict=True):
        if lacking.max() > 0:
            met = [own[row : row + 1] for own in owns]
            # The parent that is nearest too much comes first.
            order = np.argsort(-lacking, kind="stable").tolist()
            candidates = _instead([given[index][row] for index in order if least[row, index] > 0], role)
            kept[row] = next(
                found for found in candidates if not _lack(found[None], met, least[row : row + 1], role).any()
            )
    return kept


def _lack(cut: Events, owns: Sequence[Events], least: Floats, role: Role) -> Floats:
    """Return how much farther windows should be from each parent: shape (n_windows, n_parents)."""
    far = [window_distance.distance(own, cut, ROLE_SPECS[role.value]) for own in owns]
    lack = least - np.stack(far, axis=1)
    return np.where(lack > _ROUNDING, lack, 0.0)


def _instead(given: Sequence[Events], role: Role) -> Iterator[Events]:
    """Yield what may stand in a blend's place: what is given back, then the first of it, note by note sparser."""
    yield from given
    least = 1 if role is Role.DRUMS else OFF + 1
    count = int((given[0] >= least).reshape(len(given[0]), -1).any(axis=1).sum())
    for left in range(count - 1, -1, -1):
        yield tidied(dynamics.thin(given[0], role, left / count, len(given[0]) // 2)[None], role)[0]
