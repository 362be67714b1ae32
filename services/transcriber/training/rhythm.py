"""Training examples of tempo and downbeats, from scores alone: simulated transcriptions with the written rhythm."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from score import midi
from score.arrays import F32, F64, Bool
from score.model import Score
from score.summary import bar_onset_ticks
from score.tempo_map import TempoMap
from servicekit.faults import Fault
from transcriber.constants import FRAMES_PER_S
from transcriber.note_detection.note_decoding import DetectedNote
from transcriber.rhythm.downbeat_tracking import downbeat_features
from transcriber.rhythm.tempo_estimation import onset_envelope, tempo_candidates

from training import corpus

EXCERPT_S = 60.0
EXACT, OCTAVE = 1.0, 0.3
"""Weight of a candidate period that is a quarter, or half or double of it."""
TOLERANCE = 0.04
MIN_NOTES, MIN_QUARTERS = 20, 10


class TempoExample(NamedTuple):
    """Candidate periods: features of shape (n, features), and the weight of each as the right answer, shape (n,)."""

    features: F32
    weights: F64


class DownbeatExample(NamedTuple):
    """The half beats of a piece.

    Attributes
    ----------
    features : ndarray, shape (half beats, features), float32
    begins_bar : ndarray, shape (half beats,), bool
    quarters_per_bar : float
        Length of the median bar.
    """

    features: F32
    begins_bar: Bool
    quarters_per_bar: float


class RhythmExamples(NamedTuple):
    """The examples of a piece."""

    tempos: list[TempoExample]
    downbeats: DownbeatExample
    is_validation: bool


def iter_rhythm_examples(rows: Sequence[corpus.CorpusRow], seed: int = 0) -> Iterator[RhythmExamples]:
    """Yield the examples of each usable piece; training pieces have another one of tempo, at a random tempo."""
    rng = np.random.default_rng(seed)
    for row in rows:
        try:
            score = midi.parse(row.path.read_bytes())
        except Fault:
            continue
        excerpt = Excerpt(score, random.Random(str(row.path)))
        if len(excerpt.notes) < MIN_NOTES or len(excerpt.quarters_s) < MIN_QUARTERS:
            continue
        is_validation = row.fold == corpus.VALIDATION_FOLD
        stretches = [1.0] if is_validation else [1.0, float(rng.uniform(0.8, 1.25))]
        tempos = [excerpt.tempo_example(stretch, rng) for stretch in stretches]
        yield RhythmExamples(tempos, excerpt.downbeat_example(rng), is_validation)


class Excerpt:
    """A minute of a score: its notes, quarters and bars, in seconds from the beginning of the excerpt."""

    def __init__(self, score: Score, rng: random.Random) -> None:
        tempo_map = TempoMap.from_score(score)
        length_s = tempo_map.seconds(score.end_ticks)
        start_s = rng.choice([0.0, 0.0, rng.uniform(0, max(0.0, length_s - EXCERPT_S))])
        ticks = np.arange(0, score.end_ticks + score.ticks_per_quarter, score.ticks_per_quarter)
        self.quarters_s = _within_excerpt(tempo_map.seconds_at(ticks) - start_s)
        self.bars_s = _within_excerpt(tempo_map.seconds_at(bar_onset_ticks(score)) - start_s)
        table = [note for track in score.tracks if not track.is_drum for note in track.notes]
        times_s = tempo_map.seconds_at([(note.onset_ticks, note.end_ticks) for note in table] or np.zeros((0, 2)))
        notes = np.column_stack((times_s.reshape(-1, 2) - start_s, [note.pitch for note in table]))
        self.notes = notes[(notes[:, 0] >= 0) & (notes[:, 0] < EXCERPT_S)]

    def tempo_example(self, stretch: float, rng: np.random.Generator) -> TempoExample:
        """Return the candidate periods of a simulated transcription, with times stretched by a factor."""
        notes = simulate_transcription(self.notes, stretch, rng)
        onsets_s = np.array([note.onset_s for note in notes])
        envelope = onset_envelope(onsets_s, int(onsets_s.max() * FRAMES_PER_S) + 50)
        periods_s, features = tempo_candidates(notes, envelope)
        ratios = periods_s / (stretch * float(np.median(np.diff(self.quarters_s))))
        is_near = {ratio: np.abs(ratios / ratio - 1) < TOLERANCE for ratio in (0.5, 1.0, 2.0)}
        weights = np.where(is_near[1.0], EXACT, np.where(is_near[0.5] | is_near[2.0], OCTAVE, 0.0))
        return TempoExample(features, weights)

    def downbeat_example(self, rng: np.random.Generator) -> DownbeatExample:
        """Return the half beats of a simulated transcription."""
        quarters_s = self.quarters_s[self.quarters_s >= -0.5]
        index = np.arange(0, len(quarters_s) - 0.5, 0.5)
        halves_s = np.interp(index, np.arange(len(quarters_s)), quarters_s)
        distances_s = np.abs(halves_s[:, None] - self.bars_s).min(axis=1, initial=1.0)
        bar_s = float(np.median(np.diff(self.bars_s))) if len(self.bars_s) > 1 else 0.0
        features = downbeat_features(simulate_transcription(self.notes, 1.0, rng), halves_s)
        return DownbeatExample(features, distances_s < 0.03, bar_s / float(np.median(np.diff(quarters_s))))


def simulate_transcription(notes: F64, stretch: float, rng: np.random.Generator) -> list[DetectedNote]:
    """Simulate the errors of a transcription: missed notes, false ones, and inexact times.

    Parameters
    ----------
    notes : ndarray, shape (n, 3), float64
        Onset and end in seconds, and pitch.
    stretch : float
        Factor of all times.
    rng : Generator
        Source of all errors.
    """
    detected = notes[rng.random(len(notes)) > rng.uniform(0, 0.15)]
    false = notes[rng.integers(0, len(notes), int(len(notes) * rng.uniform(0, 0.2)))].copy()
    false[:, 2] += rng.choice([0, 12, -12, 19], len(false))
    is_misplaced = rng.random(len(false)) < 0.15
    false[is_misplaced, :2] += (rng.uniform(0, EXCERPT_S, is_misplaced.sum()) - false[is_misplaced, 0])[:, None]
    table = np.concatenate((detected, false))
    durations_s = np.maximum((table[:, 1] - table[:, 0]) * rng.uniform(0.7, 1.1, len(table)), 0.05)
    onsets_s = np.maximum(table[:, 0] + rng.normal(0, 0.008, len(table)), 0)
    rows = zip(onsets_s * stretch, (onsets_s + durations_s) * stretch, table[:, 2], strict=True)
    return [DetectedNote(float(onset_s), float(end_s), int(pitch), 80, 1.0) for onset_s, end_s, pitch in sorted(rows)]


def _within_excerpt(times_s: F64) -> F64:
    return np.asarray(times_s[(times_s > -3) & (times_s < EXCERPT_S + 3)])
