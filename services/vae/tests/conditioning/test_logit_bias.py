"""Logit biases: pitch classes, registers, chords."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from score.roles import Role
from vae.alignment.window_alignment import Alignment
from vae.conditioning import logit_bias
from vae.models.sampling import FORBIDDEN
from vae.pieces.piece import read_midi
from vae.pieces.window_events import sounding_pitch_classes

Band = Callable[..., bytes]

C_MAJOR = {0, 2, 4, 5, 7, 9, 11}


def test_only_the_parents_pitch_classes_are_allowed(band: Band) -> None:
    pieces = [read_midi(band(8, seed=1)), read_midi(band(8, seed=2))]
    allowed = logit_bias.allowed_pitch_classes(
        pieces, Alignment(np.array([[0, 0], [1, 1]])), np.full((2, 2), 0.5, np.float32)
    )
    assert set(np.flatnonzero(allowed.any(axis=0))) <= C_MAJOR
    assert allowed.sum(axis=1).min() >= 5


def test_a_parent_without_a_share_allows_nothing(band: Band) -> None:
    pieces = [read_midi(band(4, roles=(Role.HARMONY,))), read_midi(band(4, seed=2))]
    alone = logit_bias.allowed_pitch_classes(pieces[:1], Alignment(np.array([[0]])), np.ones((1, 1), np.float32))
    both = logit_bias.allowed_pitch_classes(pieces, Alignment(np.array([[0, 0]])), np.array([[1.0, 0.0]], np.float32))
    assert np.array_equal(alone, both)


def test_forbidden_pitches_are_those_of_other_classes() -> None:
    allowed = np.zeros((1, 12), bool)
    allowed[0, 0] = True
    bias = logit_bias.pitch_class_bias(allowed, 4)[0, 2]
    assert bias[60 - 19] == 0.0
    assert bias[61 - 19] == FORBIDDEN
    assert bias[:2].tolist() == [0.0, 0.0]


def test_a_role_stays_in_the_registers_of_its_parents(band: Band) -> None:
    pieces = [read_midi(band(4, seed=1)), read_midi(band(4, seed=2))]
    alignment, half = Alignment(np.array([[0, 0]])), np.full((1, 2), 0.5, np.float32)
    bass = logit_bias.register_bias(pieces, alignment, Role.BASS, half)[0, 1]
    inside = np.flatnonzero(bass == 0.0)
    # The bass is the lead, C4 to C5, two octaves lower; hold and note-off are always allowed.
    assert inside.tolist() == [0, 1, *range(36 - 19, 48 - 19 + 1)]


def test_chords_favor_their_notes_and_disfavor_neighbors() -> None:
    chords = np.zeros((1, 4, 4), np.int16)
    chords[0, 1] = [76 - 19, 72 - 19, 67 - 19, 60 - 19]
    bias = logit_bias.chord_tone_bias(chords, np.ones(1, np.float32))[0]
    assert not bias[0].any()
    assert bias[3, 64 - 19] > 0 > bias[3, 65 - 19]
    assert bias[3, 69 - 19] == 0.0


def test_chords_that_one_parent_alone_gives_weigh_more() -> None:
    chords = np.zeros((2, 32, 4), np.int16)
    chords[:, 0] = (53, 49, 46, 1)
    blended, fixed = logit_bias.chord_tone_bias(chords, np.full(2, 0.5, np.float32), np.array([False, True]))
    assert np.allclose(fixed, 4.0 * blended)
    assert blended.max() > 0 > blended.min()


def test_a_lead_is_decoded_on_the_bass_where_one_parent_alone_gives_it_and_the_chords() -> None:
    harmony, bass = np.full((3, 32, 4), 40, np.int16), np.full((3, 32), 20, np.int16)
    alone, half = [1.0, 0.0], [0.5, 0.5]
    shares = {Role.HARMONY: [alone, alone, half], Role.BASS: [alone, half, half]}

    def shares_of(role: Role) -> npt.NDArray[np.float32]:
        return np.array(shares[role], np.float32)

    decoded = {Role.HARMONY: harmony, Role.BASS: bass}
    context = logit_bias.harmony_context(Role.LEAD, decoded, shares_of)
    assert context is not None
    assert np.array_equal(context[:, :, :4], harmony)
    assert [sounding_pitch_classes(each[None, :, 4:]).any() for each in context] == [True, False, False]
    assert logit_bias.harmony_context(Role.BASS, decoded, shares_of) is harmony
    assert logit_bias.harmony_context(Role.DRUMS, decoded, shares_of) is None
    assert logit_bias.harmony_context(Role.LEAD, {Role.BASS: bass}, shares_of) is None
