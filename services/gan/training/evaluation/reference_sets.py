"""Reference music: passages of held-out and training music cut from the prepared corpus, clean ones only.

    python -m training.evaluation.reference_sets --data DIR --count 1000 --bars 16 --out references.npz

in `services/gan` writes held-out references to a file, for other generators to be given their styles and meters.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from gan.network.dims import METERS
from score import windows
from score.arrays import I32, I64, Bool
from score.encoding import BARS_PER_WINDOW, STEPS_PER_QUARTER
from score.roles import PITCHED_ROLES, ROLES

from ..data.corpus import Corpus, load_corpus
from ..data.dataset import HOP_WINDOWS, MIN_IN_KEY
from . import pieces
from .generation import load_supported_styles
from .pieces import Piece

WHITE_PITCH_CLASSES = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True, slots=True)
class Passage:
    """Place of a passage: its piece, and its first window, counted over the corpus."""

    piece: int
    start: int


def list_passages(corpus: Corpus, n_bars: int, *, held_out: bool) -> list[Passage]:
    """Return the places of all passages of some length.

    A piece of an odd number of bars is padded to whole windows; passages with such padding are left out.

    Parameters
    ----------
    corpus : Corpus
    n_bars : int
        Length of a passage.
    held_out : bool
        Whether passages are from held-out pieces, or from training pieces.
    """
    n_windows = -(-n_bars // BARS_PER_WINDOW)
    found = []
    for piece in np.flatnonzero(corpus.pieces["held_out"] == held_out):
        start, count = int(corpus.pieces["start"][piece]), int(corpus.pieces["count"][piece])
        last = count - n_windows - _is_padded(corpus, Passage(int(piece), start + count - 1))
        offsets = sorted({*range(0, last + 1, HOP_WINDOWS), last}) if last >= 0 else []
        found += [Passage(int(piece), start + offset) for offset in offsets]
    return found


def _is_padded(corpus: Corpus, passage: Passage) -> bool:
    """Return whether nothing sounds in the second bar of a window."""
    window = cut(corpus, passage, BARS_PER_WINDOW)
    return all((notes[:, 1] <= window.bar_steps).all() for notes in window.notes.values())


def cut(corpus: Corpus, passage: Passage, n_bars: int) -> Piece:
    """Cut out a passage, with the roles of its piece.

    Parameters
    ----------
    corpus : Corpus
    passage : Passage
    n_bars : int
    """
    table, n_windows = corpus.pieces, -(-n_bars // BARS_PER_WINDOW)
    meter = METERS[table["meter"][passage.piece]]
    rows, steps = slice(passage.start, passage.start + n_windows), windows.steps_per_window(meter)
    known = [role for role, has in zip(ROLES, table["roles"][passage.piece], strict=True) if has]
    events = {role: corpus.windows[role.value][rows, :steps] for role in known}
    tied = {role: corpus.windows[f"tied_{role.value}"] for role in known if f"tied_{role.value}" in corpus.windows}
    return Piece(
        style=corpus.styles[table["style"][passage.piece]],
        is_minor=bool(table["mode"][passage.piece]),
        meter=meter,
        synthetic=bool(table["synthetic"][passage.piece]),
        group=passage.piece,
        events=windows.join(events, n_bars, {role: own[rows] for role, own in tied.items()}),
    )


def is_clean(piece: Piece) -> bool:
    """Return whether a piece is in its key, and its roles sound in enough windows.

    `MIN_IN_KEY` of its pitch classes, each counted once a quarter, must be white keys; otherwise it modulates, or its
    key is wrong. Each role must sound in half of the windows, and all in seven of ten on average.
    """
    window_steps = BARS_PER_WINDOW * piece.bar_steps
    n_windows = -(-piece.n_steps // window_steps)
    sounding = np.array([_sounding_windows(notes, window_steps, n_windows).mean() for notes in piece.notes.values()])
    if sounding.min() < 0.5 or sounding.mean() < 0.7:
        return False
    classes = np.concatenate(
        [_quarter_pitch_classes(piece.notes[role]) for role in PITCHED_ROLES if role in piece.notes]
    )
    return bool(np.isin(classes, WHITE_PITCH_CLASSES).sum() >= MIN_IN_KEY * max(len(classes), 1))


def _sounding_windows(notes: I32, window_steps: int, n_windows: int) -> Bool:
    sounding = np.zeros(n_windows, np.bool_)
    for onset, end in notes[:, :2]:
        sounding[onset // window_steps : (end - 1) // window_steps + 1] = True
    return sounding


def _quarter_pitch_classes(notes: I32) -> I64:
    """Return the pitch classes of each quarter, each once a quarter."""
    found = {
        (quarter, pitch % 12)
        for onset, end, pitch in notes.tolist()
        for quarter in range(onset // STEPS_PER_QUARTER, (end - 1) // STEPS_PER_QUARTER + 1)
    }
    return np.array([pitch_class for _, pitch_class in found], np.int64)


def sample_references(
    corpus: Corpus, count: int, seed: int, *, n_bars: int = 16, supported: frozenset[tuple[str, str]] | None = None
) -> list[Piece]:
    """Sample clean held-out passages, all with the same probability, so that styles are as frequent as in the corpus.

    Parameters
    ----------
    corpus : Corpus
    count : int
        Largest number of passages; none is repeated.
    seed : int
    n_bars : int
    supported : frozenset of (style, meter), optional
        Passages of other styles and meters are left out.
    """
    passages = list_passages(corpus, n_bars, held_out=True)
    order = np.random.default_rng((seed, n_bars)).permutation(len(passages))
    references: list[Piece] = []
    for index in order:
        if len(references) == count:
            break
        piece = cut(corpus, passages[index], n_bars)
        if (supported is None or (piece.style, piece.meter) in supported) and is_clean(piece):
            references.append(piece)
    return references


def sample_training(corpus: Corpus, count: int, seed: int, n_bars: int = 16) -> list[Piece]:
    """Sample clean training passages, the same number of each style as long as it has passages.

    Parameters
    ----------
    corpus : Corpus
    count : int
        Largest number of passages.
    seed : int
    n_bars : int
    """
    rng = np.random.default_rng((seed, 4))
    by_style: dict[int, list[Passage]] = {}
    for passage in list_passages(corpus, n_bars, held_out=False):
        by_style.setdefault(int(corpus.pieces["style"][passage.piece]), []).append(passage)
    sampled = []
    for passages in by_style.values():
        order = rng.permutation(len(passages))[: count // max(len(by_style), 1)]
        sampled += [piece for index in order if is_clean(piece := cut(corpus, passages[index], n_bars))]
    return sampled


def sample_training_like(corpus: Corpus, references: Sequence[Piece], seed: int) -> list[Piece | None]:
    """Sample a clean training passage of the style, meter and roles of each reference: what a perfect generator gives.

    Pieces of its mode come first, then pieces that were sampled less often. None where there is no passage. Each has
    the group of its reference.

    Parameters
    ----------
    corpus : Corpus
    references : sequence of Piece
        All of one length.
    seed : int
    """
    if not references:
        return []
    rng = np.random.default_rng((seed, 1))
    by_kind: dict[tuple[int, int], list[Passage]] = {}
    for passage in list_passages(corpus, references[0].n_bars, held_out=False):
        kind = int(corpus.pieces["style"][passage.piece]), int(corpus.pieces["meter"][passage.piece])
        by_kind.setdefault(kind, []).append(passage)
    use_counts: Counter[int] = Counter()
    return [_sample_like(corpus, reference, by_kind, use_counts, rng) for reference in references]


def _sample_like(
    corpus: Corpus,
    reference: Piece,
    by_kind: dict[tuple[int, int], list[Passage]],
    use_counts: Counter[int],
    rng: np.random.Generator,
) -> Piece | None:
    passages = by_kind.get((corpus.styles.index(reference.style), METERS.index(reference.meter)), [])
    needed = np.array([role in reference.events for role in ROLES])
    passages = [passage for passage in passages if (corpus.pieces["roles"][passage.piece] | ~needed).all()]
    shuffled = [passages[index] for index in rng.permutation(len(passages))]
    is_minor = corpus.pieces["mode"]
    shuffled.sort(key=lambda one: (bool(is_minor[one.piece]) != reference.is_minor, use_counts[one.piece]))
    for piece, passage in _iter_clean(corpus, shuffled, reference):
        use_counts[passage.piece] += 1
        return piece
    return None


def _iter_clean(corpus: Corpus, passages: Sequence[Passage], reference: Piece) -> Iterator[tuple[Piece, Passage]]:
    for passage in passages:
        piece = cut(corpus, passage, reference.n_bars).restricted(reference.roles)
        if is_clean(piece):
            yield replace(reference, is_minor=piece.is_minor, events=piece.events), passage


def pair(references: Sequence[Piece], generated: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Pair references with generated pieces of their style and meter; each is used once.

    A piece that was generated like the reference comes first, then one of its mode. Generated pieces are reduced to
    the roles and bars of their reference, and get its group. References without a piece are left out.
    """
    unused: dict[tuple[str, str], list[Piece]] = {}
    for piece in generated:
        unused.setdefault((piece.style, piece.meter), []).append(piece)
    pairs = []
    for reference in references:
        candidates = [
            piece
            for piece in unused.get((reference.style, reference.meter), [])
            if piece.n_bars >= reference.n_bars and set(piece.events) >= set(reference.events)
        ]
        if candidates:
            best = max(
                candidates, key=lambda piece: (piece.group == reference.group, piece.is_minor == reference.is_minor)
            )
            unused[(reference.style, reference.meter)].remove(best)
            pairs.append((reference, _reduce(best, reference)))
    return pairs


def _reduce(generated: Piece, reference: Piece) -> Piece:
    short = generated.cut(reference.n_bars).restricted(reference.roles)
    return replace(short, synthetic=reference.synthetic, group=reference.group)


def main() -> None:
    """Parse the command line and write the references."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, help="sample only styles and meters of the model in this models folder")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--bars", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    supported = load_supported_styles(options.models) if options.models else None
    corpus = load_corpus(options.data, with_features=False)
    references = sample_references(corpus, options.count, options.seed, n_bars=options.bars, supported=supported)
    pieces.save(options.out, references)
    print(f"{len(references)} references of {options.bars} bars")


if __name__ == "__main__":
    main()
