"""Measure a model on held-out windows, beside baselines that know nothing.

python -m training.evaluation.reconstruction_eval --data windows.npz --role lead --checkpoint var/lead/checkpoint.pt
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from score.encoding import FIRST_PITCH_EVENT
from torch import Tensor
from vae.blending.latents import slerp
from vae.models.specs import MAX_STEPS, ROLE_SPECS

from ..data import dataset
from ..data.dataset import Windows
from ..model.music_vae import MusicVae

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
    for tokens, chords in fixed_batches(held_out, limit):
        mean = latents(model, tokens, chords)
        for name, temperature in (("sampled", 1.0), ("greedy", 0.0)):
            drawn = model.generate(mean, chords, tokens.shape[1], temperature, generator)
            right[name] += float((drawn == tokens).sum())
        total += tokens.numel()
    return {name: round(value / max(total, 1), 4) for name, value in right.items()}


def report(model: MusicVae, held_out: Windows, limit: int = 4096) -> dict[str, Any]:
    """Measure a model and its baselines.

    Returns
    -------
    dict
        `windows`, `works`; `sampled` and `greedy` as `accuracies`, for all windows and, where there are some, apart for
        `real` and `synthetic` music; `onsets_greedy`, the same counted only where something begins; baselines
        `most_common_token` and `repeat_last_token`; `hamming`, by weight, of blends of held-out pairs to their first.
    """
    measured: dict[str, Any] = {"windows": min(limit, len(held_out)), "works": len(np.unique(held_out.group))}
    if not len(held_out):
        return measured
    measured |= accuracies(model, held_out, limit)
    for name, part in (("real", ~held_out.synthetic), ("synthetic", held_out.synthetic)):
        if part.any():
            measured[name] = accuracies(model, held_out.take(part), limit // 2)
    measured |= _onsets(model, held_out, limit) | baselines(held_out)
    measured["hamming"] = hamming_curve(model, held_out)
    return measured


def _onsets(model: MusicVae, held_out: Windows, limit: int) -> dict[str, float]:
    """Return the share of onsets given back, decoding greedily."""
    right = total = 0.0
    least = FIRST_PITCH_EVENT if model.spec.is_pitched else 1
    for tokens, chords in fixed_batches(held_out, limit):
        drawn = model.generate(latents(model, tokens, chords), chords, tokens.shape[1], 0.0)
        begins = tokens >= least
        right += float((drawn == tokens)[begins].sum())
        total += float(begins.sum())
    return {"onsets_greedy": round(right / max(total, 1.0), 4)}


def baselines(held_out: Windows) -> dict[str, float]:
    """Return the accuracy of the commonest token, and of the token before."""
    common = np.zeros(held_out.spec.n_classes, np.int64)
    repeated = steps = 0
    for tokens, _ in fixed_batches(held_out, len(held_out)):
        common += np.bincount(tokens.flatten().numpy(), minlength=len(common))
        repeated += int((tokens[:, 1:] == tokens[:, :-1]).sum())
        steps += tokens[:, 1:].numel()
    most_common = float(common.max() / common.sum())
    return {"most_common_token": round(most_common, 4), "repeat_last_token": round(repeated / steps, 4)}


def model_classes(held_out: Windows) -> int:
    """Return how many tokens a voice of these windows can take."""
    return held_out.spec.n_classes


def hamming_curve(model: MusicVae, held_out: Windows, pairs: int = 200, temperature: float = 0.5) -> dict[str, float]:
    """Return the mean share of steps in which a blend of two windows differs from the first, by weight."""
    tokens, chords = next(iter(fixed_batches(held_out.take(held_out.steps == MAX_STEPS), 2 * pairs)))
    half = len(tokens) // 2
    first, second = latents(model, tokens, chords).split([half, len(tokens) - half])
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    curve = {}
    for weight in (0.0, 0.25, 0.5, 0.75, 1.0):
        z = torch.from_numpy(slerp(first[:half].numpy(), second[:half].numpy(), weight))
        nearer = chords[:half] if weight < 0.5 else chords[half : 2 * half]
        drawn = model.generate(z, nearer, MAX_STEPS, temperature, generator)
        curve[f"{weight:g}"] = round(float((drawn != tokens[:half]).float().mean()), 4)
    return curve


@torch.no_grad()
def latents(model: MusicVae, tokens: Tensor, chords: Tensor) -> Tensor:
    """Return the posterior means of windows of one length, shape (batch, LATENT_SIZE)."""
    mean, _ = model.encode(tokens, chords)
    return mean.float()


def fixed_batches(held_out: Windows, limit: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield up to `limit` windows and their chords, the same ones each time, in batches of one length."""
    rng = np.random.default_rng(EVALUATION_SEED)
    chosen = rng.permutation(len(held_out))[:limit]
    for length in np.unique(held_out.steps[chosen]):
        members = chosen[held_out.steps[chosen] == length]
        for at in range(0, len(members), BATCH):
            of = members[at : at + BATCH]
            chords = held_out.chords[of].astype(np.int64)
            yield torch.from_numpy(held_out.tokens[of, :length].astype(np.int64)), torch.from_numpy(chords)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--role", choices=sorted(ROLE_SPECS), required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    options = parser.parse_args()
    model = MusicVae(ROLE_SPECS[options.role])
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["average"])
    _, held_out = dataset.split(dataset.load(options.data, options.role))
    print(json.dumps(report(model, held_out), indent=2))


if __name__ == "__main__":
    main()
