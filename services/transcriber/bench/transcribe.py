"""Accuracy and speed of transcriptions: ``python services/transcriber/bench/transcribe.py``.

Without arguments, on pieces of the gallery that the gateway ships, rendered with FluidR3_GM (a SoundFont that the
networks were trained on). The figures of docs/decisions/transcription.md are those of

    python services/transcriber/bench/transcribe.py --corpus DIR --corpus DIR2 --soundfont TimGM6mb.sf2 --pieces 30

on the first minute of pieces of groups, and with a SoundFont, that were not used in training or validation. basic-pitch
transcribes the same audio in the same run, by its own ``inference.predict`` with its defaults. Tables in Markdown:
mir_eval's F1 of onsets (50 ms), and with ends (50 ms or a fifth of the note); whether the tempo is within 4 %, or is
half or double; bars; drums' F1 of onsets (50 ms) by class, of pieces with a kit, and how many of the others got any;
and the speed, by elapsed and by processor time. ``--with-drums`` takes pieces with a kit only.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import mir_eval
import numpy as np
import soundfile
from score import midi
from score.arrays import F64
from score.encoding import DRUM_CLASS_OF_PITCH
from score.model import Score
from score.summary import bar_onsets_s
from score.tempo_map import TempoMap
from servicekit.faults import Fault
from transcriber.dense_network import load_networks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel, model_path
from transcriber.transcription import Transcriber, Transcription

SERVICE = Path(__file__).resolve().parents[1]
ROOT = SERVICE.parents[1]
GALLERY = ROOT / "gateway"
DEFAULT_SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
MAX_DURATION_S = 60.0
MIN_DURATION_S = 15.0
INDISTINGUISHABLE_S = 0.03
LOWEST_PITCH, HIGHEST_PITCH = 21, 108
TEMPO_TOLERANCE = 0.04


class MirEvalNotes(NamedTuple):
    """Notes in the format of mir_eval: (n, 2) seconds, (n,) Hz."""

    intervals_s: F64
    pitches_hz: F64


class ReferencePiece(NamedTuple):
    """A rendered recording with its true notes, tempo and bars."""

    name: str
    path: Path
    notes: MirEvalNotes
    drums: MirEvalNotes
    period_s: float
    bars_s: F64
    quarters_per_bar: float
    duration_s: float


class Timing(NamedTuple):
    """Elapsed and processor time in seconds."""

    elapsed_s: float
    processor_s: float


class Result(NamedTuple):
    """F1 of onsets, F1 with ends, and the time that one method took for one piece."""

    onset_f1: float
    end_f1: float
    timing: Timing


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Compare transcriptions with the true notes.")
    parser.add_argument("--corpus", type=Path, action="append", default=[])
    parser.add_argument("--soundfont", type=Path, default=DEFAULT_SOUNDFONT)
    parser.add_argument("--pieces", type=int, default=30)
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--with-drums", action="store_true")
    arguments = parser.parse_args()
    baseline = BasicPitchBaseline()
    transcriber = Transcriber(BasicPitchModel(), load_networks(arguments.models))
    files = held_out_files(arguments.corpus) if arguments.corpus else gallery_files()
    with tempfile.TemporaryDirectory() as folder:
        print("| piece | onsets F1 | with ends | basic-pitch: onsets | with ends | tempo | bars | drums F1 |")
        print("|---|---|---|---|---|---|---|---|")
        select = has_drums if arguments.with_drums else has_pitched_notes
        pieces = list(render_pieces(files, arguments.soundfont, Path(folder), arguments.pieces, select))
        compare(transcriber, baseline, pieces)


def compare(transcriber: Transcriber, baseline: BasicPitchBaseline, pieces: Sequence[ReferencePiece]) -> None:
    """Transcribe each piece with both methods, and print the results and their means.

    Parameters
    ----------
    transcriber : Transcriber
    baseline : BasicPitchBaseline
    pieces : sequence of ReferencePiece
    """
    ours, theirs, tempos, bars, drums = [], [], [], [], []
    for piece in pieces:
        transcription, timing = transcribe_timed(transcriber, piece.path)
        estimate = notes_of_score(midi.parse(transcription.midi), transcription.start_s, np.inf)
        ours.append(Result(*f1_scores(piece.notes, estimate), timing))
        theirs.append(baseline.transcribe(piece))
        tempos.append(check_tempo(transcription, piece))
        bars.append(check_bars(transcription, piece))
        drums.append(drum_f1(piece.drums, drum_strokes(transcription.score, transcription.start_s, np.inf)))
        row = f"{ours[-1].onset_f1:.3f} | {ours[-1].end_f1:.3f} | {theirs[-1].onset_f1:.3f} | {theirs[-1].end_f1:.3f}"
        print(f"| {piece.name} | {row} | {tempos[-1]} | {bars[-1]} | {format_drums(drums[-1])} |", flush=True)
    duration_s = sum(piece.duration_s for piece in pieces)
    print(f"\nMeans of {len(pieces)} pieces, {duration_s / 60:.0f} minutes:\n")
    print("| | onsets F1 | with ends | tempo % (or half, double) | exact % | bars % | times real time | processor |")
    print("|---|---|---|---|---|---|---|---|")
    shares = [percentage(tempos, ("exact", "octave")), percentage(tempos, ("exact",)), percentage(bars, ("right",))]
    print(f"| Segue | {mean_scores(ours)} | {' | '.join(shares)} | {speeds(ours, duration_s)} |")
    print(f"| basic-pitch | {mean_scores(theirs)} | | | | {speeds(theirs, duration_s)} |")
    for has_kit in (True, False):
        chosen = [at for at, piece in enumerate(pieces) if bool(len(piece.drums.pitches_hz)) == has_kit]
        if chosen:
            print_group("with" if has_kit else "without", [ours[at] for at in chosen], [drums[at] for at in chosen])


def print_group(kind: str, results: Sequence[Result], drums: Sequence[float | None]) -> None:
    """Print the results of the pieces with or without a kit.

    Parameters
    ----------
    kind : str
        "with" or "without".
    results : sequence of Result
    drums : sequence of float or None
        From `drum_f1`.
    """
    found = [score for score in drums if score is not None]
    means = f"drums F1 {statistics.mean(found):.3f}" if found and kind == "with" else f"drums in {len(found)}"
    print(f"\n{len(results)} pieces {kind} a kit: {mean_scores(results)}; {means}")


def format_drums(score: float | None) -> str:
    """Format a score of `drum_f1`."""
    return "" if score is None else f"{score:.3f}"


def mean_scores(results: Sequence[Result]) -> str:
    """Format the means of both scores."""
    scores = ([result.onset_f1 for result in results], [result.end_f1 for result in results])
    return " | ".join(f"{statistics.mean(each):.3f}" for each in scores)


def percentage(results: Sequence[str], right: Sequence[str]) -> str:
    """Format the percentage of the results that are right."""
    return f"{100 * sum(each in right for each in results) / len(results):.0f}"


def speeds(results: Sequence[Result], duration_s: float) -> str:
    """Format the duration of the music divided by elapsed and by processor time."""
    elapsed_s, processor_s = (sum(each) for each in zip(*(result.timing for result in results), strict=True))
    return f"{duration_s / elapsed_s:.1f} | {duration_s / processor_s:.1f}"


class BasicPitchBaseline:
    """basic-pitch's own Python code on the same model, with its own windows, resampling and note creation."""

    def __init__(self) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        logging.disable(logging.WARNING)
        warnings.simplefilter("ignore")
        # Without its TensorFlow back end the package uses the ONNX model alone.
        sys.modules.setdefault("tensorflow", None)  # type: ignore[arg-type]
        from basic_pitch import inference

        self._inference = inference
        self._model = inference.Model(model_path())

    def transcribe(self, piece: ReferencePiece) -> Result:
        """Transcribe a piece."""
        start = Timing(time.perf_counter(), time.process_time())
        with contextlib.redirect_stdout(io.StringIO()):
            _, _, events = self._inference.predict(piece.path, self._model)
        timing = Timing(time.perf_counter() - start.elapsed_s, time.process_time() - start.processor_s)
        rows = [(event[0], event[1], event[2]) for event in events]
        return Result(*f1_scores(piece.notes, to_mir_eval(rows)), timing)


def transcribe_timed(transcriber: Transcriber, path: Path) -> tuple[Transcription, Timing]:
    """Transcribe a file, and measure the time from the file to the MIDI."""
    start = Timing(time.perf_counter(), time.process_time())
    *_, transcription = transcriber.transcribe(threading.Event(), path, "")
    assert isinstance(transcription, Transcription)
    return transcription, Timing(time.perf_counter() - start.elapsed_s, time.process_time() - start.processor_s)


def f1_scores(reference: MirEvalNotes, estimate: MirEvalNotes) -> tuple[float, float]:
    """Return mir_eval's F1 by onsets, and by onsets and ends."""
    if not len(estimate.pitches_hz):
        return 0.0, 0.0
    arguments = (*reference, *estimate)
    overlap = mir_eval.transcription.precision_recall_f1_overlap
    return float(overlap(*arguments, offset_ratio=None)[2]), float(overlap(*arguments)[2])


def drum_f1(reference: MirEvalNotes, estimate: MirEvalNotes) -> float | None:
    """Return mir_eval's F1 of strokes by class; None if there are none in either, 0 if they are invented."""
    if not len(reference.pitches_hz):
        return 0.0 if len(estimate.pitches_hz) else None
    return f1_scores(reference, estimate)[0]


def check_tempo(transcription: Transcription, piece: ReferencePiece) -> str:
    """Return "exact" if the tempo is within 4 %, "octave" if half or double of it is, else the ratio."""
    ratio = transcription.tempo_bpm * piece.period_s / 60
    for result, expected in (("exact", 1.0), ("octave", 0.5), ("octave", 2.0)):
        if abs(ratio / expected - 1) <= TEMPO_TOLERANCE:
            return result
    return f"{ratio:.2f} times"


def check_bars(transcription: Transcription, piece: ReferencePiece) -> str:
    """Return "right" if most bars of the transcription begin where a bar of the piece does, and have its length."""
    bars_s = transcription.bars.beats_s[:: transcription.bars.quarters_per_bar]
    bars_s = bars_s[(bars_s > -0.1) & (bars_s < piece.duration_s - 1)]
    if len(bars_s) < 2 or not len(piece.bars_s):
        return "none"
    is_near = np.abs(bars_s[:, None] - piece.bars_s).min(axis=1) < 0.1
    has_length = abs(transcription.bars.quarters_per_bar / piece.quarters_per_bar - 1) < 0.01
    return "right" if is_near.mean() > 0.7 and has_length else "in part" if is_near.mean() > 0.7 else "wrong"


def held_out_files(folders: Sequence[Path]) -> list[Path]:
    """Sample pieces of the test tenth by a fixed seed, with the split of the training and its mix of styles."""
    sys.path.insert(0, str(SERVICE))
    from training.corpus import PIECES_PER_STYLE, TEST_FOLD, read_index  # type: ignore[import-not-found]

    rows = [row for row in read_index(folders) if row.fold == TEST_FOLD and row.style in PIECES_PER_STYLE]
    counts = Counter(row.style for row in rows)
    rng = random.Random(1)
    # The largest of random numbers to the power of 1/weight are a weighted sample (Efraimidis and Spirakis, 2006).
    keys = {row.path: rng.random() ** (counts[row.style] / PIECES_PER_STYLE[row.style]) for row in rows}
    return sorted(keys, key=lambda path: -keys[path])


def gallery_files() -> list[Path]:
    """Return the pieces of the gateway's gallery."""
    return sorted(GALLERY.rglob("*.mid"))


def render_pieces(
    files: Sequence[Path], soundfont: Path, folder: Path, count: int, select: Callable[[Score], bool]
) -> Iterator[ReferencePiece]:
    """Render up to a minute of each usable piece that is long enough.

    Parameters
    ----------
    files : sequence of Path
        MIDI files.
    soundfont : Path
    folder : Path
        Where the recordings are written.
    count : int
        Maximum number of pieces.
    select : callable
        Whether a score is usable.
    """
    n_rendered = 0
    for path in files:
        try:
            score = midi.parse(path.read_bytes())
        except Fault:
            continue
        if TempoMap.from_score(score).seconds(score.end_ticks) >= MIN_DURATION_S and select(score):
            yield render_piece(path, score, soundfont, folder)
            n_rendered += 1
        if n_rendered == count:
            return


def has_pitched_notes(score: Score) -> bool:
    """Return whether there is something to transcribe."""
    return any(track.notes and not track.is_drum for track in score.tracks)


def has_drums(score: Score) -> bool:
    """Return whether there are drums, and something else to transcribe."""
    return has_pitched_notes(score) and any(track.notes and track.is_drum for track in score.tracks)


def render_piece(path: Path, score: Score, soundfont: Path, folder: Path) -> ReferencePiece:
    """Render the first minute of a piece.

    Parameters
    ----------
    path : Path
        The piece's file, for its name.
    score : Score
    soundfont : Path
    folder : Path
        Where the recording is written.
    """
    wav, source = folder / f"{path.stem}.wav", folder / f"{path.stem}.mid"
    source.write_bytes(midi.write(truncate(score)))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.5", "-r", "44100", "-F", str(wav), str(soundfont), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    audio, rate_hz = soundfile.read(wav, dtype="float32")
    soundfile.write(wav, audio[: int(MAX_DURATION_S * rate_hz)], rate_hz)
    duration_s = min(MAX_DURATION_S, len(audio) / rate_hz)
    return ReferencePiece(
        name=path.stem[:40],
        path=wav,
        notes=notes_of_score(score, 0.0, duration_s),
        drums=drum_strokes(score, 0.0, duration_s),
        period_s=median_quarter_s(score, duration_s),
        bars_s=np.array(bar_onsets_s(score)),
        quarters_per_bar=score.meters[0].quarters if score.meters else 4.0,
        duration_s=duration_s,
    )


def truncate(score: Score) -> Score:
    """Remove the notes after the first minute, which would be rendered in vain."""
    last = float(TempoMap.from_score(score).ticks_at(MAX_DURATION_S))
    tracks = (replace(track, notes=tuple(n for n in track.notes if n.onset_ticks < last)) for track in score.tracks)
    return replace(score, tracks=tuple(tracks))


def median_quarter_s(score: Score, duration_s: float) -> float:
    """Return the median length of the quarters within the first seconds of a score."""
    tempo_map = TempoMap.from_score(score)
    last = max(float(tempo_map.ticks_at(duration_s)), 2.0 * score.ticks_per_quarter)
    quarters = np.arange(0, last, score.ticks_per_quarter)
    return float(np.median(np.diff(tempo_map.seconds_at(quarters))))


def notes_of_score(score: Score, start_s: float, stop_s: float) -> MirEvalNotes:
    """Return the notes that can be transcribed: no drums, the range of the piano, unisons once.

    Parameters
    ----------
    score : Score
    start_s : float
        Second of the recording at which the score begins.
    stop_s : float
        End of the recording; later notes are left out, and longer ones truncated.
    """
    tempo_map = TempoMap.from_score(score)
    table = [note for track in score.tracks if not track.is_drum for note in track.notes]
    times_s = tempo_map.seconds_at([(note.onset_ticks, note.end_ticks) for note in table]) + start_s
    rows = [
        (float(onset_s), min(float(end_s), stop_s), note.pitch)
        for (onset_s, end_s), note in zip(times_s, table, strict=True)
        if LOWEST_PITCH <= note.pitch <= HIGHEST_PITCH and onset_s < stop_s - 0.1
    ]
    return to_mir_eval(rows)


def drum_strokes(score: Score, start_s: float, stop_s: float) -> MirEvalNotes:
    """Return the drum strokes of a score, with a pitch for each class of `score.encoding.DRUM_CLASSES`.

    Parameters
    ----------
    score : Score
    start_s : float
        Second of the recording at which the score begins.
    stop_s : float
        End of the recording; later strokes are left out.
    """
    tempo_map = TempoMap.from_score(score)
    rows = [
        (onset_s, onset_s + 0.1, LOWEST_PITCH + 5 * DRUM_CLASS_OF_PITCH[note.pitch])
        for track in score.tracks
        if track.is_drum
        for note in track.notes
        if note.pitch in DRUM_CLASS_OF_PITCH
        if (onset_s := float(tempo_map.seconds(note.onset_ticks)) + start_s) < stop_s - 0.1
    ]
    return to_mir_eval(rows)


def to_mir_eval(rows: Sequence[tuple[float, float, int]]) -> MirEvalNotes:
    """Convert onsets, ends and pitches to mir_eval's arrays; unisons become one note."""
    notes: list[tuple[float, float, int]] = []
    for onset_s, end_s, pitch in sorted(rows, key=lambda row: (row[2], row[0])):
        if notes and notes[-1][2] == pitch and onset_s - notes[-1][0] < INDISTINGUISHABLE_S:
            notes[-1] = (notes[-1][0], max(notes[-1][1], end_s), pitch)
        else:
            notes.append((onset_s, max(end_s, onset_s + 0.01), pitch))
    if not notes:
        return MirEvalNotes(np.zeros((0, 2)), np.zeros(0))
    intervals_s = np.maximum(np.array([note[:2] for note in notes]), 0.0)
    return MirEvalNotes(intervals_s, 440 * 2 ** ((np.array([note[2] for note in notes]) - 69) / 12))


if __name__ == "__main__":
    main()
