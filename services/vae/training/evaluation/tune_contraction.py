"""Choose a role's path from A to B: how far latents go towards their middle, and how shares are bent (`RoleSpec`).

    python -m training.evaluation.tune_contraction --data windows.npz --models ../../models

An `approach` of 0 leaves each parent's latent where it is: blends are then plainer than music, since only what all
parents expect is likely. 1 is the great circle alone, whose middle is a place where no music lies: blends cost a
language model more than music does. Between lies what costs as much. `weight_exponent` should make the largest of ten
steps about as large as their mean. Both are looked for on pairs of works that the models were trained on.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from score.roles import Role
from vae.models.model_registry import ModelRegistry
from vae.models.sampling import SamplingParams
from vae.models.specs import ROLE_SPECS

from ..data import dataset
from . import interpolation_eval
from .__main__ import TEMPERATURE, language_model

APPROACHES = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
EVENNESSES = (1.0, 0.7, 0.5, 0.35)
SEED = 23


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="windows written by training.data.prepare")
    parser.add_argument("--models", type=Path, default=Path("../../models"))
    parser.add_argument("--cache", type=Path, default=Path("../../var/cache/vae"))
    parser.add_argument("--roles", nargs="+", choices=sorted(ROLE_SPECS), default=sorted(ROLE_SPECS))
    parser.add_argument("--pairs", type=int, default=100)
    options = parser.parse_args()
    registry = ModelRegistry.load(options.models, options.cache)
    for role in map(Role, options.roles):
        spec = ROLE_SPECS[role.value]
        training, _ = dataset.split(dataset.load(options.data, role.value))
        # Neither what the language model learns from nor what is paired should be the other's.
        is_for_pairs = np.asarray(training.group // dataset.HELD_OUT_ONE_IN % 2 == 0)
        known = language_model(training.take(~is_for_pairs), 20_000, SEED)
        first, second = interpolation_eval.pair_up(training.take(is_for_pairs), options.pairs, SEED)
        tried = [(approach, spec.weight_exponent) for approach in APPROACHES]
        tried += [(spec.contraction, weight_exponent) for weight_exponent in EVENNESSES]
        for approach, weight_exponent in tried:
            paths = interpolation_eval.decoded(
                registry, role, first, second, SamplingParams(spec, SEED, TEMPERATURE), approach, weight_exponent
            )
            found = interpolation_eval.figures(paths, known)
            print(
                f"{role.value:8} approach {approach:3.1f}, weight_exponent {weight_exponent:4.2f}: cost at .5"
                f" {found['cost_to_ends']['0.5']:.3f}, worst {found['cost_worst']:.3f}; largest step"
                f" {found['largest_step']:.2f}; Spearman {found['spearman']:.3f}; distinct 4-grams"
                f" {found['distinct_4grams_worst']:.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
