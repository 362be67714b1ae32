r"""Play the corpus, listen to it with basic-pitch, and keep what was heard beside what was played.

    cd services/transcriber && python -m training.prepare --corpus DIR --corpus DIR2 \
        --soundfont FluidR3_GM.sf2 --soundfont MuseScore_General_Lite.sf3 --out RUNS/recordings

One file for each excerpt: the sound (int16), basic-pitch's posteriors (uint8), the notes, whether it is for validation.
What is there already is kept, so that it can be stopped and gone on with. About three excerpts a second on a free core.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
from score import midi
from score.model import Score
from transcriber.constants import Floats
from transcriber.note_detection.basic_pitch_model import Listener, join

from training import audio_synthesis, corpus

NOISES = 34
TONES = 0.17
"""The share of drumless excerpts that is played on tones of partials."""


def main() -> None:
    """Prepare every excerpt that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--soundfont", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    listener = Listener()
    rows = corpus.read_index(given.corpus)
    prepare_music(given.out, listener, rows, given.soundfont)
    prepare_drums(given.out, listener, rows, given.soundfont)
    for seed in range(NOISES):
        keep(
            given.out / f"noise-{seed:04}.npz", listener, audio_synthesis.noise(seed), None, is_validation=seed % 8 == 0
        )


def prepare_music(out: Path, listener: Listener, rows: list[corpus.Row], soundfonts: list[Path]) -> None:
    """Play the chosen pieces."""
    for number, row, score in corpus.excerpts(corpus.choose(rows)):
        path = out / f"piece-{number:04}.npz"
        if path.exists():
            continue
        rng = random.Random(number)
        has_drums = any(track.is_drum and track.notes for track in score.tracks)
        if rng.random() < TONES and not has_drums:
            audio = audio_synthesis.add_up(score, rng)
        else:
            audio = audio_synthesis.render(
                audio_synthesis.with_vibrato(score, rng), audio_synthesis.soundfont_of(soundfonts, rng), rng
            )
        is_validation = row.fold == corpus.VALIDATION_FOLD
        keep(path, listener, audio_synthesis.recorded(audio, rng), score, is_validation=is_validation)


def prepare_drums(out: Path, listener: Listener, rows: list[corpus.Row], soundfonts: list[Path]) -> None:
    """Play drums alone."""
    for number, row in enumerate(corpus.drum_pieces(rows)):
        path, rng = out / f"drums-{number:04}.npz", random.Random(number)
        if not path.exists():
            score = corpus.vary(midi.parse(row.path.read_bytes()), rng)
            audio = audio_synthesis.render(score, audio_synthesis.soundfont_of(soundfonts, rng), rng)
            is_validation = row.fold == corpus.VALIDATION_FOLD
            keep(path, listener, audio_synthesis.recorded(audio, rng), None, is_validation=is_validation)


def keep(path: Path, listener: Listener, audio: Floats, score: Score | None, *, is_validation: bool) -> None:
    """Listen to an excerpt and write it down."""
    heard = join(list(listener.windows(audio)))
    notes = [] if score is None else [
        (note.onset_ticks / 1000, note.end_ticks / 1000, note.pitch)
        for track in score.tracks
        if not track.is_drum
        for note in track.notes
    ]  # fmt: skip
    small = {name: np.round(values * 255).astype(np.uint8) for name, values in heard._asdict().items()}
    truth = np.array(notes, np.float32).reshape(-1, 3)
    sound = (audio * 32767).astype(np.int16)
    np.savez_compressed(path, audio=sound, truth=truth, is_validation=is_validation, **small)


if __name__ == "__main__":
    main()
