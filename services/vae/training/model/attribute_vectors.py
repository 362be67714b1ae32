"""Compute the attribute vectors of the sliders, and measure on held-out windows that each slider moves its attribute.

    python -m training.model.attribute_vectors --data windows.npz --models ../../models

Run it after every change of an encoder: `vae.conditioning.attributes` refuses vectors that were computed with another
one. The method is that of the attribute vectors of Roberts et al. (ICML 2018).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from score.arrays import F32, F64
from score.roles import ROLES, Role
from servicekit.model_folder import MANIFEST_NAME
from vae.conditioning.attributes import (
    ATTRIBUTES_BY_ROLE,
    FOLDER_NAME,
    VECTORS_NAME,
    Attribute,
    measure_attribute,
    orthogonalize,
)
from vae.models.checkpoint import WEIGHTS_NAME
from vae.models.specs import LATENT_SIZE, MAX_STEPS

from ..data.dataset import WindowDataset, load_sources, load_windows, split_by_work
from ..export.model_card import CARD_NAME
from .batches import iter_evaluation_batches
from .music_vae import MusicVae

EXTREME_SHARE = 0.25
"""An attribute vector leads from the mean latent of the lowest quarter of windows to that of the highest."""

SLIDER_GAIN = {
    Attribute.DENSITY: 1.8,
    Attribute.REGISTER: 2.0,
    Attribute.SYNCOPATION: 3.5,
    Attribute.POLYPHONY: 2.5,
}
"""Length of a slider's full range, in attribute vectors. Near its end a slider should give what is rare, not what is
absurd; and what a model has often seen changes slowly."""

SLIDER_VALUES = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Slider positions that are measured."""


def attribute_directions(model: MusicVae, windows: WindowDataset, limit: int) -> dict[Attribute, F32]:
    """Compute the direction of every attribute of a role, all at right angles.

    Parameters
    ----------
    model : MusicVae
    windows : WindowDataset
        Training windows.
    limit : int
        Maximum number of windows to use.

    Returns
    -------
    dict of Attribute to ndarray, shape (LATENT_SIZE,), float32
    """
    role, latents, measured = Role(model.spec.role), [np.zeros((0, LATENT_SIZE), np.float32)], []
    for tokens, chords in iter_evaluation_batches(windows, limit):
        latents.append(model.posterior_mean(tokens, chords).numpy())
        events = tokens.numpy().astype(np.int16)
        measured.append(
            np.stack([measure_attribute(attribute, role, events) for attribute in ATTRIBUTES_BY_ROLE[role]])
        )
    means, values = np.concatenate(latents), np.concatenate(measured, axis=1)
    directions = orthogonalize(np.stack([_mean_difference(means, each) for each in values]))
    return {
        attribute: np.float32(SLIDER_GAIN[attribute]) * direction
        for attribute, direction in zip(ATTRIBUTES_BY_ROLE[role], directions, strict=True)
    }


def _mean_difference(latents: F32, values: F64) -> F32:
    """Return the mean latent of the windows with the highest values minus that of those with the lowest."""
    is_known = ~np.isnan(values)
    order = np.argsort(values[is_known], kind="stable")
    n_windows = max(1, int(EXTREME_SHARE * len(order)))
    highest, lowest = latents[is_known][order[-n_windows:]], latents[is_known][order[:n_windows]]
    return np.asarray(highest.mean(axis=0) - lowest.mean(axis=0), np.float32)


def slider_effects(
    model: MusicVae, held_out: WindowDataset, directions: dict[Attribute, F32], limit: int
) -> dict[str, dict[str, list[float]]]:
    """Measure every attribute of held-out windows at every position of each slider, decoding greedily.

    Parameters
    ----------
    model : MusicVae
    held_out : WindowDataset
    directions : dict of Attribute to ndarray
        From `attribute_directions`.
    limit : int
        Maximum number of windows of 4/4 to use.

    Returns
    -------
    dict
        Slider -> attribute -> its mean at each of `SLIDER_VALUES`.
    """
    role = Role(model.spec.role)
    tokens, chords = next(iter_evaluation_batches(held_out.take(held_out.n_steps == MAX_STEPS), limit))
    z = model.posterior_mean(tokens, chords)
    effects: dict[str, dict[str, list[float]]] = {}
    for slider, direction in directions.items():
        effects[slider.value] = {attribute.value: [] for attribute in directions}
        for value in SLIDER_VALUES:
            decoded = model.generate(z + value * torch.from_numpy(direction), chords, MAX_STEPS, 0.0)
            events = decoded.numpy().astype(np.int16)
            for attribute in directions:
                mean = float(np.nanmean(measure_attribute(attribute, role, events)))
                effects[slider.value][attribute.value].append(round(mean, 4))
    return effects


def is_monotone(values: list[float]) -> bool:
    """Return whether each value is greater than the one before."""
    return all(later > earlier for earlier, later in pairwise(values))


def write_attribute_vectors(data: Path, models: Path, limit: int, held_out_limit: int) -> dict[str, Any]:
    """Compute the attribute vectors of all roles and write their model folder.

    Parameters
    ----------
    data : Path
        The windows, from `training.data.prepare`.
    models : Path
        Folder of the shipped models; `vae-attributes` in it is created or replaced.
    limit, held_out_limit : int
        Maximum number of training and held-out windows of each role.

    Returns
    -------
    dict
        The manifest.
    """
    vectors: dict[str, F32] = {}
    manifest: dict[str, Any] = {"name": FOLDER_NAME, "format": "npz, float16", "values": SLIDER_VALUES, "encoders": {}}
    manifest |= {"licence": "Apache-2.0", "data": load_sources(data)}
    manifest |= {"windows": limit, "held_out_windows": held_out_limit, "held_out": {}, "monotone": {}}
    for role in ROLES:
        training, held_out = split_by_work(load_windows(data, role.value))
        model = MusicVae.load_shipped(models, role.value)
        directions = attribute_directions(model, training, limit)
        vectors |= {f"{role.value}.{attribute.value}": z.astype(np.float16) for attribute, z in directions.items()}
        weights = (models / f"vae-{role.value}" / WEIGHTS_NAME).read_bytes()
        manifest["encoders"][role.value] = hashlib.sha256(weights).hexdigest()
        effects = slider_effects(model, held_out, directions, held_out_limit)
        manifest["held_out"][role.value] = effects
        manifest["monotone"][role.value] = {name: is_monotone(values[name]) for name, values in effects.items()}
    folder = models / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / VECTORS_NAME, allow_pickle=False, **vectors)
    manifest["sha256"] = hashlib.sha256((folder / VECTORS_NAME).read_bytes()).hexdigest()
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(attribute_card(manifest))
    return manifest


def attribute_card(manifest: dict[str, Any]) -> str:
    """Return the text of the model card of attribute vectors."""
    rows = "\n".join(
        f"| {role} | {slider} | {' | '.join(f'{value:g}' for value in effects[slider])} |"
        for role, by_slider in manifest["held_out"].items()
        for slider, effects in by_slider.items()
    )
    gains = ", ".join(f"{attribute.value} {gain:g}" for attribute, gain in SLIDER_GAIN.items())
    return f"""# {FOLDER_NAME}

Attribute vectors: directions in the latent spaces of the four models, one for each role and attribute slider. Each is
the mean latent of the quarter of the training windows with the most of an attribute, minus that of the quarter with
the least; the directions of a role are then made orthogonal and multiplied by a gain ({gains}). They belong to the
encoders that the manifest names; `training.model.attribute_vectors` computes them again for others. Licence:
{manifest["licence"]}; sha256 `{manifest["sha256"]}`.

Mean of each attribute, by its slider, on at most {manifest["held_out_windows"]} held-out windows of each role, decoded
greedily:

| role | slider | {" | ".join(f"{value:g}" for value in SLIDER_VALUES)} |
|---|---|{"---|" * len(SLIDER_VALUES)}
{rows}
"""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--limit", type=int, default=16384, help="maximum number of training windows of each role")
    parser.add_argument("--held-out-limit", type=int, default=256, help="maximum number of held-out windows")
    options = parser.parse_args()
    manifest = write_attribute_vectors(options.data, options.models, options.limit, options.held_out_limit)
    print(json.dumps({"held_out": manifest["held_out"], "monotone": manifest["monotone"]}, indent=2))


if __name__ == "__main__":
    main()
