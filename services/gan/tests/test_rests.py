"""Who rests when: as the style's music does, by the form, and never everybody."""

from __future__ import annotations

import numpy as np
from gan.form import Form
from gan.rests import NEVER, Playing, Rests, plan, rest
from score.roles import ROLES, Role

KEEP = np.zeros(4, np.float32)


def drawn(rests: Rests, *, bars: int = 8, source: tuple[int, ...] = (-1, -1, -1, -1), seed: int = 1) -> Playing:
    form = Form("AA", np.arange(4), np.array(source), KEEP)
    return plan(rests, form, bars, np.random.default_rng(seed))


def test_a_style_that_never_rests_does_not() -> None:
    assert drawn(NEVER).all()
    assert drawn(NEVER, bars=7).shape == (7, 4)


def test_states_follow_each_other_as_they_were_counted() -> None:
    # The lead (bit 0) rests in the first window and in the second half of the next; then everybody plays.
    playing = drawn(Rests({"ee": 1}, {"ee": {"fe": 1}, "fe": {"ff": 1}, "ff": {"ff": 1}}))
    assert playing[:, 0].tolist() == [False, False, True, False, True, True, True, True]
    assert playing[:, 1:].all()


def test_a_window_that_comes_back_rests_as_its_source() -> None:
    playing = drawn(Rests({"7f": 1}, {"7f": {"ff": 1}, "ff": {"ff": 1}}), source=(-1, -1, 0, 1))
    assert playing[:, 3].tolist() == [False, True, True, True, False, True, True, True]


def test_the_end_is_played_by_all_and_who_would_hardly_play_plays_throughout() -> None:
    always = Rests({"ef": 1}, {"ef": {"ef": 1}})
    assert drawn(always)[:, 0].tolist() == [False, True] * 4
    assert drawn(Rests({"fe": 1}, {"fe": {"fe": 1}}))[-1].all()
    assert drawn(Rests({"ee": 1}, {"ee": {"ee": 1}})).all()


def test_rests_silence_and_cut_what_would_sound_on() -> None:
    lead, drums = np.zeros(64, np.int16), np.ones(64, np.int16)
    lead[[0, 20, 30, 60]] = 41, 43, 45, 47
    playing = np.ones((4, 4), np.bool_)
    playing[1, 0] = playing[2, 3] = False
    rested = rest({Role.LEAD: lead, Role.DRUMS: drums}, playing, 16)
    assert np.flatnonzero(rested[Role.LEAD]).tolist() == [0, 16, 32, 60]
    assert rested[Role.LEAD][[16, 32]].tolist() == [1, 1]
    assert rested[Role.DRUMS].reshape(4, 16).sum(1).tolist() == [16, 16, 0, 16]


def test_a_bar_that_would_be_empty_is_played_by_all() -> None:
    lead, bass = np.full(32, 41, np.int16), np.full(32, 31, np.int16)
    playing = np.ones((2, len(ROLES)), np.bool_)
    playing[0, [0, 2]] = False
    rested = rest({Role.LEAD: lead, Role.BASS: bass}, playing, 16)
    assert (rested[Role.LEAD] == lead).all()
    assert (rested[Role.BASS] == bass).all()
