"""Measure how well a model reconstructs held-out windows, beside baselines that ignore the window.

python -m training.evaluation.reconstruction_eval --data windows.npz --model lead --checkpoint var/lead/checkpoint.pt
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from score.arrays import F64
from vae.blending.latents import slerp
from vae.models.specs import MAX_STEPS, MODEL_SPECS
from vae.pieces import window_distance

from ..data.dataset import WindowDataset, load_windows, split_by_work
from ..model.batches import EVALUATION_SEED, iter_evaluation_batches
from ..model.music_vae import MusicVae

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def token_accuracy(model: MusicVae, held_out: WindowDataset, limit: int) -> dict[str, float]:
    """Compute the share of tokens that a model reconstructs, encoding to the posterior mean and decoding freely.

    Parameters
    ----------
    model : MusicVae
    held_out : WindowDataset
    limit : int
        Maximum number of windows, chosen with a fixed seed.

    Returns
    -------
    dict
        ``sampled`` at temperature 1 and ``greedy``, 0 to 1 each. Every voice of a step counts.
    """
    n_right = {"sampled": 0.0, "greedy": 0.0}
    n_tokens = 0
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    for tokens, chords in iter_evaluation_batches(held_out, limit):
        mean = model.posterior_mean(tokens, chords)
        for name, temperature in (("sampled", 1.0), ("greedy", 0.0)):
            decoded = model.generate(mean, chords, tokens.shape[1], temperature, generator)
            n_right[name] += float((decoded == tokens).sum())
        n_tokens += tokens.numel()
    return {name: round(count / max(n_tokens, 1), 4) for name, count in n_right.items()}


def evaluate_reconstruction(model: MusicVae, held_out: WindowDataset, limit: int) -> dict[str, Any]:
    """Measure a model and its baselines.

    Parameters
    ----------
    model : MusicVae
    held_out : WindowDataset
    limit : int
        Maximum number of windows.

    Returns
    -------
    dict
        ``windows`` and ``works``, numbers; ``sampled`` and ``greedy`` from `token_accuracy`, of all windows and, where
        there are any, separately of ``real`` and ``synthetic`` music; ``onsets_greedy``, the same of onsets only; the
        baselines ``most_common_token`` and ``repeat_last_token``; ``hamming`` from `hamming_by_weight`.
    """
    figures: dict[str, Any] = {"windows": min(limit, len(held_out)), "works": len(np.unique(held_out.groups))}
    if not len(held_out):
        return figures
    figures |= token_accuracy(model, held_out, limit)
    for name, mask in (("real", ~held_out.is_synthetic), ("synthetic", held_out.is_synthetic)):
        if mask.any():
            figures[name] = token_accuracy(model, held_out.take(mask), limit // 2)
    figures |= _onset_accuracy(model, held_out, limit) | baseline_accuracy(held_out)
    figures["hamming"] = hamming_by_weight(model, held_out)
    return figures


def _onset_accuracy(model: MusicVae, held_out: WindowDataset, limit: int) -> dict[str, float]:
    """Return the share of onsets that are reconstructed, decoding greedily."""
    n_right = n_onsets = 0.0
    for tokens, chords in iter_evaluation_batches(held_out, limit):
        decoded = model.generate(model.posterior_mean(tokens, chords), chords, tokens.shape[1], 0.0)
        is_onset = tokens >= model.spec.first_onset_token
        n_right += float((decoded == tokens)[is_onset].sum())
        n_onsets += float(is_onset.sum())
    return {"onsets_greedy": round(n_right / max(n_onsets, 1.0), 4)}


def evaluate_note_f1(model: MusicVae, held_out: WindowDataset, limit: int) -> dict[str, float]:
    """Compute the mean note F1 of greedy reconstructions.

    Parameters
    ----------
    model : MusicVae
    held_out : WindowDataset
    limit : int
        Maximum number of windows.

    Returns
    -------
    dict
        ``note_f1``, and ``note_f1_with_ends``, which compares durations too.
    """
    scores: dict[str, list[F64]] = {"note_f1": [], "note_f1_with_ends": []}
    for tokens, chords in iter_evaluation_batches(held_out, limit):
        decoded = model.generate(model.posterior_mean(tokens, chords), chords, tokens.shape[1], 0.0)
        reference, estimate = tokens.numpy().astype(np.int16), decoded.numpy().astype(np.int16)
        scores["note_f1"].append(window_distance.note_f1(reference, estimate, model.spec))
        with_ends = window_distance.note_f1(reference, estimate, model.spec, with_ends=True)
        scores["note_f1_with_ends"].append(with_ends)
    return {name: round(float(np.concatenate(of).mean()), 4) for name, of in scores.items()}


def baseline_accuracy(held_out: WindowDataset) -> dict[str, float]:
    """Return the accuracy of always predicting the most common token, and of repeating the token before."""
    counts = np.zeros(held_out.spec.n_classes, np.int64)
    n_repeated = n_tokens = 0
    for tokens, _ in iter_evaluation_batches(held_out, len(held_out)):
        counts += np.bincount(tokens.flatten().numpy(), minlength=len(counts))
        n_repeated += int((tokens[:, 1:] == tokens[:, :-1]).sum())
        n_tokens += tokens[:, 1:].numel()
    most_common = float(counts.max() / counts.sum())
    return {"most_common_token": round(most_common, 4), "repeat_last_token": round(n_repeated / n_tokens, 4)}


def hamming_by_weight(
    model: MusicVae, held_out: WindowDataset, n_pairs: int = 200, temperature: float = 0.5
) -> dict[str, float]:
    """Compute the mean Hamming distance of interpolations from the first window, by weight.

    Parameters
    ----------
    model : MusicVae
    held_out : WindowDataset
        Windows of 4/4 are used.
    n_pairs : int
        Maximum number of pairs.
    temperature : float

    Returns
    -------
    dict
        Weight -> share of tokens that differ. The chords are those of the nearer window.
    """
    windows = held_out.take(held_out.n_steps == MAX_STEPS)
    tokens, chords = next(iter_evaluation_batches(windows, 2 * n_pairs))
    half = len(tokens) // 2
    first, second = model.posterior_mean(tokens, chords).split([half, len(tokens) - half])
    generator = torch.Generator().manual_seed(EVALUATION_SEED)
    distances = {}
    for weight in WEIGHTS:
        z = torch.from_numpy(slerp(first[:half].numpy(), second[:half].numpy(), weight))
        nearer_chords = chords[:half] if weight < 0.5 else chords[half : 2 * half]
        decoded = model.generate(z, nearer_chords, MAX_STEPS, temperature, generator)
        distances[f"{weight:g}"] = round(float((decoded != tokens[:half]).float().mean()), 4)
    return distances


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--model", choices=sorted(MODEL_SPECS), required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=4096, help="maximum number of windows")
    options = parser.parse_args()
    model = MusicVae(MODEL_SPECS[options.model])
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["average"])
    _, held_out = split_by_work(load_windows(options.data, options.model))
    print(json.dumps(evaluate_reconstruction(model, held_out, options.limit), indent=2))


if __name__ == "__main__":
    main()
