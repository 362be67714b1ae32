"""Blends of pairs, one of them re-written in halved or doubled values, beside the blends of the originals.

    python services/vae/bench/octave_blend.py --corpus FOLDER --pairs 100 --seed 0

The folder is one for `self_blend.py`. Pairs are drawn at random; the first or the second piece is re-written so that it
sounds as before, with its meter as it is. The F1 counts notes of the same pitch within 50 ms, each once.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from score import midi
from score.model import Score, Tempo
from self_blend import count_matched, draw_paths, onsets_by_pitch  # type: ignore[import-not-found]
from servicekit.faults import Fault
from vae.alignment.meter import MeterPolicy
from vae.blending.blend import blend, run_to_end
from vae.blending.blend_options import BlendOptions
from vae.blending.blend_weights import BlendWeights
from vae.expression.notation import write_in_values
from vae.expression.performance import perform
from vae.models.model_registry import ModelRegistry
from vae.phrases.assembly import assemble_phrases
from vae.phrases.composition import compose
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import read_midi


def rewrite(score: Score, *, in_halves: bool) -> Score:
    """Return a score in halved or doubled values, at half or twice the tempo."""
    tempos = score.tempos if score.tempos and score.tempos[0].tick == 0 else (Tempo(0, 500_000), *score.tempos)
    if in_halves:
        slower = tuple(Tempo(tempo.tick, min(2 * tempo.microseconds_per_quarter, 0xFFFFFF)) for tempo in tempos)
        return replace(score, ticks_per_quarter=2 * score.ticks_per_quarter, tempos=slower)
    tracks = (
        replace(
            track,
            notes=tuple(
                note._replace(onset_ticks=2 * note.onset_ticks, duration_ticks=2 * note.duration_ticks)
                for note in track.notes
            ),
            others=tuple(event._replace(tick=2 * event.tick) for event in track.others),
        )
        for track in score.tracks
    )
    return replace(
        score,
        tracks=tuple(tracks),
        tempos=tuple(Tempo(2 * tempo.tick, tempo.microseconds_per_quarter // 2) for tempo in tempos),
        meters=tuple(meter._replace(tick=2 * meter.tick) for meter in score.meters),
        keys=tuple(key._replace(tick=2 * key.tick) for key in score.keys),
    )


def pairs(corpus: Path, seed: int) -> Iterator[tuple[Score, Score]]:
    """Yield pairs of scores of a corpus."""
    paths = draw_paths(corpus, set(), seed)
    waiting: list[Score] = []
    for _, path in paths:
        try:
            waiting.append(midi.parse(path.read_bytes()))
        except Fault:
            continue
        if len(waiting) == 40:
            random.Random(seed).shuffle(waiting)
            yield from zip(waiting[::2], waiting[1::2], strict=True)
            waiting = []


def blend_scores(registry: ModelRegistry | None, scores: tuple[Score, Score], weight: float) -> Score:
    """Blend two scores as files.

    Parameters
    ----------
    registry : ModelRegistry or None
        None for the blend as planned, without what models decode between the parents.
    scores : tuple of Score
    weight : float
    """
    options = BlendOptions(BlendWeights(weight), meter_policy=MeterPolicy.CONVERT)
    pieces = [read_midi(midi.write(score)) for score in scores]
    if registry is not None:
        return perform(run_to_end(blend(registry, pieces, options)))
    context = build_phrase_context(pieces, options)
    planned = assemble_phrases(context, compose(context.plan), ())
    return perform(write_in_values(planned, 2.0**context.leader_octave))


def f1(first: Score, second: Score) -> float:
    """Return the F1 of the notes of two scores in seconds."""
    mine, theirs = onsets_by_pitch(first), onsets_by_pitch(second)
    n_matched = sum(count_matched(onsets, theirs.get(pitch, np.zeros(0)))[0] for pitch, onsets in mine.items())
    return float(2 * n_matched / max(first.n_notes + second.n_notes, 1))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--planned", action="store_true", help="without what the models decode")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--cache", type=Path, default=Path("var/cache/vae"))
    options = parser.parse_args()
    registry = None if options.planned else ModelRegistry.load(options.models, options.cache)
    rng = random.Random(options.seed)
    scores = []
    for pair in islice(pairs(options.corpus, options.seed), options.pairs):
        weight, in_halves, at = rng.choice((0.3, 0.5, 0.7)), rng.random() < 0.5, rng.randrange(2)
        other = (rewrite(pair[0], in_halves=in_halves), pair[1])
        if at == 1:
            other = (pair[0], rewrite(pair[1], in_halves=in_halves))
        scores.append(f1(blend_scores(registry, pair, weight), blend_scores(registry, other, weight)))
    values = np.array(scores)
    print(f"{len(values)} pairs: mean F1 {values.mean():.3f}, under .95 in {(values < 0.95).mean():.0%} of them")


if __name__ == "__main__":
    main()
