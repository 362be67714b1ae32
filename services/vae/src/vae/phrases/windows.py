"""The windows of a phrase blend that the models decode: the drums, between the grooves of the parents.

The parents are laid out in pairs of bars that begin with the phrases of the blend, so that what returns is one window.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from score import grid as grids
from score import windows as score_windows
from score.arrays import I16
from score.roles import Role

from vae.alignment.window_alignment import Alignment
from vae.analysis.bar_notes import Bar, Bars, notes_by_bar
from vae.blending.blend_context import BlendContext
from vae.phrases.composition import BlendPlan, arrange_parent
from vae.phrases.context import PhraseContext
from vae.pieces.piece import Piece, from_grid
from vae.planning.ingredients import Ingredient


@dataclass(frozen=True)
class PhraseWindows:
    """The windows of a phrase blend.

    Attributes
    ----------
    context : BlendContext
        The laid-out parents, window by window, and the roles to decode.
    bars : ndarray, shape (n_windows, 2), int64
        The bars of the blend in each window; the last bar of a phrase of odd length is there twice.
    """

    context: BlendContext
    bars: Sequence[tuple[int, int]]


def build_windows(phrases: PhraseContext) -> PhraseWindows | None:
    """Return the windows to decode; None if there are none: where one parent alone has drums or a share of them."""
    plan = phrases.plan
    shares = plan.shares[Ingredient.GROOVE]
    drummers = [side for side, piece in enumerate(phrases.pieces) if Role.DRUMS in piece.windows]
    if len(drummers) < 2 or not ((shares[:, drummers] > 0.0).sum(axis=1) > 1).any():
        return None
    bars = pair_bars(plan)
    pieces = [_arrange(phrases.pieces[side], plan, side, bars) for side in range(len(phrases.pieces))]
    window_shares = shares[np.array(bars)].mean(axis=1).astype(np.float32)
    alignment = Alignment(np.tile(np.arange(len(bars))[:, None], (1, len(pieces))))
    labels = [phrases.labels[first] for first, _ in bars]
    context = BlendContext(pieces, alignment, labels, phrases.options, {Role.DRUMS: window_shares})
    return PhraseWindows(context, bars)


def pair_bars(plan: BlendPlan) -> list[tuple[int, int]]:
    """Return the bars of the blend in pairs that begin with its phrases; the last one of odd phrases is repeated."""
    pairs = []
    for bars in plan.form.phrases:
        pairs += [(bars[at], bars[min(at + 1, len(bars) - 1)]) for at in range(0, len(bars), 2)]
    return pairs


def _arrange(piece: Piece, plan: BlendPlan, side: int, bars: Sequence[tuple[int, int]]) -> Piece:
    return from_grid(piece.score, arrange_parent(plan, side, [bar for pair in bars for bar in pair], (Role.DRUMS,)))


def decoded_bars(windows: PhraseWindows, decoded: Mapping[Role, I16], n_bars: int) -> dict[Role, Bars]:
    """Return the decoded notes of each role by bar of the blend.

    Parameters
    ----------
    windows : PhraseWindows
    decoded : mapping of Role to ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16
    n_bars : int
        Length of the blend.
    """
    meter = windows.context.pieces[0].grid.meter
    found: dict[Role, Bars] = {}
    for role, events in decoded.items():
        notes = notes_by_bar(grids.from_events(meter, score_windows.join({role: events})), role)
        by_bar: list[Bar] = [()] * n_bars
        for index, pair in enumerate(windows.bars):
            for place, bar in enumerate(dict.fromkeys(pair)):
                by_bar[bar] = notes[2 * index + place]
        found[role] = by_bar
    return found
