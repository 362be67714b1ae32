"""Roles out of a mix, and notes put on bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from score import midi
from score.grid import from_score
from score.model import Meter
from score.roles import Role, assign
from transcriber.notation.role_separation import Part, overlapping, split
from transcriber.notation.score_builder import TICKS_PER_QUARTER, assemble, trimmed
from transcriber.rhythm.downbeat_tracking import Bars

Make = Callable[..., Any]
Song = list[tuple[float, float, int]]


def pitches(parts: list[Part], role: Role) -> list[int]:
    return [note.pitch for part in parts if part.role is role for note in part.notes]


def test_a_mix_is_divided_and_no_note_is_lost(heard: Make, song: Song) -> None:
    notes = heard(song)
    parts = split(notes)
    assert [part.role for part in parts] == [Role.LEAD, Role.HARMONY, Role.BASS]
    assert sorted(note for part in parts for note in part.notes) == sorted(notes)
    assert max(pitches(parts, Role.BASS)) <= 43
    assert min(pitches(parts, Role.LEAD)) >= 76
    assert all(0.5 < part.confidence <= 1 for part in parts)


def test_a_single_line_is_the_lead(heard: Make) -> None:
    (part,) = split(heard([(0.5 * at, 0.5 * at + 0.48, 40 + at) for at in range(12)]))
    assert part.role is Role.LEAD
    assert len(part.notes) == 12


def test_chords_without_a_bass_have_none(heard: Make) -> None:
    chords = [(1.0 * at, at + 0.9, pitch) for at in range(8) for pitch in (60, 64, 67, 76 + at % 3)]
    parts = split(heard(chords))
    assert [part.role for part in parts] == [Role.LEAD, Role.HARMONY]
    assert pitches(parts, Role.LEAD) == [76 + at % 3 for at in range(8)]


def test_accompaniment_in_the_leads_rests_is_not_the_lead(heard: Make) -> None:
    lead = [(2.0 * at, 2.0 * at + 1.0, 84) for at in range(8)]
    figure = [(0.5 * at, 0.5 * at + 0.45, 55 + 4 * (at % 3)) for at in range(32)]
    parts = split(heard([*lead, *figure]))
    assert set(pitches(parts, Role.LEAD)) == {84}


def test_overlap_counts_notes_that_go_on(heard: Make) -> None:
    assert overlapping(heard([(0, 1, 60), (1, 2, 62)])) == 0
    assert overlapping(heard([(0, 1.05, 60), (1, 2, 62)])) == 0
    assert overlapping(heard([(0, 2, 60), (1, 2, 62)])) == 0.5


@pytest.mark.parametrize("is_constant", [True, False])
def test_notes_fall_on_the_beats_of_the_recording(heard: Make, *, is_constant: bool) -> None:
    beats_s = 0.3 + 0.5 * np.arange(20) if is_constant else 0.3 + np.cumsum(np.linspace(0.5, 0.7, 20))
    lead = heard([(float(beat), float(beat) + 0.2, 60 + at) for at, beat in enumerate(beats_s[:16])])
    parts = [Part(Role.LEAD, tuple(lead), 1.0)]
    score = assemble(parts, Bars(beats_s, 4, 4, 1.0), is_constant=is_constant, title="x", provenance={})
    onsets = [note.onset_ticks for note in score.tracks[0].notes]
    assert onsets == [TICKS_PER_QUARTER * at for at in range(16)]
    assert score.meters == (Meter(0, 4, 4),)
    assert len(score.tempos) == (1 if is_constant else 19)
    assert midi.parse(midi.write(score)) == score
    assert from_score(score).n_bars == 4


def test_a_piece_begins_with_the_bar_of_its_first_note() -> None:
    bars = Bars(0.5 * np.arange(40), 4, 4, 1.0)
    assert trimmed(bars, 9.1).beats_s[0] == 8.0
    assert trimmed(bars, 7.95).beats_s[0] == 8.0
    assert trimmed(bars, 0.0).beats_s[0] == 0.0
    assert trimmed(Bars(0.5 * np.arange(40), 3, 4, 1.0), 3.5).beats_s[0] == 3.0


def test_lines_are_cut_where_they_go_on_and_harmony_is_not(heard: Make) -> None:
    notes = tuple(heard([(0.0, 1.4, 60), (1.0, 2.0, 62)]))
    beats_s = 0.5 * np.arange(10)
    made = {}
    for role in (Role.LEAD, Role.HARMONY):
        score = assemble([Part(role, notes, 1.0)], Bars(beats_s, 4, 4, 1.0), is_constant=True, title="", provenance={})
        made[role] = score.tracks[0].notes[0].duration_ticks
    assert made == {Role.LEAD: 2 * TICKS_PER_QUARTER, Role.HARMONY: round(2.8 * TICKS_PER_QUARTER)}


def test_score_gives_the_tracks_the_roles_that_they_are_named_after(heard: Make, song: Song) -> None:
    parts = split(heard(song))
    beats_s = 0.5 * np.arange(70)
    score = assemble(parts, Bars(beats_s, 4, 4, 1.0), is_constant=True, title="", provenance={})
    assert [guess.role for guess in assign(score)] == [part.role for part in parts]
