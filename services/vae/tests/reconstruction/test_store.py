"""Reconstructions of parents, with a registry that only counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from score.arrays import F32, I8, I16
from score.encoding import HOLD, OFF
from score.roles import Role
from vae.models.batching import DecodeRequest
from vae.models.model_registry import CancellationCheck, ModelRegistry, never_cancelled
from vae.models.sampling import SamplingParams
from vae.models.specs import LATENT_SIZE, ModelName
from vae.pieces.piece import read_midi
from vae.pieces.window_events import silent_windows
from vae.reconstruction.store import ReconstructionCache, ReconstructionStore, SamplingOptions

Band = Callable[..., bytes]


class Counting(ModelRegistry):
    """A registry whose latents are a window's tokens and whose windows are what it encoded last."""

    def __init__(self) -> None:
        super().__init__({}, {})
        self.encoded: list[int] = []
        self.sampling: list[SamplingParams] = []
        self._last: I16 = np.zeros(0, np.int16)

    def encode(
        self, name: ModelName, windows: I16, chords: I8, check_cancelled: CancellationCheck = never_cancelled
    ) -> F32:
        self.encoded.append(len(windows))
        self._last = windows
        z = np.zeros((len(windows), LATENT_SIZE), np.float32)
        flat = windows.reshape(len(windows), -1)
        z[:, : flat.shape[1]] = flat[:, :LATENT_SIZE]
        return z

    def decode(
        self,
        name: ModelName,
        requests: Sequence[DecodeRequest],
        n_steps: int,
        check_cancelled: CancellationCheck = never_cancelled,
    ) -> list[I16]:
        self.sampling += [request.sampling for request in requests]
        return [self._last]


def test_windows_that_repeat_are_encoded_and_decoded_once(song: Band) -> None:
    registry, piece = Counting(), read_midi(song("ABAB", seed=1))
    reconstruction = ReconstructionStore(registry, SamplingOptions()).get(piece, Role.LEAD, never_cancelled)
    assert registry.encoded == [8]
    assert np.array_equal(reconstruction.decoded, piece.windows[Role.LEAD])
    assert np.array_equal(reconstruction.latents[:8], reconstruction.latents[8:])
    assert reconstruction.f1.tolist() == [1.0] * 16


def test_a_lead_on_other_chords_is_another_window(band: Band) -> None:
    piece = read_midi(band(16, roles=(Role.HARMONY, Role.DRUMS)))
    assert len(set(piece.window_hashes[Role.DRUMS].tolist())) == 1
    tune = read_midi(band(8, seed=1))
    assert len(set(tune.window_hashes[Role.LEAD].tolist())) == 4
    twice = {role: np.concatenate([cut[:1], cut[:1]]) for role, cut in tune.windows.items()}
    twice[Role.HARMONY][1, 0] += 1
    changed = replace(tune, windows=twice)
    assert len(set(changed.window_hashes[Role.LEAD].tolist())) == 2
    assert len(set(changed.window_hashes[Role.DRUMS].tolist())) == 1


def test_a_parent_is_decoded_once_for_many_blends(band: Band) -> None:
    registry, piece = Counting(), read_midi(band(8, seed=1))
    store = ReconstructionStore(registry, SamplingOptions())
    first, second = (store.get(piece, Role.LEAD, never_cancelled) for _ in range(2))
    assert first is second
    assert len(registry.encoded) == 1


def test_a_piece_in_the_cache_is_decoded_again_only_with_other_options(band: Band) -> None:
    registry, cache = Counting(), ReconstructionCache()
    for options in (SamplingOptions(), SamplingOptions(), SamplingOptions(seed=2), SamplingOptions(seed=2)):
        ReconstructionStore(registry, options, cache).get(read_midi(band(8, seed=1)), Role.LEAD, never_cancelled)
    assert registry.encoded == [4, 4]
    ReconstructionStore(registry, SamplingOptions(), cache).get(read_midi(band(8, seed=2)), Role.LEAD, never_cancelled)
    assert registry.encoded == [4, 4, 4]


def test_the_cache_drops_the_oldest(band: Band) -> None:
    cache, silent = (
        ReconstructionCache(),
        ReconstructionStore(Counting(), SamplingOptions()).get(read_midi(band(4)), Role.LEAD, never_cancelled),
    )
    for content in range(70):
        cache.add((content, Role.LEAD, SamplingOptions()), silent)
    assert [content for content, *_ in cache] == list(range(6, 70))


def test_a_parent_that_comes_twice_is_pending_once(band: Band) -> None:
    registry, pieces = Counting(), [read_midi(band(8, seed=1)), read_midi(band(8, seed=1)), read_midi(band(4, seed=2))]
    store = ReconstructionStore(registry, SamplingOptions())
    for piece in pieces:
        store.latents(piece, Role.LEAD, never_cancelled)
    assert registry.encoded == [4, 2]
    assert [piece.n_windows for piece in store.pending(pieces, Role.LEAD)] == [4, 2]
    store.complete(pieces[0], Role.LEAD, pieces[0].windows[Role.LEAD])
    assert [piece.n_windows for piece in store.pending(pieces, Role.LEAD)] == [2]


def test_an_unconstrained_reconstruction_is_encoded_only(band: Band) -> None:
    registry, piece = Counting(), read_midi(band(8, seed=1))
    reconstruction = ReconstructionStore(registry, SamplingOptions(is_unconstrained=True)).get(
        piece, Role.LEAD, never_cancelled
    )
    assert (registry.encoded, registry.sampling) == ([4], [])
    assert not (reconstruction.decoded > OFF).any()


def test_a_role_that_is_not_there_is_silence(band: Band) -> None:
    registry, piece = Counting(), read_midi(band(4, roles=(Role.LEAD,)))
    reconstruction = ReconstructionStore(registry, SamplingOptions()).get(piece, Role.DRUMS, never_cancelled)
    assert registry.encoded == []
    assert not reconstruction.latents.any()
    assert not reconstruction.decoded.any()


@pytest.mark.parametrize(("role", "shape"), [(Role.HARMONY, (2, 24, 4)), (Role.BASS, (2, 24)), (Role.DRUMS, (2, 24))])
def test_silence_begins_with_a_note_off_where_there_are_notes(role: Role, shape: tuple[int, ...]) -> None:
    silent = silent_windows(role, 2, 24)
    assert silent.shape == shape
    assert set(np.unique(silent[:, 0])) == {HOLD if role is Role.DRUMS else OFF}
    assert not silent[:, 1:].any()
