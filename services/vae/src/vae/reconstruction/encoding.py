"""Encoding of pieces: the latents of every window, each distinct window encoded once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from score.arrays import F32, I64, Bool
from score.roles import Role

from vae.models.model_registry import CancellationCheck, ModelRegistry, never_cancelled
from vae.pieces.piece import Piece

_ScalarT = TypeVar("_ScalarT", bound=np.generic)


@dataclass(frozen=True)
class Encoding:
    """The latents of one role of a piece.

    Attributes
    ----------
    latents : ndarray, shape (n_windows, latent_size), float32
        Zeros for silent windows.
    is_sounding : ndarray, shape (n_windows,), bool
    unique_windows : ndarray, shape (n_unique,), int64
        The first occurrence of each distinct window that sounds.
    unique_index : ndarray, shape (n_sounding,), int64
        Index into `unique_windows` for each window that sounds.
    """

    latents: F32
    is_sounding: Bool
    unique_windows: I64
    unique_index: I64

    def scatter(self, values: NDArray[_ScalarT], silent_values: NDArray[_ScalarT]) -> NDArray[_ScalarT]:
        """Return values for all windows from those of the distinct ones.

        Parameters
        ----------
        values : ndarray, shape (n_unique, ...)
        silent_values : ndarray, shape (n_windows, ...)
            Used where a window is silent.
        """
        scattered = silent_values.copy()
        scattered[self.is_sounding] = values[self.unique_index]
        return scattered


def encode_role(registry: ModelRegistry, piece: Piece, role: Role, check_cancelled: CancellationCheck) -> Encoding:
    """Encode a role of a piece; all latents are zeros if the piece lacks the role.

    Parameters
    ----------
    registry : ModelRegistry
    piece : Piece
    role : Role
    check_cancelled : CancellationCheck
        Called before every batch.
    """
    latent_size = registry.latent_size(role, piece.steps_per_window)
    latents = np.zeros((piece.n_windows, latent_size), np.float32)
    is_sounding = piece.sounding_windows(role)
    if not is_sounding.any():
        return Encoding(latents, is_sounding, np.zeros(0, np.int64), np.zeros(0, np.int64))
    hashes = piece.window_hashes[role][is_sounding]
    _, first, unique_index = np.unique(hashes, return_index=True, return_inverse=True)
    rows = np.flatnonzero(is_sounding)[first]
    encoded = registry.encode(role, piece.windows[role][rows], piece.chords[rows], check_cancelled)
    latents[is_sounding] = encoded[unique_index]
    return Encoding(latents, is_sounding, rows, unique_index)


def encode_piece(
    registry: ModelRegistry, piece: Piece, check_cancelled: CancellationCheck = never_cancelled
) -> dict[Role, F32]:
    """Encode every role of a piece.

    Parameters
    ----------
    registry : ModelRegistry
    piece : Piece
    check_cancelled : CancellationCheck
        Called before every batch.

    Returns
    -------
    dict of Role to ndarray, shape (n_windows, latent_size), float32
        Zeros for silent windows.
    """
    return {role: encode_role(registry, piece, role, check_cancelled).latents for role in piece.grid.roles}
