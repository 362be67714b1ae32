"""Beats of freely played pieces, and files on the grid: ``python services/transcriber/bench/beats.py --corpus DIR``.

Pieces of the test tenth of the corpus (by groups, which training never saw), half of them in 4/4, 2/4 and 2/2, a
quarter each in 3/4 and in 6/8, are played by `training.beats.performance`, written as MIDI files of nominally 120 BPM,
read back, and put on a grid as by an upload. F-measures are mir_eval's, with a window of 70 ms; the tempo is the median
in quarters. Beside it on the same files: librosa's beat tracker on the onsets, and the file's own grid as pretty_midi
reads it. With ``--grids`` all files of the folders are also checked for being taken for performances by mistake.

Without a corpus, the pieces of the gateway's gallery are played instead: training may have seen them.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import librosa
import mir_eval
import numpy as np
import pretty_midi
from score import midi
from score.arrays import F64
from score.meter_map import meter_segments
from score.model import Note, Score, Tempo, Track
from score.rhythm import GridSource, choose_grid, is_performed
from score.rhythm.grid_choice import GriddedScore
from score.summary import bar_onsets_s
from score.tempo_map import TempoMap
from servicekit.faults import Fault

SERVICE = Path(__file__).resolve().parents[1]
GALLERY = SERVICE.parents[1] / "gateway"
sys.path.insert(0, str(SERVICE))

from training.beats.performance import Performance, Performer  # type: ignore[import-not-found]  # noqa: E402
from training.beats.written_rhythm import (  # type: ignore[import-not-found]  # noqa: E402
    WrittenRhythm,
    in_common_values,
    read_written_rhythm,
)
from training.corpus import TEST_FOLD, read_index  # type: ignore[import-not-found]  # noqa: E402

SEED = 2026
WINDOW_S = 0.07
TEMPO_TOLERANCE = 0.04
QUOTAS = {"6/8": 0.25, "3/4": 0.25, "4/4": 0.5}
FRAMES_PER_S = 100


class Found(NamedTuple):
    """Beats and downbeats in seconds, and the tempo in quarters per minute."""

    beats_s: F64
    downbeats_s: F64
    quarter_bpm: float


class Result(NamedTuple):
    """How right one method was about one piece."""

    beat_f1: float
    downbeat_f1: float
    is_tempo_right: bool
    is_octave_wrong: bool


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Beats of freely played pieces.")
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--pieces", type=int, default=200)
    parser.add_argument("--grids", action="store_true")
    parser.add_argument("--worst", type=int, default=0, help="print so many of the worst pieces")
    arguments = parser.parse_args()
    compare(play_pieces(arguments.corpus, arguments.pieces), arguments.worst)
    if arguments.grids:
        check_grids(arguments.corpus)


def compare(played: Sequence[tuple[str, str, Performance]], n_worst: int) -> None:
    """Print each method's means, by family of meters and by style."""
    results: dict[tuple[str, str], list[Result]] = defaultdict(list)
    rows, n_detected, elapsed_s = [], 0, 0.0
    for name, kind, performance in played:
        data = write_performance(performance)
        started = time.perf_counter()
        gridded = choose_grid(midi.parse(data))
        elapsed_s += time.perf_counter() - started
        n_detected += gridded.source is GridSource.FOUND
        ours = evaluate(performance, beats_of_score(gridded, is_compound=has_compound_meter(gridded)))
        rows.append((ours, name))
        for method, result in (
            ("Segue", ours),
            ("librosa", evaluate(performance, track_with_librosa(performance))),
            ("the file's grid", evaluate(performance, read_with_pretty_midi(data))),
        ):
            for group in ("all", kind, name.split("/")[0]):
                results[method, group].append(result)
    print(f"{len(played)} pieces, {n_detected} taken for performances, {elapsed_s / len(played):.2f} s each")
    print("| | | pieces | beat F1 | downbeat F1 | tempo right | half or double |\n|---|---|---|---|---|---|---|")
    for (method, group), each in sorted(results.items(), key=lambda item: (item[0][0] != "Segue", -len(item[1]))):
        if method == "Segue" or group == "all":
            means = np.mean(each, axis=0)
            print(f"| {method} | {group} | {len(each)} | " + " | ".join(f"{mean:.3f}" for mean in means) + " |")
    for result, name in sorted(rows)[:n_worst]:
        print(f"{result.beat_f1:.2f} {result.downbeat_f1:.2f} {result.is_tempo_right} {name}")


def play_pieces(folders: Sequence[Path], count: int) -> list[tuple[str, str, Performance]]:
    """Play pieces of the test tenth; their names, families of meters and performances."""
    by_kind: dict[str, list[tuple[str, WrittenRhythm]]] = defaultdict(list)
    for name, path, is_dance in test_files(folders):
        try:
            rhythm = read_written_rhythm(midi.parse(path.read_bytes()))
        except Fault:
            continue
        if rhythm is not None and not rhythm.is_drum.all():
            by_kind[kind_of(rhythm)].append((name, in_common_values(rhythm) if is_dance else rhythm))
    rng = np.random.default_rng(SEED)
    played = []
    for kind, share in QUOTAS.items():
        chosen = rng.permutation(len(by_kind[kind]))[: round(share * count)]
        for index in chosen:
            name, rhythm = by_kind[kind][index]
            played.append((name, kind, Performer(np.random.default_rng((SEED, index))).play(rhythm)))
    return played


def test_files(folders: Sequence[Path]) -> Iterable[tuple[str, Path, bool]]:
    """Yield the name and path of each file, and whether it is a dance that may be in the values of its book."""
    if not folders:
        yield from ((f"gallery/{path.stem}", path, False) for path in sorted(GALLERY.rglob("*.mid")))
    for row in read_index(folders):
        if row.fold == TEST_FOLD and not row.style.startswith("drums-"):
            yield f"{row.style}/{row.path.stem}", row.path, row.style.startswith("folk-")


def kind_of(rhythm: WrittenRhythm) -> str:
    """Return the family of a piece's meter."""
    return "6/8" if rhythm.is_compound else "3/4" if rhythm.beats_per_bar == 3 else "4/4"


def write_performance(performance: Performance) -> bytes:
    """Write a performance as a file of nominally 120 BPM."""
    notes = performance.notes
    tracks = []
    for channel, wanted in ((0, ~notes.is_drum), (9, notes.is_drum)):
        onsets = np.round(960 * notes.onsets_s[wanted]).astype(int).tolist()
        durations = np.maximum(np.round(960 * notes.durations_s[wanted]), 1).astype(int).tolist()
        velocities = np.clip(np.round(127 * notes.loudness[wanted]), 1, 127).astype(int).tolist()
        columns = zip(onsets, durations, notes.pitches[wanted].tolist(), velocities, strict=True)
        tracks.append(Track("", 0, channel, tuple(sorted(Note(*column) for column in columns))))
    return midi.write(Score(480, (Tempo(0, 500_000),), tracks=tuple(track for track in tracks if track.notes)))


def has_compound_meter(gridded: GriddedScore) -> bool:
    """Return whether the bars are of dotted quarters."""
    return any(meter.denominator == 8 and meter.numerator % 3 == 0 for meter in gridded.score.meters)


def beats_of_score(gridded: GriddedScore, *, is_compound: bool) -> Found:
    """Return the beats of a score on its grid."""
    score = gridded.score
    unit = score.ticks_per_quarter * (1.5 if is_compound else 1.0)
    ticks = np.concatenate([np.arange(each.start_ticks, each.end_ticks, unit) for each in meter_segments(score)])
    beats_s = TempoMap.from_score(score).seconds_at(ticks)
    bpm = 60 * (1.5 if is_compound else 1.0) / float(np.median(np.diff(beats_s)))
    return Found(beats_s, np.array(bar_onsets_s(score)), bpm)


def track_with_librosa(performance: Performance) -> Found:
    """Track the beats of the onsets with librosa; it has no downbeats."""
    onsets_s = performance.notes.onsets_s
    envelope = np.zeros(int((onsets_s[-1] + 2) * FRAMES_PER_S))
    np.add.at(envelope, np.round(onsets_s * FRAMES_PER_S).astype(int), 1.0)
    envelope = np.convolve(np.sqrt(envelope), np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2), "same")
    bpm, frames = librosa.beat.beat_track(onset_envelope=envelope, sr=FRAMES_PER_S, hop_length=1, trim=False)
    return Found(np.asarray(frames) / FRAMES_PER_S, np.zeros(0), float(np.atleast_1d(bpm)[0]))


def read_with_pretty_midi(data: bytes) -> Found:
    """Read the beats of the file's own grid."""
    file = pretty_midi.PrettyMIDI(io.BytesIO(data))
    return Found(file.get_beats(), file.get_downbeats(), 120.0)


def evaluate(performance: Performance, found: Found) -> Result:
    """Compare beats with those that were played, between the first and the last onset."""
    first_s, last_s = performance.notes.onsets_s[0] - WINDOW_S, performance.notes.onsets_s[-1] + WINDOW_S

    def within(times_s: F64) -> F64:
        return np.asarray(times_s[(times_s >= first_s) & (times_s <= last_s)])

    downbeats_s = performance.beats_s[performance.is_downbeat]
    octaves = float(np.log2(found.quarter_bpm / performance.quarter_bpm))
    is_right = abs(octaves) < np.log2(1 + TEMPO_TOLERANCE)
    return Result(
        mir_eval.beat.f_measure(within(performance.beats_s), within(found.beats_s), WINDOW_S),
        mir_eval.beat.f_measure(within(downbeats_s), within(found.downbeats_s), WINDOW_S),
        is_right,
        not is_right and abs(abs(octaves) - 1) < np.log2(1 + TEMPO_TOLERANCE),
    )


def check_grids(folders: Sequence[Path]) -> None:
    """Print how many files of the corpus are taken for performances, and which."""
    paths, mistaken, elapsed_s = [row.path for row in read_index(folders)], [], 0.0
    for path in paths:
        try:
            score = midi.parse(path.read_bytes())
        except Fault:
            continue
        started = time.perf_counter()
        mistaken += [path.name] if is_performed(score) else []
        elapsed_s += time.perf_counter() - started
    share = len(mistaken) / max(len(paths), 1)
    print(f"{len(mistaken)} of {len(paths)} files ({share:.2%}) taken for performances, {elapsed_s:.1f} s: {mistaken}")


if __name__ == "__main__":
    main()
