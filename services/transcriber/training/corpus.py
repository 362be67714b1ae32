"""The corpus of training music: its index, the choice of pieces, and random performances of them."""

from __future__ import annotations

import csv
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from score import midi
from score.model import Note, Score, Tempo, Track
from score.tempo_map import TempoMap
from servicekit.faults import Fault

TEST_FOLD, VALIDATION_FOLD = 0, 1
"""Tenths of the corpus, by group: the first is used for tests only, the second for validation."""

PIECES_PER_STYLE = {
    "lied": 70, "pop": 100, "folk-dance": 8, "folk-reel": 8, "folk-air": 14, "folk-jig": 8, "chorale": 40,
    "string-quartet": 60, "march": 8, "classical-guitar": 50, "baroque-keyboard": 60, "game": 70, "choral": 25,
    "folk-song": 15, "hymn": 20, "classical-piano": 60, "organ": 30, "chamber": 30, "romantic-piano": 40,
    "piano-other": 15, "ragtime": 13, "waltz": 9, "arr-jigrock": 16, "arr-folkrock": 20, "arr-waltz": 16,
    "arr-country": 16, "arr-funk": 20, "arr-latin": 20, "arr-jazz": 20, "arr-march": 8, "arr-reggae": 12,
    "arr-hiphop": 12,
}  # fmt: skip
"""Limits, so that styles with many pieces do not dominate."""

MIN_NOTES = 5
"""An excerpt with fewer notes is not used."""

UNPITCHED = frozenset({9, 10, 13, 14, 15, 47, 55, 96, 97, 98, 99, 100, 101, 102, 103, *range(112, 128)})
"""General MIDI programs whose notes lack a clear pitch or a clear onset."""
PROGRAMS = [program for program in range(112) if program not in UNPITCHED]


@dataclass(frozen=True)
class CorpusRow:
    """A row of the corpus's index."""

    path: Path
    style: str
    group: str
    source: str
    licence: str

    @property
    def fold(self) -> int:
        """The tenth of the corpus to which the piece's group belongs, 0 to 9."""
        return int(hashlib.sha256(self.group.encode()).hexdigest()[:8], 16) % 10


def read_index(folders: Sequence[Path]) -> list[CorpusRow]:
    """Read the indices of the folders."""
    rows = []
    for folder in folders:
        with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                path = folder / line["path"]
                rows.append(CorpusRow(path, line["style"], line["group"], line["source"], line["licence"]))
    return rows


def sample_pieces(rows: Sequence[CorpusRow], seed: int = 7) -> list[CorpusRow]:
    """Sample the pieces for training and validation, by `PIECES_PER_STYLE`, in a random order.

    Parameters
    ----------
    rows : sequence of CorpusRow
        The whole corpus.
    seed : int
        Seed of the sample.
    """
    rng = random.Random(seed)
    chosen: list[CorpusRow] = []
    for style, count in PIECES_PER_STYLE.items():
        found = [row for row in rows if row.style == style and row.fold != TEST_FOLD]
        rng.shuffle(found)
        chosen += found[:count]
    rng.shuffle(chosen)
    return chosen


def sample_band_pieces(rows: Sequence[CorpusRow], count: int = 260, seed: int = 11) -> list[CorpusRow]:
    """Sample pieces of bands: arrangements and game music, most of which have drums of their own.

    Parameters
    ----------
    rows : sequence of CorpusRow
        The whole corpus.
    count : int
        Maximum number of pieces.
    seed : int
        Seed of the sample.
    """
    is_band = [row for row in rows if row.style == "game" or row.style.startswith("arr-")]
    found = [row for row in is_band if row.fold != TEST_FOLD]
    random.Random(seed).shuffle(found)
    return found[:count]


def sample_drum_pieces(rows: Sequence[CorpusRow], count: int = 60, seed: int = 5) -> list[CorpusRow]:
    """Sample pieces of drums alone, in which no notes should be detected.

    Parameters
    ----------
    rows : sequence of CorpusRow
        The whole corpus.
    count : int
        Maximum number of pieces.
    seed : int
        Seed of the sample.
    """
    found = [row for row in rows if row.style.startswith("drums-") and row.fold != TEST_FOLD]
    random.Random(seed).shuffle(found)
    return found[:count]


def iter_scores(rows: Sequence[CorpusRow]) -> Iterator[tuple[int, CorpusRow, Score]]:
    """Yield the score of each readable piece, with its row and the row's number."""
    for number, row in enumerate(rows):
        try:
            yield number, row, midi.parse(row.path.read_bytes())
        except Fault:
            continue


def count_pitched(score: Score) -> int:
    """Return the number of notes that are not drums."""
    return sum(len(track.notes) for track in score.tracks if not track.is_drum)


def perform_excerpt(score: Score, rng: random.Random, *, own_programs_share: float = 0.5) -> Score:
    """Perform 10 to 15 seconds of a piece with random instruments, tempo, transposition and playing style.

    Parameters
    ----------
    score : Score
    rng : Random
        Source of all choices.
    own_programs_share : float
        Probability that the piece keeps its own instruments.

    Returns
    -------
    Score
        With 1000 ticks a second, so that notes need not lie on a grid.
    """
    tempo_map = TempoMap.from_score(score)
    length_s = rng.uniform(10, 15)
    latest_s = max(0.0, tempo_map.seconds(score.end_ticks) - length_s)
    start_s = 0.0 if rng.random() < 0.2 else rng.uniform(0, latest_s)
    semitones = rng.choice([0, 0, -3, -2, -1, 1, 2, 3])
    keeps_programs = rng.random() < own_programs_share
    style = PerformanceStyle(
        rng,
        stretch=rng.uniform(0.8, 1.25),
        timing_std_s=rng.choice([0, 0, 0.008, 0.015]),
        lead_in_s=rng.uniform(0, 0.5),
        is_detached=rng.random() < 0.12,
    )
    tracks = []
    for track in score.tracks:
        if not track.is_drum and len(score.tracks) > 2 and rng.random() < 0.1:
            continue
        program = track.program if keeps_programs or track.is_drum else rng.choice(PROGRAMS)
        notes = style.perform(track, tempo_map, start_s, start_s + length_s, 0 if track.is_drum else semitones)
        tracks.append(replace(track, program=program, notes=notes, others=()))
    return Score(ticks_per_quarter=1000, tempos=(Tempo(0, 1_000_000),), tracks=tuple(tracks))


@dataclass(frozen=True)
class PerformanceStyle:
    """How a piece is performed.

    Attributes
    ----------
    rng : Random
        Source of all deviations.
    stretch : float
        Factor of all times.
    timing_std_s : float
        Standard deviation of onsets and ends.
    lead_in_s : float
        Silence at the beginning.
    is_detached : bool
        Whether notes last half of their duration.
    """

    rng: random.Random
    stretch: float
    timing_std_s: float
    lead_in_s: float
    is_detached: bool

    def perform(
        self, track: Track, tempo_map: TempoMap, start_s: float, end_s: float, semitones: int
    ) -> tuple[Note, ...]:  # fmt: skip
        """Perform the part of a track between two times.

        Parameters
        ----------
        track : Track
        tempo_map : TempoMap
            The score's tempo map.
        start_s, end_s : float
            In the score's own time.
        semitones : int
            Transposition.
        """
        has_flat_velocities = len({note.velocity for note in track.notes}) < 4
        base, spread = self.rng.randint(55, 108), self.rng.choice([2, 8, 15])
        performed = []
        for note in track.notes:
            note_onset_s, note_end_s = (float(at) for at in tempo_map.seconds_at([note.onset_ticks, note.end_ticks]))
            if start_s <= note_onset_s < end_s and 0 <= note.pitch + semitones < 128:
                velocity = (base if has_flat_velocities else note.velocity) + self.rng.gauss(0, spread)
                onset_s, stop_s = self._perform_times(note_onset_s - start_s, min(note_end_s, end_s) - start_s, track)
                ticks = round(onset_s * 1000), max(1, round((stop_s - onset_s) * 1000))
                performed.append(Note(*ticks, note.pitch + semitones, int(min(127, max(20, velocity)))))
        return tuple(sorted(performed))

    def _perform_times(self, onset_s: float, end_s: float, track: Track) -> tuple[float, float]:
        """Return the onset and end of a note as performed."""
        jitter_s = [self.rng.gauss(0, self.timing_std_s) for _ in range(2)]
        performed_onset_s = max(0.01, onset_s * self.stretch + self.lead_in_s + jitter_s[0])
        performed_end_s = max(performed_onset_s + 0.04, end_s * self.stretch + self.lead_in_s + jitter_s[1])
        if self.is_detached and not track.is_drum:
            performed_end_s = performed_onset_s + max(0.05, (performed_end_s - performed_onset_s) / 2)
        return performed_onset_s, performed_end_s
