"""Adversarial training: steps of the critic, and policy-gradient steps of the generator against it.

For each of several conditions a group of passages is sampled. Every note becomes more or less likely by how much better
the critic scores the bars from its own on than those of the other passages of the group (Yu et al., *SeqGAN*, AAAI
2017; relative to a group as in Shao et al., *DeepSeekMath*, 2024). The likelihood of real music stays part of the loss,
and keeps the generator near the data.
"""

from __future__ import annotations

import torch
from gan.network.critic import Critic
from gan.network.dims import N_CRITIC_BARS
from gan.network.generator import log_probabilities
from torch import Tensor
from torch.nn import functional

from ..data.dataset import Batch
from .likelihood import negative_log_likelihood, optimizer_step
from .training_run import TrainingRun


def score(critic: Critic, batch: Batch, embedded: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the critic's scores of the bars of a batch, (batch, N_CRITIC_BARS), and of its passages, (batch,).

    Parameters
    ----------
    critic : Critic
    batch : Batch
    embedded : Tensor, shape (batch, steps, width), optional
        The embedding of the batch, where it is known.
    """
    if embedded is None:
        embedded = critic.embed(batch.music.states, batch.music.positions)
    bars, passages = critic(embedded, batch.conditions, batch.bar_shares)
    return bars, passages


def critic_step(run: TrainingRun, real: Batch, generated: Batch) -> dict[str, Tensor]:
    """Take a step of the critic on bars and passages; return its metrics.

    At intervals the loss has an R1 penalty (Mescheder et al., ICML 2018): on the gradient of the scores of real music
    with respect to its embedding.

    Parameters
    ----------
    run : TrainingRun
    real, generated : Batch
    """
    critic, config = run.critic.train(), run.config
    embedded = critic.embed(real.music.states, real.music.positions)
    has_penalty = run.adversarial_step % config.penalty_interval == 0
    real_bars, real_passages = score(critic, real, embedded)
    generated_bars, generated_passages = score(critic, generated)
    loss = _bar_mean(functional.softplus(-real_bars), real) + _bar_mean(functional.softplus(generated_bars), generated)
    loss = loss + functional.softplus(-real_passages).mean() + functional.softplus(generated_passages).mean()
    accuracy = 0.5 * ((real_passages > 0).float().mean() + (generated_passages < 0).float().mean())
    metrics = {"critic": loss, "right": accuracy}
    if has_penalty:
        (gradient,) = torch.autograd.grad(real_bars.sum() + real_passages.sum(), embedded, create_graph=True)
        penalty = gradient.square().sum((1, 2)).mean()
        loss = loss + 0.5 * config.penalty_weight * config.penalty_interval * penalty
        metrics["slope"] = penalty
    optimizer_step(run.critic, run.critic_optimizer, loss)
    return metrics


def _is_bar(batch: Batch) -> Tensor:
    return (batch.bar_shares.sum(1) > 0).float()


def _bar_mean(values: Tensor, batch: Batch) -> Tensor:
    is_bar = _is_bar(batch)
    return (values * is_bar).sum() / is_bar.sum()


@torch.no_grad()
def bar_advantages(run: TrainingRun, generated: Batch) -> Tensor:
    """Return how much better the future of each bar is than that of its group: (batch, N_CRITIC_BARS), RMS 1."""
    discount = run.config.discount
    bars, passages = score(run.critic.eval(), generated)
    is_bar = _is_bar(generated)
    returns = torch.zeros_like(bars)
    total = torch.zeros(len(bars), device=bars.device)
    for bar in reversed(range(N_CRITIC_BARS)):
        total = bars[:, bar] * is_bar[:, bar] + discount * total
        returns[:, bar] = total
    values = (returns * (1 - discount) + passages[:, None]).unflatten(0, (-1, run.config.group_size))
    centered = (values - values.mean(1, keepdim=True)).flatten(0, 1) * is_bar
    advantages: Tensor = centered / (centered.square().sum() / is_bar.sum()).sqrt().clamp_min(1e-3)
    return advantages


def generator_step(run: TrainingRun, real: Batch, generated: Batch) -> dict[str, Tensor]:
    """Take a step of the generator on the critic's reward and the likelihood of real music; return its metrics.

    Parameters
    ----------
    run : TrainingRun
    real : Batch
    generated : Batch
        Sampled from the generator, in groups.
    """
    is_in_bar = (generated.bar_shares > 0).float()
    advantages = torch.einsum("btn,bn->bt", is_in_bar, bar_advantages(run, generated))
    logits = run.generator.eval()(generated.music, generated.conditions)
    likelihoods = log_probabilities(logits, generated.events, generated.conditions.roles).sum(-1)
    n_playing = generated.conditions.roles.sum(1, keepdim=True) * generated.mask
    reward = (advantages * likelihoods * generated.mask).sum() / n_playing.sum()
    loss = negative_log_likelihood(run.generator.train(), real)
    optimizer_step(run.generator, run.generator_optimizer, loss - run.config.reward_weight * reward)
    run.step += 1
    run.update_average()
    surprise = -(likelihoods * generated.mask).sum() / n_playing.sum()
    return {"cost": loss, "surprise": surprise}
