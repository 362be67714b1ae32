r"""Render the corpus, apply basic-pitch, and write its output with the true notes and drum strokes.

    cd services/transcriber && python -m training.prepare --corpus DIR --corpus DIR2 \
        --soundfont FluidR3_GM.sf2 --soundfont MuseScore_General_Lite.sf3 --out RUNS/recordings

Writes one file for each excerpt: the audio (int16), basic-pitch's posteriors (uint8), the notes, the drum strokes, and
whether it is for validation. Existing files are skipped, so that the work can be interrupted and continued. About an
excerpt a second on a free core.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from score.arrays import F32
from score.model import Score
from transcriber.note_detection.basic_pitch_model import BasicPitchModel, concatenate_windows

from training import arrangement, audio_synthesis, corpus, drum_synthesis

N_NOISES = 34
SYNTHESIZED_SHARE = 0.17
"""Share of the excerpts whose pitched tracks are rendered by additive synthesis, and of drums likewise."""
DRUMS_ADDED_SHARE, PIANO_SHARE = 0.4, 0.22
"""Share of the pieces without drums that get a drum take, and of all pieces that are played on a piano."""
DRUM_LEVELS_DB = (-9.0, 5.0)
"""Range of the level of the drums, beside that of the kit at its own volume."""


class Renderer:
    """Renders performances with random instruments."""

    def __init__(self, soundfonts: Sequence[Path]) -> None:
        self._soundfonts = soundfonts

    def render(self, performance: Score, rng: random.Random) -> F32:
        """Render pitched tracks and drums, each by a SoundFont or by synthesis, and mix them at a random level."""
        pitched, drums = arrangement.split_drums(performance)
        parts = [self._render_pitched(pitched, rng)] if any(track.notes for track in pitched.tracks) else []
        if any(track.notes for track in drums.tracks):
            level = 10 ** (rng.uniform(*DRUM_LEVELS_DB) / 20) if parts else 1.0
            parts.append(np.float32(level) * self._render_drums(drums, rng))
        mix = np.zeros(max(map(len, parts)), np.float32)
        for part in parts:
            mix[: len(part)] += part
        return audio_synthesis.simulate_recording(mix, rng)

    def _render_pitched(self, pitched: Score, rng: random.Random) -> F32:
        if rng.random() < SYNTHESIZED_SHARE:
            return audio_synthesis.synthesize(pitched, rng)
        soundfont = audio_synthesis.choose_soundfont(self._soundfonts, rng)
        return audio_synthesis.render_soundfont(audio_synthesis.add_vibrato(pitched, rng), soundfont, rng)

    def _render_drums(self, drums: Score, rng: random.Random) -> F32:
        if rng.random() < SYNTHESIZED_SHARE:
            strokes = arrangement.drum_strokes(drums)
            return drum_synthesis.synthesize_drums(strokes, audio_synthesis.duration_s(drums), rng.randrange(2**32))
        soundfont = audio_synthesis.choose_soundfont(self._soundfonts, rng)
        return audio_synthesis.render_soundfont(arrangement.choose_kit(drums, rng), soundfont, rng)


def main() -> None:
    """Prepare every excerpt that does not exist yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, action="append", required=True)
    parser.add_argument("--soundfont", type=Path, action="append", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    model, renderer = BasicPitchModel(), Renderer(arguments.soundfont)
    for seed in range(N_NOISES):
        path = arguments.out / f"noise-{seed:04}.npz"
        if not path.exists():
            write_recording(path, model, audio_synthesis.synthesize_noise(seed), None, is_validation=seed % 8 == 0)
    rows = corpus.read_index(arguments.corpus)
    prepare_drums(arguments.out, model, rows, renderer)
    prepare_bands(arguments.out, model, rows, renderer)
    prepare_music(arguments.out, model, rows, renderer)


def prepare_music(out: Path, model: BasicPitchModel, rows: Sequence[corpus.CorpusRow], renderer: Renderer) -> None:
    """Render the chosen pieces; some of them with a drum take, some on a piano.

    Parameters
    ----------
    out : Path
        Folder for the recordings.
    model : BasicPitchModel
    rows : sequence of CorpusRow
        The whole corpus.
    renderer : Renderer
    """
    takes = arrangement.sample_takes(rows)
    for number, row, score in corpus.iter_scores(corpus.sample_pieces(rows)):
        path, rng = out / f"piece-{number:04}.npz", random.Random(number)
        if path.exists():
            continue
        is_validation = row.fold == corpus.VALIDATION_FOLD
        own = [take for take in takes if (take.fold == corpus.VALIDATION_FOLD) == is_validation]
        has_drums = any(track.is_drum and track.notes for track in score.tracks)
        if not has_drums and rng.random() < DRUMS_ADDED_SHARE:
            score = arrangement.add_drums(score, arrangement.read_take(rng.choice(own)))
        performance = corpus.perform_excerpt(score, rng)
        if rng.random() < PIANO_SHARE:
            performance = arrangement.play_on_piano(performance, rng)
        if corpus.count_pitched(performance) >= corpus.MIN_NOTES:
            audio = renderer.render(performance, rng)
            write_recording(path, model, audio, performance, is_validation=is_validation)


def prepare_bands(out: Path, model: BasicPitchModel, rows: Sequence[corpus.CorpusRow], renderer: Renderer) -> None:
    """Render pieces of bands, mostly on their own instruments.

    Parameters
    ----------
    out : Path
        Folder for the recordings.
    model : BasicPitchModel
    rows : sequence of CorpusRow
        The whole corpus.
    renderer : Renderer
    """
    for number, row, score in corpus.iter_scores(corpus.sample_band_pieces(rows)):
        path, rng = out / f"band-{number:04}.npz", random.Random(number)
        if not path.exists():
            performance = corpus.perform_excerpt(score, rng, own_programs_share=0.8)
            if corpus.count_pitched(performance) >= corpus.MIN_NOTES:
                audio = renderer.render(performance, rng)
                write_recording(path, model, audio, performance, is_validation=row.fold == corpus.VALIDATION_FOLD)


def prepare_drums(out: Path, model: BasicPitchModel, rows: Sequence[corpus.CorpusRow], renderer: Renderer) -> None:
    """Render pieces of drums alone.

    Parameters
    ----------
    out : Path
        Folder for the recordings.
    model : BasicPitchModel
    rows : sequence of CorpusRow
        The whole corpus.
    renderer : Renderer
    """
    for number, row in enumerate(corpus.sample_drum_pieces(rows)):
        path, rng = out / f"drums-{number:04}.npz", random.Random(number)
        if not path.exists():
            performance = corpus.perform_excerpt(arrangement.read_take(row), rng)
            audio = renderer.render(performance, rng)
            write_recording(path, model, audio, performance, is_validation=row.fold == corpus.VALIDATION_FOLD)


def write_recording(
    path: Path, model: BasicPitchModel, audio: F32, performance: Score | None, *, is_validation: bool
) -> None:
    """Apply basic-pitch to an excerpt and write its output with the true notes and drum strokes.

    Parameters
    ----------
    path : Path
        File to write.
    model : BasicPitchModel
    audio : ndarray, shape (samples,), float32
        Mono, at `SAMPLE_RATE_HZ`.
    performance : Score or None
        With 1000 ticks a second; None if nothing should be detected.
    is_validation : bool
        Whether the excerpt is for validation.
    """
    posteriors = concatenate_windows(list(model.iter_posteriors(audio)))
    notes = [] if performance is None else [
        (note.onset_ticks / 1000, note.end_ticks / 1000, note.pitch)
        for track in performance.tracks
        if not track.is_drum
        for note in track.notes
    ]  # fmt: skip
    strokes = arrangement.drum_strokes(performance) if performance else []
    quantized = {name: np.round(values * 255).astype(np.uint8) for name, values in posteriors._asdict().items()}
    np.savez(
        path,
        audio=(audio * 32767).astype(np.int16),
        truth=np.array(notes, np.float32).reshape(-1, 3),
        strokes=np.array(strokes, np.float32).reshape(-1, 3),
        is_validation=is_validation,
        **quantized,
    )


if __name__ == "__main__":
    main()
