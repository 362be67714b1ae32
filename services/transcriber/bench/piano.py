r"""Transcriptions of piano beside transkun's, in one run.

    uv pip install --no-deps transkun==2.0.1 moduleconf
    python services/transcriber/bench/piano.py --corpus DIR --corpus DIR2 --soundfont TimGM6mb.sf2 --pieces 5

Pieces for piano of the tenth of the corpus that is used for tests only, played with pedal, with varied velocities and
times, and rendered with FluidSynth's reverberation; the first 30 seconds of each. The notes are as long as they sound.
transkun (Yan et al., MIT licence) transcribes piano only; its weights come with its package. Its dependencies do not
fit into this workspace's lock (torchaudio, for one filter bank that its checkpoint holds anyway), so it is installed
alone.
Prints a table in Markdown: mir_eval's F1 of onsets (50 ms), with ends, and the speed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from score import midi
from score.model import Score, Track
from transcriber.dense_network import load_networks
from transcriber.note_detection.basic_pitch_model import BasicPitchModel
from transcriber.transcription import Transcriber

SERVICE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SERVICE), str(SERVICE / "bench")]

import reference_pieces  # type: ignore[import-not-found]  # noqa: E402
import transcribe  # type: ignore[import-not-found]  # noqa: E402
from training import arrangement, corpus  # type: ignore[import-not-found]  # noqa: E402

STYLES = ("pop", "classical-piano", "romantic-piano", "ragtime", "waltz", "piano-other", "baroque-keyboard")
PIECES_PER_STYLE = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Compare transcriptions of piano with transkun's.")
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--soundfont", type=Path, default=reference_pieces.DEFAULT_SOUNDFONT)
    parser.add_argument("--pieces", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the excerpts")
    parser.add_argument("--fold", type=int, default=corpus.TEST_FOLD, help="tenth of the corpus")
    parser.add_argument("--models", type=Path, default=SERVICE.parents[1] / "models")
    parser.add_argument("--alone", action="store_true", help="leave transkun out")
    arguments = parser.parse_args()
    transcriber = Transcriber(BasicPitchModel(), load_networks(arguments.models))
    transkun = None if arguments.alone else Transkun()
    ours, theirs, duration_s = [], [], 0.0
    print("| piece | Segue: onsets | with ends | transkun: onsets | with ends |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for piece in render_pieces(arguments, Path(folder)):
            duration_s += piece.duration_s
            transcription, timing = transcribe.transcribe_timed(transcriber, piece.path)
            estimate = reference_pieces.notes_of_score(midi.parse(transcription.midi), transcription.start_s, np.inf)
            ours.append(transcribe.Result(*transcribe.f1_scores(piece.notes, estimate), timing))
            theirs.append(transkun.transcribe(piece) if transkun else transcribe.Result(0, 0, timing))
            row = " | ".join(f"{score:.3f}" for result in (ours[-1], theirs[-1]) for score in result[:2])
            print(f"| {piece.name} | {row} |", flush=True)
    for name, results in (("Segue", ours), ("transkun", theirs)):
        mean = statistics.mean(result.onset_f1 for result in results)
        ends = statistics.mean(result.end_f1 for result in results)
        speeds = transcribe.speeds(results, duration_s)
        print(f"{name}: onsets {mean:.3f}, with ends {ends:.3f}, times real time {speeds}")


def render_pieces(arguments: argparse.Namespace, folder: Path) -> Iterator[reference_pieces.ReferencePiece]:
    """Render an excerpt of each of the chosen pieces."""
    rows = [row for row in corpus.read_index(arguments.corpus) if row.fold == arguments.fold and row.style in STYLES]
    random.Random(3).shuffle(rows)
    counts = dict.fromkeys(STYLES, 0)
    for number, row, score in corpus.iter_scores(rows):
        if counts[row.style] < PIECES_PER_STYLE and sum(counts.values()) < arguments.pieces:
            performance = perform(score, random.Random(number), arguments.seconds)
            if corpus.count_pitched(performance) >= 20:
                counts[row.style] += 1
                yield render(row.path.stem[:40], performance, arguments.soundfont, folder)


def perform(score: Score, rng: random.Random, length_s: float) -> Score:
    """Perform the first seconds of a piece on a piano with pedal.

    Parameters
    ----------
    score : Score
    rng : Random
        Source of all choices.
    length_s : float
        Length of the excerpt.

    Returns
    -------
    Score
        With 1000 ticks a second, and notes as long as they sound.
    """
    style = corpus.PerformanceStyle(rng, stretch=1.0, timing_std_s=0.008, lead_in_s=0.2, is_detached=False)
    tempo_map = corpus.TempoMap.from_score(score)
    tracks = [
        Track(track.name, 0, 0, style.perform(track, tempo_map, 0.0, length_s, 0))
        for track in score.tracks
        if not track.is_drum
    ]
    performance: Score = arrangement.play_on_piano(
        Score(1000, (corpus.Tempo(0, 1_000_000),), tracks=tuple(tracks)), rng
    )
    return replace(performance, tracks=tuple(replace(track, program=0) for track in performance.tracks))


def render(name: str, performance: Score, soundfont: Path, folder: Path) -> reference_pieces.ReferencePiece:
    """Render a performance with reverberation.

    Parameters
    ----------
    name : str
        Name of the piece.
    performance : Score
        With 1000 ticks a second.
    soundfont : Path
    folder : Path
        Where the recording is written.
    """
    wav, source = folder / f"{name}.wav", folder / f"{name}.mid"
    source.write_bytes(midi.write(performance))
    command = ["fluidsynth", "-ni", "-q", "-g", "0.6", "-R", "1", "-r", "44100", "-F", str(wav)]
    subprocess.run([*command, str(soundfont), str(source)], check=True, capture_output=True)
    audio, rate_hz = soundfile.read(wav, dtype="float32")
    duration_s = min(performance.end_ticks / 1000 + 1.0, len(audio) / rate_hz)
    soundfile.write(wav, audio[: int(duration_s * rate_hz)], rate_hz)
    notes = reference_pieces.notes_of_score(performance, 0.0, duration_s)
    nothing = reference_pieces.to_mir_eval([])
    return reference_pieces.ReferencePiece(name, wav, notes, nothing, 0.5, np.zeros(0), 4.0, duration_s)


class Transkun:
    """transkun's model with the weights of its package."""

    def __init__(self) -> None:
        # Its filter bank is loaded from the checkpoint; torchaudio would only give its shape.
        banks = types.SimpleNamespace(melscale_fbanks=lambda n_freqs, n_mels, **_: torch.zeros(n_freqs, n_mels))
        sys.modules.setdefault("torchaudio", types.SimpleNamespace(functional=banks))  # type: ignore[arg-type]
        package = importlib.import_module("transkun")
        model: Any = importlib.import_module("transkun.ModelTransformer")
        weights = Path(next(iter(package.__path__))) / "pretrained"
        settings = model.Config()
        for name, value in json.loads((weights / "2.0.conf").read_text())["Model"]["config"].items():
            setattr(settings, name, value)
        self._model = model.TransKun(conf=settings)
        checkpoint = torch.load(weights / "2.0.pt", map_location="cpu", weights_only=False)
        self._model.load_state_dict(checkpoint["state_dict"], strict=False)
        self._model.eval()

    def transcribe(self, piece: reference_pieces.ReferencePiece) -> transcribe.Result:
        """Transcribe a piece."""
        start = transcribe.Timing(time.perf_counter(), time.process_time())
        audio, rate_hz = soundfile.read(piece.path, dtype="float32", always_2d=True)
        assert rate_hz == self._model.fs, rate_hz
        with torch.no_grad():
            events = self._model.transcribe(torch.from_numpy(audio), discardSecondHalf=False)
        timing = transcribe.Timing(time.perf_counter() - start.elapsed_s, time.process_time() - start.processor_s)
        # Pedals have negative pitches.
        rows = [(event.start, event.end, event.pitch) for event in events if event.pitch > 0]
        return transcribe.Result(*transcribe.f1_scores(piece.notes, reference_pieces.to_mir_eval(rows)), timing)


if __name__ == "__main__":
    main()
