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
from score.arrays import F32, I64
from score.encoding import GRID_ID, STEPS_PER_BAR
from score.roles import ROLES, Role
from servicekit.faults import ModelMismatch, NotReady

from gan.network.batch import Conditions
from gan.network.channels import copy_sources, repeat_sources, step_chords, step_positions
from gan.network.critic import N_CRITIC_BARS, Critic
from gan.network.dims import METERS, N_CHANNELS, PHRASE_BARS, NetworkSizes
from gan.network.generator import NoteGenerator
from gan.planning import styles
from gan.planning.structure import Structure
from gan.ranking.memorization import TrainingIndex
from gan.ranking.reranker import Reranker
from gan.sampling.sampler import Sampler, Samples, SamplingInputs

WEIGHTS_NAME, MANIFEST_NAME, STYLES_NAME = "weights.safetensors", "manifest.json", "styles.json"
NOVELTY_NAME, REALISM_NAME = "novelty.npz", "realism.npz"
SKIPPED_INTRO_BARS = PHRASE_BARS
"""Bars that a piece leaves out: many begin with an introduction in which the lead rests."""

Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class PieceConditions:
    """The conditions of one piece: see `gan.network.batch` and `gan.sampling.pitch_range`."""

    style: int
    is_minor: bool
    meter: str
    features: tuple[float, float, float]
    roles: tuple[Role, ...]
    spans: tuple[int, ...] | None = None


class GanModel:
    """NoteGenerator and critic, ready to use from several threads at once.

    What torch computes is computed on one thread: on several, sums are added in another order, and one event that is
    drawn otherwise changes every note after it. SamplingInputs is on all cores, and the same on any number of them.

    Parameters
    ----------
    networks : tuple of NoteGenerator, Critic
    styles : tuple of Style
    learnt : TrainingIndex
        The passages of the music learnt from.
    realism : Reranker
        The trees that judge whole pieces.
    digests : mapping of str to str
        The sha256 of the model's weights, by model name.
    """

    def __init__(
        self,
        networks: tuple[NoteGenerator, Critic],
        styles: tuple[styles.Style, ...],
        learnt: TrainingIndex,
        realism: Reranker,
        digests: Mapping[str, str],
    ) -> None:
        self.generator, self.critic = networks
        for network in networks:
            network.eval().requires_grad_(False)
        self.speaker = Sampler(self.generator)
        self.styles, self.learnt, self.realism, self.digests = styles, learnt, realism, digests

    def draw(
        self,
        prompt: PieceConditions,
        form: Structure,
        bars: int,
        temperatures: F32,
        seeds: tuple[int, int],
        count: int,
    ) -> Generator[float, None, Samples]:
        """Draw candidates for a piece, telling the share done.

        Parameters
        ----------
        prompt : PieceConditions
        form : Structure
        bars : int
            Of the piece; its last window may have one more.
        temperatures : ndarray, shape (N_CHANNELS,)
        seeds : tuple of int
        count : int
            How many candidates.

        Returns
        -------
        events, states : ndarray, shape (count, windows * steps, N_CHANNELS), int64
        """
        places = step_positions(prompt.meter, SKIPPED_INTRO_BARS, 2 * len(form.letters), SKIPPED_INTRO_BARS + bars)
        silence = np.zeros((count, N_CHANNELS), np.int64)
        echoes = repeat_sources(form.letters, prompt.meter)
        source, rhythm = (_rows(copy_sources(bars, prompt.meter), count) for bars in (form.source, form.rhythm))
        chords = _rows(step_chords(form.chords, prompt.meter), count)
        plan = SamplingInputs(
            _rows(places, count), _rows(echoes, count), silence, silence, source, rhythm, chords, prompt.spans
        )
        torch.set_num_threads(1)
        random = np.random.default_rng(seeds)
        return (yield from self.speaker.speak(plan, _conditions(prompt, count), temperatures, random))

    @torch.inference_mode()
    def score(self, states: I64, prompt: PieceConditions) -> F32:
        """Let the critic score candidates, stretch by stretch.

        Parameters
        ----------
        states : ndarray, shape (count, steps, N_CHANNELS), int64
        prompt : PieceConditions

        Returns
        -------
        ndarray, shape (count,), float32
            Mean over stretches of the score of the whole and of its bars.
        """
        torch.set_num_threads(1)
        length = STEPS_PER_BAR[prompt.meter]
        bars = states.shape[1] // length
        asked = _conditions(prompt, len(states))
        places = torch.from_numpy(
            _rows(step_positions(prompt.meter, SKIPPED_INTRO_BARS, bars, SKIPPED_INTRO_BARS + bars), len(states))
        )
        heard = torch.from_numpy(np.ascontiguousarray(states))
        scores = []
        for first, last in _stretches(bars):
            part = slice(first * length, last * length)
            present = torch.eye(N_CRITIC_BARS).repeat_interleave(length, 0)[: (last - first) * length] / length
            each, whole = self.critic(
                self.critic.embed(heard[:, part], places[:, part]), asked, present.expand(len(states), -1, -1)
            )
            scores.append(whole + each.sum(1) / (last - first))
        return np.asarray(torch.stack(scores).mean(0).numpy(), np.float32)


def _rows(values: npt.NDArray[Value], count: int) -> npt.NDArray[Value]:
    return np.repeat(values[None], count, axis=0)


def _stretches(bars: int) -> list[tuple[int, int]]:
    """Cut a piece into stretches that the critic can hear; the last overlaps rather than being short."""
    if bars <= N_CRITIC_BARS:
        return [(0, bars)]
    starts = [*range(0, bars - N_CRITIC_BARS, N_CRITIC_BARS), bars - N_CRITIC_BARS]
    return [(start, start + N_CRITIC_BARS) for start in starts]


def _conditions(prompt: PieceConditions, count: int) -> Conditions:
    def row(value: int) -> torch.Tensor:
        return torch.full((count,), value, dtype=torch.int64)

    return Conditions(
        style=row(prompt.style),
        mode=row(int(prompt.is_minor)),
        meter=row(METERS.index(prompt.meter)),
        features=torch.tensor(prompt.features).float().expand(count, -1),
        roles=torch.tensor([role in prompt.roles for role in ROLES]).float().expand(count, -1),
    )


def load_model(folder: Path) -> GanModel:
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
    networks = build_networks(manifest["shape"], load(weights))
    learnt = TrainingIndex.load(folder / "gan" / NOVELTY_NAME, manifest["novelty_sha256"])
    realism = Reranker.load(folder / "gan" / REALISM_NAME, manifest["realism_sha256"])
    return GanModel(
        networks, styles.load_styles(folder / "gan" / STYLES_NAME), learnt, realism, {"gan": manifest["sha256"]}
    )


def build_networks(shape: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> tuple[NoteGenerator, Critic]:
    """Make the networks of a weights file; tensor names begin with ``generator.`` or ``critic.``."""
    sizes = NetworkSizes(**shape)
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
