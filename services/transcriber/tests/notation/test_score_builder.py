"""Separation of a mix into roles, and the score that is built from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from score import midi
from score.arrays import F64
from score.grid import from_score
from score.model import Meter
from score.roles import Role, assign
from transcriber.notation.bar_grid import BarGrid
from transcriber.notation.role_separation import TranscribedPart, overlap_share, separate_roles
from transcriber.notation.score_builder import TICKS_PER_QUARTER, build_score, trim_leading_bars

Make = Callable[..., Any]
Song = list[tuple[float, float, int]]


def beats(n_beats: int, first_s: float = 0.0) -> F64:
    """Return beats half a second apart."""
    return np.asarray(first_s + 0.5 * np.arange(n_beats), dtype=np.float64)


def pitches(parts: list[TranscribedPart], role: Role) -> list[int]:
    return [note.pitch for part in parts if part.role is role for note in part.notes]


def test_a_mix_is_separated_without_losing_notes(detected: Make, song: Song) -> None:
    notes = detected(song)
    parts = separate_roles(notes)
    assert [part.role for part in parts] == [Role.LEAD, Role.HARMONY, Role.BASS]
    assert sorted(note for part in parts for note in part.notes) == sorted(notes)
    assert max(pitches(parts, Role.BASS)) <= 43
    assert min(pitches(parts, Role.LEAD)) >= 76
    assert all(0.5 < part.confidence <= 1 for part in parts)


def test_a_single_line_is_the_lead(detected: Make) -> None:
    (part,) = separate_roles(detected([(0.5 * at, 0.5 * at + 0.48, 40 + at) for at in range(12)]))
    assert part.role is Role.LEAD
    assert len(part.notes) == 12


def test_chords_without_a_bass_have_none(detected: Make) -> None:
    chords = [(1.0 * at, at + 0.9, pitch) for at in range(8) for pitch in (60, 64, 67, 76 + at % 3)]
    parts = separate_roles(detected(chords))
    assert [part.role for part in parts] == [Role.LEAD, Role.HARMONY]
    assert pitches(parts, Role.LEAD) == [76 + at % 3 for at in range(8)]


def test_accompaniment_in_the_leads_rests_is_not_the_lead(detected: Make) -> None:
    lead = [(2.0 * at, 2.0 * at + 1.0, 84) for at in range(8)]
    figure = [(0.5 * at, 0.5 * at + 0.45, 55 + 4 * (at % 3)) for at in range(32)]
    parts = separate_roles(detected([*lead, *figure]))
    assert set(pitches(parts, Role.LEAD)) == {84}


def test_overlap_counts_notes_that_continue(detected: Make) -> None:
    assert overlap_share(detected([(0, 1, 60), (1, 2, 62)])) == 0
    assert overlap_share(detected([(0, 1.05, 60), (1, 2, 62)])) == 0
    assert overlap_share(detected([(0, 2, 60), (1, 2, 62)])) == 0.5


@pytest.mark.parametrize("is_constant", [True, False])
def test_notes_are_placed_on_the_beats_of_the_recording(detected: Make, *, is_constant: bool) -> None:
    beats_s = beats(20, 0.3) if is_constant else np.asarray(0.3 + np.cumsum(np.linspace(0.5, 0.7, 20)), np.float64)
    lead = detected([(float(beat), float(beat) + 0.2, 60 + at) for at, beat in enumerate(beats_s[:16])])
    parts = [TranscribedPart(Role.LEAD, tuple(lead), 1.0)]
    score = build_score(parts, BarGrid(beats_s, 4, 4, 1.0), is_constant=is_constant, title="x", provenance={})
    onsets = [note.onset_ticks for note in score.tracks[0].notes]
    assert onsets == [TICKS_PER_QUARTER * at for at in range(16)]
    assert score.meters == (Meter(0, 4, 4),)
    assert len(score.tempos) == (1 if is_constant else 19)
    assert midi.parse(midi.write(score)) == score
    assert from_score(score).n_bars == 4


def test_a_piece_begins_with_the_bar_of_its_first_note() -> None:
    bars = BarGrid(beats(40), 4, 4, 1.0)
    assert trim_leading_bars(bars, 9.1).beats_s[0] == 8.0
    assert trim_leading_bars(bars, 7.95).beats_s[0] == 8.0
    assert trim_leading_bars(bars, 0.0).beats_s[0] == 0.0
    assert trim_leading_bars(BarGrid(beats(40), 3, 4, 1.0), 3.5).beats_s[0] == 3.0


def test_lines_are_made_monophonic_and_harmony_is_not(detected: Make) -> None:
    notes = tuple(detected([(0.0, 1.4, 60), (1.0, 2.0, 62)]))
    beats_s = beats(10)
    durations = {}
    for role in (Role.LEAD, Role.HARMONY):
        parts, bars = [TranscribedPart(role, notes, 1.0)], BarGrid(beats_s, 4, 4, 1.0)
        score = build_score(parts, bars, is_constant=True, title="", provenance={})
        durations[role] = score.tracks[0].notes[0].duration_ticks
    assert durations == {Role.LEAD: 2 * TICKS_PER_QUARTER, Role.HARMONY: round(2.8 * TICKS_PER_QUARTER)}


def test_tracks_are_classified_as_the_roles_that_they_are_named_after(detected: Make, song: Song) -> None:
    parts = separate_roles(detected(song))
    beats_s = beats(70)
    score = build_score(parts, BarGrid(beats_s, 4, 4, 1.0), is_constant=True, title="", provenance={})
    assert [guess.role for guess in assign(score)] == [part.role for part in parts]
