"""The corpus as pieces to play: which ones, and varied so that no two examples sound alike."""

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
"""Tenths of the corpus, by group: the first is never trained or tuned on, the second is tuned on."""

PIECES_PER_STYLE = {
    "lied": 70, "pop": 100, "folk-dance": 8, "folk-reel": 8, "folk-air": 14, "folk-jig": 8, "chorale": 40,
    "string-quartet": 60, "march": 8, "classical-guitar": 50, "baroque-keyboard": 60, "game": 70, "choral": 25,
    "folk-song": 15, "hymn": 20, "classical-piano": 60, "organ": 30, "chamber": 30, "romantic-piano": 40,
    "piano-other": 15, "ragtime": 13, "waltz": 9, "arr-jigrock": 16, "arr-folkrock": 20, "arr-waltz": 16,
    "arr-country": 16, "arr-funk": 20, "arr-latin": 20, "arr-jazz": 20, "arr-march": 8, "arr-reggae": 12,
    "arr-hiphop": 12,
}  # fmt: skip
"""So that styles with many pieces do not crowd out the others."""

UNPITCHED = frozenset({9, 10, 13, 14, 15, 47, 55, 96, 97, 98, 99, 100, 101, 102, 103, *range(112, 128)})
"""General MIDI programs whose notes have no clear pitch, or no clear beginning."""
PROGRAMS = [program for program in range(112) if program not in UNPITCHED]


@dataclass(frozen=True)
class Row:
    """A line of the corpus' index."""

    path: Path
    style: str
    group: str
    source: str
    licence: str

    @property
    def fold(self) -> int:
        """The tenth of the corpus that the piece's group belongs to, 0 to 9."""
        return int(hashlib.sha256(self.group.encode()).hexdigest()[:8], 16) % 10


def read_index(folders: Sequence[Path]) -> list[Row]:
    """Read the index of each folder."""
    rows = []
    for folder in folders:
        with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                path = folder / line["path"]
                rows.append(Row(path, line["style"], line["group"], line["source"], line["licence"]))
    return rows


def choose(rows: Sequence[Row], seed: int = 7) -> list[Row]:
    """Draw the pieces to train and validate on, by `PIECES_PER_STYLE`, in a random order."""
    rng = random.Random(seed)
    chosen: list[Row] = []
    for style, count in PIECES_PER_STYLE.items():
        found = [row for row in rows if row.style == style and row.fold != TEST_FOLD]
        rng.shuffle(found)
        chosen += found[:count]
    rng.shuffle(chosen)
    return chosen


def drum_pieces(rows: Sequence[Row], count: int = 40, seed: int = 5) -> list[Row]:
    """Draw pieces of drums alone, in which no note is to be heard."""
    found = [row for row in rows if row.style.startswith("drums-") and row.fold != TEST_FOLD]
    random.Random(seed).shuffle(found)
    return found[:count]


def excerpts(rows: Sequence[Row]) -> Iterator[tuple[int, Row, Score]]:
    """Give each piece that can be read, cut and varied; numbered as the rows are."""
    for number, row in enumerate(rows):
        try:
            score = midi.parse(row.path.read_bytes())
        except Fault:
            continue
        varied = vary(score, random.Random(number))
        if sum(len(track.notes) for track in varied.tracks if not track.is_drum) >= 5:
            yield number, row, varied


def vary(score: Score, rng: random.Random) -> Score:
    """Cut out 16 to 24 seconds and play them anew: other instruments, tempo, key, hands.

    Returns
    -------
    Score
        In 1000 ticks a second, so that notes lie where a hand puts them.
    """
    tempo_map = TempoMap.from_score(score)
    length_s = rng.uniform(16, 24)
    latest_s = max(0.0, tempo_map.seconds(score.end_ticks) - length_s)
    start_s = 0.0 if rng.random() < 0.2 else rng.uniform(0, latest_s)
    shift = rng.choice([0, 0, -3, -2, -1, 1, 2, 3])
    keeps_programs = rng.random() < 0.5
    hand = Hand(rng, rng.uniform(0.8, 1.25), rng.choice([0, 0, 0.008, 0.015]), rng.uniform(0, 0.5), rng.random() < 0.12)
    tracks = []
    for track in score.tracks:
        if not track.is_drum and len(score.tracks) > 2 and rng.random() < 0.1:
            continue
        program = track.program if keeps_programs or track.is_drum else rng.choice(PROGRAMS)
        notes = hand.play(track, tempo_map, start_s, start_s + length_s, 0 if track.is_drum else shift)
        tracks.append(replace(track, program=program, notes=notes, others=()))
    return Score(ticks_per_quarter=1000, tempos=(Tempo(0, 1_000_000),), tracks=tuple(tracks))


@dataclass(frozen=True)
class Hand:
    """How somebody plays: how slowly, how unevenly in seconds, when they begin, and whether detached."""

    rng: random.Random
    stretch: float
    unevenness_s: float
    lead_s: float
    is_detached: bool

    def play(
        self, track: Track, tempo_map: TempoMap, start_s: float, end_s: float, shift: int
    ) -> tuple[Note, ...]:  # fmt: skip
        """Play the part of a track between two times."""
        is_flat = len({note.velocity for note in track.notes}) < 4
        base, spread = self.rng.randint(55, 108), self.rng.choice([2, 8, 15])
        played = []
        for note in track.notes:
            onset_s, off_s = (float(at) for at in tempo_map.seconds_at([note.onset_ticks, note.end_ticks]))
            if start_s <= onset_s < end_s and 0 <= note.pitch + shift < 128:
                velocity = (base if is_flat else note.velocity) + self.rng.gauss(0, spread)
                begin_s, stop_s = self._times_s(onset_s - start_s, min(off_s, end_s) - start_s, track)
                ticks = round(begin_s * 1000), max(1, round((stop_s - begin_s) * 1000))
                played.append(Note(*ticks, note.pitch + shift, int(min(127, max(20, velocity)))))
        return tuple(sorted(played))

    def _times_s(self, onset_s: float, end_s: float, track: Track) -> tuple[float, float]:
        jitter_s = [self.rng.gauss(0, self.unevenness_s) for _ in range(2)]
        begin_s = max(0.01, onset_s * self.stretch + self.lead_s + jitter_s[0])
        stop_s = max(begin_s + 0.04, end_s * self.stretch + self.lead_s + jitter_s[1])
        if self.is_detached and not track.is_drum:
            stop_s = begin_s + max(0.05, (stop_s - begin_s) / 2)
        return begin_s, stop_s
