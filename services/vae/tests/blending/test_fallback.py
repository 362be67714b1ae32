"""What stands where a model does not know the music."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from score import grid as grids
from score.encoding import OFF
from score.roles import Role
from vae.alignment.window_alignment import Plan
from vae.blending import fallback
from vae.blending.interpolation import Mixture, mix
from vae.models.specs import LATENT_SIZE, ROLE_SPECS
from vae.pieces.piece import of_grid


def chord(*classes: int) -> npt.NDArray[np.bool_]:
    """Make a chord that sounds through a window of 32 steps."""
    found = np.zeros((32, 12), bool)
    found[:, list(classes)] = True
    return found


def meeting(
    first: npt.NDArray[np.int16], second: npt.NDArray[np.int16], shares: tuple[float, float] = (0.5, 0.5)
) -> Mixture:
    """Let two leads of one window meet."""
    pieces = []
    for events in (first, second):
        grid = grids.from_events("4/4", {Role.LEAD: events})
        pieces.append(of_grid(grids.to_score(grid), grid))
    z = np.eye(2, LATENT_SIZE, dtype=np.float32)
    course = Plan(np.zeros((1, 2), np.int64))
    given = np.array([shares], np.float32)
    return mix(Role.LEAD, pieces, [z[:1], z[1:]], course, lambda _: given)


def window(*onsets: int, pitch: int = 41, until: int | None = None) -> npt.NDArray[np.int16]:
    """Make a lead window whose notes are held until the next, the last until a step."""
    cut = np.zeros(32, np.int16)
    cut[0] = OFF
    cut[list(onsets)] = pitch
    if until is not None:
        cut[until] = OFF
    return cut


def test_a_held_note_is_no_hole() -> None:
    busy = meeting(window(*range(0, 32, 2)), window(*range(0, 32, 2)))
    assert fallback.holes(busy, window(0)[None]).tolist() == [False]
    assert fallback.holes(busy, window(0, until=8)[None]).tolist() == [True]
    assert fallback.holes(busy, window(0, until=20)[None]).tolist() == [False]


def test_a_bar_of_silence_where_a_parent_holds_a_note_is_a_hole() -> None:
    held = meeting(window(0), window(0, pitch=45))
    assert fallback.holes(held, window(0, until=16)[None]).tolist() == [True]
    assert fallback.holes(held, window(0, until=24)[None]).tolist() == [False]


def test_where_a_parent_that_counts_is_silent_silence_is_no_hole() -> None:
    first, second = window(*range(0, 32, 2)), window(0, until=16)
    said = window(0, until=16)[None]
    assert fallback.holes(meeting(first, second), said).tolist() == [False]
    assert fallback.holes(meeting(first, second, (1.0, 0.0)), said).tolist() == [True]


LINE = np.array([60 - 19, 0, 0, 1, 64 - 19, 0, 0, 0] * 4, np.int16)


def test_fidelity_counts_onsets_at_their_step_and_pitch() -> None:
    said = LINE.copy()
    said[4] = 65 - 19
    lead = ROLE_SPECS["lead"]
    assert fallback.fidelity(LINE[None], LINE[None], lead).tolist() == [1.0]
    assert fallback.fidelity(LINE[None], said[None], lead) == pytest.approx([7 / 8])
    assert fallback.fidelity(LINE[None], np.zeros((1, 32), np.int16), lead).tolist() == [0.0]
    assert fallback.fidelity(np.zeros((1, 32), np.int16), np.zeros((1, 32), np.int16), lead).tolist() == [1.0]


def test_fidelity_of_chords_does_not_mind_which_voice_sings() -> None:
    own = np.zeros((1, 32, 4), np.int16)
    own[0, 0] = [50, 47, 43, 38]
    assert fallback.fidelity(own, own[..., ::-1], ROLE_SPECS["harmony"]).tolist() == [1.0]


def test_fidelity_of_drums_counts_strokes() -> None:
    own, said = np.full((1, 32), 3, np.int16), np.full((1, 32), 1, np.int16)
    assert fallback.fidelity(own, said, ROLE_SPECS["drums"]) == pytest.approx([2 / 3])


def test_rechording_moves_the_share_asked_for_and_keeps_the_rhythm() -> None:
    moved = fallback.rechord(LINE, chord(2, 5, 9), 0.5)
    assert np.array_equal(moved[:16], LINE[:16])
    assert np.array_equal(moved > 1, LINE > 1)
    assert {int(token) + 19 for token in moved[16:] if token > 1} == {62, 65}


def test_voices_of_a_moved_chord_stay_apart_and_near() -> None:
    cut = np.zeros((32, 4), np.int16)
    cut[0] = np.array([72, 67, 64, 60]) - 19
    moved = fallback.rechord(cut, chord(2, 5, 9), 1.0)[0] + 19
    assert len(set(moved.tolist())) == 4
    assert set((moved % 12).tolist()) <= {2, 5, 9}
    assert np.abs(moved - [72, 67, 64, 60]).max() <= 6


def test_where_there_is_no_other_chord_notes_stay() -> None:
    assert np.array_equal(fallback.rechord(LINE, np.zeros((32, 12), bool), 1.0), LINE)
