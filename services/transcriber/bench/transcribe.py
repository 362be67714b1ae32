"""Accuracy and speed of transcriptions: ``python services/transcriber/bench/transcribe.py``.

Without arguments, on pieces of the gallery that the gateway ships, rendered with FluidR3_GM (a SoundFont that the
networks were trained on). The figures of docs/decisions/transcription.md are those of

    python services/transcriber/bench/transcribe.py --corpus DIR --corpus DIR2 --soundfont TimGM6mb.sf2 --pieces 30

on the first minute of pieces of groups, and with a SoundFont, that were not used in training or validation. basic-pitch
transcribes the same audio in the same run, by its own ``inference.predict`` with its defaults. Tables in Markdown:
mir_eval's F1 of onsets (50 ms), and with ends (50 ms or a fifth of the note); whether the tempo is within 4 %, or is
half or double; bars; drums' F1 of onsets (50 ms) by class, of pieces with a kit, and how many of the others got any;
and the speed, by elapsed and by processor time. ``--with-drums`` takes pieces with a kit only; ``--alone`` leaves
basic-pitch out.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import statistics
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import mir_eval
import numpy as np
from score import midi
from transcriber.dense_network import load_networks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel, model_path
from transcriber.transcription import Transcriber, Transcription

sys.path.insert(0, str(Path(__file__).parent))

from reference_pieces import (  # type: ignore[import-not-found]
    DEFAULT_SOUNDFONT,
    ROOT,
    MirEvalNotes,
    ReferencePiece,
    drum_strokes,
    gallery_files,
    has_drums,
    has_pitched_notes,
    held_out_files,
    notes_of_score,
    render_pieces,
    to_mir_eval,
)

TEMPO_TOLERANCE = 0.04


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
    parser.add_argument("--alone", action="store_true", help="leave basic-pitch out")
    arguments = parser.parse_args()
    baseline = None if arguments.alone else BasicPitchBaseline()
    transcriber = Transcriber(BasicPitchModel(), load_networks(arguments.models))
    files = held_out_files(arguments.corpus) if arguments.corpus else gallery_files()
    with tempfile.TemporaryDirectory() as folder:
        print("| piece | onsets F1 | with ends | basic-pitch: onsets | with ends | tempo | bars | drums F1 |")
        print("|---|---|---|---|---|---|---|---|")
        select = has_drums if arguments.with_drums else has_pitched_notes
        pieces = list(render_pieces(files, arguments.soundfont, Path(folder), arguments.pieces, select))
        compare(transcriber, baseline, pieces)


def compare(transcriber: Transcriber, baseline: BasicPitchBaseline | None, pieces: Sequence[ReferencePiece]) -> None:
    """Transcribe each piece with both methods, and print the results and their means.

    Parameters
    ----------
    transcriber : Transcriber
    baseline : BasicPitchBaseline or None
        None leaves it out; its columns are 0.
    pieces : sequence of ReferencePiece
    """
    ours, theirs, tempos, bars, drums = [], [], [], [], []
    for piece in pieces:
        transcription, timing = transcribe_timed(transcriber, piece.path)
        estimate = notes_of_score(midi.parse(transcription.midi), transcription.start_s, np.inf)
        ours.append(Result(*f1_scores(piece.notes, estimate), timing))
        theirs.append(baseline.transcribe(piece) if baseline else Result(0, 0, timing))
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


if __name__ == "__main__":
    main()
