"""The trained model as the composer uses it: arrays in, arrays out, torch inside.

A model folder holds ``manifest.json``, ``weights.safetensors`` (generator and critic, float16), ``styles.json``,
``novelty.npz``, the passages of the music learnt from, and ``realism.npz``, the trees that judge whole pieces. The
manifest names the digest of each.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load
from score.encoding import GRID_ID, STEPS_PER_BAR
from score.roles import ROLES, Role
from servicekit.faults import ModelMismatch, NotReady

from gan.network.batch import Conditions
from gan.network.channels import Steps, chord_steps, echo_steps, place_steps, source_steps
from gan.network.critic import BARS, Critic
from gan.network.dims import CHANNEL_COUNT, METERS, PHRASE_BARS, Shape
from gan.network.generator import NoteGenerator
from gan.planning import styles
from gan.planning.structure import Form
from gan.ranking.memorization import Index
from gan.ranking.reranker import Realism
from gan.sampling.sampler import Drawn, Plan, Speaker

WEIGHTS_NAME, MANIFEST_NAME, STYLES_NAME = "weights.safetensors", "manifest.json", "styles.json"
NOVELTY_NAME, REALISM_NAME = "novelty.npz", "realism.npz"
OPENING = PHRASE_BARS
"""Bars that a piece leaves out: many begin with an introduction in which the lead rests."""

FloatArray = npt.NDArray[np.float32]
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Prompt:
    """The conditions of one piece: see `gan.network.batch` and `gan.sampling.pitch_range`."""

    style: int
    is_minor: bool
    meter: str
    features: tuple[float, float, float]
    roles: tuple[Role, ...]
    spans: tuple[int, ...] | None = None


class Models:
    """NoteGenerator and critic, ready to use from several threads at once.

    What torch computes is computed on one thread: on several, sums are added in another order, and one event that is
    drawn otherwise changes every note after it. Drawing is on all cores, and the same on any number of them.

    Parameters
    ----------
    networks : tuple of NoteGenerator, Critic
    styles : tuple of Style
    learnt : Index
        The passages of the music learnt from.
    realism : Realism
        The trees that judge whole pieces.
    digests : mapping of str to str
        The sha256 of the model's weights, by model name.
    """

    def __init__(
        self,
        networks: tuple[NoteGenerator, Critic],
        styles: tuple[styles.Style, ...],
        learnt: Index,
        realism: Realism,
        digests: Mapping[str, str],
    ) -> None:
        self.generator, self.critic = networks
        for network in networks:
            network.eval().requires_grad_(False)
        self.speaker = Speaker(self.generator)
        self.styles, self.learnt, self.realism, self.digests = styles, learnt, realism, digests

    def draw(
        self, prompt: Prompt, form: Form, bars: int, temperatures: FloatArray, seeds: tuple[int, int], count: int
    ) -> Generator[float, None, Drawn]:
        """Draw candidates for a piece, telling the share done.

        Parameters
        ----------
        prompt : Prompt
        form : Form
        bars : int
            Of the piece; its last window may have one more.
        temperatures : ndarray, shape (CHANNEL_COUNT,)
        seeds : tuple of int
        count : int
            How many candidates.

        Returns
        -------
        events, states : ndarray, shape (count, windows * steps, CHANNEL_COUNT), int64
        """
        places = place_steps(prompt.meter, OPENING, 2 * len(form.letters), OPENING + bars)
        silence = np.zeros((count, CHANNEL_COUNT), np.int64)
        echoes = echo_steps(form.letters, prompt.meter)
        source, rhythm = (_rows(source_steps(bars, prompt.meter), count) for bars in (form.source, form.rhythm))
        chords = _rows(chord_steps(form.chords, prompt.meter), count)
        plan = Plan(_rows(places, count), _rows(echoes, count), silence, silence, source, rhythm, chords, prompt.spans)
        torch.set_num_threads(1)
        random = np.random.default_rng(seeds)
        return (yield from self.speaker.speak(plan, _conditions(prompt, count), temperatures, random))

    @torch.inference_mode()
    def score(self, states: Steps, prompt: Prompt) -> FloatArray:
        """Let the critic score candidates, stretch by stretch.

        Parameters
        ----------
        states : ndarray, shape (count, steps, CHANNEL_COUNT), int64
        prompt : Prompt

        Returns
        -------
        ndarray, shape (count,), float32
            Mean over stretches of the score of the whole and of its bars.
        """
        torch.set_num_threads(1)
        length = STEPS_PER_BAR[prompt.meter]
        bars = states.shape[1] // length
        asked = _conditions(prompt, len(states))
        places = torch.from_numpy(_rows(place_steps(prompt.meter, OPENING, bars, OPENING + bars), len(states)))
        heard = torch.from_numpy(np.ascontiguousarray(states))
        scores = []
        for first, last in _stretches(bars):
            part = slice(first * length, last * length)
            present = torch.eye(BARS).repeat_interleave(length, 0)[: (last - first) * length] / length
            each, whole = self.critic(
                self.critic.embed(heard[:, part], places[:, part]), asked, present.expand(len(states), -1, -1)
            )
            scores.append(whole + each.sum(1) / (last - first))
        return np.asarray(torch.stack(scores).mean(0).numpy(), np.float32)


def _rows(values: npt.NDArray[Value], count: int) -> npt.NDArray[Value]:
    return np.repeat(values[None], count, axis=0)


def _stretches(bars: int) -> list[tuple[int, int]]:
    """Cut a piece into stretches that the critic can hear; the last overlaps rather than being short."""
    if bars <= BARS:
        return [(0, bars)]
    starts = [*range(0, bars - BARS, BARS), bars - BARS]
    return [(start, start + BARS) for start in starts]


def _conditions(prompt: Prompt, count: int) -> Conditions:
    def row(value: int) -> torch.Tensor:
        return torch.full((count,), value, dtype=torch.int64)

    return Conditions(
        style=row(prompt.style),
        mode=row(int(prompt.is_minor)),
        meter=row(METERS.index(prompt.meter)),
        features=torch.tensor(prompt.features).float().expand(count, -1),
        roles=torch.tensor([role in prompt.roles for role in ROLES]).float().expand(count, -1),
    )


def load_models(folder: Path) -> Models:
    """Load the generator from the models folder.

    Parameters
    ----------
    folder : Path
        Holds ``gan``.

    Raises
    ------
    NotReady
        If the model is missing.
    ModelMismatch
        If a file is not the one its manifest names, or was made for another grid.
    """
    manifest = json.loads(_read(folder / "gan" / MANIFEST_NAME))
    if manifest["grid"] != GRID_ID:
        raise ModelMismatch(f"The generator was made for the grid {manifest['grid']}; this is {GRID_ID}.")
    weights = _checked(folder / "gan" / WEIGHTS_NAME, manifest["sha256"])
    _checked(folder / "gan" / STYLES_NAME, manifest["styles_sha256"])
    networks = build(manifest["shape"], load(weights))
    learnt = Index.load(folder / "gan" / NOVELTY_NAME, manifest["novelty_sha256"])
    realism = Realism.load(folder / "gan" / REALISM_NAME, manifest["realism_sha256"])
    return Models(networks, styles.load(folder / "gan" / STYLES_NAME), learnt, realism, {"gan": manifest["sha256"]})


def build(shape: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> tuple[NoteGenerator, Critic]:
    """Make the networks of a weights file; tensor names begin with ``generator.`` or ``critic.``."""
    sizes = Shape(**shape)
    generator, critic = NoteGenerator(sizes), Critic(sizes)
    for name, network in (("generator", generator), ("critic", critic)):
        own = {key.removeprefix(f"{name}."): value.float() for key, value in tensors.items() if key.startswith(name)}
        network.load_state_dict(own)
    return generator, critic


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
        raise ModelMismatch(f"{name} is not the file that its manifest names.", model=path.parent.name)
    return data
