"""Separation of transcribed notes into roles: a bass line, a lead line, and the harmony between them.

A mix has no tracks, so the roles are derived from the positions of the notes (*voice separation* in the literature).
The bass is the lowest line, in a low register and apart from the notes above it. The lead is the top line, in the
register of the highest notes around it. A recording that is monophonic has only a lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64
from score.roles import Role

from transcriber.note_detection.drum_detection import DrumStroke
from transcriber.note_detection.note_decoding import DetectedNote

CHORD_ONSET_S = 0.04
"""Notes that begin within this are one chord."""
MAX_MONOPHONIC_OVERLAP = 0.12
"""A recording is monophonic if at most this share of its notes begins while another one continues."""
MIN_OVERLAP_S = 0.08
HIGHEST_BASS_PITCH = 55
"""G3; a higher note is not bass."""
BASS_GAP_SEMITONES = 5
"""Distance from a bass note to the next note above it that makes it clearly a bass."""
MIN_BASS_SHARE, MIN_BASS_NOTES = 0.3, 8
"""There is a bass if it has this many notes for each chord of the piece, or at least this many notes in total."""
STROKE_S = 0.04
"""Length of a drum note, which is not heard."""
LEAD_REACH_S = 4.0
LEAD_RANGE_SEMITONES = 12
"""The lead is at most this far below the highest notes around it; lower top notes accompany its rests."""

_HARMONY, _LEAD, _BASS = range(3)


class TranscribedPart(NamedTuple):
    """The notes of one role, by rising onset, and the confidence that they are notes of that role, 0 to 1."""

    role: Role
    notes: tuple[DetectedNote, ...]
    confidence: float


def separate_roles(notes: Sequence[DetectedNote]) -> list[TranscribedPart]:
    """Divide notes into lead, harmony and bass; roles without notes are left out.

    Parameters
    ----------
    notes : sequence of DetectedNote
        By rising onset; not empty.
    """
    overlap = overlap_share(notes)
    if overlap <= MAX_MONOPHONIC_OVERLAP:
        return [_build_part(Role.LEAD, notes, 1 - overlap)]
    chords = _group_chords(notes)
    bass, bass_clarity = _find_bass(notes, chords)
    lead = _find_lead(notes, chords, bass)
    labels = np.full(len(notes), _HARMONY)
    labels[list(lead)], labels[list(bass)] = _LEAD, _BASS
    contrast = _lead_contrast(notes, labels)
    roles = (
        (Role.LEAD, _LEAD, contrast),
        (Role.HARMONY, _HARMONY, 0.5 + contrast / 2),
        (Role.BASS, _BASS, bass_clarity),
    )
    parts = [(role, [notes[at] for at in np.flatnonzero(labels == label)], clarity) for role, label, clarity in roles]
    return [_build_part(role, own, clarity) for role, own, clarity in parts if own]


def build_drum_part(strokes: Sequence[DrumStroke]) -> list[TranscribedPart]:
    """Return the part of the drums, in a list; an empty one if there are none."""
    if not strokes:
        return []
    notes = tuple(
        DetectedNote(stroke.onset_s, stroke.onset_s + STROKE_S, stroke.pitch, stroke.velocity, stroke.probability)
        for stroke in strokes
    )
    return [TranscribedPart(Role.DRUMS, notes, round(float(np.mean([note.probability for note in notes])), 3))]


def overlap_share(notes: Sequence[DetectedNote]) -> float:
    """Return the share of the notes that begin while another one continues for more than `MIN_OVERLAP_S`."""
    end_s, count = -1.0, 0
    for note in notes:
        count += end_s - note.onset_s > MIN_OVERLAP_S
        end_s = max(end_s, note.end_s)
    return count / len(notes)


def _build_part(role: Role, notes: Sequence[DetectedNote], clarity: float) -> TranscribedPart:
    confidence = float(np.mean([note.probability for note in notes])) * float(np.clip(clarity, 0, 1))
    return TranscribedPart(role, tuple(notes), round(confidence, 3))


def _group_chords(notes: Sequence[DetectedNote]) -> list[list[int]]:
    """Group the indices of notes that begin together, each chord sorted by pitch."""
    chords: list[list[int]] = []
    for index, note in enumerate(notes):
        if chords and note.onset_s - notes[chords[-1][0]].onset_s <= CHORD_ONSET_S:
            chords[-1].append(index)
        else:
            chords.append([index])
    return [sorted(chord, key=lambda index: notes[index].pitch) for chord in chords]


def _outer_pitches(notes: Sequence[DetectedNote], chords: Sequence[Sequence[int]]) -> tuple[I64, I64]:
    """Return the lowest and highest pitches that sound when each chord begins, including the chord."""
    lowest, highest = [], []
    active: list[DetectedNote] = []
    for chord in chords:
        now_s = notes[chord[0]].onset_s
        active = [note for note in active if note.end_s > now_s + MIN_OVERLAP_S]
        active += [notes[index] for index in chord]
        lowest.append(min(note.pitch for note in active))
        highest.append(max(note.pitch for note in active))
    return np.array(lowest), np.array(highest)


def _find_bass(notes: Sequence[DetectedNote], chords: Sequence[Sequence[int]]) -> tuple[set[int], float]:
    """Return the indices of the bass notes, and the share of them that is clearly apart from the notes above."""
    lowest_pitches, highest_pitches = _outer_pitches(notes, chords)
    ceiling = min(HIGHEST_BASS_PITCH, float(np.median(lowest_pitches)) + 9)
    bass, n_clear = set(), 0
    for chord, low, high in zip(chords, lowest_pitches, highest_pitches, strict=True):
        pitch = notes[chord[0]].pitch
        if pitch == low and pitch <= ceiling and (high - pitch >= BASS_GAP_SEMITONES or len(chord) == 1):
            bass.add(chord[0])
            above = [notes[index].pitch for index in chord[1:]]
            n_clear += (min(above) if above else high) - pitch >= BASS_GAP_SEMITONES
    if len(bass) < MIN_BASS_SHARE * len(chords) and len(bass) < MIN_BASS_NOTES:
        return set(), 0.0
    return bass, n_clear / max(len(bass), 1)


def _find_lead(notes: Sequence[DetectedNote], chords: Sequence[Sequence[int]], bass: set[int]) -> set[int]:
    """Return the indices of the lead notes.

    The top note of a chord belongs to the lead unless a higher note of the lead still sounds, or it lies in the
    register of the accompaniment.
    """
    without_bass = [[index for index in chord if index not in bass] for chord in chords]
    top_notes = [chord[-1] for chord in without_bass if chord]
    if not top_notes:
        return set()
    pitches = np.array([notes[index].pitch for index in top_notes], dtype=float)
    floor = _lead_floor(pitches, np.array([notes[index].onset_s for index in top_notes]))
    lead, last_end_s, last_pitch = set(), -1.0, 0
    for index, pitch, lowest in zip(top_notes, pitches, floor, strict=True):
        note = notes[index]
        is_covered = note.onset_s < last_end_s - MIN_OVERLAP_S and pitch < last_pitch
        if pitch >= lowest and not is_covered:
            lead.add(index)
            last_end_s, last_pitch = note.end_s, note.pitch
    return lead


def _lead_floor(pitches: F64, onsets_s: F64) -> F64:
    """Return the lowest pitch of the lead around each top note; lower ones are accompaniment in its rests."""
    floor = np.empty(len(pitches))
    for index, onset_s in enumerate(onsets_s):
        first, last = np.searchsorted(onsets_s, (onset_s - LEAD_REACH_S, onset_s + LEAD_REACH_S))
        floor[index] = np.quantile(pitches[first:last], 0.85) - LEAD_RANGE_SEMITONES
    return floor


def _lead_contrast(notes: Sequence[DetectedNote], labels: I64) -> float:
    """Return how far the lead is above the harmony in pitch: from 0 if an octave below to 1 if an octave above."""
    pitches = np.array([note.pitch for note in notes])
    lead, harmony = pitches[labels == _LEAD], pitches[labels == _HARMONY]
    if not len(lead) or not len(harmony):
        return 0.8
    return float(np.clip(0.5 + (np.median(lead) - np.median(harmony)) / 24, 0, 1))
