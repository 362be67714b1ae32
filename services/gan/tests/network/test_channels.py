"""Conversion between grids and channels, and the inputs derived from them: exact on small music."""

from __future__ import annotations

import numpy as np
import pytest
from gan.network.channels import (
    channel_states,
    copy_sources,
    last_note_events,
    repeat_sources,
    step_chords,
    step_positions,
    to_channels,
    to_role_events,
)
from gan.network.dims import CHANNEL_ROLES, NO_SOURCE
from score.roles import ROLES, Role


def test_grid_to_channels_and_back() -> None:
    random = np.random.default_rng(1)
    events = {role: random.integers(2, 90, (16, 4) if role is Role.HARMONY else 16).astype(np.int16) for role in ROLES}
    channels = to_channels(events)
    assert channels[:, 0].tolist() == events[Role.DRUMS].tolist()
    assert channels[:, 6].tolist() == events[Role.LEAD].tolist()
    found = to_role_events(channels, ROLES)
    for role in ROLES:
        assert np.array_equal(found[role], events[role])
        assert found[role].dtype == np.int16


def test_a_line_that_begins_in_silence_begins_with_a_note_off() -> None:
    channels = np.zeros((8, len(CHANNEL_ROLES)), np.int64)
    assert to_role_events(channels, [Role.BASS])[Role.BASS].tolist() == [1] + [0] * 7
    assert to_role_events(channels, [Role.DRUMS])[Role.DRUMS].tolist() == [0] * 8


def test_states_tell_held_notes_from_onsets() -> None:
    channels = np.zeros((6, len(CHANNEL_ROLES)), np.int64)
    channels[:, 0] = [3, 0, 0, 1, 0, 0]
    channels[:, 1] = [0, 2, 0, 89, 1, 0]
    states = channel_states(channels)
    assert states[:, 0].tolist() == [3, 0, 0, 1, 0, 0]
    assert states[:, 1].tolist() == [0, 2, 1, 176, 0, 0]


def test_positions_count_bars_from_both_ends() -> None:
    positions = step_positions("3/4", 9, 2, 11)
    assert positions.shape == (24, 4)
    assert positions[0].tolist() == [16, 1, 8, 1]
    assert positions[23].tolist() == [27, 2, 8, 0]
    assert step_positions("4/4", 0, 1, 64)[15].tolist() == [15, 0, 0, 8]


@pytest.mark.parametrize(("meter", "bar"), [("4/4", 16), ("6/8", 12)])
def test_repeat_sources_are_the_first_window_of_the_label_and_earlier_bars(meter: str, bar: int) -> None:
    sources = repeat_sources(np.array([0, 1, 0, 0]), meter).reshape(4, 2 * bar, 3)
    assert (sources[:2, :, 0] == NO_SOURCE).all()
    assert sources[2, :, 0].tolist() == sources[3, :, 0].tolist() == list(range(2 * bar))
    assert (sources[0, :bar, 1] == NO_SOURCE).all()
    assert sources[0, bar:, 1].tolist() == list(range(bar))
    assert (sources[0, :, 2] == NO_SOURCE).all()
    assert sources[3, :, 2].tolist() == list(range(4 * bar, 6 * bar))


def test_the_last_note_is_before_the_step() -> None:
    channels = np.zeros((6, len(CHANNEL_ROLES)), np.int64)
    channels[:, 1] = [0, 50, 1, 0, 60, 0]
    assert last_note_events(channels)[:, 1].tolist() == [0, 0, 50, 50, 50, 60]


def test_chords_bind_the_first_beat_of_each_half_bar() -> None:
    steps = step_chords(np.array([[0, NO_SOURCE], [14, 15]]), "3/4").reshape(4, 6)
    assert steps.tolist() == [[chord] * 4 + [NO_SOURCE] * 2 for chord in (0, NO_SOURCE, 14, 15)]


def test_copy_sources_by_channel() -> None:
    bar_sources = np.array([[-1, -1, -1, -1], [0, -1, -1, 0], [1, -1, -1, -1]])
    steps = copy_sources(bar_sources, "3/4")
    assert steps.shape == (36, len(CHANNEL_ROLES))
    assert (steps[:12] == NO_SOURCE).all()
    assert steps[12:24, 0].tolist() == steps[12:24, 6].tolist() == list(range(12))
    assert steps[24:, 6].tolist() == list(range(12, 24))
    assert (steps[12:, 1:6] == NO_SOURCE).all()
