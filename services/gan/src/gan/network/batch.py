"""Inputs of the networks: the conditions of a batch of pieces, and their music step by step."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is asked of a batch.

    Attributes
    ----------
    style, mode, meter : Tensor, shape (batch,), int64
        Rows of the embeddings; mode 0 is major, meter indexes `gan.network.dims.METERS`.
    features : Tensor, shape (batch, N_FEATURES)
        Standard scores within the style, see `gan.network.dims.FEATURES`.
    roles : Tensor, shape (batch, N_ROLES)
        1 for each role that plays.
    """

    style: Tensor
    mode: Tensor
    meter: Tensor
    features: Tensor
    roles: Tensor


@dataclass(frozen=True, slots=True)
class MusicBatch:
    """A batch of music, step by step.

    Attributes
    ----------
    before : Tensor, shape (batch, steps, N_CHANNELS), int64
        The states that each step finds: those after the step before it.
    states : Tensor, shape (batch, steps, N_CHANNELS), int64
        The states after each step, see `gan.network.dims.N_PITCHED_STATES`.
    last : Tensor, shape (batch, steps, N_CHANNELS), int64
        The note event that each channel began last before the step, or 0.
    echoes : Tensor, shape (batch, steps, N_REPEAT_SOURCES, N_CHANNELS), int64
        The states at the steps that may come back, see `gan.network.dims.N_REPEAT_SOURCES`.
    echoed : Tensor, shape (batch, steps, N_REPEAT_SOURCES, N_CHANNELS), int64
        The events there.
    can_echo : Tensor, shape (batch, steps, N_REPEAT_SOURCES), bool
        Whether there is such a step.
    hints : Tensor, shape (batch, steps, N_CHANNELS, N_COPY_HINTS), int64
        Events that the line's figures lead to, or -1, see `gan.sampling.motif_lookup`.
    places : Tensor, shape (batch, steps, len(POSITION_VOCAB_SIZES)), int64
    """

    before: Tensor
    states: Tensor
    last: Tensor
    echoes: Tensor
    echoed: Tensor
    can_echo: Tensor
    hints: Tensor
    places: Tensor
