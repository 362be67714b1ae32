"""Quantization to a grid, exact events of small pieces, and the way back to a score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from score import grid, midi
from score.encoding import HOLD, OFF, event_of_pitch, fold_pitch, pitch_of_event
from score.grid import Grid, GridKey, GridProgram, GridTempo
from score.model import Event, KeySignature, Meter, Note, Score, Tempo, Track
from score.roles import ROLES, Role
from score.tempo_map import TempoMap
from servicekit.faults import InvalidInput, NoNotes

SIXTEENTH = 120


def notes(*rows: tuple[int, int, int]) -> tuple[Note, ...]:
    """Notes of (onset step, steps, pitch) at 480 ticks a quarter."""
    return tuple(Note(onset * SIXTEENTH, steps * SIXTEENTH, pitch, 80) for onset, steps, pitch in sorted(rows))


def song(*tracks: Track, meter: tuple[int, int] = (4, 4)) -> Score:
    return Score(meters=(Meter(0, *meter),), tracks=tracks)


def reasons(quantized: Grid) -> list[str]:
    return [notice.reason for notice in quantized.notices]


def test_a_role_for_a_track_without_notes_has_no_effect() -> None:
    piece = song(Track("Lead", notes=notes((0, 4, 60))), Track("Empty"))
    quantized = grid.from_score(piece, {1: Role.BASS})
    assert quantized.roles == (Role.LEAD,)
    assert quantized.events[Role.LEAD].tolist() == grid.from_score(piece).events[Role.LEAD].tolist()


def test_a_line_is_written_as_pitches_holds_and_ends() -> None:
    quantized = grid.from_score(song(Track("Lead", notes=notes((2, 2, 60), (4, 4, 62), (10, 6, 64)))))
    c, d, e = (event_of_pitch(pitch) for pitch in (60, 62, 64))
    assert (quantized.meter, quantized.n_bars, quantized.roles) == ("4/4", 1, (Role.LEAD,))
    assert quantized.events[Role.LEAD].tolist() == [OFF, 0, c, 0, d, 0, 0, 0, OFF, 0, e, 0, 0, 0, 0, 0]
    assert quantized.velocities[Role.LEAD].tolist() == [0, 0, 80, 0, 80, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0]
    assert quantized.events[Role.LEAD].dtype == np.int16


def test_events_are_those_of_magentas_melodies() -> None:
    assert [event_of_pitch(pitch) for pitch in (21, 60, 108)] == [2, 41, 89]
    assert pitch_of_event(41) == 60
    assert (HOLD, OFF) == (0, 1)


def test_a_lead_keeps_the_highest_and_a_bass_the_lowest() -> None:
    chord = notes((0, 4, 60), (0, 4, 64), (0, 4, 67))
    quantized = grid.from_score(song(Track("Lead", notes=chord), Track("Bass", notes=chord)))
    assert quantized.notes(Role.LEAD).tolist() == [[0, 4, 67, 80]]
    assert quantized.notes(Role.BASS).tolist() == [[0, 4, 60, 80]]
    assert quantized.unheld(Role.LEAD)[:, :4].tolist() == [[0, 4, 60, 80], [0, 4, 64, 80]]
    assert quantized.unheld(Role.BASS)[:, :4].tolist() == [[0, 4, 64, 80], [0, 4, 67, 80]]
    assert reasons(quantized) == ["TEXTURE_KEPT"]


def test_a_note_under_a_held_one_is_left_out_and_a_later_one_cuts_it() -> None:
    quantized = grid.from_score(song(Track("Lead", notes=notes((0, 8, 72), (2, 2, 60), (6, 8, 65)))))
    assert quantized.notes(Role.LEAD).tolist() == [[0, 6, 72, 80], [6, 14, 65, 80]]


def test_voices_are_sorted_by_pitch_and_keep_their_line() -> None:
    rows = notes((0, 8, 67), (0, 4, 64), (0, 4, 60), (4, 4, 65), (4, 4, 62), (8, 8, 60))
    quantized = grid.from_score(song(Track("Harmony", notes=rows)))
    g, e, c, f, d = (event_of_pitch(pitch) for pitch in (67, 64, 60, 65, 62))
    assert quantized.events[Role.HARMONY][:12:4].tolist() == [[g, e, c, OFF], [0, f, d, 0], [c, OFF, OFF, 0]]


def test_of_five_notes_the_outer_ones_and_the_new_pitch_classes_stay() -> None:
    rows = notes((0, 4, 48), (0, 4, 60), (0, 4, 64), (0, 4, 67), (0, 4, 72))
    quantized = grid.from_score(song(Track("Harmony", notes=rows)))
    assert sorted(quantized.notes(Role.HARMONY)[:, 2].tolist()) == [48, 64, 67, 72]
    assert quantized.unheld(Role.HARMONY).tolist() == [[0, 4, 60, 80, 0, 0]]
    assert quantized.notices[-1].message == (
        "Notes beyond those that the models read (four in the harmony): 1. "
        "They are kept as texture and sound in the bars that a blend takes from this piece."
    )


def test_triplets_and_notes_that_share_a_step_keep_their_times() -> None:
    onsets = (0, 80, 160, 240, 320, 400)
    lead = Track("Lead", notes=tuple(Note(at, 80, 60 + index, 80) for index, at in enumerate(onsets)))
    quantized = grid.from_score(song(lead))
    played = quantized.played[Role.LEAD]
    assert (played[:, 0] * 120 + played[:, 4] * 120 / 1000).tolist() == pytest.approx(onsets, abs=0.1)
    assert sorted([*quantized.notes(Role.LEAD)[:, 2], *quantized.unheld(Role.LEAD)[:, 2]]) == [60, 61, 62, 63, 64, 65]


def test_a_note_that_two_instruments_play_is_kept_once() -> None:
    tracks = [Track("Harmony", notes=notes((0, 4, 60), (0, 4, 64))) for _ in range(2)]
    quantized = grid.from_score(song(*tracks))
    assert len(quantized.unheld(Role.HARMONY)) == 0
    assert "TEXTURE_KEPT" not in reasons(quantized)


def test_a_new_chord_takes_the_voices_of_the_note_held_longest() -> None:
    rows = notes((0, 16, 72), (2, 14, 48), (4, 4, 60), (4, 4, 64), (4, 4, 67))
    quantized = grid.from_score(song(Track("Harmony", notes=rows)))
    assert quantized.notes(Role.HARMONY)[:, :3].tolist() == [
        [0, 4, 72],
        [2, 16, 48],
        [4, 8, 60],
        [4, 8, 64],
        [4, 8, 67],
    ]


def test_drums_are_masks_of_nine_classes() -> None:
    kit = notes((0, 1, 36), (0, 1, 42), (4, 1, 38), (4, 1, 40), (6, 1, 24))
    quantized = grid.from_score(song(Track("Kit", channel=9, notes=kit)))
    assert quantized.events[Role.DRUMS][[0, 4, 6]].tolist() == [0b101, 0b10, 0]
    assert quantized.velocities[Role.DRUMS].shape == (16, 9)
    assert quantized.notes(Role.DRUMS)[:, 2].tolist() == [36, 42, 38]
    assert quantized.unheld(Role.DRUMS)[:, 2].tolist() == [40, 24]
    assert reasons(quantized) == ["DRUMS_ONLY", "TEXTURE_KEPT"]


def test_pitches_outside_of_the_piano_are_folded_by_octaves() -> None:
    assert [fold_pitch(pitch) for pitch in (0, 20, 21, 108, 109, 127)] == [24, 32, 21, 108, 97, 103]
    quantized = grid.from_score(song(Track("Lead", notes=notes((0, 4, 120)))))
    assert quantized.notes(Role.LEAD).tolist() == [[0, 4, 108, 80]]
    assert "PITCHES_FOLDED" in reasons(quantized)


def test_what_the_grid_keeps_beside_its_events() -> None:
    score = Score(
        tempos=(Tempo(0, 600_000), Tempo(960, 400_000)),
        keys=(KeySignature(0, 2, False), KeySignature(1920, -1, True)),
        tracks=(Track("Lead", 68, 0, notes((0, 4, 60), (20, 4, 62))), Track("Bass", 38, 1, notes((0, 4, 40)))),
        title="Two tempos",
    )
    quantized = grid.from_score(score)
    assert quantized.tempos == (GridTempo(0, 600_000), GridTempo(8, 400_000))
    assert quantized.keys == (GridKey(0, 2, False), GridKey(16, -1, True))
    assert quantized.programs == {Role.LEAD: 68, Role.BASS: 38}
    assert quantized.mean_bpm == pytest.approx(60 * 8 / (2 * 0.6 + 6 * 0.4))
    assert quantized.title == "Two tempos"
    assert reasons(quantized) == ["TEMPO_CHANGES_KEPT"]


def test_the_score_of_a_grid_has_named_tracks_and_no_endless_note() -> None:
    tracks = (
        Track("flute", 73, 3, notes((0, 4, 72), (4, 12, 74))),
        Track("fingered bass", 33, 4, notes((0, 16, 40))),
        Track("", 0, 9, notes((0, 1, 36))),
    )
    score = grid.to_score(grid.from_score(song(*tracks)), provenance={"seed": 1})
    assert [(track.name, track.program, track.channel) for track in score.tracks] == [
        ("Lead", 73, 0),
        ("Bass", 33, 2),
        ("Drums", 0, 9),
    ]
    assert score.end_ticks == 4 * 480
    assert (score.meters, score.provenance) == ((Meter(0, 4, 4),), {"seed": 1})


def test_events_of_a_model_become_a_score() -> None:
    lead = np.array([event_of_pitch(60), 0, OFF, *[0] * 13], dtype=np.int16)
    quantized = grid.from_events("4/4", {Role.LEAD: lead}, bpm=90, programs={Role.LEAD: 40})
    score = grid.to_score(quantized)
    assert score.tracks == (Track("Lead", 40, 0, (Note(0, 240, 60, 90),)),)
    assert score.tempos[0].bpm == pytest.approx(90, abs=1e-3)


def test_two_voices_on_one_pitch_are_one_note() -> None:
    voices = np.zeros((16, 4), dtype=np.int16)
    voices[0] = [event_of_pitch(60), event_of_pitch(60), OFF, OFF]
    voices[4, 1] = event_of_pitch(60)
    quantized = grid.from_events("4/4", {Role.HARMONY: voices})
    assert quantized.notes(Role.HARMONY)[:, :3].tolist() == [[0, 4, 60], [4, 16, 60]]


def test_a_piece_of_which_nothing_plays_a_role_is_refused() -> None:
    piece = song(Track("Lead", notes=notes((0, 4, 60))))
    with pytest.raises(NoNotes, match="give at least one track a role"):
        grid.from_score(piece, {0: None})
    with pytest.raises(InvalidInput, match="There is no track 3: the piece has tracks 0 to 0"):
        grid.from_score(piece, {3: Role.LEAD})


def test_a_bass_in_two_voices_gives_no_note_to_two_roles() -> None:
    # Found by hypothesis: the bass takes one of two notes that begin together, and the lead may have the other only.
    quantized = grid.from_score(song(Track(program=32, notes=notes((0, 1, 15), (0, 1, 15))), meter=(3, 4)))
    assert sum(len(quantized.notes(role)) for role in quantized.roles) <= 2


def test_notes_under_the_pedal_last_as_long_as_they_sound() -> None:
    pedal = (Event(0, b"\xb0\x40\x7f"), Event(10 * SIXTEENTH, b"\xb0\x40\x00"))
    melody = Track("Lead", notes=notes((0, 1, 72), (4, 1, 67), (12, 4, 69)), others=pedal)
    chords = Track("Harmony", notes=notes((0, 1, 60), (4, 1, 64)), others=pedal)
    quantized = grid.from_score(song(melody, chords))
    # The melody is told from its keys: its first note does not hide the lower second one.
    assert quantized.notes(Role.LEAD)[:, :3].tolist() == [[0, 4, 72], [4, 10, 67], [12, 16, 69]]
    assert quantized.notes(Role.HARMONY)[:, :3].tolist() == [[0, 10, 60], [4, 10, 64]]
    exact = quantized.played[Role.LEAD]
    assert (exact[:, 1] + exact[:, 5] / 1000).tolist() == [10.0, 10.0, 16.0]


def test_programs_change_at_the_notes_that_they_are_heard_at() -> None:
    changes = tuple(Event(tick, bytes((0xC0, program))) for tick, program in ((100, 56), (100, 73), (900, 40)))
    lead = Track("Lead", 73, notes=notes((0, 2, 60), (4, 2, 62), (8, 2, 64), (12, 2, 65)), others=changes)
    quantized = grid.from_score(song(lead))
    assert quantized.programs == {Role.LEAD: 73}
    assert quantized.program_changes == {Role.LEAD: [GridProgram(8, 40)]}
    assert grid.from_score(grid.to_score(quantized)) == quantized
    assert quantized != grid.from_score(song(replace(lead, others=())))


def test_programs_change_with_the_meter() -> None:
    lead = Track(
        "Lead", 73, notes=notes(*((step, 4, 60) for step in range(0, 32, 4))), others=(Event(1920, b"\xc0\x38"),)
    )
    converted = grid.from_score(song(lead)).to_meter("3/4")
    assert converted.program_changes == {Role.LEAD: [GridProgram(converted.n_steps // 2, 56)]}


def test_what_the_grid_cannot_hold_has_notices() -> None:
    lead = Track("Lead", notes=(Note(0, 100, 60, 80), Note(160, 160, 62, 80)), others=(Event(0, b"\xb0\x0a\x64"),))
    quantized = grid.from_score(song(lead))
    assert [notice.message for notice in quantized.notices] == [
        "50% of the notes are between the sixteenths: their timing is kept.",
        "Controllers that a blend does not carry over: 1 (pan).",
    ]


def test_six_eight_is_three_four_by_another_name() -> None:
    quantized = grid.from_score(song(Track("Lead", notes=notes((0, 6, 60), (6, 6, 62))), meter=(6, 8)))
    assert (quantized.meter, quantized.to_meter("3/4").meter) == ("6/8", "3/4")
    assert quantized.to_meter("3/4").events == quantized.events


@st.composite
def scores(draw: st.DrawFn, meters: tuple[tuple[int, int], ...] = ((4, 4), (3, 4), (6, 8))) -> Score:
    row = st.tuples(st.integers(0, 64), st.integers(1, 20), st.integers(15, 112))
    tracks = [
        Track(draw(st.sampled_from(["", "Melody", "piano", "Bass"])), draw(st.integers(0, 127)), channel, notes(*rows))
        for channel, rows in draw(
            st.dictionaries(st.sampled_from([0, 1, 2, 9]), st.lists(row, min_size=1, max_size=25), min_size=1)
        ).items()
    ]
    return song(*tracks, meter=draw(st.sampled_from(meters)))


def readable(score: Score) -> Grid:
    """The grid of a score, where it has one: strokes of unknown drums alone have none."""
    try:
        return grid.from_score(score)
    except NoNotes:
        reject()


@given(scores())
@settings(max_examples=120, deadline=None)
def test_a_grid_survives_midi(score: Score) -> None:
    quantized = readable(score)
    assert grid.from_score(midi.parse(midi.write(grid.to_score(quantized)))) == quantized


@given(scores())
@settings(max_examples=60, deadline=None)
def test_a_grid_is_well_formed(score: Score) -> None:
    quantized = readable(score)
    assert quantized.roles == tuple(role for role in ROLES if role in quantized.events)
    for role in quantized.roles:
        events, loud = quantized.events[role], quantized.velocities[role]
        assert len(events) == len(loud) == quantized.n_steps == quantized.n_bars * quantized.steps_per_bar
        if role is Role.DRUMS:
            assert np.array_equal(events[:, None] >> np.arange(9) & 1 > 0, loud > 0)
        else:
            assert np.array_equal(events > OFF, loud > 0)
            assert (events[0] >= OFF).all()
            assert events.max() <= 89


def test_grids_differ_in_any_part_of_their_music() -> None:
    quantized = grid.from_score(song(Track("Lead", notes=notes((0, 4, 60)))))
    assert quantized == replace(quantized, title="another", notices=())
    assert quantized != replace(quantized, n_bars=2)
    assert quantized != replace(quantized, programs={Role.LEAD: 1})
    assert quantized != replace(quantized, events={Role.LEAD: np.zeros(16, dtype=np.int16)})


def test_a_hundred_tracks_are_merged_by_role() -> None:
    tracks = [Track("", i % 128, i % 9, notes((i % 16, 2, 40 + i % 40))) for i in range(100)]
    quantized = grid.from_score(song(*tracks))
    assert set(quantized.roles) <= set(ROLES)
    assert quantized.notices[0].message.startswith("100 tracks were merged by role: lead, ")


def test_forty_changes_of_tempo_are_kept() -> None:
    tempos = tuple(Tempo(at * 480, 500_000 + 1000 * at) for at in range(41))
    quantized = grid.from_score(Score(tempos=tempos, tracks=(Track("Lead", notes=notes((0, 200, 60))),)))
    assert [tempo.step for tempo in quantized.tempos] == list(range(0, 164, 4))
    message = "The tempo changes 40 times (bars 1 to 11), between 111 and 120 BPM: read beat by beat."
    assert quantized.notices[0][:2] == ("TEMPO_CHANGES_KEPT", message)


def test_every_step_lasts_as_long_as_in_the_score() -> None:
    ticks = [0, 970, 1000, 1090, 1440, 3000]
    tempos = tuple(Tempo(tick, 300_000 + 100_000 * index) for index, tick in enumerate(ticks))
    score = Score(tempos=tempos, tracks=(Track("Lead", notes=notes((0, 32, 60))),))
    quantized = grid.from_score(score)
    own, theirs = (TempoMap.from_score(each) for each in (grid.to_score(quantized), score))
    steps = [120 * step for step in range(33)]
    assert own.seconds_at(steps) == pytest.approx(theirs.seconds_at(steps), abs=1e-5)


@pytest.mark.parametrize("n_bars", [1, 30])
def test_silent_bars_before_the_music_are_left_out(n_bars: int) -> None:
    start = 16 * n_bars
    rows = [(start + 2, 4, 60), (start + 20, 4, 62), (start + 100, 4, 64)]
    score = Score(tempos=(Tempo(0, 600_000), Tempo(1920, 500_000)), tracks=(Track("Lead", notes=notes(*rows)),))
    quantized = grid.from_score(score)
    assert quantized.notes(Role.LEAD)[:, 0].tolist() == [2, 20, 100]
    assert (quantized.n_bars, quantized.tempos) == (7, (GridTempo(0, 500_000),))
    assert quantized.notices[0].reason == "SILENCE_LEFT_OUT"
    assert quantized.meter_map is not None
    assert quantized.meter_map.steps_at([score.tracks[0].notes[0].onset_ticks]).tolist() == [2]


def test_twenty_minutes_are_read_whole() -> None:
    quantized = grid.from_score(song(Track("Lead", notes=notes(*[(i * 4, 4, 60 + i % 12) for i in range(2400)]))))
    assert (quantized.n_bars, len(quantized.notes(Role.LEAD))) == (600, 2400)
    assert quantized.notices[0].message == "The piece lasts 20 minutes: working on it takes a while."
