"""Files damaged at random, through all that is done with an upload."""

from __future__ import annotations

import midi_mutations
from score import grid, midi
from servicekit.faults import Fault
from transposer.inspection import inspect
from transposer.transposition.transpose import transpose_by_semitones


def test_damaged_files_are_inspected_and_transposed_or_refused() -> None:
    n_read = 0
    for mutant in midi_mutations.mutants(60, seed=30):
        try:
            score = midi.parse(mutant.data)
            assert inspect(score, {}, include_notes=True, include_local_keys=True).summary.tracks
            assert grid.from_score(score).n_bars >= 1
            assert midi.parse(midi.write(transpose_by_semitones(score, 3).score)).n_notes == score.n_notes
        except Fault:
            continue
        n_read += 1
    assert n_read >= 45


def test_a_last_note_after_thousands_of_quarters_is_inspected() -> None:
    # The second note is shorter than the tolerance with which notes belong to beats, and ends the piece.
    header = bytes.fromhex("4d546864 00000006 0000 0001 7fff")
    events = bytes.fromhex("00903c5a 64803c00 8fffff7f903d5a 01803d00 00ff2f00")
    score = midi.parse(header + b"MTrk" + len(events).to_bytes(4, "big") + events)
    assert inspect(score, {}, include_notes=True, include_local_keys=True).key is not None
