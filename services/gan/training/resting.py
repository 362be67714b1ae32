"""How the roles of a style rest, counted: the Markov chain of `gan.rests`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from gan.repair import bars_that_sound
from gan.rests import EVERYBODY
from gan.shapes import METERS
from score.roles import PITCHED_ROLES, ROLES
from score.windows import steps_per_window

from . import dataset


def count_rests(corpus: dataset.Corpus) -> list[dict[str, Any]]:
    """Count, for each style, the states that pieces begin with and what follows each state.

    Only music that is learnt from: chunks of pieces that are not held out. A role that a piece lacks counts as
    playing, and so does everybody in a bar without any pitched role: nothing is learnt of silence.
    """
    chunks = dataset.cut(corpus)
    chunks = chunks.take(~corpus.pieces["held_out"][chunks.piece])
    starts: list[Counter[str]] = [Counter() for _ in corpus.styles]
    following: list[defaultdict[str, Counter[str]]] = [defaultdict(Counter) for _ in corpus.styles]
    for piece in np.unique(chunks.piece):
        style = corpus.pieces["style"][piece]
        states = _states(corpus, int(piece))
        for first, second in _pairs(chunks, corpus, int(piece)):
            following[style][states[first]][states[second]] += 1
            if first == 0:
                starts[style][states[first]] += 1
    return [_as_dict(start, after) for start, after in zip(starts, following, strict=True)]


def _as_dict(start: Counter[str], following: Mapping[str, Counter[str]]) -> dict[str, Any]:
    return {
        "start": dict(start.most_common()) or {EVERYBODY: 1},
        "following": {state: dict(after.most_common()) for state, after in sorted(following.items())},
    }


def _pairs(chunks: dataset.Chunks, corpus: dataset.Corpus, piece: int) -> Iterator[tuple[int, int]]:
    """Yield the neighbouring windows of a piece that are in a chunk, each pair once, counted from its start."""
    own = chunks.piece == piece
    begins = chunks.start[own] - corpus.pieces["start"][piece]
    firsts = {
        int(begin) + at for begin, count in zip(begins, chunks.count[own], strict=True) for at in range(count - 1)
    }
    yield from ((first, first + 1) for first in sorted(firsts))


def _states(corpus: dataset.Corpus, piece: int) -> list[str]:
    """Write who plays in each window of a piece, as `gan.rests.EVERYBODY` describes."""
    start, count = corpus.pieces["start"][piece], corpus.pieces["count"][piece]
    steps = steps_per_window(METERS[corpus.pieces["meter"][piece]])
    playing = np.ones((2 * count, len(ROLES)), np.bool_)
    for column, role in enumerate(ROLES):
        if corpus.pieces["roles"][piece][column]:
            cut = corpus.windows[role.value][start : start + count, :steps]
            playing[:, column] = bars_that_sound(cut.reshape(count * steps, *cut.shape[2:]), role, steps // 2)
    known = corpus.pieces["roles"][piece][: len(PITCHED_ROLES)]
    silent = np.asarray(~playing[:, : len(PITCHED_ROLES)][:, known].any(1))
    return _written(playing | silent[:, None])


def _written(playing: npt.NDArray[np.bool_]) -> list[str]:
    digits = [f"{mask:x}" for mask in (playing << np.arange(len(ROLES))).sum(1)]
    return [first + second for first, second in zip(digits[::2], digits[1::2], strict=True)]
