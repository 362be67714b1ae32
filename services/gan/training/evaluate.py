"""Compares generated pieces with held-out music, in the notes.

    python -m training.evaluate --data DIR --models DIR --count 100

in this folder's parent. Pieces of sixteen bars (eight windows), styles as in the held-out chunks. Measured for each
role that a piece has: empty bars and drum pattern by muspy; pitch classes a bar by p % 12; qualified notes, which on a
grid of sixteenths are those of an eighth or longer; tonal distance between roles (Harte, Sandler and Gasser, 2006) per
half bar. The first four are MuseGAN's (Dong et al., AAAI 2018). Real and machine-arranged references are reported
apart. The last line is the mean of |generated - data| / data, denominators floored at one hundredth.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import muspy
import numpy as np
import numpy.typing as npt
from gan.composer import Composition, compose
from gan.hearing import Events, sounding_pitches
from gan.models import Models, load_models
from gan.shapes import METERS
from gan.wish import Wish, settle
from score import grid, windows
from score.encoding import STEPS_PER_BAR, STEPS_PER_QUARTER
from score.roles import PITCHED_ROLES, ROLES, Role

from . import dataset

Piece = tuple[str, dict[Role, Events]]
"""A meter, and the events of each role that the piece has."""

PIECE_WINDOWS = 8
"""Sixteen bars."""

QUALIFIED_STEPS = 2

# Harte, Sandler and Gasser, *Detecting Harmonic Change in Musical Audio*, 2006: fifths, minor and major thirds.
_RADII = (1.0, 1.0, 0.5)
_CIRCLES = (7 * np.pi / 6, 3 * np.pi / 2, 2 * np.pi / 3)
TONAL = np.array(
    [
        [radius * wave(angle * pitch_class) for pitch_class in range(12)]
        for radius, angle in zip(_RADII, _CIRCLES, strict=True)
        for wave in (np.sin, np.cos)
    ]
)


def measure(pieces: Iterable[Piece]) -> dict[str, float]:
    """Average each metric of each role over the pieces that have it."""
    values: dict[str, list[float]] = {}
    for meter, events in pieces:
        for name, value in measure_piece(meter, events).items():
            if np.isfinite(value):
                values.setdefault(name, []).append(value)
    return {name: float(np.mean(found)) for name, found in sorted(values.items())}


def measure_piece(meter: str, events: Mapping[Role, Events]) -> dict[str, float]:
    """Measure one piece: metric and role to value."""
    notes = grid.from_events(meter, events)
    bar = STEPS_PER_BAR[meter]
    found: dict[str, float] = {}
    for role in events:
        table = notes.notes(role)
        if not len(table):
            continue
        music = _music(table, is_drum=role is Role.DRUMS)
        found[f"empty_bars.{role.value}"] = muspy.empty_measure_rate(music, bar)
        if role is Role.DRUMS:
            kind = "duple" if meter == "4/4" else "triple"
            found["drum_pattern"] = muspy.drum_in_pattern_rate(music, kind)
            continue
        found[f"pitch_classes.{role.value}"] = _classes_a_bar(events[role], bar)
        found[f"qualified.{role.value}"] = float((table[:, 1] - table[:, 0] >= QUALIFIED_STEPS).mean())
    pitched = [role for role in PITCHED_ROLES if role in events]
    for one, other in combinations(pitched, 2):
        found[f"tonal_distance.{one.value}-{other.value}"] = tonal_distance(events[one], events[other], bar // 2)
    return found


def _music(table: npt.NDArray[np.int32], *, is_drum: bool) -> muspy.Music:
    notes = [muspy.Note(int(onset), int(pitch), int(end - onset), 90) for onset, end, pitch, _ in table]
    return muspy.Music(resolution=STEPS_PER_QUARTER, tracks=[muspy.Track(0, is_drum, notes=notes)])


def _chroma(events: Events, length: int) -> npt.NDArray[np.float64]:
    """Sum what sounds in each stretch of steps: (stretches, 12)."""
    pitches = sounding_pitches(events[None] if events.ndim == 1 else events.T)
    chroma = np.zeros((pitches.shape[1] // length, 12))
    _, step = np.nonzero(pitches)
    np.add.at(chroma, (step // length, pitches[pitches > 0] % 12), 1.0)
    return chroma


def _classes_a_bar(events: Events, bar: int) -> float:
    used = (_chroma(events, bar) > 0).sum(1)
    return float(used[used > 0].mean()) if used.any() else float("nan")


def tonal_distance(one: Events, other: Events, length: int) -> float:
    """Average the distance of two roles' tonal centroids over the stretches in which both sound."""
    a, b = _chroma(one, length), _chroma(other, length)
    both = (a.sum(1) > 0) & (b.sum(1) > 0)
    if not both.any():
        return float("nan")
    centres = [(chroma[both] / chroma[both].sum(1, keepdims=True)) @ TONAL.T for chroma in (a, b)]
    return float(np.linalg.norm(centres[0] - centres[1], axis=1).mean())


def held_out_pieces(
    corpus: dataset.Corpus, limit: int, *, synthetic: bool, rng: np.random.Generator
) -> list[tuple[str, bool, Piece]]:
    """Choose held-out chunks of sixteen bars: style, mode and notes of each."""
    chunks = dataset.cut(corpus, PIECE_WINDOWS)
    pieces = corpus.pieces
    fitting = pieces["held_out"][chunks.piece] & (pieces["synthetic"][chunks.piece] == synthetic)
    found = np.flatnonzero(fitting)
    chosen = rng.choice(found, min(limit, len(found)), replace=False)
    return [_held_out(corpus, chunks.take(np.array([index]))) for index in chosen]


def _held_out(corpus: dataset.Corpus, chunk: dataset.Chunks) -> tuple[str, bool, Piece]:
    piece, start, count = int(chunk.piece[0]), int(chunk.start[0]), int(chunk.count[0])
    meter = METERS[corpus.pieces["meter"][piece]]
    steps = windows.steps_per_window(meter)
    known = [role for role, has in zip(ROLES, corpus.pieces["roles"][piece], strict=True) if has]
    events = windows.join({role: corpus.windows[role.value][start : start + count, :steps] for role in known})
    style = corpus.styles[corpus.pieces["style"][piece]]
    return style, bool(corpus.pieces["mode"][piece]), (meter, events)


def generate(models: Models, like: Sequence[tuple[str, bool, Piece]], first_seed: int) -> list[Piece]:
    """Generate a piece for each held-out one: its style, mode, meter and roles."""
    made = []
    for index, (style, is_minor, (meter, events)) in enumerate(like):
        wish = Wish(first_seed + index, style, tonic=0, is_minor=is_minor, meter=meter, bars=16, roles=tuple(events))
        *_, composition = compose(settle(wish, models.styles), models, threading.Event())
        assert isinstance(composition, Composition)
        made.append((meter, composition.events))
    return made


def relative_error(data: Mapping[str, float], made: Mapping[str, float]) -> float:
    """Average |made - data| / data over the metrics that both have."""
    return float(np.mean([abs(made[name] - data[name]) / max(data[name], 0.01) for name in data if name in made]))


def main() -> None:
    """Parse the command line, generate, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--count", type=int, default=100, help="pieces of each kind of reference")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write the figures as JSON too")
    options = parser.parse_args()
    models, corpus = load_models(options.models), dataset.load_corpus(options.data)
    offered = {(style.style_id, meter) for style in models.styles for meter in style.meters}
    figures: dict[str, dict[str, Any]] = {}
    for kind, synthetic in (("real", False), ("arranged", True)):
        rng = np.random.default_rng(options.seed)
        like = held_out_pieces(corpus, options.count, synthetic=synthetic, rng=rng)
        like = [row for row in like if (row[0], row[2][0]) in offered]
        data, made = measure(row[2] for row in like), measure(generate(models, like, options.seed))
        figures[kind] = {"pieces": len(like), "data": data, "made": made, "error": relative_error(data, made)}
        print(f"\n{kind}: {len(like)} pieces\n{'':36}{'data':>9}{'made':>9}")
        for name, value in data.items():
            print(f"{name:36}{value:9.3f}{made.get(name, float('nan')):9.3f}")
        print(f"{'mean relative error':36}{100 * figures[kind]['error']:17.1f}%")
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
