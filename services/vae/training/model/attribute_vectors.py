"""Make the directions of the attribute sliders, and measure on held-out windows that sliders do what they say.

    python -m training.model.attribute_vectors --data windows.npz --models ../../models

Run it whenever an encoder has changed: `vae.conditioning.attributes` refuses directions that were made with another
one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
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
from vae.models.specs import LATENT_SIZE, MAX_STEPS, ROLE_SPECS

from ..data import dataset
from ..data.dataset import Windows
from ..evaluation.reconstruction_eval import fixed_batches, latents
from ..export.model_folder import CARD_NAME
from .music_vae import MusicVae

OUTER_SHARE = 0.25
"""Windows among the highest and lowest quarter of an attribute make its direction."""

REACH = {Attribute.DENSITY: 1.8, Attribute.REGISTER: 2.0, Attribute.SYNCOPATION: 3.5, Attribute.POLYPHONY: 2.5}
"""How many times that direction a slider goes at its end: what a model knows well gives way late, and a slider should
reach what is rare, not what is absurd."""

VALUES = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Sliders that are measured."""

Floats = npt.NDArray[np.float32]


def model_of(folder: Path, role: str) -> MusicVae:
    """Return the shipped model of a role."""
    model = MusicVae(ROLE_SPECS[role])
    weights = load_file(str(folder / f"vae-{role}" / WEIGHTS_NAME))
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    return model.eval()


def directions(model: MusicVae, windows: Windows, limit: int) -> dict[Attribute, Floats]:
    """Return the direction of every attribute of a role, each at right angles to the others.

    Parameters
    ----------
    model : MusicVae
    windows : Windows
        Training windows.
    limit : int
        How many at most.
    """
    role, z, measured = Role(model.spec.role), [np.zeros((0, LATENT_SIZE), np.float32)], []
    for tokens, chords in fixed_batches(windows, limit):
        z.append(latents(model, tokens, chords).numpy())
        cut = tokens.numpy().astype(np.int16)
        measured.append(np.stack([measure_attribute(attribute, role, cut) for attribute in ATTRIBUTES_BY_ROLE[role]]))
    means, values = np.concatenate(z), np.concatenate(measured, axis=1)
    apart = np.stack([_high_less_low(means, each) for each in values])
    turned = zip(ATTRIBUTES_BY_ROLE[role], orthogonalize(apart), strict=True)
    return {attribute: np.float32(REACH[attribute]) * direction for attribute, direction in turned}


def _high_less_low(z: Floats, values: npt.NDArray[np.float64]) -> Floats:
    known = ~np.isnan(values)
    order = np.argsort(values[known], kind="stable")
    count = max(1, int(OUTER_SHARE * len(order)))
    return np.asarray(z[known][order[-count:]].mean(axis=0) - z[known][order[:count]].mean(axis=0), np.float32)


def effects(
    model: MusicVae, held_out: Windows, found: dict[Attribute, Floats], limit: int
) -> dict[str, dict[str, list[float]]]:
    """Measure every attribute of held-out windows under every slider.

    Returns
    -------
    dict
        Slider -> attribute -> its mean at each of `VALUES`, decoding greedily.
    """
    role = Role(model.spec.role)
    tokens, chords = next(iter(fixed_batches(held_out.take(held_out.steps == MAX_STEPS), limit)))
    z = latents(model, tokens, chords)
    measured: dict[str, dict[str, list[float]]] = {}
    for slider, direction in found.items():
        measured[slider.value] = {attribute.value: [] for attribute in found}
        for value in VALUES:
            drawn = model.generate(z + value * torch.from_numpy(direction), chords, MAX_STEPS, 0.0)
            cut = drawn.numpy().astype(np.int16)
            for attribute in found:
                mean = float(np.nanmean(measure_attribute(attribute, role, cut)))
                measured[slider.value][attribute.value].append(round(mean, 4))
    return measured


def is_monotone(values: list[float]) -> bool:
    """Whether an attribute grows with its slider at every step."""
    return all(later > sooner for sooner, later in pairwise(values))


def make(data: Path, models: Path, limit: int, held_out_limit: int) -> dict[str, Any]:
    """Make the directions of all roles, write them, and return their manifest."""
    vectors: dict[str, Floats] = {}
    manifest: dict[str, Any] = {"name": FOLDER_NAME, "format": "npz, float16", "values": VALUES, "encoders": {}}
    manifest |= {"licence": "Apache-2.0", "data": dataset.sources(data)}
    manifest |= {"windows": limit, "held_out_windows": held_out_limit, "held_out": {}, "monotone": {}}
    for role in ROLES:
        training, held_out = dataset.split(dataset.load(data, role.value))
        model = model_of(models, role.value)
        found = directions(model, training, limit)
        vectors |= {f"{role.value}.{each.value}": z.astype(np.float16) for each, z in found.items()}
        weights = (models / f"vae-{role.value}" / WEIGHTS_NAME).read_bytes()
        manifest["encoders"][role.value] = hashlib.sha256(weights).hexdigest()
        measured = effects(model, held_out, found, held_out_limit)
        manifest["held_out"][role.value] = measured
        manifest["monotone"][role.value] = {name: is_monotone(of[name]) for name, of in measured.items()}
    folder = models / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / VECTORS_NAME, allow_pickle=False, **vectors)
    manifest["sha256"] = hashlib.sha256((folder / VECTORS_NAME).read_bytes()).hexdigest()
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    (folder / CARD_NAME).write_text(card(manifest))
    return manifest


def card(manifest: dict[str, Any]) -> str:
    """Write the card of the directions from their manifest."""
    rows = "\n".join(
        f"| {role} | {slider} | {' | '.join(f'{value:g}' for value in of[slider])} |"
        for role, measured in manifest["held_out"].items()
        for slider, of in measured.items()
    )
    return f"""# {FOLDER_NAME}

Directions in the latent spaces of the four models, one for each role and attribute slider: the mean latent of the
quarter of training windows that have most of an attribute, less that of the quarter that have least; then turned to
right angles and lengthened ({_reach()}).
They belong to the encoders that the manifest names; `training.model.attribute_vectors` makes them anew. Licence:
{manifest["licence"]}; sha256 `{manifest["sha256"]}`.

Each attribute on {manifest["held_out_windows"]} held-out windows a role at most, decoded greedily, by its slider:

| role | slider | {" | ".join(f"{value:g}" for value in VALUES)} |
|---|---|{"---|" * len(VALUES)}
{rows}
"""


def _reach() -> str:
    return ", ".join(f"{attribute.value} {times:g} times" for attribute, times in REACH.items())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--limit", type=int, default=16384, help="training windows a role at most")
    parser.add_argument("--held-out-limit", type=int, default=256, help="held-out windows a role at most")
    options = parser.parse_args()
    manifest = make(options.data, options.models, options.limit, options.held_out_limit)
    print(json.dumps({"held_out": manifest["held_out"], "monotone": manifest["monotone"]}, indent=2))


if __name__ == "__main__":
    main()
