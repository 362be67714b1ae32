"""No blend is nearer to a parent than what the models give back of that parent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score import grid as grids
from score.encoding import OFF
from score.roles import Role
from vae.blending import distance_floor
from vae.blending.blend import Wishes, blend, finished, reconstruct
from vae.blending.blend_weights import Weights
from vae.models.model_registry import Bank, Chords, Events, Floats, Interrupt, Order, go_on
from vae.models.specs import LATENT_SIZE, ROLE_SPECS
from vae.pieces import window_distance
from vae.pieces.piece import Piece, of_grid, tidied

ROUNDING = 1e-9
BEAT = np.array([5, 0, 4, 0] * 8, np.int16)
TUNE = np.array([41, 0, 43, 0, 45, 0, 46, 0] * 4, np.int16)


def changed(cut: Events, **events: int) -> Events:
    """Write other events at steps of a window: `s4=50` at step 4."""
    found = cut.copy()
    for step, event in events.items():
        found[int(step[1:])] = event
    return found


def kept(cut: Events, owns: list[Events], given_back: list[Events], role: Role = Role.LEAD) -> Events:
    """Hold one window to its bounds."""
    spec = ROLE_SPECS[role.value]
    own, back = ([each[None] for each in found] for found in (owns, given_back))
    far = [window_distance.distance(*each, spec) for each in zip(own, back, strict=True)]
    held: Events = distance_floor.kept_off(
        cut[None], own, back, np.minimum(np.stack(far, axis=1), distance_floor.FARTHEST), role
    )[0]
    return held


def test_a_blend_that_rights_an_error_of_its_parents_reconstruction_becomes_that_reconstruction() -> None:
    other, back = TUNE + np.where(TUNE > 0, 7, 0).astype(np.int16), changed(TUNE, s4=50, s6=50)
    assert np.array_equal(kept(changed(TUNE, s6=50), [TUNE, other], [back, other]), back)
    assert np.array_equal(kept(TUNE, [other, TUNE], [other, back]), back)


def test_a_blend_as_far_as_the_reconstruction_stays() -> None:
    other, back = TUNE + np.where(TUNE > 0, 7, 0).astype(np.int16), changed(TUNE, s4=50)
    blended = changed(TUNE, s12=52)
    assert np.array_equal(kept(blended, [TUNE, other], [back, other]), blended)


def test_where_one_parents_reconstruction_is_too_near_to_the_other_the_others_stands() -> None:
    # B is A with another note at step 4, which A's reconstruction has too, among other errors; B's has more of them.
    second = changed(TUNE, s4=50)
    backs = [changed(second, s6=50), changed(second, s6=50, s10=50, s14=50)]
    assert np.array_equal(kept(TUNE, [TUNE, second], backs), backs[1])


def test_where_reconstructions_have_changed_places_notes_are_left_out() -> None:
    second = changed(TUNE, s4=50)
    found = kept(TUNE, [TUNE, second], [second, TUNE])
    onsets = np.flatnonzero(found > OFF)
    assert len(onsets) == 14
    assert np.array_equal(found[onsets], second[onsets])


class Erring(Bank):
    """A bank that errs where it gives a lead's window back alone, and blends all to the first window of all."""

    def __init__(self, error: Callable[[Events], Events]) -> None:
        super().__init__({}, {})
        self._error = error
        self._heard: list[Events] = []

    def encode(self, role: Role, windows: Events, chords: Chords, interrupt: Interrupt = go_on) -> Floats:
        self._heard.append(windows)
        z = np.zeros((len(windows), LATENT_SIZE), np.float32)
        z[:, : windows.shape[1]] = windows
        return z

    def decode_all(self, role: Role, orders: Sequence[Order], steps: int, interrupt: Interrupt = go_on) -> list[Events]:
        alone = [
            np.stack([self._error(cut) for cut in order.points[:, 0, :steps].astype(np.int16)]) for order in orders
        ]
        blended = [np.repeat(self._heard[0][:1], len(order.points), axis=0) for order in orders]
        each = zip(orders, alone, blended, strict=True)
        return [given if order.points.shape[1] == 1 else between for order, given, between in each]


def piece(role: Role, events: Events) -> Piece:
    grid = grids.from_events("4/4", {role: events})
    return of_grid(grids.to_score(grid), grid)


@pytest.mark.parametrize("shares", [(0.1, 0.9), (0.9, 0.1), (0.2, 0.5, 0.3)])
def test_a_blend_is_its_parents_reconstruction_where_it_would_be_nearer(shares: tuple[float, ...]) -> None:
    parents = [
        piece(Role.LEAD, TUNE + np.where(TUNE > 0, 3 * place, 0).astype(np.int16)) for place in range(len(shares))
    ]
    bank = Erring(lambda cut: changed(cut, s4=50))
    # Alone it would be the first parent's own window, which no end of the path is.
    made = finished(blend(bank, parents, Wishes(Weights(shares=shares).checked(len(parents))))).grid
    assert np.array_equal(made.events[Role.LEAD], reconstruct(bank, parents[0]).grid.events[Role.LEAD])
    assert np.array_equal(made.events[Role.LEAD], changed(TUNE, s4=50))


@pytest.mark.parametrize("alone", [0.0, 1.0])
def test_a_role_that_one_parent_alone_gives_is_no_nearer_to_the_other_than_that_ones_reconstruction(
    alone: float,
) -> None:
    # The model gives each lead back with the same error, which is the other's own note: they change places.
    first, second = changed(TUNE, s4=48), changed(TUNE, s4=50)
    bank = Erring(lambda cut: changed(cut, s4=50 if cut[4] == 48 else 48))
    parents = [piece(Role.LEAD, first), piece(Role.LEAD, second)]
    spec, weights = ROLE_SPECS["lead"], Weights(0.5, {Role.LEAD: alone}).checked(2)
    made = finished(blend(bank, parents, Wishes(weights))).grid.events[Role.LEAD]
    for own in parents:
        back = reconstruct(bank, own).grid.events[Role.LEAD]
        far, least = (window_distance.distance(own.windows[Role.LEAD], each[None], spec)[0] for each in (made, back))
        assert far >= least - ROUNDING
    # Where the whole piece is one parent's, it is that one's reconstruction.
    at_end = finished(blend(bank, parents, Wishes(Weights(alone).checked(2)))).grid.events[Role.LEAD]
    assert np.array_equal(at_end, reconstruct(bank, parents[int(alone)]).grid.events[Role.LEAD])


def test_thinning_that_would_right_an_error_leaves_the_window_whole() -> None:
    # The model adds a note on the weakest step, which is what thinning leaves out first.
    bank = Erring(lambda cut: changed(cut, s31=50))
    first, without = piece(Role.LEAD, TUNE), piece(Role.DRUMS, BEAT)
    share = 1.0 - 0.5 * 15.8 / 17
    made = finished(blend(bank, [first, without], Wishes(Weights(0.0, {Role.LEAD: share}).checked(2)))).grid
    assert np.array_equal(made.events[Role.LEAD], changed(TUNE, s31=50))


def of_role(role: Role, steps: int) -> st.SearchStrategy[Events]:
    """Draw windows of few tokens, so that they are often alike, in which something sounds."""
    spec = ROLE_SPECS[role.value]
    count = steps * spec.voices
    shape = (steps, spec.voices) if spec.voices > 1 else (steps,)
    tokens = st.sampled_from((0, 1, 2, 3) if role is Role.DRUMS else (0, 0, 0, OFF, 41, 43))
    drawn = st.lists(tokens, min_size=count, max_size=count).map(lambda found: np.array(found, np.int16).reshape(shape))
    return drawn.map(lambda cut: tidied(cut[None], role)[0]).filter(lambda cut: bool((cut > OFF).any()))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), role=st.sampled_from(list(Role)), n_parents=st.integers(1, 3))
def test_whatever_is_decoded_and_given_back_the_bounds_hold(data: st.DataObject, role: Role, n_parents: int) -> None:
    cut, *drawn = (data.draw(of_role(role, 8)) for _ in range(2 * n_parents + 1))
    owns, backs = drawn[:n_parents], drawn[n_parents:]
    found, spec = kept(cut, owns, backs, role), ROLE_SPECS[role.value]
    far = [window_distance.distance(own[None], found[None], spec)[0] for own in owns]
    least = [window_distance.distance(own[None], back[None], spec)[0] for own, back in zip(owns, backs, strict=True)]
    assert all(each >= min(bound, distance_floor.FARTHEST) - ROUNDING for each, bound in zip(far, least, strict=True))
    assert np.array_equal(kept(found, owns, backs, role), found)
