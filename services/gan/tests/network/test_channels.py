"""Between grids and channels, and the places of steps: exact on small music, and back again."""

from __future__ import annotations

import numpy as np
import pytest
from gan.network.channels import (
    NO_SOURCE,
    channel_states,
    copy_sources,
    last_note_events,
    repeat_sources,
    step_chords,
    step_positions,
    to_channels,
    to_role_events,
)
from gan.network.dims import CHANNEL_ROLES
from score.roles import ROLES, Role


def test_channels_of_a_grid_and_back() -> None:
    random = np.random.default_rng(1)
    events = {role: random.integers(2, 90, (16, 4) if role is Role.HARMONY else 16).astype(np.int16) for role in ROLES}
    laid = to_channels(events)
    assert laid[:, 0].tolist() == events[Role.DRUMS].tolist()
    assert laid[:, 6].tolist() == events[Role.LEAD].tolist()
    back = to_role_events(laid, ROLES)
    for role in ROLES:
        assert np.array_equal(back[role], events[role])
        assert back[role].dtype == np.int16


def test_a_line_that_begins_in_silence_says_so() -> None:
    laid = np.zeros((8, len(CHANNEL_ROLES)), np.int64)
    assert to_role_events(laid, [Role.BASS])[Role.BASS].tolist() == [1] + [0] * 7
    assert to_role_events(laid, [Role.DRUMS])[Role.DRUMS].tolist() == [0] * 8


def test_states_say_what_sounds_and_what_begins() -> None:
    laid = np.zeros((6, len(CHANNEL_ROLES)), np.int64)
    laid[:, 0] = [3, 0, 0, 1, 0, 0]
    laid[:, 1] = [0, 2, 0, 89, 1, 0]
    states = channel_states(laid)
    assert states[:, 0].tolist() == [3, 0, 0, 1, 0, 0]
    assert states[:, 1].tolist() == [0, 2, 1, 176, 0, 0]


def test_places_count_bars_from_both_ends() -> None:
    places = step_positions("3/4", 9, 2, 11)
    assert places.shape == (24, 4)
    assert places[0].tolist() == [16, 1, 8, 1]
    assert places[23].tolist() == [27, 2, 8, 0]
    assert step_positions("4/4", 0, 1, 64)[15].tolist() == [15, 0, 0, 8]


@pytest.mark.parametrize(("meter", "bar"), [("4/4", 16), ("6/8", 12)])
def test_what_may_come_back_is_the_letters_source_and_the_bars_before(meter: str, bar: int) -> None:
    echoes = repeat_sources(np.array([0, 1, 0, 0]), meter).reshape(4, 2 * bar, 3)
    assert (echoes[:2, :, 0] == NO_SOURCE).all()
    assert echoes[2, :, 0].tolist() == echoes[3, :, 0].tolist() == list(range(2 * bar))
    assert (echoes[0, :bar, 1] == NO_SOURCE).all()
    assert echoes[0, bar:, 1].tolist() == list(range(bar))
    assert (echoes[0, :, 2] == NO_SOURCE).all()
    assert echoes[3, :, 2].tolist() == list(range(4 * bar, 6 * bar))


def test_the_last_note_is_the_one_before_the_step() -> None:
    laid = np.zeros((6, len(CHANNEL_ROLES)), np.int64)
    laid[:, 1] = [0, 50, 1, 0, 60, 0]
    assert last_note_events(laid)[:, 1].tolist() == [0, 0, 50, 50, 50, 60]


def test_a_chord_is_that_of_the_beginning_of_half_a_bar() -> None:
    steps = step_chords(np.array([[0, NO_SOURCE], [14, 15]]), "3/4").reshape(4, 6)
    assert steps.tolist() == [[chord] * 4 + [NO_SOURCE] * 2 for chord in (0, NO_SOURCE, 14, 15)]


def test_what_each_channel_repeats() -> None:
    source = np.array([[-1, -1, -1, -1], [0, -1, -1, 0], [1, -1, -1, -1]])
    steps = copy_sources(source, "3/4")
    assert steps.shape == (36, len(CHANNEL_ROLES))
    assert (steps[:12] == NO_SOURCE).all()
    assert steps[12:24, 0].tolist() == steps[12:24, 6].tolist() == list(range(12))
    assert steps[24:, 6].tolist() == list(range(12, 24))
    assert (steps[12:, 1:6] == NO_SOURCE).all()
