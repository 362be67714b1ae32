"""Compare transcriptions with what was played: ``python services/transcriber/bench/transcribe.py``.

Without arguments, on pieces of the gallery that the gateway ships, rendered with FluidR3_GM (a SoundFont that the
networks were trained on). The figures of docs/decisions/transcription.md are those of

    python services/transcriber/bench/transcribe.py --corpus DIR --corpus DIR2 --soundfont TimGM6mb.sf2 --pieces 30

on pieces of groups that nothing was trained or tuned on, with a SoundFont that nothing was trained or tuned on, the
first minute of each. Both methods hear the same sound in the same run: basic-pitch by its own ``inference.predict``
with its defaults. Tables in Markdown: mir_eval's F1 of onsets (50 ms), and with ends (50 ms or a fifth of the note);
whether the tempo is within 4 %, or is half or double; bars; and the speed, by the clock and of the processor.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import mir_eval
import numpy as np
import soundfile
from numpy.typing import NDArray
from score import midi
from score.model import Score
from score.summary import bar_onsets_s
from score.tempo_map import TempoMap
from servicekit.faults import Fault
from transcriber.dense_network import load_networks
from transcriber.note_detection.basic_pitch_model import Listener, model_path
from transcriber.transcription import Transcriber, Transcription

SERVICE = Path(__file__).resolve().parents[1]
ROOT = SERVICE.parents[1]
GALLERY = ROOT / "gateway"
DEFAULT_SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
MINUTE_S = 60.0
SHORTEST_S = 15.0
SAME_S = 0.03
LOWEST, HIGHEST = 21, 108
TEMPO_TOLERANCE = 0.04

Times = NDArray[np.float64]


class Notes(NamedTuple):
    """Notes as mir_eval takes them: (n, 2) seconds, (n,) Hz."""

    intervals_s: Times
    pitches_hz: Times


class Piece(NamedTuple):
    """A recording and what was played."""

    name: str
    path: Path
    notes: Notes
    period_s: float
    bars_s: Times
    quarters: float
    length_s: float


class Took(NamedTuple):
    """Seconds by the clock and of the processor."""

    clock_s: float
    processor_s: float


class Figures(NamedTuple):
    """What one method did with one piece."""

    onsets: float
    ends: float
    took: Took


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Compare transcriptions with what was played.")
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--soundfont", type=Path, default=DEFAULT_SOUNDFONT)
    parser.add_argument("--pieces", type=int, default=30)
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    given = parser.parse_args()
    peer = Peer()
    transcriber = Transcriber(Listener(), load_networks(given.models))
    files = held_out(given.corpus) if given.corpus else gallery()
    with tempfile.TemporaryDirectory() as folder:
        print("| piece | onsets F1 | with ends | basic-pitch: onsets | with ends | tempo | bars |")
        print("|---|---|---|---|---|---|---|")
        compare(transcriber, peer, list(pieces(files, given.soundfont, Path(folder), given.pieces)))


def compare(transcriber: Transcriber, peer: Peer, played: Sequence[Piece]) -> None:
    """Transcribe each piece with both, and print each and the means."""
    ours, theirs, tempos, bars = [], [], [], []
    for piece in played:
        made, took = transcribed(transcriber, piece.path)
        ours.append(Figures(*scores(piece.notes, notes_of(midi.parse(made.midi), made.start_s, np.inf)), took))
        theirs.append(peer.figures(piece))
        tempos.append(tempo_is_right(made, piece))
        bars.append(bars_are_right(made, piece))
        row = f"{ours[-1].onsets:.3f} | {ours[-1].ends:.3f} | {theirs[-1].onsets:.3f} | {theirs[-1].ends:.3f}"
        print(f"| {piece.name} | {row} | {tempos[-1]} | {bars[-1]} |", flush=True)
    length_s = sum(piece.length_s for piece in played)
    print(f"\nMeans of {len(played)} pieces, {length_s / 60:.0f} minutes:\n")
    print("| | onsets F1 | with ends | tempo % (or half, double) | exact % | bars % | times real time | processor |")
    print("|---|---|---|---|---|---|---|---|")
    right = [share(tempos, ("exact", "octave")), share(tempos, ("exact",)), share(bars, ("right",))]
    print(f"| Segue | {means(ours)} | {' | '.join(right)} | {speeds(ours, length_s)} |")
    print(f"| basic-pitch | {means(theirs)} | | | | {speeds(theirs, length_s)} |")


def means(figures: Sequence[Figures]) -> str:
    """Write the means of both scores."""
    return " | ".join(
        f"{statistics.mean(each):.3f}" for each in ([f.onsets for f in figures], [f.ends for f in figures])
    )


def share(found: Sequence[str], right: Sequence[str]) -> str:
    """Write how many in a hundred are right."""
    return f"{100 * sum(each in right for each in found) / len(found):.0f}"


def speeds(figures: Sequence[Figures], length_s: float) -> str:
    """Write how many times faster than the music, by the clock and of the processor."""
    clock_s, processor_s = (sum(each) for each in zip(*(one.took for one in figures), strict=True))
    return f"{length_s / clock_s:.1f} | {length_s / processor_s:.1f}"


class Peer:
    """basic-pitch's own Python code on the same model, its own windows, resampling and note creation."""

    def __init__(self) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        logging.disable(logging.WARNING)
        warnings.simplefilter("ignore")
        # Its TensorFlow back end is not asked for: without it the package takes the ONNX model alone.
        sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
        from basic_pitch import inference

        self._inference = inference
        self._model = inference.Model(model_path())

    def figures(self, piece: Piece) -> Figures:
        """Transcribe a piece."""
        started = Took(time.perf_counter(), time.process_time())
        with contextlib.redirect_stdout(io.StringIO()):
            _, _, events = self._inference.predict(piece.path, self._model)
        took = Took(time.perf_counter() - started.clock_s, time.process_time() - started.processor_s)
        rows = [(event[0], event[1], event[2]) for event in events]
        return Figures(*scores(piece.notes, notes_from(rows)), took)


def transcribed(transcriber: Transcriber, path: Path) -> tuple[Transcription, Took]:
    """Transcribe a file, and time it from the file to the MIDI."""
    started = Took(time.perf_counter(), time.process_time())
    *_, made = transcriber.transcribe(threading.Event(), path, "")
    assert isinstance(made, Transcription)
    return made, Took(time.perf_counter() - started.clock_s, time.process_time() - started.processor_s)


def scores(reference: Notes, estimate: Notes) -> tuple[float, float]:
    """Give mir_eval's F1 by onsets, and by onsets and ends."""
    if not len(estimate.pitches_hz):
        return 0.0, 0.0
    arguments = (*reference, *estimate)
    overlap = mir_eval.transcription.precision_recall_f1_overlap
    return float(overlap(*arguments, offset_ratio=None)[2]), float(overlap(*arguments)[2])


def tempo_is_right(made: Transcription, piece: Piece) -> str:
    """Tell whether the tempo is within 4 %, or half or double of it is."""
    ratio = made.tempo_bpm * piece.period_s / 60
    for name, wanted in (("exact", 1.0), ("octave", 0.5), ("octave", 2.0)):
        if abs(ratio / wanted - 1) <= TEMPO_TOLERANCE:
            return name
    return f"{ratio:.2f} times"


def bars_are_right(made: Transcription, piece: Piece) -> str:
    """Tell whether most bars of the transcription begin where a bar of the piece does, and are as long."""
    begins_s = made.bars.beats_s[:: made.bars.quarters]
    begins_s = begins_s[(begins_s > -0.1) & (begins_s < piece.length_s - 1)]
    if len(begins_s) < 2 or not len(piece.bars_s):
        return "none"
    near = np.abs(begins_s[:, None] - piece.bars_s).min(axis=1) < 0.1
    is_length = abs(made.bars.quarters / piece.quarters - 1) < 0.01
    return "right" if near.mean() > 0.7 and is_length else "in part" if near.mean() > 0.7 else "wrong"


def held_out(folders: Sequence[Path]) -> list[Path]:
    """Draw pieces of the test tenth by a fixed seed: the split of training, and its mix of styles."""
    sys.path.insert(0, str(SERVICE))
    from training.corpus import PIECES_PER_STYLE, TEST_FOLD, read_index  # type: ignore[import-not-found]

    rows = [row for row in read_index(folders) if row.fold == TEST_FOLD and row.style in PIECES_PER_STYLE]
    counts = Counter(row.style for row in rows)
    rng = random.Random(1)
    # The largest of random numbers to the power of 1/weight are a draw by weight (Efraimidis and Spirakis, 2006).
    keys = {row.path: rng.random() ** (counts[row.style] / PIECES_PER_STYLE[row.style]) for row in rows}
    return sorted(keys, key=lambda path: -keys[path])


def gallery() -> list[Path]:
    """List the pieces that the gateway ships."""
    return sorted(GALLERY.rglob("*.mid"))


def pieces(files: Sequence[Path], soundfont: Path, folder: Path, count: int) -> Iterator[Piece]:
    """Render pieces that last a while, up to a minute of each."""
    found = 0
    for path in files:
        try:
            score = midi.parse(path.read_bytes())
        except Fault:
            continue
        if TempoMap.from_score(score).seconds(score.end_ticks) >= SHORTEST_S and has_pitches(score):
            yield rendered(path, score, soundfont, folder)
            found += 1
        if found == count:
            return


def has_pitches(score: Score) -> bool:
    """Tell whether there is something to transcribe."""
    return any(track.notes and not track.is_drum for track in score.tracks)


def rendered(path: Path, score: Score, soundfont: Path, folder: Path) -> Piece:
    """Render the first minute of a piece."""
    wav, source = folder / f"{path.stem}.wav", folder / f"{path.stem}.mid"
    source.write_bytes(midi.write(cut(score)))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-F", str(wav), str(soundfont), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    audio, rate_hz = soundfile.read(wav, dtype="float32")
    soundfile.write(wav, audio[: int(MINUTE_S * rate_hz)], rate_hz)
    length_s = min(MINUTE_S, len(audio) / rate_hz)
    bars_s = np.array(bar_onsets_s(score))
    quarters = score.meters[0].quarters if score.meters else 4.0
    return Piece(
        path.stem[:40],
        wav,
        notes_of(score, 0.0, length_s),
        median_quarter_s(score, length_s),
        bars_s,
        quarters,
        length_s,
    )


def cut(score: Score) -> Score:
    """Leave out the notes after the first minute, which would be rendered for nothing."""
    last = float(TempoMap.from_score(score).ticks_at(MINUTE_S))
    tracks = (replace(track, notes=tuple(n for n in track.notes if n.onset_ticks < last)) for track in score.tracks)
    return replace(score, tracks=tuple(tracks))


def median_quarter_s(score: Score, length_s: float) -> float:
    """Give the median length of the quarters in the first seconds of a score."""
    tempo_map = TempoMap.from_score(score)
    last = max(float(tempo_map.ticks_at(length_s)), 2.0 * score.ticks_per_quarter)
    quarters = np.arange(0, last, score.ticks_per_quarter)
    return float(np.median(np.diff(tempo_map.seconds_at(quarters))))


def notes_of(score: Score, start_s: float, until_s: float) -> Notes:
    """List the notes that can be heard apart: no drums, the piano's range, unisons once."""
    tempo_map = TempoMap.from_score(score)
    table = [note for track in score.tracks if not track.is_drum for note in track.notes]
    times_s = tempo_map.seconds_at([(note.onset_ticks, note.end_ticks) for note in table]) + start_s
    rows = [
        (float(onset_s), min(float(end_s), until_s), note.pitch)
        for (onset_s, end_s), note in zip(times_s, table, strict=True)
        if LOWEST <= note.pitch <= HIGHEST and onset_s < until_s - 0.1
    ]
    return notes_from(rows)


def notes_from(rows: Sequence[tuple[float, float, int]]) -> Notes:
    """Make mir_eval's arrays; of unisons, one note."""
    kept: list[tuple[float, float, int]] = []
    for onset_s, end_s, pitch in sorted(rows, key=lambda row: (row[2], row[0])):
        if kept and kept[-1][2] == pitch and onset_s - kept[-1][0] < SAME_S:
            kept[-1] = (kept[-1][0], max(kept[-1][1], end_s), pitch)
        else:
            kept.append((onset_s, max(end_s, onset_s + 0.01), pitch))
    if not kept:
        return Notes(np.zeros((0, 2)), np.zeros(0))
    intervals_s = np.maximum(np.array([row[:2] for row in kept]), 0.0)
    return Notes(intervals_s, 440 * 2 ** ((np.array([row[2] for row in kept]) - 69) / 12))


if __name__ == "__main__":
    main()
