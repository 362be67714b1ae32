"""Measure interpolation hyperparameters of a role: the contraction and the weight exponent of its `RoleSpec`.

    python -m training.evaluation.tune_contraction --data windows.npz --models ../../models

With a contraction of 0 each parent's latent stays where it is: blends are then simpler than music, since only what all
parents make likely is likely. 1 is plain slerp, whose middle is far from any music: blends cost a language model more
than music does. A value in between costs as much as music. The weight exponent should make the largest of ten steps
about as large as their mean. Both are measured on pairs of works that the models were trained on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from score.roles import Role
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import ROLE_SPECS
from vae.settings import Settings

from ..data.dataset import HELD_OUT_ONE_IN, load_windows, split_by_work
from . import interpolation_eval
from .measures.ngram_model import fit_ngram_model

CONTRACTIONS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
WEIGHT_EXPONENTS = (1.0, 0.7, 0.5, 0.35)
N_LANGUAGE_WINDOWS = 20_000
SEED = 23


def tune_role(registry: ModelRegistry, data: Path, role: Role, n_pairs: int) -> None:
    """Print the metrics of a role's model with each contraction and each weight exponent.

    Parameters
    ----------
    registry : ModelRegistry
    data : Path
        The windows.
    role : Role
    n_pairs : int
        Pairs of windows to interpolate.
    """
    spec = ROLE_SPECS[role.value]
    training, _ = split_by_work(load_windows(data, role.value))
    # The language model must not know the works of the pairs.
    is_for_pairs = np.asarray(training.groups // HELD_OUT_ONE_IN % 2 == 0)
    language_model = fit_ngram_model(training.take(~is_for_pairs), N_LANGUAGE_WINDOWS, SEED)
    first, second = interpolation_eval.sample_pairs(training.take(is_for_pairs), n_pairs, SEED)
    sampling = SamplingParams(spec, SEED, Settings.model_fields["temperature"].default)
    candidates = [(contraction, spec.weight_exponent) for contraction in CONTRACTIONS]
    candidates += [(spec.contraction, weight_exponent) for weight_exponent in WEIGHT_EXPONENTS]
    for contraction, weight_exponent in candidates:
        paths = interpolation_eval.interpolate(registry, first, second, sampling, contraction, weight_exponent)
        metrics = interpolation_eval.interpolation_metrics(paths, language_model)
        print(
            f"{role.value:8} contraction {contraction:3.1f}, weight exponent {weight_exponent:4.2f}: cost at .5"
            f" {metrics['cost_to_ends']['0.5']:.3f}, worst {metrics['cost_worst']:.3f}; largest step"
            f" {metrics['largest_step']:.2f}; Spearman {metrics['spearman']:.3f}; distinct 4-grams"
            f" {metrics['distinct_4grams_worst']:.3f}",
            flush=True,
        )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--roles", nargs="+", choices=sorted(ROLE_SPECS), default=sorted(ROLE_SPECS))
    parser.add_argument("--pairs", type=int, default=100, help="pairs of windows of each role")
    options = parser.parse_args()
    registry = ModelRegistry.load(options.models, options.cache)
    for role in map(Role, options.roles):
        tune_role(registry, options.data, role, options.pairs)


if __name__ == "__main__":
    main()
