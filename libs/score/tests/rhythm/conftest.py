"""Pieces for the tests of the beat tracker."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from score.arrays import F64
from score.model import Note, Score, Tempo, Track

TUNE = (64, 64, 65, 67, 67, 65, 64, 62, 60, 60, 62, 64, 64, 62, 62, 62)
CHORDS = ((48, 55), (43, 50), (48, 55), (43, 53))

Play = Callable[..., Score]


@pytest.fixture(scope="session")
def play() -> Play:
    """Build a played piece: a tune in quarters over chords in halves, three times, in a file of 120 BPM."""

    def build(beats_s: F64 | None = None, lead_in_s: float = 1.0, repeats: int = 3) -> Score:
        n_beats = len(TUNE) * repeats
        if beats_s is None:
            rng = np.random.default_rng(3)
            beats_s = lead_in_s + np.cumsum(
                np.full(n_beats + 1, 0.65) * (1 + 0.06 * np.sin(np.arange(n_beats + 1) / 4))
            )
            beats_s += rng.normal(0, 0.008, len(beats_s))
        ticks = np.round(beats_s * 960).astype(int).tolist()
        notes = []
        for beat in range(n_beats):
            notes.append(
                Note(ticks[beat], ticks[beat + 1] - ticks[beat] - 20, TUNE[beat % 16], 90 if beat % 4 else 100)
            )
            if beat % 4 == 0:
                length = ticks[min(beat + 4, n_beats)] - ticks[beat] - 20
                notes += [Note(ticks[beat], length, pitch, 70) for pitch in CHORDS[beat // 4 % 4]]
        return Score(480, (Tempo(0, 500_000),), tracks=(Track("Piano", 0, 0, tuple(sorted(notes))),))

    return build
