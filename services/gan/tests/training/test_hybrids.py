"""The measures of hybrids on music so small that it can be counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from gan_training.evaluation import hybrids, pieces  # type: ignore[import-not-found]
from gan_training.evaluation.measures import coherence, key_agreement  # type: ignore[import-not-found]
from score import grid, midi
from score.encoding import OFF, event_of_pitch
from score.keys import signature_of_key
from score.roles import Role


def line(notes: Sequence[tuple[int, int]], n_steps: int = 64) -> Any:
    events = pieces.silence(Role.LEAD, n_steps)
    for onset, pitch in notes:
        events[onset] = event_of_pitch(pitch) if pitch else OFF
    return events


def piece(*, synthetic: bool = False, **roles: Any) -> Any:
    events = {Role(name): values for name, values in roles.items()}
    return pieces.Piece(style="funk", is_minor=False, meter="4/4", synthetic=synthetic, group=0, events=events)


TUNE = line([(0, 60), (16, 67), (32, 67), (48, 64)])


def test_roles_a_semitone_apart_clash() -> None:
    assert coherence.clash_rate(piece(lead=TUNE, bass=line([(0, 48), (16, 54), (32, 0)]))) == 0.5
    assert np.isnan(coherence.clash_rate(piece(lead=TUNE)))


def test_melodic_intervals() -> None:
    measured = hybrids.melodic_intervals(piece(lead=TUNE))
    assert measured == {
        "lead_notes_a_bar": 1.0,
        "lead_semitones": pytest.approx(10 / 3),
        "lead_repeats": pytest.approx(1 / 3),
    }
    assert hybrids.melodic_intervals(piece(lead=line([(0, 60)]))) == {}


@pytest.mark.parametrize("tonic", [0, 2, 6, 11])
def test_files_are_read_in_c_major_with_the_bars_of_the_reference(tonic: int) -> None:
    reference = piece(lead=TUNE, bass=line([(0, 48)]))
    midi_file = key_agreement.to_midi(piece(lead=TUNE, bass=line([(0, 48)]), drums=np.zeros(64, np.int16)), tonic)
    signed = _with_key(midi_file, tonic)
    read = hybrids.read_piece(signed, reference)
    assert (read.roles, read.n_bars) == ((Role.LEAD, Role.BASS), 4)
    assert read.notes[Role.LEAD][:, 2].tolist() == [60, 67, 67, 64]


def _with_key(midi_file: bytes, tonic: int) -> bytes:
    """Add the signature of a major key, as the services write it."""
    found = grid.from_score(midi.parse(midi_file))
    key = grid.GridKey(0, signature_of_key(tonic, is_minor=False), False)
    return midi.write(grid.to_score(replace(found, keys=(key,))))


def test_hybrids_with_the_errors_of_their_parents_have_no_excess_error() -> None:
    references = [piece(lead=TUNE, synthetic=index > 1) for index in range(4)]
    other = [piece(lead=line([(0, 60), (2, 62), (4, 0)]), synthetic=index > 1) for index in range(4)]
    columns = {hybrids.REFERENCES: references, **dict.fromkeys(hybrids.COLUMNS, other)}
    figures = hybrids.measure(columns, 1)
    assert {kind: found["pieces"] for kind, found in figures["errors"].items()} == {"all": 4, "real": 2, "synthetic": 2}
    assert figures["errors"]["all"]["more_than_parents"] == 0
    assert figures["errors"]["all"]["interval"] == (0, 0)
    assert figures["errors"]["all"]["hybrid"]["generated"]["empty_bars.lead"] == 0.75
    assert figures["coherence"]["hybrid"]["lead_semitones"] == 2
