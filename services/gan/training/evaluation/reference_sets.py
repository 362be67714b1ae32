"""Held-out and training music out of the prepared corpus: chunks of whole windows, clean ones only.

    python -m training.evaluation.reference_sets --data DIR --count 1000 --bars 16 --out references.npz

in `services/gan` writes the references, for generators that are not the service's to be asked for the like.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from score import windows
from score.arrays import I32, I64, Bool
from score.encoding import BARS_PER_WINDOW, STEPS_PER_BAR
from score.roles import PITCHED_ROLES, ROLES

from . import pieces
from .pieces import Piece

METERS = tuple(STEPS_PER_BAR)
"""In the order of the prepared corpus."""

MIN_IN_KEY = 0.82
"""Share of a chunk's sounding pitch classes, counted once a beat, that must be white keys: the rest modulates, or its
key is wrong. Roles must sound in half of its windows, and in seven of ten on average."""

STEPS_PER_BEAT = 4
HOP = 2
"""Windows between the beginnings of a piece's chunks."""

WHITE = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What `training.data.prepare` wrote: arrays over all windows, arrays over all pieces, and the styles' ids."""

    windows: dict[str, npt.NDArray[Any]]
    pieces: dict[str, npt.NDArray[Any]]
    styles: list[str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk is: its piece, and its first window of the whole corpus."""

    piece: int
    start: int


def load(folder: Path) -> Corpus:
    """Read ``windows.npz`` and ``styles.json``."""
    arrays = np.load(folder / "windows.npz")
    names = json.loads((folder / "styles.json").read_text())
    found: dict[str, dict[str, npt.NDArray[Any]]] = {"w_": {}, "p_": {}}
    for name in arrays.files:
        if name != "w_heard":
            found[name[:2]][name[2:]] = arrays[name]
    return Corpus(found["w_"], found["p_"], [style["id"] for style in names])


def chunks(corpus: Corpus, bars: int, *, held_out: bool) -> list[Chunk]:
    """List the places where so many bars can be cut from held-out music, or from what the generator learns of.

    A piece of an odd number of bars fills its last window up with silence, which is no music: such a one is left out.
    """
    length = -(-bars // BARS_PER_WINDOW)
    found = []
    for piece in np.flatnonzero(corpus.pieces["held_out"] == held_out):
        start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
        last = count - length - _is_filled_up(corpus, Chunk(int(piece), start + count - 1))
        found += [Chunk(int(piece), start + at) for at in sorted({*range(0, last + 1, HOP), last}) if last >= 0]
    return found


def _is_filled_up(corpus: Corpus, chunk: Chunk) -> bool:
    """Tell whether nothing sounds in the second bar of a window."""
    window = cut(corpus, chunk, BARS_PER_WINDOW)
    return all((notes[:, 1] <= window.bar_steps).all() for notes in window.notes.values())


def cut(corpus: Corpus, chunk: Chunk, bars: int) -> Piece:
    """Cut a chunk out, with the roles that its piece has."""
    table, length = corpus.pieces, -(-bars // BARS_PER_WINDOW)
    meter = METERS[table["meter"][chunk.piece]]
    rows, steps = slice(chunk.start, chunk.start + length), windows.steps_per_window(meter)
    known = [role for role, has in zip(ROLES, table["roles"][chunk.piece], strict=True) if has]
    cut_out = {role: corpus.windows[role.value][rows, :steps] for role in known}
    tied = {role: corpus.windows[f"tied_{role.value}"] for role in known if f"tied_{role.value}" in corpus.windows}
    return Piece(
        style=corpus.styles[table["style"][chunk.piece]],
        is_minor=bool(table["mode"][chunk.piece]),
        meter=meter,
        synthetic=bool(table["synthetic"][chunk.piece]),
        group=chunk.piece,
        events=windows.join(cut_out, bars, {role: held[rows] for role, held in tied.items()}),
    )


def is_clean(piece: Piece) -> bool:
    """Tell whether a piece is in its key, and every role of it mostly there."""
    length = BARS_PER_WINDOW * piece.bar_steps
    count = -(-piece.n_steps // length)
    sounding = np.array([_sounding(notes, length, count).mean() for notes in piece.notes.values()])
    if sounding.min() < 0.5 or sounding.mean() < 0.7:
        return False
    heard = np.concatenate([_classes_by_beat(piece.notes[role]) for role in PITCHED_ROLES if role in piece.notes])
    return bool(np.isin(heard, WHITE).sum() >= MIN_IN_KEY * max(len(heard), 1))


def _sounding(notes: I32, length: int, count: int) -> Bool:
    sounds = np.zeros(count, np.bool_)
    for onset, end in notes[:, :2]:
        sounds[onset // length : (end - 1) // length + 1] = True
    return sounds


def _classes_by_beat(notes: I32) -> I64:
    """List the pitch classes of each beat, each once a beat."""
    found = {
        (beat, pitch % 12)
        for onset, end, pitch in notes.tolist()
        for beat in range(onset // STEPS_PER_BEAT, (end - 1) // STEPS_PER_BEAT + 1)
    }
    return np.array([pitch_class for _, pitch_class in found], np.int64)


def references(
    corpus: Corpus, count: int, seed: int, *, bars: int = 16, fitting: frozenset[tuple[str, str]] | None = None
) -> list[Piece]:
    """Draw held-out music: every clean chunk is as likely as any other, so that styles come as often as in that music.

    Parameters
    ----------
    corpus : Corpus
    count : int
        How many at most; none comes twice.
    seed : int
    bars : int
    fitting : frozenset of (style, meter), optional
        What is offered; the rest is left out.
    """
    found = chunks(corpus, bars, held_out=True)
    order = np.random.default_rng((seed, bars)).permutation(len(found))
    drawn: list[Piece] = []
    for index in order:
        if len(drawn) == count:
            break
        piece = cut(corpus, found[index], bars)
        if (fitting is None or (piece.style, piece.meter) in fitting) and is_clean(piece):
            drawn.append(piece)
    return drawn


def training(corpus: Corpus, count: int, seed: int, bars: int = 16) -> list[Piece]:
    """Draw clean training music, each style as often as any other as long as it has chunks."""
    rng = np.random.default_rng((seed, 4))
    by_style: dict[int, list[Chunk]] = {}
    for chunk in chunks(corpus, bars, held_out=False):
        by_style.setdefault(int(corpus.pieces["style"][chunk.piece]), []).append(chunk)
    drawn = []
    for found in by_style.values():
        order = rng.permutation(len(found))[: count // max(len(by_style), 1)]
        drawn += [piece for index in order if is_clean(piece := cut(corpus, found[index], bars))]
    return drawn


def training_like(corpus: Corpus, like: Sequence[Piece], seed: int) -> list[Piece | None]:
    """Draw clean training music of the style, mode, meter and roles of each reference: what a perfect generator gives.

    Pieces that were drawn less often come first. Where there is none the mode may differ; None where there is none
    even so. Each gets the group of its reference.
    """
    if not like:
        return []
    rng = np.random.default_rng((seed, 1))
    bars = like[0].n_bars
    by_kind: dict[tuple[int, int], list[Chunk]] = {}
    for chunk in chunks(corpus, bars, held_out=False):
        kind = int(corpus.pieces["style"][chunk.piece]), int(corpus.pieces["meter"][chunk.piece])
        by_kind.setdefault(kind, []).append(chunk)
    used: Counter[int] = Counter()
    return [_training_like(corpus, piece, by_kind, used, rng) for piece in like]


def _training_like(
    corpus: Corpus,
    like: Piece,
    by_kind: dict[tuple[int, int], list[Chunk]],
    used: Counter[int],
    rng: np.random.Generator,
) -> Piece | None:
    found = by_kind.get((corpus.styles.index(like.style), METERS.index(like.meter)), [])
    needed = np.array([role in like.events for role in ROLES])
    found = [chunk for chunk in found if (corpus.pieces["roles"][chunk.piece] | ~needed).all()]
    shuffled = [found[index] for index in rng.permutation(len(found))]
    shuffled.sort(key=lambda chunk: (bool(corpus.pieces["mode"][chunk.piece]) != like.is_minor, used[chunk.piece]))
    for piece, chunk in _clean(corpus, shuffled, like):
        used[chunk.piece] += 1
        return piece
    return None


def _clean(corpus: Corpus, found: Sequence[Chunk], like: Piece) -> Iterator[tuple[Piece, Chunk]]:
    for chunk in found:
        piece = cut(corpus, chunk, like.n_bars).restricted(like.roles)
        if is_clean(piece):
            yield replace(like, is_minor=piece.is_minor, events=piece.events), chunk


def pair(references: Sequence[Piece], made: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Pair references with made pieces of their style and meter, each once; references without one are left out.

    One that was made like the reference comes first, then one of its mode. Made pieces are reduced to the roles and
    the bars of their reference, and get its group.
    """
    waiting: dict[tuple[str, str], list[Piece]] = {}
    for piece in made:
        waiting.setdefault((piece.style, piece.meter), []).append(piece)
    pairs = []
    for reference in references:
        able = waiting.get((reference.style, reference.meter), [])
        able = [
            piece for piece in able if piece.n_bars >= reference.n_bars and set(piece.events) >= set(reference.events)
        ]
        if able:
            best = max(able, key=lambda piece: (piece.group == reference.group, piece.is_minor == reference.is_minor))
            waiting[(reference.style, reference.meter)].remove(best)
            pairs.append((reference, _like(best, reference)))
    return pairs


def _like(made: Piece, reference: Piece) -> Piece:
    short = made.cut(reference.n_bars).restricted(reference.roles)
    return replace(short, synthetic=reference.synthetic, group=reference.group)


def main() -> None:
    """Parse the command line and write the references."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    drawn = references(load(options.data), options.count, options.seed, bars=options.bars)
    pieces.save(options.out, drawn)
    print(f"{len(drawn)} references of {options.bars} bars")


if __name__ == "__main__":
    main()
