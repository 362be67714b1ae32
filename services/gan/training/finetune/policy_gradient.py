"""The policy gradient: advantages of rollouts among their siblings, and a step of the generator by them.

The reward is the score of discriminators on features of whole pieces (Ho and Ermon, *Generative Adversarial Imitation
Learning*, NeurIPS 2016), relative to siblings as in `training.generator.adversarial`. The likelihood of real music
stays part of the loss.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from gan.composer import TEMPERATURES
from gan.network.batch import playing_channels
from gan.network.dims import BASS_CHANNEL, CHANNEL_ROLES, DRUM_CHANNEL, N_CHANNELS, N_ROLES, NO_SOURCE
from gan.sampling.sampler import SamplingInputs
from score.arrays import F32
from score.encoding import OFF, STEPS_PER_BAR
from score.roles import ROLES
from torch import Tensor

from ..data.dataset import Batch
from ..generator.likelihood import negative_log_likelihood, optimizer_step
from ..generator.training_run import TrainingRun
from .discriminators import Scores
from .rollouts import N_BARS, FinetuneConfig, RolloutPlan


def role_advantages(scores: F32, config: FinetuneConfig) -> F32:
    """Return how much more real each role of each rollout is than in its siblings: (n_pieces, N_ROLES).

    ``scores`` are those of the discriminators of each role and of all roles, (n_pieces, N_ROLES + 1).
    """
    grouped = scores.reshape(-1, config.n_siblings, scores.shape[1])
    centered = (grouped - grouped.mean(1, keepdims=True)).reshape(scores.shape)
    scaled = centered / np.maximum(np.sqrt((centered**2).mean(0)), 1e-3)
    advantages: F32 = (scaled[:, :N_ROLES] + config.all_roles_weight * scaled[:, N_ROLES:]).astype(np.float32)
    return advantages


def sampled_log_probabilities(logits: Sequence[Tensor], rollouts: Batch, inputs: SamplingInputs) -> Tensor:
    """Return the log probabilities of the events of rollouts, at the temperatures with which they were sampled.

    Parameters
    ----------
    logits : sequence of Tensor
        Of each channel, (batch, steps, events).
    rollouts : Batch
    inputs : SamplingInputs

    Returns
    -------
    Tensor, shape (batch, steps, N_CHANNELS)
        0 for what was not sampled: roles that do not play and bars that the structure repeats; whether a note begins,
        where the structure gives the rhythm; and which note, where it gives the bass a chord.
    """
    assert inputs.note_sources is not None
    assert inputs.rhythm_sources is not None
    assert inputs.chords is not None
    device = rollouts.events.device
    note_sources, rhythm_sources, chords = (
        torch.from_numpy(part).to(device) for part in (inputs.note_sources, inputs.rhythm_sources, inputs.chords)
    )
    is_sampled = (note_sources == NO_SOURCE) & (playing_channels(rollouts.conditions.roles)[:, None] > 0)
    has_chord = chords != NO_SOURCE
    has_rhythm = rhythm_sources != NO_SOURCE
    has_rhythm[..., DRUM_CHANNEL] = False
    found = []
    for channel, own in enumerate(logits):
        kind, within = _factorize(own, rollouts.events[:, :, channel, None], channel)
        if channel == BASS_CHANNEL:
            is_note = rollouts.events[:, :, channel] > OFF
            within = within * ~(has_chord & is_note)
        found.append(within + kind * ~has_rhythm[..., channel])
    return torch.stack(found, dim=-1) * is_sampled


def _factorize(logits: Tensor, event: Tensor, channel: int) -> tuple[Tensor, Tensor]:
    """Return the log probabilities of an event's kind, a note or none, and of the event within its kind.

    Temperature applies only to the choice among notes.
    """
    temperature = TEMPERATURES[CHANNEL_ROLES[channel]]
    scaled = torch.cat([logits[..., : OFF + 1], logits[..., OFF + 1 :] / temperature], dim=-1)
    kinds = torch.stack([part.logsumexp(-1) for part in (logits[..., : OFF + 1], logits[..., OFF + 1 :])], dim=-1)
    totals = torch.stack([scaled[..., : OFF + 1].logsumexp(-1), scaled[..., OFF + 1 :].logsumexp(-1)], dim=-1)
    kind = (event > OFF).long()
    within = (scaled.gather(-1, event) - totals.gather(-1, kind))[..., 0]
    return (kinds.log_softmax(-1)).gather(-1, kind)[..., 0], within


def policy_step(
    run: TrainingRun, config: FinetuneConfig, plan: RolloutPlan, rollouts: Batch, scores: Scores, real: Batch
) -> dict[str, float]:
    """Take a step of the generator; return its metrics.

    Parameters
    ----------
    run : TrainingRun
    config : FinetuneConfig
    plan : RolloutPlan
        What the rollouts were sampled from.
    rollouts : Batch
    scores : Scores
        Of the rollouts.
    real : Batch
        Real music, for the likelihood.
    """
    n_steps = N_BARS * STEPS_PER_BAR[plan.meter]
    logits = run.generator.eval()(rollouts.music, rollouts.conditions)
    log_probabilities = sampled_log_probabilities(logits, rollouts, plan.inputs)[:, :n_steps]
    by_role = role_advantages(scores.pieces, config)[:, None] + config.credit_weight * scores.credit
    by_channel = torch.from_numpy(by_role).to(run.device)[..., [ROLES.index(role) for role in CHANNEL_ROLES]]
    n_sampled = (log_probabilities != 0).sum()
    reward = (log_probabilities * by_channel).sum() / n_sampled * N_CHANNELS
    loss = negative_log_likelihood(run.generator.train(), real)
    optimizer_step(run.generator, run.generator_optimizer, loss - config.reward_weight * reward)
    run.step += 1
    run.update_average()
    return {"cost": float(loss.detach()), "surprise": float(-log_probabilities.detach().sum() / n_sampled)}
