"""Summary, timed notes and tempo map of a piece."""

from __future__ import annotations

import io

import pretty_midi
import pytest
from score import midi, summary
from score.model import Meter, Note, Score, Tempo, Track
from score.roles import Role
from score.summary import TimedNote
from score.tempo_map import TempoMap, mean_bpm

PIECE = Score(
    tempos=(Tempo(0, 500_000), Tempo(1920, 1_000_000), Tempo(2400, 250_000)),
    meters=(Meter(0, 4, 4), Meter(1920, 7, 8)),
    tracks=(
        Track("Song", 40, 0, (Note(0, 480, 72, 90), Note(1680, 960, 74, 80))),
        Track("", 0, 1),
        Track("Kit", 0, 9, (Note(4800, 480, 36, 100),)),
    ),
)


def test_the_summary_of_a_piece() -> None:
    short = summary.summarize(PIECE)
    assert (short.n_bars, short.meter) == (3, "7/8")
    assert short.seconds == pytest.approx(4 * 0.5 + 1 + 6 * 0.25)
    assert short.tempo_bpm == pytest.approx(60 * 11 / 4.5)
    assert [(track.track, track.name, track.role, track.n_notes) for track in short.tracks] == [
        (0, "Song", Role.LEAD, 2),
        (1, "", None, 0),
        (2, "Kit", Role.DRUMS, 1),
    ]
    assert [notice.reason for notice in short.notices] == ["METER_CHANGES", "IRREGULAR_METER", "TEMPO_CHANGES_KEPT"]


def test_a_piece_whose_tracks_are_all_left_out_is_still_described() -> None:
    short = summary.summarize(PIECE, {0: None, 2: None})
    assert [track.role for track in short.tracks] == [None, None, None]
    assert short.notices[-1].reason == "NO_NOTES"


def test_notes_in_seconds() -> None:
    first, second = summary.timed_notes(PIECE, PIECE.tracks[0])
    assert first == TimedNote(0.0, 0.5, 72, 90)
    assert second[:4] == pytest.approx((1.75, 0.25 + 1 + 0.125, 74, 80))
    assert summary.timed_notes(PIECE, PIECE.tracks[1]) == []


def test_bars_begin_where_the_meter_says() -> None:
    assert summary.bar_onset_ticks(PIECE) == [0, 1920, 3600]
    assert summary.bar_onsets_s(PIECE) == pytest.approx([0, 2, 2 + 1 + 2.5 * 0.25])


@pytest.mark.parametrize(("ticks_over", "n_bars"), [(0, 2), (1, 2), (59, 2), (61, 3)])
def test_a_tick_over_the_bar_line_adds_no_bar(ticks_over: int, n_bars: int) -> None:
    score = Score(tracks=(Track(notes=(Note(0, 480, 60, 80), Note(3360, 480 + ticks_over, 60, 80))),))
    assert summary.summarize(score).n_bars == len(summary.bar_onsets_s(score)) == n_bars


def test_bars_are_counted_from_the_first_with_a_note() -> None:
    score = Score(tracks=(Track(notes=(Note(30 * 1920 + 480, 480, 60, 80), Note(31 * 1920, 10, 60, 80))),))
    assert summary.bar_onset_ticks(score) == [30 * 1920, 31 * 1920]


def test_seconds_are_those_of_pretty_midi() -> None:
    theirs = pretty_midi.PrettyMIDI(io.BytesIO(midi.write(PIECE)))
    ours = TempoMap.from_score(PIECE)
    for tick in (0, 7, 1920, 2000, 2400, 2401, 5280):
        assert ours.seconds(tick) == pytest.approx(theirs.tick_to_time(tick))
        assert ours.ticks_at(ours.seconds(tick)) == pytest.approx(tick)


def test_before_the_first_tempo_it_is_120() -> None:
    late = Score(tempos=(Tempo(960, 1_000_000),), tracks=(Track(notes=(Note(0, 1440, 60, 80),)),))
    assert TempoMap.from_score(late).seconds(1440) == 2.0
    assert mean_bpm(late) == 90.0
    assert mean_bpm(Score()) == 120.0
