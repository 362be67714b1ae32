r"""Render the corpus, apply basic-pitch, and write its output with the true notes.

    cd services/transcriber && python -m training.prepare --corpus DIR --corpus DIR2 \
        --soundfont FluidR3_GM.sf2 --soundfont MuseScore_General_Lite.sf3 --out RUNS/recordings

Writes one file for each excerpt: the audio (int16), basic-pitch's posteriors (uint8), the notes, and whether it is for
validation. Existing files are skipped, so that the work can be interrupted and continued. About three excerpts a second
on a free core.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from score import midi
from score.arrays import F32
from score.model import Score
from transcriber.note_detection.basic_pitch_model import BasicPitchModel, concatenate_windows

from training import audio_synthesis, corpus

N_NOISES = 34
SYNTHESIZED_SHARE = 0.17
"""Share of the excerpts without drums that are rendered by additive synthesis."""


def main() -> None:
    """Prepare every excerpt that does not exist yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--soundfont", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    model = BasicPitchModel()
    rows = corpus.read_index(arguments.corpus)
    prepare_music(arguments.out, model, rows, arguments.soundfont)
    prepare_drums(arguments.out, model, rows, arguments.soundfont)
    for seed in range(N_NOISES):
        path, noise = arguments.out / f"noise-{seed:04}.npz", audio_synthesis.synthesize_noise(seed)
        write_recording(path, model, noise, None, is_validation=seed % 8 == 0)


def prepare_music(
    out: Path, model: BasicPitchModel, rows: Sequence[corpus.CorpusRow], soundfonts: Sequence[Path]
) -> None:
    """Render the chosen pieces.

    Parameters
    ----------
    out : Path
        Folder for the recordings.
    model : BasicPitchModel
    rows : sequence of CorpusRow
        The whole corpus.
    soundfonts : sequence of Path
        The first one is used twice as often as the others.
    """
    for number, row, score in corpus.iter_excerpts(corpus.sample_pieces(rows)):
        path = out / f"piece-{number:04}.npz"
        if path.exists():
            continue
        rng = random.Random(number)
        has_drums = any(track.is_drum and track.notes for track in score.tracks)
        if rng.random() < SYNTHESIZED_SHARE and not has_drums:
            audio = audio_synthesis.synthesize(score, rng)
        else:
            with_vibrato = audio_synthesis.add_vibrato(score, rng)
            audio = audio_synthesis.render_soundfont(
                with_vibrato, audio_synthesis.choose_soundfont(soundfonts, rng), rng
            )
        is_validation = row.fold == corpus.VALIDATION_FOLD
        write_recording(path, model, audio_synthesis.simulate_recording(audio, rng), score, is_validation=is_validation)


def prepare_drums(
    out: Path, model: BasicPitchModel, rows: Sequence[corpus.CorpusRow], soundfonts: Sequence[Path]
) -> None:
    """Render pieces of drums alone.

    Parameters
    ----------
    out : Path
        Folder for the recordings.
    model : BasicPitchModel
    rows : sequence of CorpusRow
        The whole corpus.
    soundfonts : sequence of Path
        The first one is used twice as often as the others.
    """
    for number, row in enumerate(corpus.sample_drum_pieces(rows)):
        path, rng = out / f"drums-{number:04}.npz", random.Random(number)
        if not path.exists():
            score = corpus.perform_excerpt(midi.parse(row.path.read_bytes()), rng)
            soundfont = audio_synthesis.choose_soundfont(soundfonts, rng)
            audio = audio_synthesis.render_soundfont(score, soundfont, rng)
            is_validation = row.fold == corpus.VALIDATION_FOLD
            write_recording(
                path, model, audio_synthesis.simulate_recording(audio, rng), None, is_validation=is_validation
            )


def write_recording(
    path: Path, model: BasicPitchModel, audio: F32, score: Score | None, *, is_validation: bool
) -> None:
    """Apply basic-pitch to an excerpt and write its output with the true notes.

    Parameters
    ----------
    path : Path
        File to write.
    model : BasicPitchModel
    audio : ndarray, shape (samples,), float32
        Mono, at `SAMPLE_RATE_HZ`.
    score : Score or None
        The performance, with 1000 ticks a second; None if no notes should be detected.
    is_validation : bool
        Whether the excerpt is for validation.
    """
    posteriors = concatenate_windows(list(model.iter_posteriors(audio)))
    notes = [] if score is None else [
        (note.onset_ticks / 1000, note.end_ticks / 1000, note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
    ]  # fmt: skip
    quantized = {name: np.round(values * 255).astype(np.uint8) for name, values in posteriors._asdict().items()}
    truth = np.array(notes, np.float32).reshape(-1, 3)
    samples = (audio * 32767).astype(np.int16)
    np.savez_compressed(path, audio=samples, truth=truth, is_validation=is_validation, **quantized)


if __name__ == "__main__":
    main()
