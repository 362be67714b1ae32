"""The keys of held-out pieces, and transposing them to each other's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from score import grid as grids
from score.grid import Grid
from score.keys import semitones_between_signatures
from vae_training.data import heldout  # type: ignore[import-not-found]


@pytest.mark.parametrize(
    ("name", "key"), [("C major", (0, False)), ("G minor", (-2, True)), ("Bb major", (-2, False)), ("D dorian", (0, 0))]
)
def test_keys_are_read_from_their_names(name: str, key: tuple[int, bool], lead_grid: Callable[..., Grid]) -> None:
    assert heldout.find_key(name, grids.to_score(lead_grid([40, 42, 44, 45]))) == key


def test_a_key_without_a_name_is_found_in_the_notes(lead_grid: Callable[..., Grid]) -> None:
    # G A B C D E F# G, from MIDI 67: the event is the pitch minus 19.
    scale = [pitch - 19 for pitch in (67, 69, 71, 72, 74, 76, 78, 79)]
    score = grids.to_score(lead_grid(scale[:4], scale[4:], [48, 52, 55, 48]))
    assert heldout.find_key("", score) == (1, False)


def test_pieces_are_transposed_by_the_shortest_way(lead_grid: Callable[..., Grid]) -> None:
    assert semitones_between_signatures(2, 0) == -2
    assert semitones_between_signatures(0, 1) == -5
    transposed = heldout.transpose_score(grids.to_score(lead_grid([40, 42, 44, 45])), -2)
    assert [note.pitch for note in transposed.tracks[0].notes] == [57, 59, 61, 62]
