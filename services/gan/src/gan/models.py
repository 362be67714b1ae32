"""The trained model as the composer uses it: arrays in, arrays out, torch inside.

A model folder holds ``manifest.json``, ``weights.safetensors`` (generator, critic and latent space, float16) and
``styles.json``. The manifest names the digests of its own files and of the VAE models whose latents it speaks; with
other decoders its numbers mean nothing, so they are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load
from score.encoding import GRID_ID, N_VOICES
from score.roles import ROLES, Role
from servicekit.faults import ModelMismatch, NotReady

from gan import style
from gan.decoder import Decoder
from gan.network import Conditions, Critic, Generator, LatentSpace, Noise, Sequences, Shape
from gan.shapes import METERS, POSITIONS

WEIGHTS_NAME, MANIFEST_NAME, STYLES_NAME = "weights.safetensors", "manifest.json", "styles.json"
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The conditions of one piece, as numbers: see `gan.network.Conditions`."""

    style: int
    is_minor: bool
    meter: str
    features: tuple[float, float, float]
    roles: tuple[bool, ...]


class Models:
    """Generator, critic and decoders, ready to use from several threads at once.

    Each call is computed on one thread: on several, torch adds in another order, and one token that is drawn
    otherwise changes every note after it.

    Parameters
    ----------
    networks : tuple of Generator, Critic, LatentSpace
    decoders : mapping of Role to Decoder
    styles : tuple of Style
    digests : mapping of str to str
        The sha256 of each model's weights, by model name.
    """

    def __init__(
        self,
        networks: tuple[Generator, Critic, LatentSpace],
        decoders: Mapping[Role, Decoder],
        styles: tuple[style.Style, ...],
        digests: Mapping[str, str],
    ) -> None:
        self.generator, self.critic, self.space = networks
        for network in networks:
            network.eval().requires_grad_(False)
        self.decoders, self.styles, self.digests = decoders, styles, digests

    @torch.inference_mode()
    def sketch(self, prompt: Prompt, letters: npt.NDArray[np.int64], count: int, seed: int) -> FloatArray:
        """Generate candidates for a piece.

        Parameters
        ----------
        prompt : Prompt
        letters : ndarray, shape (windows,), int64
            Windows with one letter share their phrase noise.
        count : int
            How many candidates.
        seed : int

        Returns
        -------
        ndarray, shape (count, windows, roles, components), float32
        """
        torch.set_num_threads(1)
        rows = torch.from_numpy(letters)[None].expand(count, -1)
        noise = self.generator.draw(rows, torch.Generator().manual_seed(seed))
        points = torch.zeros(count, len(letters), len(ROLES), self.generator.shape.components)
        for part in _stretches(len(letters)):
            points[:, part] = self.generator(_cut(noise, part), _conditions(prompt, part, len(letters), count))
        return np.asarray(points.numpy(), np.float32)

    @torch.inference_mode()
    def score(self, sketches: FloatArray, prompt: Prompt, sounding: npt.NDArray[np.bool_]) -> FloatArray:
        """Let the critic score candidates, stretch by stretch.

        Parameters
        ----------
        sketches : ndarray, shape (count, windows, roles, components), float32
        prompt : Prompt
        sounding : ndarray, shape (windows, roles), bool
            Who plays in each window.

        Returns
        -------
        ndarray, shape (count,), float32
        """
        torch.set_num_threads(1)
        count, windows = sketches.shape[:2]
        points = torch.from_numpy(sketches)
        sounds = torch.from_numpy(sounding).float().expand(count, -1, -1)
        scores = [
            self.critic(Sequences(points[:, part], sounds[:, part]), _conditions(prompt, part, windows, count))
            for part in _stretches(windows)
        ]
        return np.asarray(torch.stack(scores).mean(0).numpy(), np.float32)

    @torch.inference_mode()
    def decode(
        self,
        role: Role,
        points: FloatArray,
        steps: int,
        temperature: float,
        seed: int,
        chords: npt.NDArray[np.int64] | None,
        bias: FloatArray | None,
    ) -> npt.NDArray[np.int16]:
        """Decode windows of one role, (n, roles, components) to (n, steps[, voices]); see `Decoder.decode`."""
        torch.set_num_threads(1)
        latents = self.space.latents(torch.from_numpy(points))[:, ROLES.index(role)]
        random = torch.Generator().manual_seed(seed)
        told, added = (None if one is None else torch.from_numpy(one) for one in (chords, bias))
        events = self.decoders[role].decode(latents.contiguous(), steps, temperature, random, told, added)
        return np.asarray(events.numpy(), np.int16)


def _stretches(windows: int) -> list[slice]:
    """Cut a piece into stretches that the networks can see; the last overlaps rather than being short."""
    if windows <= POSITIONS:
        return [slice(0, windows)]
    starts = [*range(0, windows - POSITIONS, POSITIONS), windows - POSITIONS]
    return [slice(start, start + POSITIONS) for start in starts]


def _cut(noise: Noise, part: slice) -> Noise:
    return Noise(noise.piece, noise.phrase[:, part], noise.window[:, part])


def _conditions(prompt: Prompt, part: slice, windows: int, count: int) -> Conditions:
    at = torch.arange(windows)[part]
    place = torch.stack([at == 0, at == windows - 1, at / max(windows - 1, 1)], dim=-1).float()

    def row(value: int) -> torch.Tensor:
        return torch.full((count,), value, dtype=torch.int64)

    return Conditions(
        style=row(prompt.style),
        mode=row(int(prompt.is_minor)),
        meter=row(METERS.index(prompt.meter)),
        features=torch.tensor(prompt.features).float().expand(count, -1),
        place=place.expand(count, -1, -1),
        present=torch.ones(count, len(at)),
        roles=torch.tensor(prompt.roles).float().expand(count, -1),
    )


def load_models(folder: Path) -> Models:
    """Load the generator and the VAE decoders from the models folder.

    Parameters
    ----------
    folder : Path
        Holds ``gan`` and ``vae-lead``, ``vae-harmony``, ``vae-bass``, ``vae-drums``.

    Raises
    ------
    NotReady
        If a model is missing.
    ModelMismatch
        If a file is not the one its manifest names, or the models do not belong together.
    """
    manifest = json.loads(_read(folder / "gan" / MANIFEST_NAME))
    if manifest["grid"] != GRID_ID:
        raise ModelMismatch(f"The generator was made for the grid {manifest['grid']}; this is {GRID_ID}.")
    weights = _checked(folder / "gan" / WEIGHTS_NAME, manifest["sha256"])
    _checked(folder / "gan" / STYLES_NAME, manifest["styles_sha256"])
    decoders = {
        role: Decoder(
            load(_checked(folder / f"vae-{role.value}" / WEIGHTS_NAME, manifest["decoders"][f"vae-{role.value}"])),
            N_VOICES if role is Role.HARMONY else 1,
        )
        for role in ROLES
    }
    digests = {"gan": manifest["sha256"], **manifest["decoders"]}
    return Models(build(manifest["shape"], load(weights)), decoders, style.load(folder / "gan" / STYLES_NAME), digests)


def build(shape: Mapping[str, int], tensors: Mapping[str, torch.Tensor]) -> tuple[Generator, Critic, LatentSpace]:
    """Make the networks of a weights file; tensor names begin with ``generator.``, ``critic.`` or ``space.``."""
    sizes = Shape(**shape)
    networks: dict[str, Any] = {
        "generator": Generator(sizes),
        "critic": Critic(sizes),
        "space": LatentSpace(sizes.components),
    }
    for name, network in networks.items():
        own = {key.removeprefix(f"{name}."): value.float() for key, value in tensors.items() if key.startswith(name)}
        network.load_state_dict(own)
    return networks["generator"], networks["critic"], networks["space"]


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise NotReady(
            f"The model {path.parent.name} is not installed: {path.name} is missing.", model=path.parent.name
        )
    return path.read_bytes()


def _checked(path: Path, digest: str) -> bytes:
    data = _read(path)
    if hashlib.sha256(data).hexdigest() != digest:
        name = f"{path.parent.name}/{path.name}"
        raise ModelMismatch(f"{name} is not the file that the generator was trained with.", model=path.parent.name)
    return data
