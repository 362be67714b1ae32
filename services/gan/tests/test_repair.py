"""Holes are filled from the nearest bar, and nothing rings on into what was silent."""

from __future__ import annotations

import numpy as np
from gan.repair import bars_that_sound, fill
from score.roles import Role


def test_fills_drums_and_lets_a_lead_breathe() -> None:
    drums = np.zeros(64, np.int16)
    drums[[0, 4, 48]] = 1, 2, 4
    lead = np.zeros(64, np.int16)
    lead[[0, 2, 48]] = 41, 1, 43
    filled = fill({Role.DRUMS: drums, Role.LEAD: lead}, 16)
    assert np.flatnonzero(filled[Role.DRUMS]).tolist() == [0, 4, 16, 20, 32, 48]
    assert filled[Role.DRUMS][32] == 4
    assert bars_that_sound(filled[Role.LEAD], Role.LEAD, 16).tolist() == [True, False, True, True]
    assert filled[Role.LEAD][32] == 43


def test_a_held_chord_is_struck_again_and_stops() -> None:
    harmony = np.zeros((64, 4), np.int16)
    harmony[0] = [48, 45, 41, 1]
    harmony[32] = 1
    filled = fill({Role.HARMONY: harmony}, 16)[Role.HARMONY]
    assert filled[32].tolist() == filled[48].tolist() == [48, 45, 41, 1]
    alone = np.zeros((64, 4), np.int16)
    alone[16], alone[32] = [48, 45, 41, 1], 1
    filled = fill({Role.HARMONY: alone}, 16)[Role.HARMONY]
    assert [filled[step].tolist() for step in (0, 16, 32, 48)] == [[48, 45, 41, 1]] * 4


def test_leaves_what_sounds_and_what_never_does() -> None:
    bass, silent = np.zeros(32, np.int16), np.zeros(32, np.int16)
    bass[0] = 20
    silent[0] = 1
    filled = fill({Role.BASS: bass, Role.LEAD: silent}, 16)
    assert filled[Role.BASS].tolist() == bass.tolist()
    assert filled[Role.LEAD].tolist() == silent.tolist()
