"""The released model: loads its folder, samples candidates, and scores them by the critic.

A model folder holds ``manifest.json``, ``weights.safetensors`` (generator and critic, float16), ``styles.json``,
``novelty.npz`` (the index of the training music) and ``realism.npz`` (the reranker). The manifest has the sha256 of
each.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load
from score.arrays import F32, I64
from score.encoding import BARS_PER_WINDOW, GRID_ID, STEPS_PER_BAR
from score.roles import ROLES, Role
from servicekit.model_folder import ModelFolder

from gan.network.batch import Conditions
from gan.network.channels import copy_sources, repeat_sources, step_chords, step_positions
from gan.network.critic import Critic
from gan.network.dims import METERS, N_CHANNELS, N_CRITIC_BARS, PHRASE_BARS, NetworkSizes
from gan.network.generator import NoteGenerator
from gan.planning.structure import Structure
from gan.planning.styles import Style, parse_styles
from gan.ranking.memorization import TrainingIndex
from gan.ranking.reranker import Reranker
from gan.sampling.sampler import Sampler, Samples, SamplingInputs

MODEL_NAME = "gan"
WEIGHTS_NAME, STYLES_NAME = "weights.safetensors", "styles.json"
TRAINING_INDEX_NAME, RERANKER_NAME = "novelty.npz", "realism.npz"

SKIPPED_INTRO_BARS = PHRASE_BARS
"""Bars by which positions are shifted, as if the piece had begun before: in many pieces the lead rests at first."""

Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class PieceConditions:
    """The conditions of one piece, see `gan.network.batch.Conditions`.

    Attributes
    ----------
    style : int
        Row of the embedding.
    is_minor : bool
    meter : str
    features : tuple of float
        Standard scores of `gan.network.dims.FEATURES`.
    roles : tuple of Role
        Those that play.
    spans : tuple of int, optional
        Pitch spans of lead, harmony and bass in semitones, see `gan.sampling.pitch_range`.
    """

    style: int
    is_minor: bool
    meter: str
    features: tuple[float, float, float]
    roles: tuple[Role, ...]
    spans: tuple[int, ...] | None = None


class GanModel:
    """Generator and critic with everything that ranks candidates. Safe to use from several threads.

    Torch computes on one thread: on several, sums are added in another order, and a single event that is sampled
    differently changes every note after it. The sampler uses all cores, with the same result on any number of them.

    Parameters
    ----------
    networks : tuple of NoteGenerator, Critic
    styles : tuple of Style
    training_index : TrainingIndex
    reranker : Reranker
    digests : mapping of str to str
        The sha256 of the weights, by model name.
    """

    def __init__(
        self,
        networks: tuple[NoteGenerator, Critic],
        styles: tuple[Style, ...],
        training_index: TrainingIndex,
        reranker: Reranker,
        digests: Mapping[str, str],
    ) -> None:
        self.generator, self.critic = networks
        for network in networks:
            network.eval().requires_grad_(False)
        self.sampler = Sampler(self.generator)
        self.styles, self.training_index, self.reranker, self.digests = styles, training_index, reranker, digests

    def sample(
        self,
        conditions: PieceConditions,
        structure: Structure,
        n_bars: int,
        temperatures: F32,
        seeds: tuple[int, int],
        n_candidates: int,
    ) -> Generator[float, None, Samples]:
        """Sample candidates for a piece, yielding progress.

        Parameters
        ----------
        conditions : PieceConditions
        structure : Structure
        n_bars : int
            Length of the piece. Samples are whole windows, and may have one bar more.
        temperatures : ndarray, shape (N_CHANNELS,), float32
            See `gan.sampling.event_sampling.sample_event`.
        seeds : tuple of int
        n_candidates : int

        Yields
        ------
        float
            The share done, 0 to 1.

        Returns
        -------
        Samples
            Of shape (n_candidates, steps of all windows, N_CHANNELS).
        """
        meter = conditions.meter
        n_sampled_bars = BARS_PER_WINDOW * len(structure.labels)
        positions = step_positions(meter, SKIPPED_INTRO_BARS, n_sampled_bars, SKIPPED_INTRO_BARS + n_bars)
        silence = np.zeros((n_candidates, N_CHANNELS), np.int64)
        inputs = SamplingInputs(
            positions=_repeat(positions, n_candidates),
            repeat_steps=_repeat(repeat_sources(structure.labels, meter), n_candidates),
            initial_states=silence,
            initial_notes=silence,
            note_sources=_repeat(copy_sources(structure.note_sources, meter), n_candidates),
            rhythm_sources=_repeat(copy_sources(structure.rhythm_sources, meter), n_candidates),
            chords=_repeat(step_chords(structure.chords, meter), n_candidates),
            spans=conditions.spans,
        )
        torch.set_num_threads(1)
        random = np.random.default_rng(seeds)
        return (yield from self.sampler.iter_sample(inputs, _batch(conditions, n_candidates), temperatures, random))

    @torch.inference_mode()
    def score(self, states: I64, conditions: PieceConditions) -> F32:
        """Return the critic's scores of candidates.

        Parameters
        ----------
        states : ndarray, shape (candidates, steps, N_CHANNELS), int64
        conditions : PieceConditions

        Returns
        -------
        ndarray, shape (candidates,), float32
            The score of the passage and the mean of its bars, averaged over the passages of a piece.
        """
        torch.set_num_threads(1)
        n_candidates, bar_steps = len(states), STEPS_PER_BAR[conditions.meter]
        n_bars = states.shape[1] // bar_steps
        batch = _batch(conditions, n_candidates)
        positions = step_positions(conditions.meter, SKIPPED_INTRO_BARS, n_bars, SKIPPED_INTRO_BARS + n_bars)
        embedded_positions = torch.from_numpy(_repeat(positions, n_candidates))
        all_states = torch.from_numpy(np.ascontiguousarray(states))
        scores = []
        for first, last in _split_passages(n_bars):
            steps = slice(first * bar_steps, last * bar_steps)
            bar_shares = torch.eye(N_CRITIC_BARS).repeat_interleave(bar_steps, 0) / bar_steps
            bar_shares = bar_shares[: (last - first) * bar_steps].expand(n_candidates, -1, -1)
            embedded = self.critic.embed(all_states[:, steps], embedded_positions[:, steps])
            of_bars, of_passage = self.critic(embedded, batch, bar_shares)
            scores.append(of_passage + of_bars.sum(1) / (last - first))
        return np.asarray(torch.stack(scores).mean(0).numpy(), np.float32)


def _repeat(values: npt.NDArray[Value], count: int) -> npt.NDArray[Value]:
    return np.repeat(values[None], count, axis=0)


def _split_passages(n_bars: int) -> list[tuple[int, int]]:
    """Return the bars of the critic's passages of a piece. The last overlaps the one before rather than being short."""
    if n_bars <= N_CRITIC_BARS:
        return [(0, n_bars)]
    starts = [*range(0, n_bars - N_CRITIC_BARS, N_CRITIC_BARS), n_bars - N_CRITIC_BARS]
    return [(start, start + N_CRITIC_BARS) for start in starts]


def _batch(conditions: PieceConditions, count: int) -> Conditions:
    """Return the conditions of a piece as those of a batch of equal rows."""

    def row(value: int) -> torch.Tensor:
        return torch.full((count,), value, dtype=torch.int64)

    return Conditions(
        style=row(conditions.style),
        mode=row(int(conditions.is_minor)),
        meter=row(METERS.index(conditions.meter)),
        features=torch.tensor(conditions.features).float().expand(count, -1),
        roles=torch.tensor([role in conditions.roles for role in ROLES]).float().expand(count, -1),
    )


def load_model(models: Path) -> GanModel:
    """Load the model from the folder of all models.

    Raises
    ------
    ModelMismatch
        If a file is missing, is not the one in the manifest, or was made for another grid.
    """
    folder = ModelFolder.open(models / MODEL_NAME)
    folder.require("grid", GRID_ID)
    networks = build_networks(folder.manifest["shape"], load(folder.read(WEIGHTS_NAME)))
    styles = parse_styles(folder.read(STYLES_NAME, "styles_sha256"))
    training_index = TrainingIndex.from_bytes(folder.read(TRAINING_INDEX_NAME, "novelty_sha256"))
    reranker = Reranker.from_bytes(folder.read(RERANKER_NAME, "realism_sha256"))
    return GanModel(networks, styles, training_index, reranker, {MODEL_NAME: folder.sha256})


def build_networks(sizes: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> tuple[NoteGenerator, Critic]:
    """Return the networks of a weights file.

    ``sizes`` are the manifest's. The names of tensors begin with ``generator.`` or ``critic.``, see
    `gan.network.stored_names`.
    """
    network_sizes = NetworkSizes(**sizes)
    generator, critic = NoteGenerator(network_sizes), Critic(network_sizes)
    for name, network in (("generator", generator), ("critic", critic)):
        own = {key.removeprefix(f"{name}."): value.float() for key, value in tensors.items() if key.startswith(name)}
        network.load_state_dict(own)
    return generator, critic
