"""What replaces windows that a model cannot reconstruct."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score.encoding import OFF
from score.roles import Role
from vae.alignment.window_alignment import Alignment
from vae.blending import fallback
from vae.blending.interpolation import RoleInterpolation, interpolate_role
from vae.models.specs import LATENT_SIZE
from vae.pieces.piece import from_grid
from vae.reconstruction import quality


def chord(*classes: int) -> npt.NDArray[np.bool_]:
    """Return a chord that sounds through a window of 32 steps."""
    chords = np.zeros((32, 12), bool)
    chords[:, list(classes)] = True
    return chords


def meeting(
    first: npt.NDArray[np.int16], second: npt.NDArray[np.int16], shares: tuple[float, float] = (0.5, 0.5)
) -> RoleInterpolation:
    """Return the interpolation of two leads of one window."""
    pieces = []
    for events in (first, second):
        grid = grids.from_events("4/4", {Role.LEAD: events})
        pieces.append(from_grid(grids.to_score(grid), grid))
    z = np.eye(2, LATENT_SIZE, dtype=np.float32)
    alignment = Alignment(np.zeros((1, 2), np.int64))
    share_array = np.array([shares], np.float32)
    return interpolate_role(Role.LEAD, pieces, [z[:1], z[1:]], alignment, lambda _: share_array)


def window(*onsets: int, pitch: int = 41, until: int | None = None) -> npt.NDArray[np.int16]:
    """Return a lead window whose notes are held until the next, the last until a step."""
    cut = np.zeros(32, np.int16)
    cut[0] = OFF
    cut[list(onsets)] = pitch
    if until is not None:
        cut[until] = OFF
    return cut


def test_a_held_note_is_no_gap() -> None:
    busy = meeting(window(*range(0, 32, 2)), window(*range(0, 32, 2)))
    assert fallback.unexpected_gaps(busy, window(0)[None]).tolist() == [False]
    assert fallback.unexpected_gaps(busy, window(0, until=8)[None]).tolist() == [True]
    assert fallback.unexpected_gaps(busy, window(0, until=20)[None]).tolist() == [False]


def test_a_bar_of_silence_where_a_parent_holds_a_note_is_a_gap() -> None:
    held = meeting(window(0), window(0, pitch=45))
    assert fallback.unexpected_gaps(held, window(0, until=16)[None]).tolist() == [True]
    assert fallback.unexpected_gaps(held, window(0, until=24)[None]).tolist() == [False]


def test_where_a_parent_that_counts_is_silent_silence_is_no_gap() -> None:
    first, second = window(*range(0, 32, 2)), window(0, until=16)
    decoded = window(0, until=16)[None]
    assert fallback.unexpected_gaps(meeting(first, second), decoded).tolist() == [False]
    assert fallback.unexpected_gaps(meeting(first, second, (1.0, 0.0)), decoded).tolist() == [True]


LINE = np.array([60 - 19, 0, 0, 1, 64 - 19, 0, 0, 0] * 4, np.int16)


def f1(own: npt.NDArray[np.int16], decoded: npt.NDArray[np.int16], role: Role) -> npt.NDArray[np.float32]:
    """Return the F1 of windows, however far apart they are."""
    return quality.reconstruction_f1(own, decoded, np.zeros(len(own)), role)


def test_f1_counts_onsets_at_their_step_and_pitch() -> None:
    decoded = LINE.copy()
    decoded[4] = 65 - 19
    assert f1(LINE[None], LINE[None], Role.LEAD).tolist() == [1.0]
    assert f1(LINE[None], decoded[None], Role.LEAD) == pytest.approx([7 / 8])
    assert f1(LINE[None], np.zeros((1, 32), np.int16), Role.LEAD).tolist() == [0.0]
    assert f1(np.zeros((1, 32), np.int16), np.zeros((1, 32), np.int16), Role.LEAD).tolist() == [1.0]


def test_f1_of_chords_ignores_voices() -> None:
    own = np.zeros((1, 32, 4), np.int16)
    own[0, 0] = [50, 47, 43, 38]
    assert f1(own, own[..., ::-1], Role.HARMONY).tolist() == [1.0]


def test_f1_of_drums_counts_strokes() -> None:
    own, decoded = np.full((1, 32), 3, np.int16), np.full((1, 32), 1, np.int16)
    assert f1(own, decoded, Role.DRUMS) == pytest.approx([2 / 3])


def test_a_reconstruction_farther_than_silence_has_no_f1() -> None:
    far = np.array([quality.MAX_RECONSTRUCTION_DISTANCE + 0.01])
    assert quality.reconstruction_f1(LINE[None], LINE[None], far, Role.LEAD).tolist() == [0.0]


def test_reharmonizing_moves_the_requested_share_and_keeps_the_rhythm() -> None:
    moved = fallback.reharmonize(LINE, chord(2, 5, 9), 0.5)
    assert np.array_equal(moved[:16], LINE[:16])
    assert np.array_equal(moved > 1, LINE > 1)
    assert {int(token) + 19 for token in moved[16:] if token > 1} == {62, 65}


def test_voices_of_a_moved_chord_stay_apart_and_near() -> None:
    cut = np.zeros((32, 4), np.int16)
    cut[0] = np.array([72, 67, 64, 60]) - 19
    moved = fallback.reharmonize(cut, chord(2, 5, 9), 1.0)[0] + 19
    assert len(set(moved.tolist())) == 4
    assert set((moved % 12).tolist()) <= {2, 5, 9}
    assert np.abs(moved - [72, 67, 64, 60]).max() <= 6


def test_where_there_is_no_other_chord_notes_stay() -> None:
    assert np.array_equal(fallback.reharmonize(LINE, np.zeros((32, 12), bool), 1.0), LINE)
