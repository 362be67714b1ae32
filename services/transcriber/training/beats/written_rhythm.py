"""Written rhythm: the notes of a score in quarters, and where its beats and bars are.

The beat is the quarter in 2/4, 3/4, 4/4 and 2/2, and the dotted quarter in 6/8, 9/8 and 12/8. Pieces with much of
another meter are not used.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.arrays import F64, I64, Bool
from score.meter_map import MeterSegment, meter_segments
from score.model import Score
from score.tempo_map import TempoMap

from training.corpus import CorpusRow

BEAT_QUARTERS = {
    "2/4": 1.0, "3/4": 1.0, "4/4": 1.0, "2/2": 1.0, "6/8": 1.5, "9/8": 1.5, "12/8": 1.5,
}  # fmt: skip
"""Length of a beat in quarters, by meter."""
MIN_USABLE_SHARE = 0.9
MIN_NOTES, MIN_BEATS = 20, 12
MAX_SHORT_QUARTERS = 0.35


class WrittenRhythm(NamedTuple):
    """A piece as it is written.

    Attributes
    ----------
    notes : ndarray, shape (n, 4), float64
        Onset and duration in quarters, pitch, velocity; by rising onset.
    tracks : ndarray, shape (n,), int64
    is_drum : ndarray, shape (n,), bool
    beats : ndarray, shape (beats,), float64
        In quarters, rising.
    is_downbeat : ndarray, shape (beats,), bool
    is_compound : bool
        Whether most beats are dotted quarters.
    beats_per_bar : int
        Of most bars.
    beats_s : ndarray, shape (beats,), float64
        The beats in seconds, by the file's tempos.
    """

    notes: F64
    tracks: I64
    is_drum: Bool
    beats: F64
    is_downbeat: Bool
    is_compound: bool
    beats_per_bar: int
    beats_s: F64


class Piece(NamedTuple):
    """A usable piece of the corpus: its row of the index, and its rhythm."""

    row: CorpusRow
    rhythm: WrittenRhythm


def read_written_rhythm(score: Score) -> WrittenRhythm | None:
    """Return the written rhythm of a score; None if it is too short or mostly in other meters."""
    segments = meter_segments(score, merge_repeated=True)
    lengths: dict[str, int] = {}
    for segment in segments:
        lengths[segment.meter.name] = lengths.get(segment.meter.name, 0) + segment.end_ticks - segment.start_ticks
    usable = sum(length for name, length in lengths.items() if name in BEAT_QUARTERS)
    if usable < MIN_USABLE_SHARE * sum(lengths.values()) or score.n_notes < MIN_NOTES:
        return None
    main = max((name for name in lengths if name in BEAT_QUARTERS), key=lambda name: lengths[name])
    beats, is_downbeat = _beats(segments, score.ticks_per_quarter)
    if len(beats) < MIN_BEATS:
        return None
    rows = [
        (*note, index, track.is_drum)
        for index, track in enumerate(score.tracks)
        for note in track.notes
        if note.duration_ticks > 0
    ]
    table = np.array(sorted(rows), dtype=np.float64)
    table[:, :2] /= score.ticks_per_quarter
    beats_s = TempoMap.from_score(score).seconds_at(beats * score.ticks_per_quarter)
    unit = BEAT_QUARTERS[main]
    per_bar = round(4 * meter_fraction(main) / unit)
    return WrittenRhythm(
        table[:, :4], table[:, 4].astype(np.int64), table[:, 5] > 0, beats, is_downbeat, unit > 1, per_bar, beats_s
    )


def in_common_values(rhythm: WrittenRhythm) -> WrittenRhythm:
    """Return dances in 2/4 that run in sixteenths in doubled values.

    Collections write the same reels and hornpipes in eighths in 2/2 or in sixteenths in 2/4; no tracker can know which.
    """
    intervals = np.diff(np.unique(np.round(rhythm.notes[:, 0], 3)))
    if rhythm.is_compound or rhythm.beats_per_bar != 2 or np.median(intervals) > MAX_SHORT_QUARTERS:
        return rhythm
    notes = rhythm.notes.copy()
    notes[:, :2] *= 2
    halves = np.arange(2 * len(rhythm.beats) - 1) / 2
    index = np.arange(len(rhythm.beats))
    is_downbeat = np.zeros(len(halves), dtype=bool)
    is_downbeat[::2] = rhythm.is_downbeat
    return rhythm._replace(
        notes=notes,
        beats=2 * np.interp(halves, index, rhythm.beats),
        is_downbeat=is_downbeat,
        beats_per_bar=4,
        beats_s=np.interp(halves, index, rhythm.beats_s),
    )


def meter_fraction(name: str) -> float:
    """Return a meter as a fraction of a whole note.

    Examples
    --------
    >>> meter_fraction("6/8")
    0.75
    """
    numerator, denominator = name.split("/")
    return int(numerator) / int(denominator)


def _beats(segments: list[MeterSegment], ticks_per_quarter: int) -> tuple[F64, Bool]:
    beats: list[float] = []
    is_downbeat: list[bool] = []
    for index, (start, end, meter) in enumerate((s.start_ticks, s.end_ticks, s.meter) for s in segments):
        unit = BEAT_QUARTERS.get(meter.name, 1.0) * ticks_per_quarter
        per_bar = max(1, round(meter.quarters * ticks_per_quarter / unit))
        n_beats = int(np.ceil((end - start) / unit - 1e-6))
        is_pickup = index == 0 and len(segments) > 1 and end - start < meter.quarters * ticks_per_quarter
        for beat in range(n_beats):
            at = end - (n_beats - beat) * unit if is_pickup else start + beat * unit
            beats.append(at / ticks_per_quarter)
            is_downbeat.append(not is_pickup and beat % per_bar == 0)
    times = np.array(beats)
    is_rising = np.concatenate((np.diff(times) > 0.2, [True])) if len(times) else np.zeros(0, dtype=bool)
    return times[is_rising], np.array(is_downbeat, dtype=bool)[is_rising]
