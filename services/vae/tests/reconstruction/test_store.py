"""A parent as the models know it, with a bank that only counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from score.encoding import HOLD, OFF
from score.roles import Role
from vae.models.model_registry import Bank, Chords, Events, Floats, Interrupt, Order, go_on
from vae.models.sampling import Draw
from vae.models.specs import LATENT_SIZE
from vae.pieces.piece import read
from vae.reconstruction.store import Album, Manner, Portraits, silence

Band = Callable[..., bytes]


class Counting(Bank):
    """A bank whose latents are a window's tokens and whose windows are what it encoded last."""

    def __init__(self) -> None:
        super().__init__({}, {})
        self.encoded: list[int] = []
        self.draws: list[Draw] = []
        self._last: Events = np.zeros(0, np.int16)

    def encode(self, role: Role, windows: Events, chords: Chords, interrupt: Interrupt = go_on) -> Floats:
        self.encoded.append(len(windows))
        self._last = windows
        z = np.zeros((len(windows), LATENT_SIZE), np.float32)
        flat = windows.reshape(len(windows), -1)
        z[:, : flat.shape[1]] = flat[:, :LATENT_SIZE]
        return z

    def decode_all(self, role: Role, orders: Sequence[Order], steps: int, interrupt: Interrupt = go_on) -> list[Events]:
        self.draws += [order.draw for order in orders]
        return [self._last]


def test_windows_that_repeat_are_taken_through_the_models_once(song: Band) -> None:
    bank, piece = Counting(), read(song("ABAB", seed=1))
    portrait = Portraits(bank, Manner()).of(piece, Role.LEAD, go_on)
    assert bank.encoded == [8]
    assert np.array_equal(portrait.said, piece.windows[Role.LEAD])
    assert np.array_equal(portrait.z[:8], portrait.z[8:])
    assert portrait.fidelity.tolist() == [1.0] * 16


def test_a_lead_on_other_chords_is_another_window(band: Band) -> None:
    piece = read(band(16, roles=(Role.HARMONY, Role.DRUMS)))
    assert len(set(piece.digests[Role.DRUMS].tolist())) == 1
    tune = read(band(8, seed=1))
    assert len(set(tune.digests[Role.LEAD].tolist())) == 4
    twice = {role: np.concatenate([cut[:1], cut[:1]]) for role, cut in tune.windows.items()}
    twice[Role.HARMONY][1, 0] += 1
    changed = replace(tune, windows=twice)
    assert len(set(changed.digests[Role.LEAD].tolist())) == 2
    assert len(set(changed.digests[Role.DRUMS].tolist())) == 1


def test_a_portrait_is_taken_once_for_many_blends(band: Band) -> None:
    bank, piece = Counting(), read(band(8, seed=1))
    portraits = Portraits(bank, Manner())
    first, second = (portraits.of(piece, Role.LEAD, go_on) for _ in range(2))
    assert first is second
    assert len(bank.encoded) == 1


def test_a_piece_in_the_album_is_not_taken_again_unless_in_another_manner(band: Band) -> None:
    bank, album = Counting(), Album()
    for manner in (Manner(), Manner(), Manner(seed=2), Manner(seed=2)):
        Portraits(bank, manner, album).of(read(band(8, seed=1)), Role.LEAD, go_on)
    assert bank.encoded == [4, 4]
    Portraits(bank, Manner(), album).of(read(band(8, seed=2)), Role.LEAD, go_on)
    assert bank.encoded == [4, 4, 4]


def test_an_album_forgets_the_oldest(band: Band) -> None:
    album, silent = Album(), Portraits(Counting(), Manner()).of(read(band(4)), Role.LEAD, go_on)
    for content in range(70):
        album.keep(content, Role.LEAD, Manner(), silent)
    assert [content for content, *_ in album] == list(range(6, 70))


def test_a_blend_asks_for_a_parent_once_though_it_comes_twice(band: Band) -> None:
    bank, pieces = Counting(), [read(band(8, seed=1)), read(band(8, seed=1)), read(band(4, seed=2))]
    portraits = Portraits(bank, Manner())
    for piece in pieces:
        portraits.latents(piece, Role.LEAD, go_on)
    assert bank.encoded == [4, 2]
    assert [piece.n_windows for piece in portraits.missing(pieces, Role.LEAD)] == [4, 2]
    portraits.develop(pieces[0], Role.LEAD, pieces[0].windows[Role.LEAD])
    assert [piece.n_windows for piece in portraits.missing(pieces, Role.LEAD)] == [2]


def test_a_raw_portrait_is_encoded_only(band: Band) -> None:
    bank, piece = Counting(), read(band(8, seed=1))
    portrait = Portraits(bank, Manner(is_raw=True)).of(piece, Role.LEAD, go_on)
    assert (bank.encoded, bank.draws) == ([4], [])
    assert not (portrait.said > OFF).any()


def test_a_role_that_is_not_there_is_silence(band: Band) -> None:
    bank, piece = Counting(), read(band(4, roles=(Role.LEAD,)))
    portrait = Portraits(bank, Manner()).of(piece, Role.DRUMS, go_on)
    assert bank.encoded == []
    assert not portrait.z.any()
    assert not portrait.said.any()


@pytest.mark.parametrize(("role", "shape"), [(Role.HARMONY, (2, 24, 4)), (Role.BASS, (2, 24)), (Role.DRUMS, (2, 24))])
def test_silence_begins_with_a_note_off_where_there_are_notes(role: Role, shape: tuple[int, ...]) -> None:
    silent = silence(role, 2, 24)
    assert silent.shape == shape
    assert set(np.unique(silent[:, 0])) == {HOLD if role is Role.DRUMS else OFF}
    assert not silent[:, 1:].any()
