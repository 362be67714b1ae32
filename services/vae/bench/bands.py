"""Pieces of four roles for the benchmarks: no two of their bars are equal, so that nothing is decided only once."""

from __future__ import annotations

import numpy as np
from score import grid as grids
from score import midi
from score.roles import Role

_SCALE = (60, 62, 64, 65, 67, 69, 71)


def write_band(seed: int, n_bars: int) -> bytes:
    """Return a MIDI file in 4/4.

    Parameters
    ----------
    seed : int
    n_bars : int
    """
    rng = np.random.default_rng(seed)
    lead = np.zeros(n_bars * 16, np.int16)
    lead[::2] = rng.choice(_SCALE, n_bars * 8) - 19
    chords = np.zeros((n_bars * 16, 4), np.int16)
    chords[::16] = rng.choice((48, 53, 55), n_bars)[:, None] - 19 + np.array([24, 19, 16, 12])
    beat = np.tile(np.array([5, 0, 4, 0, 6, 0, 4, 0], np.int16), n_bars * 2)
    beat[::16] |= rng.choice((0, 128), n_bars).astype(np.int16)
    events = {Role.LEAD: lead, Role.HARMONY: chords, Role.BASS: np.where(lead > 0, lead - 24, 0), Role.DRUMS: beat}
    return midi.write(grids.to_score(grids.from_events("4/4", events)))
