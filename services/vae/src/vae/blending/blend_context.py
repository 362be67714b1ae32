"""The context of a blend: its parents in one meter, their alignment, and the shares at each window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from score.arrays import F32
from score.roles import Role

from vae.alignment.meter import unify_meter
from vae.alignment.window_alignment import Alignment, align
from vae.attributes.apply import SliderContext
from vae.blending.blend_options import BlendOptions
from vae.pieces.piece import Piece
from vae.pieces.sections import window_labels

ROLE_ORDER = (Role.HARMONY, Role.BASS, Role.LEAD, Role.DRUMS)
"""Harmony first: bass and lead are decoded to fit it."""


@dataclass(frozen=True)
class BlendContext:
    """What all stages of a blend share.

    Attributes
    ----------
    pieces : sequence of Piece
        The parents, in one meter.
    alignment : Alignment
    labels : sequence of str
        The section label of the first parent at each window.
    options : BlendOptions
    role_shares : mapping of Role to ndarray, shape (n_windows, n_parents), float32
        The roles to decode and their shares, in place of all roles with the shares of the options.
    """

    pieces: Sequence[Piece]
    alignment: Alignment
    labels: Sequence[str]
    options: BlendOptions
    role_shares: Mapping[Role, F32] = field(default_factory=dict)

    @property
    def roles(self) -> list[Role]:
        """The roles to decode that any parent has, in the order in which they are decoded."""
        wanted = self.role_shares or ROLE_ORDER
        return [role for role in ROLE_ORDER if role in wanted and any(role in piece.windows for piece in self.pieces)]

    @property
    def steps_per_window(self) -> int:
        """Steps of a window: 32 or 24."""
        return self.pieces[0].steps_per_window

    @property
    def slider_context(self) -> SliderContext:
        """What the attribute sliders know of the parents."""
        return SliderContext(parents=tuple(piece.grid for piece in self.pieces))

    def shares(self, role: Role | None) -> F32:
        """Return the parents' shares of a role, or for None of the whole piece: shape (n_windows, n_parents)."""
        if role is not None and role in self.role_shares:
            return self.role_shares[role]
        weights, n_windows, n_parents = self.options.weights, len(self.alignment), len(self.pieces)
        if role is None:
            return weights.piece_shares(n_windows, n_parents, self.labels)
        return weights.role_shares(role, n_windows, n_parents, self.labels)


def build_context(pieces: Sequence[Piece], options: BlendOptions) -> BlendContext:
    """Convert the parents to one meter and align their windows.

    Raises
    ------
    InvalidInput
        If the first parent has no section of a given label, or the parents' meters differ and the options refuse that.
    """
    labels = window_labels(pieces[0].sections)
    options.weights.validate_labels(labels)
    shares = options.weights.mean_shares(len(pieces), labels)
    unified = unify_meter(pieces, shares, options.meter_policy)
    alignment = align(unified, shares)
    # The labels are those of the piece as it was read; in another meter it may have more windows.
    n_windows = max(unified[0].n_windows, 1)
    aligned_labels = [labels[window * len(labels) // n_windows] for window in alignment.source_windows[:, 0].tolist()]
    return BlendContext(unified, alignment, aligned_labels, options)
