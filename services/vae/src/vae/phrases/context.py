"""The pieces of a phrase blend: in one meter, in the notation that brings their tempos nearest, and planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from score.arrays import F32, F64
from score.encoding import BARS_PER_WINDOW
from score.key_profiles import AARDEN, ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate
from score.keys import relative_major, tonic_of_signature
from score.quantization.note_table import END, ONSET, PITCH
from score.roles import PITCHED_ROLES, Role
from score.sounding import sounding

from vae.alignment.meter import unify_meter
from vae.alignment.window_alignment import Alignment
from vae.analysis.division import in_own_division
from vae.analysis.parent import Parent
from vae.analysis.tempo_octave import choose_octaves, octave_notice, scale_score
from vae.attributes.apply import SliderContext
from vae.blending.blend_options import BlendOptions
from vae.phrases.composition import BlendPlan, BlendShares, plan_blend
from vae.pieces.piece import Piece, read_score
from vae.pieces.sections import window_labels
from vae.planning.ingredients import IngredientShares

_PROFILES = np.stack([KRUMHANSL_KESSLER, ALBRECHT_SHANAHAN, AARDEN])


@dataclass(frozen=True)
class PhraseContext:
    """What the stages of a phrase blend share.

    Attributes
    ----------
    pieces : sequence of Piece
        The parents, in one meter and in the notation of the blend.
    plan : BlendPlan
    labels : sequence of str
        The section label of the first parent at each bar of the blend.
    options : BlendOptions
    leader_octave : int
        The beat of the piece with the largest share of the form, as in `choose_octaves`.
    lengths : sequence of int
        Number of bars of each parent as it was read, before any change of meter or notation.
    """

    pieces: Sequence[Piece]
    plan: BlendPlan
    labels: Sequence[str]
    options: BlendOptions
    lengths: Sequence[int]
    leader_octave: int = 0

    @property
    def alignment(self) -> Alignment:
        """The bar of each parent that meets at each bar of the blend: an alignment of bars instead of windows."""
        return Alignment(self.plan.source_bars)

    @property
    def origins(self) -> list[list[int]]:
        """The bars of the parents as they were read that meet at each bar of the blend."""
        scales = [(length, piece.grid.n_bars) for length, piece in zip(self.lengths, self.pieces, strict=True)]
        return [
            [bar * length // n_bars for bar, (length, n_bars) in zip(bars, scales, strict=True)]
            for bars in self.plan.source_bars.tolist()
        ]

    @property
    def slider_context(self) -> SliderContext:
        """What the attribute sliders know of the blend."""
        tonic = relative_major(self.plan.tonic, is_minor=self.plan.is_minor)
        return SliderContext(tonic, parents=tuple(piece.grid for piece in self.pieces))

    def expression_shares(self, role: Role) -> F32:
        """Return the parents' shares of the dynamics and timing of a role, shape (n_bars, n_parents)."""
        weights = self.options.weights
        return weights.expression_shares(role, self.plan.n_bars, len(self.pieces), self.labels)

    def sound_shares(self, role: Role) -> F64:
        """Return the parents' shares of the instrument of a role, shape (n_parents,)."""
        return self.options.weights.sound_shares(role, len(self.pieces), self.labels)


def build_phrase_context(pieces: Sequence[Piece], options: BlendOptions) -> PhraseContext:
    """Bring the pieces to one meter and nearby tempos, and plan their blend.

    Raises
    ------
    InvalidInput
        If the first parent has no section of a given label, or the parents' meters differ and the options refuse that.
    """
    weights, n_parents = options.weights, len(pieces)
    labels = window_labels(pieces[0].sections)
    weights.validate_labels(labels)
    form_shares = weights.form_shares(n_parents, labels)
    counted, octaves = match_counting(pieces)
    met = unify_meter(counted, form_shares, options.meter_policy)
    n_first_bars = met[0].grid.n_bars

    def label_bars(first_bars: Sequence[int]) -> list[str]:
        # The labels are those of the piece as it was read, whose bars may have another length.
        n_bars = max(pieces[0].grid.n_bars, 1)
        return [labels[int(bar * n_bars / n_first_bars) // BARS_PER_WINDOW] for bar in first_bars]

    def shares_by_bar(first_bars: Sequence[int]) -> IngredientShares:
        bar_labels = label_bars(first_bars)
        return IngredientShares.build(
            lambda ingredient: np.asarray(
                weights.ingredient_shares(ingredient, len(bar_labels), n_parents, bar_labels), np.float64
            )
        )

    key = _key(met, options)
    parents = [Parent(piece.grid, *key) for piece in met]
    shares = BlendShares(np.asarray(form_shares, np.float64), weights.is_uniform, shares_by_bar)
    plan = plan_blend(parents, shares, options.seed, key)
    bar_labels = label_bars([slot.bars[0] for slot in plan.form.slots])
    lengths = [piece.grid.n_bars for piece in pieces]
    return PhraseContext(met, plan, bar_labels, options, lengths, octaves[int(np.argmax(form_shares))])


def match_counting(pieces: Sequence[Piece]) -> tuple[list[Piece], list[int]]:
    """Write pieces in halved or doubled values where that is the counting in which they meet, with a notice.

    Returns
    -------
    tuple of (list of Piece, list of int)
        The pieces, and the beat of each as in `choose_octaves`.
    """
    octaves = choose_octaves([sounding(piece.score) for piece in pieces], [piece.grid.n_bars for piece in pieces])
    counted = [_count_in(piece, octave) if octave else piece for piece, octave in zip(pieces, octaves, strict=True)]
    return counted, octaves


def _count_in(piece: Piece, octave: int) -> Piece:
    """Return a piece whose beat, its quarter times a power of two, is written as a quarter."""
    counted = in_own_division(read_score(scale_score(piece.score, octave), piece.role_overrides))
    notices = (*piece.grid.notices, octave_notice(octave, piece.grid.mean_bpm))
    return replace(counted, grid=replace(counted.grid, notices=notices))


def _key(pieces: Sequence[Piece], options: BlendOptions) -> tuple[int, bool]:
    """Return the tonic of the blend, 0 to 11, and whether it is minor: as requested, else that of the first piece."""
    if options.key is not None:
        fifths, is_minor = options.key
        return tonic_of_signature(fifths, is_minor=is_minor), is_minor
    sounding = next((piece for piece in pieces if any(role in piece.grid.events for role in PITCHED_ROLES)), pieces[0])
    correlations = correlate(_pitch_class_durations(sounding), _PROFILES).mean(axis=0)
    mode, tonic = np.unravel_index(int(correlations.argmax()), correlations.shape)
    return int(tonic), bool(mode)


def _pitch_class_durations(piece: Piece) -> F64:
    durations = np.zeros(12)
    for role in PITCHED_ROLES:
        if role in piece.grid.events:
            notes = piece.grid.notes(role)
            np.add.at(durations, notes[:, PITCH] % 12, notes[:, END] - notes[:, ONSET])
    return durations
