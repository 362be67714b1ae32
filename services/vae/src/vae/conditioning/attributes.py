"""What a slider moves: density, register, syncopation, polyphony; measured on windows, and as directions in latents.

The directions are `training.attributes`' work: the mean latent of windows that have much of an attribute less that of
windows that have little. They belong to the encoders they were made with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import numpy as np
import numpy.typing as npt
from score.encoding import N_DRUM_CLASSES, OFF, PITCH_OFFSET
from score.roles import Role
from servicekit.faults import ModelMismatch

Events = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

FOLDER = "vae-attributes"
VECTORS_NAME = "vectors.npz"
MANIFEST_NAME = "manifest.json"


class Attribute(Enum):
    """What a slider moves."""

    DENSITY = "density"
    REGISTER = "register"
    SYNCOPATION = "syncopation"
    POLYPHONY = "polyphony"


OF_ROLE: Mapping[Role, tuple[Attribute, ...]] = {
    Role.LEAD: (Attribute.DENSITY, Attribute.REGISTER, Attribute.SYNCOPATION),
    Role.HARMONY: tuple(Attribute),
    Role.BASS: (Attribute.DENSITY, Attribute.REGISTER, Attribute.SYNCOPATION),
    Role.DRUMS: (Attribute.DENSITY, Attribute.SYNCOPATION, Attribute.POLYPHONY),
}
"""Drums have no register, and one voice no polyphony."""


def measure(attribute: Attribute, role: Role, cut: Events) -> npt.NDArray[np.float64]:
    """Measure an attribute of windows.

    Parameters
    ----------
    attribute : Attribute
    role : Role
    cut : ndarray, shape (n_windows, steps) or (n_windows, steps, voices), int16

    Returns
    -------
    ndarray, shape (n_windows,), float64
        Density: the share of steps at which anything begins. Register: the mean MIDI pitch of what begins.
        Syncopation: the share of those moments that are on a weaker step than the next stronger one, which is empty.
        Polyphony: how many notes or strokes begin together. NaN where nothing begins (density: 0).
    """
    begun: Flags = _begun(role, cut)
    moments: Flags = np.asarray(begun.any(axis=2))
    count = np.where(moments.any(axis=1), moments.sum(axis=1), np.nan)
    if attribute is Attribute.DENSITY:
        return np.asarray(moments.mean(axis=1))
    if attribute is Attribute.SYNCOPATION:
        return np.asarray(_syncopated(moments).sum(axis=1) / count)
    if attribute is Attribute.POLYPHONY:
        return np.asarray(begun.sum(axis=(1, 2)) / count)
    pitches = np.where(begun, cut.reshape(begun.shape) + PITCH_OFFSET, 0)
    notes = begun.sum(axis=(1, 2))
    return np.asarray(pitches.sum(axis=(1, 2)) / np.where(notes > 0, notes, np.nan))


def _begun(role: Role, cut: Events) -> Flags:
    """Tell what begins at each step: shape (n_windows, steps, voices or drum classes)."""
    if role is Role.DRUMS:
        return np.asarray(cut[..., None] >> np.arange(N_DRUM_CLASSES) & 1 > 0)
    return np.asarray(cut.reshape(*cut.shape[:2], -1) > OFF)


def _syncopated(moments: Flags) -> Flags:
    """Tell which moments sound over an empty stronger step: off an eighth before it, or a sixteenth.

    Notes
    -----
    Longuet-Higgins and Lee, *The Rhythmic Interpretation of Monophonic Music*, Music Perception 1(4), 1984, with the
    levels of sixteenths and eighths only.
    """
    after = np.concatenate([moments[:, 1:], np.ones_like(moments[:, :2])], axis=1)
    steps = np.arange(moments.shape[1])
    off_sixteenth = moments & (steps % 2 == 1) & ~after[:, : len(steps)]
    off_eighth = moments & (steps % 4 == 2) & ~after[:, : len(steps)] & ~after[:, 1 : len(steps) + 1]
    return np.asarray(off_sixteenth | off_eighth)


@dataclass(frozen=True)
class Slider:
    """How far to move an attribute: -1 to 1, in one role or, if that is None, in every role that has it."""

    attribute: Attribute
    value: float
    role: Role | None = None


@dataclass(frozen=True)
class Vectors:
    """The directions of every role, shape (LATENT_SIZE,) each: from little of an attribute to much of it."""

    of: Mapping[tuple[Role, Attribute], Floats]

    def shift(self, role: Role, sliders: tuple[Slider, ...]) -> Floats | None:
        """Return what sliders add to each latent of a role; None if nothing."""
        moved = [
            np.float32(slider.value) * self.of[role, slider.attribute]
            for slider in sliders
            if slider.role in (None, role) and slider.value and (role, slider.attribute) in self.of
        ]
        return np.sum(moved, axis=0, dtype=np.float32) if moved else None

    @classmethod
    def load(cls, models: Path, digests: Mapping[Role, str]) -> Vectors:
        """Read the directions that belong to encoders.

        Parameters
        ----------
        models : Path
            The folder that holds `vae-attributes`.
        digests : mapping of Role to str
            The sha256 of each role's weights.

        Raises
        ------
        ModelMismatch
            If there are none, or they were made with other encoders.
        """
        folder = models / FOLDER
        if not (folder / MANIFEST_NAME).exists():
            raise ModelMismatch("Sliders need models/vae-attributes, which is not installed.", model=FOLDER)
        made_with = json.loads((folder / MANIFEST_NAME).read_text())["encoders"]
        for role, digest in digests.items():
            if made_with.get(role.value) != digest:
                message = f"The attribute vectors were made with another {role.value} model: make them anew."
                raise ModelMismatch(message, model=FOLDER, role=role.value)
        with np.load(folder / VECTORS_NAME) as stored:
            names = [(Role(name.split(".")[0]), Attribute(name.split(".")[1]), name) for name in stored.files]
            return cls({(role, attribute): stored[name].astype(np.float32) for role, attribute, name in names})


def orthogonalised(vectors: Floats) -> Floats:
    """Turn directions just so far that each is at right angles to all others; lengths stay.

    Parameters
    ----------
    vectors : ndarray, shape (n, LATENT_SIZE)
        Not parallel.

    Returns
    -------
    ndarray, shape (n, LATENT_SIZE), float32

    Notes
    -----
    Löwdin, *On the Non-Orthogonality Problem*, Journal of Chemical Physics 18, 1950: of all orthogonal systems the
    one nearest to what is given.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    left, _, right = np.linalg.svd((vectors / lengths).astype(np.float64), full_matrices=False)
    return np.asarray(left @ right * lengths, np.float32)
