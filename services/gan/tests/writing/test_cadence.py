"""The last bar: a final chord on the tonic."""

from __future__ import annotations

import numpy as np
import pytest
from gan.writing.cadence import has_final_cadence, write_final_cadence
from score.encoding import sounding_pitch
from score.roles import Role


@pytest.mark.parametrize(("is_minor", "tonic", "triad"), [(False, 0, {0, 4, 7}), (True, 9, {9, 0, 4})])
def test_all_roles_arrive_on_the_tonic_and_hold(is_minor: bool, tonic: int, triad: set[int]) -> None:
    events = {
        Role.LEAD: np.resize(np.array([62 - 19, 0, 71 - 19, 0], np.int16), 32),
        Role.HARMONY: np.resize(np.array([[65 - 19, 62 - 19, 59 - 19, 1], [0, 0, 0, 0]], np.int16), (32, 4)),
        Role.BASS: np.resize(np.array([43 - 19, 0], np.int16), 32),
        Role.DRUMS: np.ones(32, np.int16),
    }
    ended = write_final_cadence(events, 16, is_minor=is_minor)
    for role in (Role.LEAD, Role.HARMONY, Role.BASS):
        assert (ended[role][:16] == events[role][:16]).all()
        last = ended[role][16:].reshape(16, -1).T
        assert (last[:, 1:] == 0).all()
        classes = set(sounding_pitch(last, axis=-1).ravel().tolist()) - {0}
        assert {pitch % 12 for pitch in classes} <= triad
        assert len(classes) == (3 if role is Role.HARMONY else 1)
    assert sounding_pitch(ended[Role.BASS][16:])[0] % 12 == tonic
    assert ended[Role.DRUMS][16:].tolist() == [0b10000001] + [0] * 15


def test_voices_move_to_the_nearest_tone() -> None:
    lead = np.zeros(32, np.int16)
    lead[0] = 71 - 19
    assert write_final_cadence({Role.LEAD: lead}, 16, is_minor=False)[Role.LEAD][16] == 72 - 19


def test_a_cadence_rests_on_the_tonic_to_the_end() -> None:
    lead, bass = np.zeros((2, 32), np.int16)
    lead[[0, 16]], bass[[0, 16]] = (62 - 19, 64 - 19), (43 - 19, 36 - 19)
    assert has_final_cadence({Role.LEAD: lead, Role.BASS: bass}, 16, is_minor=False)
    assert not has_final_cadence({Role.LEAD: lead, Role.BASS: bass}, 16, is_minor=True)
    busy = lead.copy()
    busy[28] = 67 - 19
    assert not has_final_cadence({Role.LEAD: busy, Role.BASS: bass}, 16, is_minor=False)
    silent = {Role.LEAD: np.append(lead, [1] + [0] * 15).astype(np.int16)}
    assert has_final_cadence({Role.LEAD: lead}, 16, is_minor=False) is False
    assert not has_final_cadence(
        silent | {Role.BASS: np.append(bass, [1] + [0] * 15).astype(np.int16)}, 16, is_minor=False
    )
