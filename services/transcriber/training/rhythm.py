"""Examples of tempo and bars, from scores alone: notes as a transcription would hear them, and what was written."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from score import midi
from score.model import Score
from score.summary import bar_onset_ticks
from score.tempo_map import TempoMap
from servicekit.faults import Fault
from transcriber.constants import FRAMES_PER_S, Floats
from transcriber.note_detection.note_decoding import HeardNote
from transcriber.rhythm import downbeat_tracking, tempo_estimation

from training import corpus

EXCERPT_S = 60.0
EXACT, OCTAVE = 1.0, 0.3
"""What a period is worth that is a quarter's, or half or double of it."""
TOLERANCE = 0.04
MIN_NOTES = 20


class Choice(NamedTuple):
    """Periods with their features, and what each is worth as an answer."""

    features: Floats
    worth: Floats


class Halves(NamedTuple):
    """The half beats of a piece with their features; whether a bar begins there; quarters of a bar."""

    features: Floats
    begins_bar: NDArray[np.bool_]
    quarters: float


class Rhythm(NamedTuple):
    """A piece's examples."""

    choices: list[Choice]
    halves: Halves
    is_validation: bool


def rhythms(rows: Sequence[corpus.Row], seed: int = 0) -> Iterator[Rhythm]:
    """Read pieces, and hear each once as it is, and once at another tempo where it is to train on."""
    rng = np.random.default_rng(seed)
    for row in rows:
        try:
            score = midi.parse(row.path.read_bytes())
        except Fault:
            continue
        excerpt = Excerpt(score, random.Random(str(row.path)))
        if len(excerpt.notes) < MIN_NOTES or len(excerpt.quarters_s) < 10:
            continue
        is_validation = row.fold == corpus.VALIDATION_FOLD
        stretches = [1.0] if is_validation else [1.0, float(rng.uniform(0.8, 1.25))]
        choices = [excerpt.choice(stretch, rng) for stretch in stretches]
        yield Rhythm(choices, excerpt.halves(rng), is_validation)


class Excerpt:
    """A minute of a score: its notes, quarters and bars, in seconds from its beginning."""

    def __init__(self, score: Score, rng: random.Random) -> None:
        tempo_map = TempoMap.from_score(score)
        length_s = tempo_map.seconds(score.end_ticks)
        start_s = rng.choice([0.0, 0.0, rng.uniform(0, max(0.0, length_s - EXCERPT_S))])
        ticks = np.arange(0, score.end_ticks + score.ticks_per_quarter, score.ticks_per_quarter)
        self.quarters_s = _within(tempo_map.seconds_at(ticks) - start_s)
        self.bars_s = _within(tempo_map.seconds_at(bar_onset_ticks(score)) - start_s)
        table = [note for track in score.tracks if not track.is_drum for note in track.notes]
        times_s = tempo_map.seconds_at([(note.onset_ticks, note.end_ticks) for note in table] or np.zeros((0, 2)))
        notes = np.column_stack((times_s.reshape(-1, 2) - start_s, [note.pitch for note in table]))
        self.notes = notes[(notes[:, 0] >= 0) & (notes[:, 0] < EXCERPT_S)]

    def choice(self, stretch: float, rng: np.random.Generator) -> Choice:
        """List the periods that may be its quarter."""
        notes = heard(self.notes, stretch, rng)
        onsets_s = np.array([note.onset_s for note in notes])
        curve = tempo_estimation.onset_curve(onsets_s, int(onsets_s.max() * FRAMES_PER_S) + 50)
        periods_s, features = tempo_estimation.hypotheses(notes, curve)
        ratios = periods_s / (stretch * float(np.median(np.diff(self.quarters_s))))
        near = {each: np.abs(ratios / each - 1) < TOLERANCE for each in (0.5, 1.0, 2.0)}
        return Choice(features, np.where(near[1.0], EXACT, np.where(near[0.5] | near[2.0], OCTAVE, 0.0)))

    def halves(self, rng: np.random.Generator) -> Halves:
        """Describe its half beats."""
        quarters_s = self.quarters_s[self.quarters_s >= -0.5]
        index = np.arange(0, len(quarters_s) - 0.5, 0.5)
        halves_s = np.interp(index, np.arange(len(quarters_s)), quarters_s)
        off_s = np.abs(halves_s[:, None] - self.bars_s).min(axis=1, initial=1.0)
        bar_s = float(np.median(np.diff(self.bars_s))) if len(self.bars_s) > 1 else 0.0
        features = downbeat_tracking.features(heard(self.notes, 1.0, rng), halves_s)
        return Halves(features, off_s < 0.03, bar_s / float(np.median(np.diff(quarters_s))))


def heard(notes: Floats, stretch: float, rng: np.random.Generator) -> list[HeardNote]:
    """Mishear a little: some notes missed, some heard twice or an octave off, none quite in time."""
    kept = notes[rng.random(len(notes)) > rng.uniform(0, 0.15)]
    extra = notes[rng.integers(0, len(notes), int(len(notes) * rng.uniform(0, 0.2)))].copy()
    extra[:, 2] += rng.choice([0, 12, -12, 19], len(extra))
    astray = rng.random(len(extra)) < 0.15
    extra[astray, :2] += (rng.uniform(0, EXCERPT_S, astray.sum()) - extra[astray, 0])[:, None]
    every = np.concatenate((kept, extra))
    lengths_s = np.maximum((every[:, 1] - every[:, 0]) * rng.uniform(0.7, 1.1, len(every)), 0.05)
    onsets_s = np.maximum(every[:, 0] + rng.normal(0, 0.008, len(every)), 0)
    rows = zip(onsets_s * stretch, (onsets_s + lengths_s) * stretch, every[:, 2], strict=True)
    return [HeardNote(float(onset_s), float(end_s), int(pitch), 80, 1.0) for onset_s, end_s, pitch in sorted(rows)]


def _within(times_s: Floats) -> Floats:
    return times_s[(times_s > -3) & (times_s < EXCERPT_S + 3)]
