"""Views of one score are computed once while it is in use."""

from __future__ import annotations

from dataclasses import replace

from score.model import Event, Note, Score, Track
from score.sounding import keyed, sounding

PEDAL = (Event(0, bytes((0xB0, 64, 127))), Event(960, bytes((0xB0, 64, 0))))
PIANO = Track("Piano", 0, 0, (Note(0, 96, 60, 80), Note(480, 96, 62, 80)), PEDAL)
FLUTE = Track("Flute", 73, 1, (Note(0, 96, 72, 80),))


def test_the_same_score_has_the_same_view_and_an_equal_one_is_computed_again() -> None:
    score = Score(tracks=(PIANO,))
    assert sounding(score) is sounding(score)
    assert keyed(score) is keyed(score)
    other = replace(score)
    assert sounding(other) == sounding(score)
    assert sounding(other) is not sounding(score)


def test_a_track_that_sounds_as_it_is_written_keeps_its_notes() -> None:
    score = Score(tracks=(PIANO, FLUTE))
    piano, flute = sounding(score).tracks
    assert flute.notes is FLUTE.notes
    assert [note.duration_ticks for note in piano.notes] == [960, 480]
    assert keyed(score).tracks[0].notes is PIANO.notes


def test_the_end_of_a_copy_is_its_own() -> None:
    score = Score(tracks=(FLUTE,))
    assert score.end_ticks == 96
    assert replace(score, tracks=(PIANO, FLUTE)).end_ticks == 576
