"""Maximum-likelihood training: the loss, a training step, and the loss of held-out music."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from gan.network.generator import NoteGenerator, log_probabilities
from torch import Tensor

from ..data.dataset import Batch
from .training_run import TrainingRun

MAX_GRADIENT_NORM = 1.0


def negative_log_likelihood(generator: NoteGenerator, batch: Batch) -> Tensor:
    """Return the loss of a batch, in nats per step and playing channel."""
    likelihoods = log_probabilities(generator(batch.music, batch.conditions), batch.events, batch.conditions.roles)
    n_playing = batch.conditions.roles.sum(1, keepdim=True) * batch.mask
    return -(likelihoods.sum(-1) * batch.mask).sum() / n_playing.sum()


def mle_step(run: TrainingRun, batch: Batch) -> dict[str, Tensor]:
    """Take a step of the generator towards the likelihood of real music; return its metrics."""
    loss = negative_log_likelihood(run.generator.train(), batch)
    optimizer_step(run.generator, run.generator_optimizer, loss)
    run.step += 1
    run.update_average()
    return {"cost": loss}


def optimizer_step(network: torch.nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take a step down the gradient of a loss, with clipping.

    Parameters
    ----------
    network : Module
        Whose gradients are clipped to `MAX_GRADIENT_NORM`.
    optimizer : Optimizer
        Of the network's parameters.
    loss : Tensor, shape ()
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT_NORM)
    optimizer.step()


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of all parameters."""
    for group in optimizer.param_groups:
        group["lr"] = float(rate)


@torch.no_grad()
def held_out_loss(run: TrainingRun, batches: Sequence[Batch]) -> float:
    """Return the mean loss of held-out music under the running average."""
    return float(torch.stack([negative_log_likelihood(run.average, batch) for batch in batches]).mean())
