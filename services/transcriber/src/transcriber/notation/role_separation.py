"""Which notes are whose: a bass line, a lead line, and the harmony between them.

A mix has no tracks, so the roles are found from how the notes lie: the bass is the lowest line, in a low register and
apart from what is above it; the lead is the line on top that stands out by loudness and moves on its own. What is a
single line altogether is the lead alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.roles import Role

from transcriber.constants import Floats, Integers
from transcriber.note_detection.note_decoding import HeardNote

TOGETHER_S = 0.04
"""Notes that begin within this are one chord."""
MAX_LINE_OVERLAP = 0.12
"""A recording is one line if no more of its notes than this share begin while another one goes on."""
OVERLAP_S = 0.08
HIGHEST_BASS = 55
"""G3: what is above is no bass."""
BASS_GAP = 5
"""Semitones by which a bass is below what else sounds, at least half of the time."""
MIN_BASS_SHARE = 0.3
"""A bass has at least so many notes for each of the piece's chords."""
LEAD_REACH_S = 4.0
LEAD_RANGE = 12
"""The lead is at most so many semitones below the upper notes around it; what is lower accompanies its rests."""


class Part(NamedTuple):
    """The notes of one role, by rising onset, and how sure it is that they are, 0 to 1."""

    role: Role
    notes: tuple[HeardNote, ...]
    confidence: float


def split(notes: Sequence[HeardNote]) -> list[Part]:
    """Divide notes into lead, harmony and bass, those that there are.

    Parameters
    ----------
    notes : sequence of HeardNote
        By rising onset; not empty.
    """
    overlap = overlapping(notes)
    if overlap <= MAX_LINE_OVERLAP:
        return [_part(Role.LEAD, notes, 1 - overlap)]
    chords = _chords(notes)
    bass, bass_share = _bass(notes, chords)
    lead = _lead(notes, chords, bass)
    labels = np.full(len(notes), 0)
    labels[list(lead)], labels[list(bass)] = 1, 2
    apart = _contrast(notes, labels)
    named = ((Role.LEAD, 1, apart), (Role.HARMONY, 0, 0.5 + apart / 2), (Role.BASS, 2, bass_share))
    chosen = [(role, [notes[at] for at in np.flatnonzero(labels == label)], sure) for role, label, sure in named]
    return [_part(role, some, sure) for role, some, sure in chosen if some]


def overlapping(notes: Sequence[HeardNote]) -> float:
    """Tell which share of the notes begins while another one goes on for long."""
    ends_s, count = -1.0, 0
    for note in notes:
        count += ends_s - note.onset_s > OVERLAP_S
        ends_s = max(ends_s, note.end_s)
    return count / len(notes)


def _part(role: Role, notes: Sequence[HeardNote], certainty: float) -> Part:
    sure = float(np.mean([note.probability for note in notes])) * float(np.clip(certainty, 0, 1))
    return Part(role, tuple(notes), round(sure, 3))


def _chords(notes: Sequence[HeardNote]) -> list[list[int]]:
    """Gather the notes that begin together, by index, each chord from the lowest to the highest."""
    groups: list[list[int]] = []
    for index, note in enumerate(notes):
        if groups and note.onset_s - notes[groups[-1][0]].onset_s <= TOGETHER_S:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [sorted(group, key=lambda index: notes[index].pitch) for group in groups]


def _sounding_extremes(notes: Sequence[HeardNote], chords: Sequence[Sequence[int]]) -> tuple[Integers, Integers]:
    """Tell the lowest and the highest pitch that sounds when each chord begins, itself included."""
    lows, highs = [], []
    active: list[HeardNote] = []
    for chord in chords:
        now_s = notes[chord[0]].onset_s
        active = [note for note in active if note.end_s > now_s + OVERLAP_S]
        active += [notes[index] for index in chord]
        lows.append(min(note.pitch for note in active))
        highs.append(max(note.pitch for note in active))
    return np.array(lows), np.array(highs)


def _bass(notes: Sequence[HeardNote], chords: Sequence[Sequence[int]]) -> tuple[set[int], float]:
    """Find the line of lowest notes, and how clearly it is a bass."""
    lows, highs = _sounding_extremes(notes, chords)
    ceiling = min(HIGHEST_BASS, float(np.median(lows)) + 9)
    found, clear = set(), 0
    for chord, low, high in zip(chords, lows, highs, strict=True):
        lowest = notes[chord[0]].pitch
        if lowest == low and lowest <= ceiling and (high - lowest >= BASS_GAP or len(chord) == 1):
            found.add(chord[0])
            above = [notes[index].pitch for index in chord[1:]]
            clear += (min(above) if above else high) - lowest >= BASS_GAP
    if len(found) < MIN_BASS_SHARE * len(chords) and len(found) < 8:
        return set(), 0.0
    return found, clear / max(len(found), 1)


def _lead(notes: Sequence[HeardNote], chords: Sequence[Sequence[int]], bass: set[int]) -> set[int]:
    """Find the top line: the path through the chords' highest notes that leaps little and leaves out what is below.

    A chord's top note belongs to the line unless a clearly higher note of the line still sounds, or it lies in the
    register of the accompaniment between two notes of the line.
    """
    above = [[index for index in chord if index not in bass] for chord in chords]
    places = [chord[-1] for chord in above if chord]
    if not places:
        return set()
    pitches = np.array([notes[index].pitch for index in places], dtype=float)
    floor = _floor(pitches, np.array([notes[index].onset_s for index in places]))
    found, held_until_s, held_pitch = set(), -1.0, 0
    for index, pitch, least in zip(places, pitches, floor, strict=True):
        note = notes[index]
        is_covered = note.onset_s < held_until_s - OVERLAP_S and pitch < held_pitch
        if pitch >= least and not is_covered:
            found.add(index)
            held_until_s, held_pitch = note.end_s, note.pitch
    return found


def _floor(pitches: Floats, onsets_s: Floats) -> Floats:
    """Tell how low the top line goes around each place: below it is accompaniment that sounds in its rests."""
    floor = np.empty(len(pitches))
    for index, onset_s in enumerate(onsets_s):
        first, last = np.searchsorted(onsets_s, (onset_s - LEAD_REACH_S, onset_s + LEAD_REACH_S))
        upper = np.quantile(pitches[first:last], 0.85)
        floor[index] = upper - LEAD_RANGE
    return floor


def _contrast(notes: Sequence[HeardNote], labels: Integers) -> float:
    """Tell how far the lead stands apart from the harmony, in pitch: 1 above all of it, 0 within it."""
    pitches = np.array([note.pitch for note in notes])
    lead, harmony = pitches[labels == 1], pitches[labels == 0]
    if not len(lead) or not len(harmony):
        return 0.8
    return float(np.clip(0.5 + (np.median(lead) - np.median(harmony)) / 24, 0, 1))
