"""Sizes of the models: the windows of each role and of the lead's factors, and the widths of the networks.

All shapes in this package and in its training follow from these constants and from `score.encoding`. A window is two
bars of one role; a step is a sixteenth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from score.chords import N_CHORDS
from score.encoding import (
    BARS_PER_WINDOW,
    FIRST_PITCH_EVENT,
    N_DRUM_MASKS,
    N_PITCHED_CLASSES,
    N_VOICES,
    STEPS_PER_BAR,
)
from score.roles import Role

LATENT_SIZE = 256
DECODER_UNITS = (256, 256)
CONDUCTOR_UNITS = 384
CONDUCTOR_DEPTH = 64
BEAT_UNITS = 256
BEAT_CODE = 64
MAX_STEPS = BARS_PER_WINDOW * max(STEPS_PER_BAR.values())
"""Steps of a window of 4/4: 32. Windows of 3/4 and 6/8 have 24."""

N_INTERVALS = 25
"""Interval sizes that the interval prior distinguishes, in semitones: 0 to 23, and two octaves or more."""

BATCH_SIZES = (8, 24, 48, 64)
"""Windows per batch. A running batch is not interrupted: the largest takes some 70 ms."""

N_RHYTHM_CLASSES = FIRST_PITCH_EVENT + 1
"""Tokens of a rhythm: hold, note-off, and one onset for all pitches."""


class LeadFactor(StrEnum):
    """A factor of a lead that has a model, and so a latent, of its own; see `vae.pieces.lead_factors`."""

    RHYTHM = "rhythm"
    CONTOUR = "contour"


ModelName = Role | LeadFactor
"""The name of a model: of a role, or of a factor of the lead."""


@dataclass(frozen=True)
class RoleSpec:
    """The model of one role, or of one factor of it: its tokens, its sizes and how it interpolates.

    Attributes
    ----------
    role : str
        ``"lead"``, ``"harmony"``, ``"bass"`` or ``"drums"``.
    n_classes : int
        Number of different tokens of a voice.
    n_voices : int
        Voices that sound side by side, each with a token of its own at every step.
    has_chords : bool
        Whether the model is conditioned on the chord of each beat.
    embedding_size : int
        Width of the encoder's token embedding.
    encoder_units : int
        Width of the encoder's layers.
    contraction : float
        0 to 1: how far the parents' latents move towards their mean before they are decoded together; chosen by
        `training.evaluation.tune_contraction`.
    weight_exponent : float
        Power that flattens the parents' weights, see `vae.blending.latents.flatten_weights`; chosen in the same way.
    factor : LeadFactor or None
        What of the role the model describes; None for all of it.
    latent_size : int
        Size of the latent of a window.
    decoder_units : tuple of int
        Widths of the two layers of the decoder's LSTM.
    """

    role: str
    n_classes: int
    n_voices: int
    has_chords: bool
    embedding_size: int
    encoder_units: int
    contraction: float
    weight_exponent: float
    factor: LeadFactor | None = None
    latent_size: int = LATENT_SIZE
    decoder_units: tuple[int, int] = DECODER_UNITS

    @property
    def name(self) -> str:
        """The name of the model: that of the factor, else of the role."""
        return self.factor or self.role

    @property
    def depth(self) -> int:
        """Width of the one-hot vector of a step: all voices side by side."""
        return self.n_classes * self.n_voices

    @property
    def chord_depth(self) -> int:
        """Width of the one-hot vector of a chord; 0 for a model without chords."""
        return N_CHORDS if self.has_chords else 0

    @property
    def control_depth(self) -> int:
        """Width of the decoder's controls at each step: position in the window and chord."""
        return MAX_STEPS + self.chord_depth

    @property
    def first_onset_token(self) -> int:
        """The first token at which a note or a stroke begins."""
        return FIRST_PITCH_EVENT if self.has_holds else 1

    @property
    def has_holds(self) -> bool:
        """Whether tokens are a hold, a note-off and onsets; those of drums are bit masks."""
        return self.n_classes != N_DRUM_MASKS

    @property
    def is_melodic(self) -> bool:
        """Whether the tokens are the notes of a single voice."""
        return self.is_pitched and self.n_voices == 1 and self.factor is None

    @property
    def is_pitched(self) -> bool:
        """Whether tokens from `FIRST_PITCH_EVENT` on are pitches; tokens of drums are bit masks."""
        return self.n_classes == N_PITCHED_CLASSES


ROLE_SPECS: Mapping[str, RoleSpec] = {
    "lead": RoleSpec(
        "lead",
        N_PITCHED_CLASSES,
        1,
        has_chords=True,
        embedding_size=64,
        encoder_units=512,
        contraction=0.43,
        weight_exponent=0.35,
    ),
    "harmony": RoleSpec(
        "harmony",
        N_PITCHED_CLASSES,
        N_VOICES,
        has_chords=False,
        embedding_size=24,
        encoder_units=512,
        contraction=0.25,
        weight_exponent=0.5,
    ),
    "bass": RoleSpec(
        "bass",
        N_PITCHED_CLASSES,
        1,
        has_chords=True,
        embedding_size=64,
        encoder_units=512,
        contraction=0.37,
        weight_exponent=0.35,
    ),
    "drums": RoleSpec(
        "drums",
        N_DRUM_MASKS,
        1,
        has_chords=False,
        embedding_size=48,
        encoder_units=512,
        contraction=0.1,
        weight_exponent=0.5,
    ),
}

FACTOR_SPECS: Mapping[str, RoleSpec] = {
    "rhythm": RoleSpec(
        "lead",
        N_RHYTHM_CLASSES,
        1,
        has_chords=False,
        embedding_size=8,
        encoder_units=256,
        contraction=1.0,
        weight_exponent=0.25,
        factor=LeadFactor.RHYTHM,
        latent_size=64,
        decoder_units=(128, 128),
    ),
    "contour": RoleSpec(
        "lead",
        N_PITCHED_CLASSES,
        1,
        has_chords=True,
        embedding_size=48,
        encoder_units=384,
        contraction=1.0,
        weight_exponent=0.25,
        factor=LeadFactor.CONTOUR,
        latent_size=96,
        decoder_units=(192, 192),
    ),
}

MODEL_SPECS: Mapping[str, RoleSpec] = {**ROLE_SPECS, **FACTOR_SPECS}
"""All models by name."""
