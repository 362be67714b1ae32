"""Attributes that sliders move (density, register, syncopation, polyphony): measures of windows, and latent directions.

`training.model.attribute_vectors` computes the directions: the mean latent of windows with much of an attribute minus
that of windows with little. They belong to the encoders that they were computed with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
from score.arrays import F32, F64, I16, Bool
from score.encoding import N_DRUM_CLASSES, OFF, PITCH_OFFSET
from score.roles import Role
from servicekit.faults import ModelMismatch
from servicekit.model_folder import MANIFEST_NAME, ModelFolder

FOLDER_NAME = "vae-attributes"
VECTORS_NAME = "vectors.npz"


class Attribute(Enum):
    """An attribute that a slider moves."""

    DENSITY = "density"
    REGISTER = "register"
    SYNCOPATION = "syncopation"
    POLYPHONY = "polyphony"


ATTRIBUTES_BY_ROLE: Mapping[Role, tuple[Attribute, ...]] = {
    Role.LEAD: (Attribute.DENSITY, Attribute.REGISTER, Attribute.SYNCOPATION),
    Role.HARMONY: tuple(Attribute),
    Role.BASS: (Attribute.DENSITY, Attribute.REGISTER, Attribute.SYNCOPATION),
    Role.DRUMS: (Attribute.DENSITY, Attribute.SYNCOPATION, Attribute.POLYPHONY),
}
"""Drums have no register, and a single voice no polyphony."""


def measure_attribute(attribute: Attribute, role: Role, windows: I16) -> F64:
    """Measure an attribute of windows.

    Parameters
    ----------
    attribute : Attribute
    role : Role
    windows : ndarray, shape (n_windows, n_steps) or (n_windows, n_steps, n_voices), int16

    Returns
    -------
    ndarray, shape (n_windows,), float64
        Density: the share of steps with an onset. Register: the mean MIDI pitch of the onsets. Syncopation: the share
        of onset steps that precede an empty stronger step. Polyphony: the mean number of notes or strokes per onset
        step. NaN in a window without onsets (density: 0).
    """
    onsets: Bool = _onsets(role, windows)
    onset_steps: Bool = np.asarray(onsets.any(axis=2))
    n_onset_steps = np.where(onset_steps.any(axis=1), onset_steps.sum(axis=1), np.nan)
    if attribute is Attribute.DENSITY:
        return np.asarray(onset_steps.mean(axis=1))
    if attribute is Attribute.SYNCOPATION:
        return np.asarray(_syncopated_steps(onset_steps).sum(axis=1) / n_onset_steps)
    if attribute is Attribute.POLYPHONY:
        return np.asarray(onsets.sum(axis=(1, 2)) / n_onset_steps)
    pitches = np.where(onsets, windows.reshape(onsets.shape) + PITCH_OFFSET, 0)
    n_notes = onsets.sum(axis=(1, 2))
    return np.asarray(pitches.sum(axis=(1, 2)) / np.where(n_notes > 0, n_notes, np.nan))


def _onsets(role: Role, windows: I16) -> Bool:
    """Return what begins at each step: shape (n_windows, n_steps, n_voices or N_DRUM_CLASSES)."""
    if role is Role.DRUMS:
        return np.asarray(windows[..., None] >> np.arange(N_DRUM_CLASSES) & 1 > 0)
    return np.asarray(windows.reshape(*windows.shape[:2], -1) > OFF)


def _syncopated_steps(onset_steps: Bool) -> Bool:
    """Return which onsets are syncopated: the eighth or sixteenth after them is stronger and has no onset.

    Notes
    -----
    Longuet-Higgins and Lee, *The Rhythmic Interpretation of Monophonic Music*, Music Perception 1(4), 1984, with the
    levels of sixteenths and eighths only.
    """
    following = np.concatenate([onset_steps[:, 1:], np.ones_like(onset_steps[:, :2])], axis=1)
    n_steps = onset_steps.shape[1]
    steps = np.arange(n_steps)
    off_sixteenth = onset_steps & (steps % 2 == 1) & ~following[:, :n_steps]
    off_eighth = onset_steps & (steps % 4 == 2) & ~following[:, :n_steps] & ~following[:, 1 : n_steps + 1]
    return np.asarray(off_sixteenth | off_eighth)


@dataclass(frozen=True)
class AttributeSlider:
    """How far to move an attribute.

    Attributes
    ----------
    attribute : Attribute
    value : float
        -1 to 1.
    role : Role or None
        None for every role that has the attribute.
    """

    attribute: Attribute
    value: float
    role: Role | None = None


@dataclass(frozen=True)
class AttributeVectors:
    """Latent directions by role and attribute, from little of the attribute to much: shape (LATENT_SIZE,) each."""

    vectors: Mapping[tuple[Role, Attribute], F32]

    def latent_offset(self, role: Role, sliders: tuple[AttributeSlider, ...]) -> F32 | None:
        """Return what sliders add to each latent of a role, shape (LATENT_SIZE,); None if nothing."""
        offsets = [
            np.float32(slider.value) * self.vectors[role, slider.attribute]
            for slider in sliders
            if slider.role in (None, role) and slider.value and (role, slider.attribute) in self.vectors
        ]
        return np.sum(offsets, axis=0, dtype=np.float32) if offsets else None

    @classmethod
    def load(cls, models_dir: Path, digests: Mapping[Role, str]) -> AttributeVectors:
        """Load the directions that belong to encoders.

        Parameters
        ----------
        models_dir : Path
            Folder that contains `vae-attributes`.
        digests : mapping of Role to str
            The sha256 of each role's weights.

        Raises
        ------
        ModelMismatch
            If the directions are missing or were computed with other encoders.
        """
        path = models_dir / FOLDER_NAME
        if not (path / MANIFEST_NAME).exists():
            raise ModelMismatch("Sliders need models/vae-attributes, which is not installed.", model=FOLDER_NAME)
        encoders = ModelFolder.open(path).manifest["encoders"]
        for role, digest in digests.items():
            if encoders.get(role.value) != digest:
                message = f"The attribute vectors belong to another {role.value} model and must be computed again."
                raise ModelMismatch(message, model=FOLDER_NAME, role=role.value)
        with np.load(path / VECTORS_NAME) as arrays:
            keys = {name: name.split(".") for name in arrays.files}
            return cls(
                {
                    (Role(role), Attribute(attribute)): arrays[name].astype(np.float32)
                    for name, (role, attribute) in keys.items()
                }
            )


def orthogonalize(vectors: F32) -> F32:
    """Rotate directions as little as possible so that all are at right angles; lengths stay.

    Parameters
    ----------
    vectors : ndarray, shape (n, LATENT_SIZE)
        Not parallel.

    Returns
    -------
    ndarray, shape (n, LATENT_SIZE), float32

    Notes
    -----
    Löwdin, *On the Non-Orthogonality Problem*, Journal of Chemical Physics 18, 1950: the orthogonal system nearest to
    the given vectors.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    left, _, right = np.linalg.svd((vectors / lengths).astype(np.float64), full_matrices=False)
    return np.asarray(left @ right * lengths, np.float32)
