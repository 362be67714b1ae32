"""Files damaged at random: what is before the damage is read, and nothing but a fault is raised."""

from __future__ import annotations

from collections import Counter

import midi_mutations
from score import midi
from score.model import Score
from servicekit.faults import Fault


def notes_of(score: Score) -> Counter[midi_mutations.NoteKey]:
    return Counter(
        (track.channel, note.onset_ticks, note.duration_ticks, note.pitch, note.velocity)
        for track in score.tracks
        for note in track.notes
    )


def test_the_originals_are_read_as_the_mutations_read_them() -> None:
    for data in midi_mutations.originals():
        whole = Counter(note for track in midi_mutations.read_tracks(data) for _, note in track.notes)
        assert notes_of(midi.parse(data)) == whole
        assert whole.total() >= 16


def test_notes_before_the_damage_are_kept() -> None:
    n_expected = n_found = n_read = 0
    for mutant in midi_mutations.mutants(250, seed=20):
        expected = mutant.expected or Counter()
        n_expected += expected.total()
        try:
            score = midi.parse(mutant.data)
        except Fault:
            continue
        n_read += 1
        n_found += (notes_of(score) & expected).total()
        assert midi.parse(midi.write(score)) == score
    assert n_read >= 180
    assert n_expected >= 6_000
    assert n_found >= 0.99 * n_expected
