"""No blend is nearer to a parent than that parent's own reconstruction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from score import grid as grids
from score.arrays import F32, I8, I16
from score.encoding import OFF
from score.roles import Role
from vae.blending import distance_floor
from vae.blending.blend import reconstruct
from vae.blending.blend_context import build_context
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.blending.role_decoding import decode_together, finish_decoding, prepare_decoding
from vae.models.batching import DecodeRequest
from vae.models.model_registry import CancellationCheck, ModelRegistry, never_cancelled
from vae.models.specs import LATENT_SIZE, ROLE_SPECS, ModelName
from vae.pieces import window_distance
from vae.pieces.piece import Piece, from_grid
from vae.pieces.window_events import normalize_rests
from vae.reconstruction.quality import MAX_RECONSTRUCTION_DISTANCE
from vae.reconstruction.store import ReconstructionStore

ROUNDING = 1e-9
BEAT = np.array([5, 0, 4, 0] * 8, np.int16)
TUNE = np.array([41, 0, 43, 0, 45, 0, 46, 0] * 4, np.int16)


def changed(cut: I16, **events: int) -> I16:
    """Return a window with other events at some steps: `s4=50` at step 4."""
    other = cut.copy()
    for step, event in events.items():
        other[int(step[1:])] = event
    return other


def floored(cut: I16, owns: list[I16], endpoints: list[I16], role: Role = Role.LEAD) -> I16:
    """Keep one window at its minimum distances."""
    spec = ROLE_SPECS[role.value]
    own, ends = ([each[None] for each in windows] for windows in (owns, endpoints))
    distances = [window_distance.distance(*each, spec) for each in zip(own, ends, strict=True)]
    result: I16 = distance_floor.enforce_min_distance(
        cut[None], own, ends, np.minimum(np.stack(distances, axis=1), MAX_RECONSTRUCTION_DISTANCE), role
    )[0]
    return result


def test_a_blend_that_rights_an_error_of_its_parents_reconstruction_becomes_that_reconstruction() -> None:
    other, back = TUNE + np.where(TUNE > 0, 7, 0).astype(np.int16), changed(TUNE, s4=50, s6=50)
    assert np.array_equal(floored(changed(TUNE, s6=50), [TUNE, other], [back, other]), back)
    assert np.array_equal(floored(TUNE, [other, TUNE], [other, back]), back)


def test_a_blend_as_far_as_the_reconstruction_stays() -> None:
    other, back = TUNE + np.where(TUNE > 0, 7, 0).astype(np.int16), changed(TUNE, s4=50)
    blended = changed(TUNE, s12=52)
    assert np.array_equal(floored(blended, [TUNE, other], [back, other]), blended)


def test_where_one_parents_reconstruction_is_too_near_to_the_other_the_others_stands() -> None:
    # B is A with another note at step 4, which A's reconstruction has too, among other errors; B's has more of them.
    second = changed(TUNE, s4=50)
    backs = [changed(second, s6=50), changed(second, s6=50, s10=50, s14=50)]
    assert np.array_equal(floored(TUNE, [TUNE, second], backs), backs[1])


def test_where_reconstructions_are_each_others_windows_notes_are_left_out() -> None:
    second = changed(TUNE, s4=50)
    found = floored(TUNE, [TUNE, second], [second, TUNE])
    onsets = np.flatnonzero(found > OFF)
    assert len(onsets) == 14
    assert np.array_equal(found[onsets], second[onsets])


class Erring(ModelRegistry):
    """A registry that reconstructs a lead's windows with an error, and blends all to the first window of all."""

    def __init__(self, error: Callable[[I16], I16]) -> None:
        super().__init__({}, {})
        self._error = error
        self._encoded: list[I16] = []

    def encode(
        self, name: ModelName, windows: I16, chords: I8, check_cancelled: CancellationCheck = never_cancelled
    ) -> F32:
        self._encoded.append(windows)
        z = np.zeros((len(windows), LATENT_SIZE), np.float32)
        z[:, : windows.shape[1]] = windows
        return z

    def decode(
        self,
        name: ModelName,
        requests: Sequence[DecodeRequest],
        n_steps: int,
        check_cancelled: CancellationCheck = never_cancelled,
    ) -> list[I16]:
        alone = [
            np.stack([self._error(cut) for cut in each.latents[:, 0, :n_steps].astype(np.int16)]) for each in requests
        ]
        blended = [np.repeat(self._encoded[0][:1], len(each), axis=0) for each in requests]
        triples = zip(requests, alone, blended, strict=True)
        return [own if each.latents.shape[1] == 1 else between for each, own, between in triples]


def piece(role: Role, events: I16) -> Piece:
    grid = grids.from_events("4/4", {role: events})
    return from_grid(grids.to_score(grid), grid)


def decoded_lead(registry: ModelRegistry, parents: list[Piece], options: BlendOptions) -> I16:
    """Decode the lead window by window: the finished windows of a blend, one after the other."""
    context = build_context(parents, options)
    store = ReconstructionStore(registry, options.sampling_options)
    latents = [store.latents(piece, Role.LEAD, never_cancelled) for piece in parents]
    decoding = prepare_decoding(context, Role.LEAD, latents, {})
    (decoded,) = decode_together(registry, store, [decoding], never_cancelled)
    reconstructions = [store.get(piece, Role.LEAD, never_cancelled) for piece in parents]
    return finish_decoding(decoding, decoded, reconstructions, options)[0].ravel()


@pytest.mark.parametrize("shares", [(0.1, 0.9), (0.9, 0.1), (0.2, 0.5, 0.3)])
def test_a_blend_is_its_parents_reconstruction_where_it_would_be_nearer(shares: tuple[float, ...]) -> None:
    parents = [
        piece(Role.LEAD, TUNE + np.where(TUNE > 0, 3 * place, 0).astype(np.int16)) for place in range(len(shares))
    ]
    registry = Erring(lambda cut: changed(cut, s4=50))
    # Alone it would be the first parent's own window, which no end of the path is.
    lead = decoded_lead(registry, parents, BlendOptions(BlendWeights(shares=shares).validate(len(parents))))
    assert np.array_equal(lead, reconstruct(registry, parents[0]).grid.events[Role.LEAD])
    assert np.array_equal(lead, changed(TUNE, s4=50))


@pytest.mark.parametrize("alone", [0.0, 1.0])
def test_a_role_that_one_parent_alone_gives_is_no_nearer_to_the_other_than_that_ones_reconstruction(
    alone: float,
) -> None:
    # The model gives each lead back with the same error, which is the other's own note: they change places.
    first, second = changed(TUNE, s4=48), changed(TUNE, s4=50)
    registry = Erring(lambda cut: changed(cut, s4=50 if cut[4] == 48 else 48))
    parents = [piece(Role.LEAD, first), piece(Role.LEAD, second)]
    spec, weights = ROLE_SPECS["lead"], BlendWeights(0.5, {Role.LEAD: alone}).validate(2)
    result = decoded_lead(registry, parents, BlendOptions(weights))
    for own in parents:
        back = reconstruct(registry, own).grid.events[Role.LEAD]
        far, least = (window_distance.distance(own.windows[Role.LEAD], each[None], spec)[0] for each in (result, back))
        assert far >= least - ROUNDING
    # Where the whole piece is one parent's, it is that one's reconstruction.
    at_end = decoded_lead(registry, parents, BlendOptions(BlendWeights(alone).validate(2)))
    assert np.array_equal(at_end, reconstruct(registry, parents[int(alone)]).grid.events[Role.LEAD])


def test_thinning_that_would_right_an_error_leaves_the_window_whole() -> None:
    # The model adds a note on the weakest step, which is what thinning leaves out first.
    registry = Erring(lambda cut: changed(cut, s31=50))
    first, without = piece(Role.LEAD, TUNE), piece(Role.DRUMS, BEAT)
    share = 1.0 - 0.5 * 15.8 / 17
    weights = BlendWeights(0.0, {Role.LEAD: share}).validate(2)
    lead = decoded_lead(registry, [first, without], BlendOptions(weights))
    assert np.array_equal(lead, changed(TUNE, s31=50))


def of_role(role: Role, steps: int) -> st.SearchStrategy[I16]:
    """Return a strategy for windows of few tokens, so that they are often equal, in which something sounds."""
    spec = ROLE_SPECS[role.value]
    count = steps * spec.n_voices
    shape = (steps, spec.n_voices) if spec.n_voices > 1 else (steps,)
    tokens = st.sampled_from((0, 1, 2, 3) if role is Role.DRUMS else (0, 0, 0, OFF, 41, 43))
    flat = st.lists(tokens, min_size=count, max_size=count)
    windows = flat.map(lambda events: np.array(events, np.int16).reshape(shape))
    return windows.map(lambda cut: normalize_rests(cut[None], role)[0]).filter(lambda cut: bool((cut > OFF).any()))


@settings(max_examples=150, deadline=None)
@given(data=st.data(), role=st.sampled_from(list(Role)), n_parents=st.integers(1, 3))
def test_the_minimum_distances_hold_for_any_windows(data: st.DataObject, role: Role, n_parents: int) -> None:
    cut, *others = (data.draw(of_role(role, 8)) for _ in range(2 * n_parents + 1))
    owns, ends = others[:n_parents], others[n_parents:]
    result, spec = floored(cut, owns, ends, role), ROLE_SPECS[role.value]
    far = [window_distance.distance(own[None], result[None], spec)[0] for own in owns]
    least = [window_distance.distance(own[None], end[None], spec)[0] for own, end in zip(owns, ends, strict=True)]
    assert all(
        each >= min(bound, MAX_RECONSTRUCTION_DISTANCE) - ROUNDING for each, bound in zip(far, least, strict=True)
    )
    assert np.array_equal(floored(result, owns, ends, role), result)
