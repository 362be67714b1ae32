"""What should never happen in a blend of a pair: empty bars, overlong notes, notes that a MIDI file never ends.

A bar is empty without need if nothing sounds in it although both parents sound in the bars that meet there. A last note
is endless, and any other note is stuck, if it lasts for more than two bars and longer than every note of the parents. A
note that the MIDI file never ends is stuck too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from score import midi
from score.arrays import I32, I64, Bool
from score.encoding import BARS_PER_WINDOW
from score.grid import Grid
from score.quantization.note_table import END, ONSET
from score.roles import PITCHED_ROLES, Role
from vae.alignment.meter import unify_meter
from vae.alignment.window_alignment import align
from vae.blending.blend_options import BlendOptions, BlendResult
from vae.expression.performance import perform
from vae.phrases.context import build_phrase_context
from vae.pieces.piece import Piece

from ..data.heldout import PiecePair

MAX_NOTE_BARS = 2
_UNMATCHED_REASONS = ("NOTES_UNENDED", "NOTE_ENDS_UNMATCHED")


@dataclass(frozen=True)
class MetParents:
    """The parents of a blend, and which of their bars meet.

    Attributes
    ----------
    pieces : sequence of Piece
        In the meter and notation of the blend.
    bars : ndarray, shape (n_bars, n_parents), int64
        The bar of each parent that meets at each bar of the blend.
    """

    pieces: Sequence[Piece]
    bars: I64

    @classmethod
    def of_phrases(cls, pieces: Sequence[Piece], options: BlendOptions) -> MetParents:
        """Return the parents of a blend by phrases.

        Parameters
        ----------
        pieces : sequence of Piece
        options : BlendOptions
        """
        context = build_phrase_context(pieces, options)
        return cls(context.pieces, context.plan.source_bars)

    @classmethod
    def of_windows(cls, pieces: Sequence[Piece], options: BlendOptions) -> MetParents:
        """Return the parents of a blend by windows.

        Parameters
        ----------
        pieces : sequence of Piece
        options : BlendOptions
        """
        shares = options.weights.mean_shares(len(pieces))
        unified = unify_meter(pieces, shares, options.meter_policy)
        windows = align(unified, shares).source_windows
        bars = BARS_PER_WINDOW * windows[:, None] + np.arange(BARS_PER_WINDOW)[:, None]
        return cls(unified, bars.reshape(-1, len(pieces)))

    def sounding(self, role: Role) -> Bool:
        """Return in which bars of the blend each parent plays a role: shape (n_parents, n_bars)."""
        return np.array(
            [sounding_bars(piece.grid, role)[self.bars[:, side]] for side, piece in enumerate(self.pieces)], bool
        )


@dataclass(frozen=True)
class PairBlend:
    """A finished blend of a pair of pieces at a weight.

    Attributes
    ----------
    pair : PiecePair
    weight : float
    result : BlendResult
    met : MetParents
    """

    pair: PiecePair
    weight: float
    result: BlendResult
    met: MetParents

    @property
    def grid(self) -> Grid:
        """The blended piece."""
        return self.result.grid

    @property
    def parents(self) -> Sequence[Piece]:
        """Both parents in the meter and notation of the blend."""
        return self.met.pieces

    @classmethod
    def build(cls, pair: PiecePair, options: BlendOptions, result: BlendResult) -> PairBlend:
        """Return a finished blend with its parents as it arranges them.

        Parameters
        ----------
        pair : PiecePair
        options : BlendOptions
            Those of the blend.
        result : BlendResult
        """
        arrange = MetParents.of_phrases if result.bar_sources else MetParents.of_windows
        return cls(pair, float(options.weights.mean_shares(2)[1]), result, arrange(pair.pieces, options))


@dataclass
class FailureCounts:
    """Numbers of failures over many blends.

    Attributes
    ----------
    blends, bars : int
        Numbers of blends and of their bars.
    raised : list of str
        Exceptions of blends that did not finish.
    faulty : list of str
        Blends with any failure, and its counts.
    empty_bars, empty_bars_of_a_role : int
        Bars empty without need: of the whole piece, and of a role.
    endless_last_notes, stuck_notes : int
    """

    blends: int = 0
    raised: list[str] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)
    empty_bars: int = 0
    empty_bars_of_a_role: int = 0
    bars: int = 0
    endless_last_notes: int = 0
    stuck_notes: int = 0

    def add(self, blend: PairBlend) -> None:
        """Count the failures of a blend."""
        n_empty, n_role_empty = count_empty_bars(blend.grid, blend.met)
        n_endless, n_stuck = count_overlong_notes(blend.grid, blend.parents)
        n_unmatched = count_unmatched_notes(blend.result)
        self.blends += 1
        self.bars += blend.grid.n_bars
        self.empty_bars += n_empty
        self.empty_bars_of_a_role += n_role_empty
        self.endless_last_notes += n_endless
        self.stuck_notes += n_stuck + n_unmatched
        counts = [n_empty, n_role_empty, n_endless, n_stuck, n_unmatched]
        if any(counts):
            self.faulty.append(f"{blend.pair.names} at {blend.weight:g}: {counts}")


def count_empty_bars(grid: Grid, met: MetParents) -> tuple[int, int]:
    """Count bars of a blend that are empty without need: of the whole piece, and of single roles."""
    in_parents = {role: met.sounding(role) for role in Role}
    in_blend = {role: sounding_bars(grid, role, len(met.bars)) for role in Role}
    n_role_empty = sum(int((in_parents[role].all(axis=0) & ~in_blend[role]).sum()) for role in Role)
    any_role = np.any(list(in_parents.values()), axis=0)
    is_empty = any_role.all(axis=0) & ~np.any(list(in_blend.values()), axis=0)
    return int(is_empty.sum()), n_role_empty


def sounding_bars(grid: Grid, role: Role, n_bars: int = 0) -> Bool:
    """Return in which bars a role sounds.

    Parameters
    ----------
    grid : Grid
    role : Role
    n_bars : int, optional
        Length of the result; at least that of the piece in complete windows, and silent after its end.

    Returns
    -------
    ndarray, bool
    """
    is_sounding = np.zeros(max(n_bars, -(-grid.n_bars // BARS_PER_WINDOW) * BARS_PER_WINDOW), bool)
    if role in grid.events:
        for note in grid.notes(role):
            is_sounding[note[ONSET] // grid.steps_per_bar : (note[END] - 1) // grid.steps_per_bar + 1] = True
    return is_sounding[:n_bars] if n_bars else is_sounding


def count_overlong_notes(grid: Grid, parents: Sequence[Piece]) -> tuple[int, int]:
    """Count notes that last too long: endless last notes, and stuck ones."""
    longest = [MAX_NOTE_BARS * grid.steps_per_bar]
    for parent in parents:
        longest += [int(_durations(parent.grid, role).max(initial=0)) for role in PITCHED_ROLES]
    n_endless = n_stuck = 0
    for role in PITCHED_ROLES:
        if role in grid.events and len(grid.notes(role)):
            is_overlong, onsets = _durations(grid, role) > max(longest), grid.notes(role)[:, ONSET]
            n_endless += int(is_overlong[onsets == onsets.max()].any())
            n_stuck += int(is_overlong[onsets < onsets.max()].sum())
    return n_endless, n_stuck


def _durations(grid: Grid, role: Role) -> I32:
    if role not in grid.events:
        return np.zeros(0, np.int32)
    notes = grid.notes(role)
    return np.asarray(notes[:, END] - notes[:, ONSET])


def count_unmatched_notes(result: BlendResult) -> int:
    """Count the notes of a blend's MIDI file that lack an end or an onset, or are lost when the file is read."""
    score = perform(result)
    read = midi.parse(midi.write(score))
    return sum(notice.reason in _UNMATCHED_REASONS for notice in read.notices) + abs(read.n_notes - score.n_notes)
