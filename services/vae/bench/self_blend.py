"""Blends of corpus pieces with themselves: tempo at every beat, and notes that come back.

    python services/vae/bench/self_blend.py --corpus FOLDER --pieces 500 --seed 0

The folder has an `index.csv` with columns `path`, `style` and `n_notes`. Pieces are drawn style after style; those with
more than 4,000 notes are left out. A beat counts as kept if it lasts as long as in the piece, within 2 %; a note, if
the blend has one of the same pitch within 50 ms, each of its notes counting once. Notes that another track doubles
(same pitch, onsets within 30 ms) count once.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from score.arrays import F64
from score.model import Score
from score.sounding import sounding
from score.tempo_map import TempoMap
from servicekit.faults import Fault
from vae.alignment.meter import MeterPolicy
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.blending.blend_weights import BlendWeights
from vae.expression.performance import perform
from vae.models.model_registry import ModelRegistry
from vae.pieces.piece import Piece, read_midi

_MAX_NOTES, _MIN_NOTES = 4000, 20
_TOLERANCE_S, _UNISON_S, _NEAR_S, _TEMPO_TOLERANCE = 0.05, 0.03, 0.01, 0.02
_STEPS_PER_BEAT = 4


class Retained(NamedTuple):
    """Numbers of beats and notes of a piece, and of those that its blend with itself retained."""

    n_beats: int
    n_beats_retained: int
    n_notes: int
    n_notes_retained: int
    n_notes_near: int


def draw_paths(corpus: Path, styles: set[str], seed: int) -> Iterator[tuple[str, Path]]:
    """Yield styles and files of a corpus, style after style, in random order.

    Parameters
    ----------
    corpus : Path
    styles : set of str
        All if empty.
    seed : int
    """
    rng = random.Random(seed)
    by_style: dict[str, list[Path]] = defaultdict(list)
    with (corpus / "index.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if _MIN_NOTES <= int(row["n_notes"] or 0) <= _MAX_NOTES and (not styles or row["style"] in styles):
                by_style[row["style"]].append(corpus / row["path"])
    for paths in by_style.values():
        rng.shuffle(paths)
    while by_style:
        for style in sorted(by_style):
            yield style, by_style[style].pop()
        by_style = defaultdict(list, {style: paths for style, paths in by_style.items() if paths})


def measure(piece: Piece, blended: BlendResult) -> Retained:
    """Compare a piece with its blend with itself."""
    meter_map = piece.grid.meter_map
    assert meter_map is not None
    result = perform(blended)
    own, theirs = TempoMap.from_score(piece.score), TempoMap.from_score(result)
    steps = np.arange(0, piece.grid.n_steps + 1, _STEPS_PER_BEAT)
    beat_ticks = meter_map.ticks_at(steps)
    is_beat = np.abs(np.diff(beat_ticks) - piece.score.ticks_per_quarter) < 1.0
    lengths_s = np.diff(own.seconds_at(beat_ticks))[is_beat]
    result_ticks = steps * result.ticks_per_quarter / _STEPS_PER_BEAT
    if blended.own_meters is not None:
        result_ticks = (beat_ticks - beat_ticks[0]) * result.ticks_per_quarter / piece.score.ticks_per_quarter
    result_s = np.diff(theirs.seconds_at(result_ticks))[is_beat]
    is_retained = np.abs(result_s / np.maximum(lengths_s, 1e-9) - 1.0) <= _TEMPO_TOLERANCE
    start_s = float(own.seconds_at(meter_map.ticks_at(0.0)))
    # A pickup begins within the first bar, whose rest before it is not in the file.
    rest_ticks = max(float(np.interp(0.0, meter_map.ticks, meter_map.steps)), 0.0) * result.ticks_per_quarter / 4
    start_s -= 0.0 if blended.own_meters else float(theirs.seconds_at(rest_ticks))
    expected = {pitch: _distinct(onsets - start_s) for pitch, onsets in onsets_by_pitch(sounding(piece.score)).items()}
    found = onsets_by_pitch(result)
    matched = [count_matched(onsets, found.get(pitch, np.zeros(0))) for pitch, onsets in expected.items()]
    n_notes = sum(len(onsets) for onsets in expected.values())
    retained, near = (sum(column) for column in zip(*matched, strict=True))
    return Retained(len(is_retained), int(is_retained.sum()), n_notes, retained, near)


def onsets_by_pitch(score: Score) -> dict[tuple[bool, int], F64]:
    """Return the onsets of each pitch in seconds, drums apart."""
    tempo_map = TempoMap.from_score(score)
    ticks: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for track in score.tracks:
        for note in track.notes:
            ticks[track.is_drum, note.pitch].append(note.onset_ticks)
    return {pitch: tempo_map.seconds_at(np.sort(onsets)) for pitch, onsets in ticks.items()}


def _distinct(onsets_s: F64) -> F64:
    return np.asarray(onsets_s[np.append(True, np.diff(onsets_s) > _UNISON_S)])


def count_matched(expected_s: F64, found_s: F64) -> tuple[int, int]:
    """Return how many onsets have one of their own within 50 ms, and within 10 ms."""
    n_matched, n_near, at = 0, 0, 0
    for onset_s in expected_s.tolist():
        while at < len(found_s) and found_s[at] < onset_s - _TOLERANCE_S:
            at += 1
        if at < len(found_s) and found_s[at] <= onset_s + _TOLERANCE_S:
            n_matched += 1
            n_near += abs(found_s[at] - onset_s) <= _NEAR_S
            at += 1
    return n_matched, n_near


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--pieces", type=int, default=500)
    parser.add_argument("--styles", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    options = parser.parse_args()
    registry = ModelRegistry.load(options.models, options.cache)
    rows: list[tuple[str, Path, Retained]] = []
    for style, path in draw_paths(options.corpus, set(options.styles), options.seed):
        try:
            piece = read_midi(path.read_bytes())
        except Fault:
            continue
        wanted = BlendOptions(BlendWeights(0.5), meter_policy=MeterPolicy.CONVERT)
        rows.append((style, path, measure(piece, run_to_end(blend(registry, [piece, piece], wanted)))))
        if len(rows) >= options.pieces:
            break
    _report(rows)


def _report(rows: list[tuple[str, Path, Retained]]) -> None:
    whole_tempo = np.mean([retained.n_beats_retained == retained.n_beats for _, _, retained in rows])
    beats, beats_retained, notes, notes_retained, near = np.sum([retained for _, _, retained in rows], axis=0)
    mean = np.mean([retained.n_notes_retained / retained.n_notes for _, _, retained in rows])
    share = beats_retained / beats
    print(f"{len(rows)} pieces: tempo at every beat in {whole_tempo:.1%} of them, at {share:.2%} of beats;")
    print(f"notes kept {notes_retained / notes:.2%} (mean of pieces {mean:.2%}), within 10 ms {near / notes:.2%}")
    for style, path, retained in sorted(rows, key=lambda row: row[2].n_notes_retained / row[2].n_notes)[:12]:
        print(f"  {retained.n_notes_retained / retained.n_notes:7.1%} of {retained.n_notes:5d} {style} {path.name}")
    for style, path, retained in [row for row in rows if row[2].n_beats_retained < row[2].n_beats][:12]:
        print(f"  {retained.n_beats_retained} of {retained.n_beats} beats {style} {path.name}")


if __name__ == "__main__":
    main()
