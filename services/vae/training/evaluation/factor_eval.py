"""Measure the models of the lead's factors on held-out works: reconstruction, and what lies between two windows.

    python -m training.evaluation.factor_eval --data windows.npz --model rhythm --checkpoint var/rhythm/checkpoint.pt

Reconstructions are measured on the windows of held-out leads as they come: a common rhythm counts as often as it
occurs. Interpolations are measured on pairs of windows of 4/4 from different works, at five weights, beside two
baselines: the nearer window, and a crossfade that takes each step from either window.
"""

from __future__ import annotations

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from score.arrays import F64, I8, I16
from score.encoding import FIRST_PITCH_EVENT
from vae.blending.latents import flatten_weights, slerp
from vae.models.specs import FACTOR_SPECS, LeadFactor
from vae.pieces.lead_factors import ONSET_TOKEN, factor_tokens
from vae.pieces.window_distance import hamming

from ..data.dataset import WindowDataset, load_windows, split_by_work
from ..model.batches import iter_evaluation_batches
from ..model.music_vae import MusicVae
from .interpolation_eval import crossover_chords, sample_pairs
from .measures.ngram_model import NgramModel, fit_ngram_model

WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
SECOND_SEMITONES = 2
PAIRS_SEED = 11
NGRAM_LIMIT = 40_000
"""Maximum number of training windows that the n-gram model is fitted to."""


def onset_f1(reference: I16, estimate: I16) -> F64:
    """Return the F1 of the onsets of rhythms by window, shape (n,); 1 for two windows without onsets."""
    first, second = reference >= ONSET_TOKEN, estimate >= ONSET_TOKEN
    n_onsets = first.sum(axis=1) + second.sum(axis=1)
    n_common = 2.0 * (first & second).sum(axis=1)
    return np.asarray(np.divide(n_common, n_onsets, out=np.ones(len(reference)), where=n_onsets > 0))


def reconstruction_figures(model: MusicVae, lead: WindowDataset, limit: int) -> dict[str, float]:
    """Measure greedy reconstructions of a factor of held-out leads.

    Parameters
    ----------
    model : MusicVae
        Of a factor.
    lead : WindowDataset
        Held-out windows of leads.
    limit : int
        Maximum number of windows.

    Returns
    -------
    dict
        ``tokens``, the share of steps that come back; of a rhythm ``onset_f1``, the mean over windows; of a contour
        ``exact_at_onsets`` and ``within_second_at_onsets``, the shares of the lead's notes whose pitch is that of the
        contour at their onset, and is at most a major second from it.
    """
    rhythm: list[F64] = []
    n_equal = n_tokens = 0
    intervals: list[I16] = []
    for windows, chords in iter_evaluation_batches(lead, limit):
        events = windows.numpy().astype(np.int16)
        own = factor_tokens(events, _factor(model))
        decoded = _decode(model, model.posterior_mean(torch.from_numpy(own.astype(np.int64)), chords), chords, own)
        n_equal, n_tokens = n_equal + int((decoded == own).sum()), n_tokens + own.size
        rhythm.append(onset_f1(own, decoded))
        intervals.append(np.abs(decoded - events)[events >= FIRST_PITCH_EVENT])
    figures = {"tokens": round(n_equal / max(n_tokens, 1), 4)}
    if _factor(model) is LeadFactor.RHYTHM:
        return figures | {"onset_f1": round(float(np.concatenate(rhythm).mean()), 4)}
    distances = np.concatenate(intervals)
    return figures | {
        "exact_at_onsets": round(float((distances == 0).mean()), 4),
        "within_second_at_onsets": round(float((distances <= SECOND_SEMITONES).mean()), 4),
    }


def interpolation_figures(
    model: MusicVae, lead: WindowDataset, ngrams: NgramModel, n_pairs: int
) -> dict[str, dict[str, Any]]:
    """Measure interpolations of pairs of held-out windows, by the model and by the baselines.

    Parameters
    ----------
    model : MusicVae
        Of a factor.
    lead : WindowDataset
        Held-out windows of leads.
    ngrams : NgramModel
        Fitted to training windows of the factor.
    n_pairs : int

    Returns
    -------
    dict
        ``model``, ``nearest`` and ``crossfade`` -> figures of `path_figures`.
    """
    first, second = sample_pairs(lead, n_pairs, PAIRS_SEED)
    own = [factor_tokens(each.tokens, _factor(model)) for each in (first, second)]
    thresholds = np.random.default_rng(PAIRS_SEED).random(own[0].shape)
    paths = {
        "model": _model_path(model, own, (first.chords, second.chords)),
        "nearest": np.stack([own[int(weight >= 0.5)] for weight in WEIGHTS]),
        "crossfade": np.stack([np.where(thresholds < weight, own[1], own[0]) for weight in WEIGHTS]),
    }
    return {name: path_figures(path, _factor(model), ngrams) for name, path in paths.items()}


def path_figures(path: I16, factor: LeadFactor, ngrams: NgramModel) -> dict[str, Any]:
    """Measure paths between pairs of windows.

    Parameters
    ----------
    path : ndarray, shape (n_weights, n_pairs, n_steps), int16
        The windows at each of `WEIGHTS`; the distances are to those at 0 and 1.
    factor : LeadFactor
    ngrams : NgramModel

    Returns
    -------
    dict
        ``between_at_half``, the share of pairs at whose middle the number of onsets (of a contour, the mean pitch) lies
        between those of the ends, both included; ``distance_to_first`` by weight; ``monotone``, the share of pairs
        whose distance from the first window never falls and to the second never grows; ``strictly_between``, the share
        of pairs whose middle is neither end; ``cost_at_half``, what the middle costs the n-gram model over the mean
        cost of its ends.
    """
    to_first = np.array([_distance(path[0], windows, factor) for windows in path])
    to_second = np.array([_distance(path[-1], windows, factor) for windows in path])
    is_monotone = np.ones(path.shape[1], bool)
    for before, after in pairwise(range(len(WEIGHTS))):
        is_monotone &= (to_first[after] >= to_first[before]) & (to_second[after] <= to_second[before])
    middle = len(WEIGHTS) // 2
    levels = np.array([_level(windows, factor) for windows in (path[0], path[middle], path[-1])])
    is_between = (levels[1] >= levels[[0, 2]].min(axis=0)) & (levels[1] <= levels[[0, 2]].max(axis=0))
    differs = (path[middle] != path[0]).any(axis=1) & (path[middle] != path[-1]).any(axis=1)
    costs = [float(ngrams.cost_nats(windows).mean()) for windows in (path[0], path[middle], path[-1])]
    return {
        "between_at_half": round(float(is_between.mean()), 4),
        "distance_to_first": {
            f"{weight:g}": round(float(row.mean()), 4) for weight, row in zip(WEIGHTS, to_first, strict=True)
        },
        "monotone": round(float(is_monotone.mean()), 4),
        "strictly_between": round(float(differs.mean()), 4),
        "cost_at_half": round(2.0 * costs[1] / (costs[0] + costs[2]), 4),
    }


def evaluate_factor(model: MusicVae, data: Path, limit: int, n_pairs: int = 400) -> dict[str, Any]:
    """Measure the model of a factor; see `reconstruction_figures` and `interpolation_figures`.

    Parameters
    ----------
    model : MusicVae
    data : Path
        Written by `training.data.prepare`.
    limit : int
        Maximum number of windows.
    n_pairs : int
        Pairs of windows to interpolate.

    Returns
    -------
    dict
        ``of_leads`` and ``between``; empty if no work is held out.
    """
    _, lead = split_by_work(load_windows(data, model.spec.role))
    if not len(lead):
        return {}
    training, _ = split_by_work(load_windows(data, model.spec.name))
    ngrams = fit_ngram_model(training, NGRAM_LIMIT, PAIRS_SEED)
    return {
        "of_leads": reconstruction_figures(model, lead, limit),
        "between": interpolation_figures(model, lead, ngrams, n_pairs),
    }


def _factor(model: MusicVae) -> LeadFactor:
    assert model.spec.factor is not None
    return model.spec.factor


def _decode(model: MusicVae, z: torch.Tensor, chords: torch.Tensor, like: I16) -> I16:
    return np.asarray(model.generate(z, chords, like.shape[1], 0.0).numpy(), np.int16)


def _model_path(model: MusicVae, own: list[I16], own_chords: tuple[I8, I8]) -> I16:
    chords = [torch.from_numpy(each.astype(np.int64)) for each in own_chords]
    means = [
        model.posterior_mean(torch.from_numpy(tokens.astype(np.int64)), of).numpy()
        for tokens, of in zip(own, chords, strict=True)
    ]
    path = []
    for weight in WEIGHTS:
        shares = flatten_weights(np.array([[1.0 - weight, weight]], np.float32), model.spec.weight_exponent)
        z = torch.from_numpy(slerp(means[0], means[1], float(shares[0, 1])))
        between = torch.from_numpy(crossover_chords(*own_chords, weight).astype(np.int64))
        path.append(_decode(model, z, between, own[0]))
    return np.stack(path)


def _distance(first: I16, second: I16, factor: LeadFactor) -> F64:
    """Return the share of steps of a rhythm that differ, or the mean interval of a contour in semitones: shape (n,)."""
    if factor is LeadFactor.RHYTHM:
        return hamming(first, second)
    return np.asarray(np.abs(first.astype(np.float64) - second).mean(axis=1))


def _level(windows: I16, factor: LeadFactor) -> F64:
    """Return the number of onsets of a rhythm, or the mean pitch of a contour: shape (n,)."""
    return np.asarray(
        (windows >= ONSET_TOKEN).sum(axis=1) if factor is LeadFactor.RHYTHM else windows.mean(axis=1), float
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--model", choices=sorted(FACTOR_SPECS), required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=4096, help="maximum number of windows")
    options = parser.parse_args()
    model = MusicVae(FACTOR_SPECS[options.model])
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["average"])
    print(json.dumps(evaluate_factor(model, options.data, options.limit), indent=2))


if __name__ == "__main__":
    main()
