"""Measure a model on held-out windows, beside baselines that know nothing.

    python -m training.evaluate --data windows.npz --role lead --checkpoint var/training/lead/checkpoint.pt
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training import windows as window_files
from training.model import MusicVae
from training.windows import Windows
from vae.specs import ROLE_SPECS

EVALUATION_SEED = 7
BATCH = 256


def accuracies(model: MusicVae, held_out: Windows, limit: int) -> dict[str, float]:
    """Return the share of steps that a model gives back, encoding by the mean and decoding freely.

    Parameters
    ----------
    model : MusicVae
    held_out : Windows
    limit : int
        How many windows at most, drawn with a fixed seed.

    Returns
    -------
    dict
        `sampled` at temperature 1 and `greedy`, each in 0 to 1. A step of several voices counts by voice.
    """
    right: dict[str, float] = {"sampled": 0.0, "greedy": 0.0}
    total = 0
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    for tokens in fixed_batches(held_out, limit):
        mean = latents(model, tokens)
        for name, temperature in (("sampled", 1.0), ("greedy", 0.0)):
            drawn = model.generate(mean, tokens.shape[1], temperature, generator)
            right[name] += float((drawn == tokens).sum())
        total += tokens.numel()
    return {name: round(value / max(total, 1), 4) for name, value in right.items()}


@torch.no_grad()
def latents(model: MusicVae, tokens: Tensor) -> Tensor:
    """Return the posterior means of windows of one length, shape (batch, LATENT_SIZE)."""
    mean, _ = model.encode(model.one_hot(tokens))
    return mean.float()


def fixed_batches(held_out: Windows, limit: int) -> Iterator[Tensor]:
    """Yield up to `limit` windows, the same ones each time, in batches of one length."""
    rng = np.random.default_rng(EVALUATION_SEED)
    chosen = rng.permutation(len(held_out))[:limit]
    for length in np.unique(held_out.steps[chosen]):
        members = chosen[held_out.steps[chosen] == length]
        for at in range(0, len(members), BATCH):
            yield torch.from_numpy(held_out.tokens[members[at : at + BATCH], :length].astype(np.int64))
