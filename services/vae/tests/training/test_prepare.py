"""The windows of pieces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from score.encoding import OFF
from score.roles import Role
from vae.pieces.piece import read_midi
from vae_training.data import prepare  # type: ignore[import-not-found]


def test_windows_begin_at_every_bar_and_are_distinct(corpus: Path) -> None:
    # Six bars: five windows of two bars, and the last bar followed by silence. All but that have the same beat.
    rows = prepare.read_index(corpus)
    assert prepare.extract_windows(rows[0], 64).windows == {}
    windows = prepare.extract_windows(rows[2], 64).windows
    assert {role: len(of) for role, of in windows.items()} == {"lead": 6, "harmony": 6, "bass": 6, "drums": 2}
    assert len(prepare.extract_windows(rows[2], 2).windows["lead"]) == 2


def test_a_note_that_continues_gets_an_onset_when_its_bar_is_dropped(band: Callable[..., bytes]) -> None:
    grid = read_midi(band(4, roles=(Role.LEAD,))).grid
    events = np.zeros(64, np.int16)
    events[[0, 40]] = (50, OFF)
    rest = prepare.drop_first_bar(replace(grid, events={Role.LEAD: events}))
    assert rest.n_bars == 3
    assert np.flatnonzero(rest.events[Role.LEAD]).tolist() == [0, 24]
    assert rest.events[Role.LEAD][[0, 24]].tolist() == [50, OFF]
