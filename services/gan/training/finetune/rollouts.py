"""Rollouts: pieces sampled like the service samples them, under conditions of real pieces, in groups of siblings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from gan.composer import TEMPERATURES
from gan.measures import features
from gan.measures.ngrams import NoteNgrams, extract_ngrams
from gan.model import SKIPPED_INTRO_BARS
from gan.network.batch import Conditions, MusicBatch
from gan.network.channels import copy_sources, repeat_sources, step_chords, step_positions, to_role_events
from gan.network.dims import CHANNEL_ROLES, METERS, N_CHANNELS, NO_SOURCE
from gan.planning import structure
from gan.planning.generation_request import ResolvedRequest, resolve
from gan.planning.styles import Style, parse_style
from gan.sampling import pitch_range
from gan.sampling.sampler import SamplingInputs
from score.arrays import F32
from score.encoding import BARS_PER_WINDOW, STEPS_PER_BAR
from score.roles import ROLES, Role
from torch import Tensor

from ..config import Config, hyperparameter
from ..data import corpus as corpora
from ..data.dataset import Batch
from ..evaluation import reference_sets
from ..evaluation.generation import build_specs
from ..evaluation.pieces import UNKNOWN_GROUP, Piece
from ..export.style_table import served_styles
from ..generator.batch_sampling import build_sampler, with_music
from ..generator.training_run import TrainingRun

N_BARS = 16
"""Bars of a piece that the discriminators score."""

N_EXTRA_BARS = 2
"""Bars sampled after those, in which the piece ends."""


@dataclass(frozen=True, slots=True)
class FinetuneConfig(Config):
    """Hyperparameters of fine-tuning.

    Attributes
    ----------
    seed : int
    n_plans, n_siblings : int
        Plans of a step, and pieces sampled by each: siblings.
    learning_rate : float
        At its highest; it falls in the second half.
    reward_weight : float
        Weight of the policy gradient beside the likelihood.
    all_roles_weight : float
        Weight of the discriminator of all features in the reward; a role's own has weight 1.
    credit_weight : float
        Weight of the credit of single notes in the reward.
    credit_discount : float
        Of the credit of later notes, per step.
    n_ngram_pieces : int
        Latest sampled pieces to which the n-gram classifiers are fitted.
    n_real_pieces : int
    n_recent_pieces : int
        Latest sampled pieces to which the discriminators are fitted.
    n_warm_up_pieces : int
        Sampled pieces after which the discriminators are first fitted.
    refit_interval : int
        Steps from one fit to the next.
    real_batch_size : int
        Passages of real music in a step.
    ema_decay : float
        Of the running average of the generator's weights.
    max_surprise_ratio : float
        See `training.finetune.loop.DivergenceGuard`.
    """

    seed: int = 1
    n_plans: int = hyperparameter(8, "plans")
    n_siblings: int = hyperparameter(4, "siblings")
    learning_rate: float = hyperparameter(2e-4, "rate")
    reward_weight: float = hyperparameter(1.0, "weight")
    all_roles_weight: float = hyperparameter(0.5, "band_weight")
    credit_weight: float = hyperparameter(0.3, "local_weight")
    credit_discount: float = hyperparameter(0.9, "sight")
    n_ngram_pieces: int = hyperparameter(640, "reread")
    n_real_pieces: int = hyperparameter(1600, "real")
    n_recent_pieces: int = hyperparameter(1600, "lately")
    n_warm_up_pieces: int = hyperparameter(640, "first")
    refit_interval: int = hyperparameter(4, "refit_every")
    real_batch_size: int = hyperparameter(16, "real_batch")
    ema_decay: float = hyperparameter(0.98, "average")
    max_surprise_ratio: float = hyperparameter(1.4, "uproar")


def load_styles(data: Path) -> list[Style]:
    """Return the styles as an exported model would have them, from the training pieces of a prepared corpus."""
    statistics = corpora.read_styles(data)
    return [parse_style(entry) for entry in served_styles(corpora.load_corpus(data), statistics, set())]


@dataclass(frozen=True, slots=True)
class RolloutPlan:
    """What several pieces of one meter are sampled from, repeated for each sibling.

    Attributes
    ----------
    inputs : SamplingInputs
    conditions : Conditions
    requests : sequence of ResolvedRequest
    repeat_steps : Tensor, shape (batch, steps, N_REPEAT_SOURCES), int64
        As in ``inputs``.
    """

    inputs: SamplingInputs
    conditions: Conditions
    requests: Sequence[ResolvedRequest]
    repeat_steps: Tensor

    @property
    def meter(self) -> str:
        """The meter of all pieces."""
        return METERS[int(self.conditions.meter[0])]


class RolloutPlanner:
    """Plans pieces with the style, mode, meter and roles of real ones, and measures both.

    Parameters
    ----------
    corpus : training.data.corpus.Corpus
    styles : sequence of Style
    config : FinetuneConfig

    Attributes
    ----------
    pieces : list of Piece
        Real passages that training uses.
    feature_names : list of str
        Of the columns of tables.
    real_table : ndarray, shape (n_pieces, n_features), float32
    real_ngrams : list of dict of Role to NoteNgrams
    """

    def __init__(self, corpus: corpora.Corpus, styles: Sequence[Style], config: FinetuneConfig) -> None:
        self._config, self._styles = config, styles
        random = np.random.default_rng((config.seed, 31))
        supported = {(style.style_id, meter) for style in styles for meter in style.meters}
        passages = reference_sets.list_passages(corpus, N_BARS, held_out=False)
        pieces: list[Piece] = []
        for index in random.permutation(len(passages)):
            piece = reference_sets.cut(corpus, passages[index], N_BARS)
            if (piece.style, piece.meter) in supported and reference_sets.is_clean(piece):
                pieces.append(piece)
            if len(pieces) == config.n_real_pieces:
                break
        self.pieces = pieces
        self.feature_names, self.real_table = features.table(pieces)
        self.real_ngrams: list[dict[Role, NoteNgrams]] = [extract_ngrams(piece) for piece in pieces]

    def plan(self, step: int) -> RolloutPlan:
        """Return plans of pieces like random real ones, all of one meter."""
        random = np.random.default_rng((self._config.seed, 32, step))
        meter = self.pieces[int(random.integers(len(self.pieces)))].meter
        candidates = [piece for piece in self.pieces if piece.meter == meter]
        like = [candidates[int(index)] for index in random.integers(len(candidates), size=self._config.n_plans)]
        specs = build_specs(like, int(random.integers(1 << 31)), n_extra_bars=N_EXTRA_BARS)
        requests = [resolve(spec.request, self._styles) for spec in specs]
        return build_plan([request for request in requests for _ in range(self._config.n_siblings)], meter)

    def tabulate(self, pieces: Sequence[Piece]) -> F32:
        """Measure pieces, in the columns of `real_table`; NaN where a feature is missing."""
        rows = [features.measure(piece) for piece in pieces]
        return np.array([[row.get(name, np.nan) for name in self.feature_names] for row in rows], np.float32)


def build_plan(requests: Sequence[ResolvedRequest], meter: str) -> RolloutPlan:
    """Sample a structure and pitch ranges for each request, as the composer does."""
    n_bars = N_BARS + N_EXTRA_BARS
    structures = [
        structure.sample_structure(
            request.style.structures,
            -(-n_bars // BARS_PER_WINDOW),
            np.random.default_rng((request.seed, 10)),
            is_minor=request.is_minor,
        )
        for request in requests
    ]
    spans = [
        pitch_range.sample_spans(request.style.spans, n_bars, np.random.default_rng((request.seed, 20))) or (0, 0, 0)
        for request in requests
    ]
    silence = np.zeros((len(requests), N_CHANNELS), np.int64)
    repeat_steps = np.stack([repeat_sources(one.labels, meter) for one in structures])
    positions = step_positions(meter, SKIPPED_INTRO_BARS, n_bars, SKIPPED_INTRO_BARS + n_bars)
    inputs = SamplingInputs(
        positions=np.stack([positions] * len(requests)),
        repeat_steps=repeat_steps,
        initial_states=silence,
        initial_notes=silence,
        note_sources=np.stack([copy_sources(one.note_sources, meter) for one in structures]),
        rhythm_sources=np.stack([copy_sources(one.rhythm_sources, meter) for one in structures]),
        chords=np.stack([step_chords(one.chords, meter) for one in structures]),
        spans=np.array(spans),
    )
    conditions = Conditions(
        style=torch.tensor([request.style.index for request in requests]),
        mode=torch.tensor([int(request.is_minor) for request in requests]),
        meter=torch.tensor([METERS.index(meter)] * len(requests)),
        features=torch.tensor([request.features for request in requests]).float(),
        roles=torch.tensor([[role in request.roles for role in ROLES] for request in requests]).float(),
    )
    return RolloutPlan(inputs, conditions, requests, torch.from_numpy(repeat_steps))


def sample_rollouts(run: TrainingRun, plan: RolloutPlan, seed: int) -> Batch:
    """Sample a piece for each row of a plan, with the temperatures of the service.

    Parameters
    ----------
    run : TrainingRun
    plan : RolloutPlan
    seed : int
        Differs from step to step; combined with the run's.
    """
    random = np.random.default_rng((run.config.seed, 33, seed))
    temperatures = np.array([TEMPERATURES[role] for role in CHANNEL_ROLES], np.float32)
    samples = build_sampler(run).sample(plan.inputs, plan.conditions, temperatures, random)
    events, states = (torch.from_numpy(part.copy()) for part in samples)
    zeros, no_values = torch.zeros_like(events), torch.zeros(len(events), 0)
    music = MusicBatch(
        previous_states=zeros,
        states=zeros,
        last_notes=zeros,
        repeat_states=zeros,
        repeat_events=zeros,
        has_repeat=plan.repeat_steps != NO_SOURCE,
        copy_hints=zeros,
        positions=torch.from_numpy(plan.inputs.positions),
    )
    batch = Batch(music, events, plan.conditions, no_values, plan.repeat_steps, no_values)
    return with_music(batch, events, states).to(run.device)


def to_pieces(rollouts: Batch, plan: RolloutPlan) -> list[Piece]:
    """Return the bars of rollouts that are scored."""
    events = rollouts.events.cpu().numpy()[:, : N_BARS * STEPS_PER_BAR[plan.meter]]
    return [
        Piece(
            style=request.style.style_id,
            is_minor=request.is_minor,
            meter=plan.meter,
            synthetic=False,
            group=UNKNOWN_GROUP,
            events=to_role_events(own, request.roles),
        )
        for request, own in zip(plan.requests, events, strict=True)
    ]
