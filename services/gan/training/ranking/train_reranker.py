"""Trains the reranker: classifiers that distinguish training music from pieces of the generator.

    python -m training.ranking.train_reranker --data DIR --run DIR

in `services/gan`, after the last training of the run. Samples sixteen-bar pieces from the run's generator like the
service does, with plans like those of training passages, and writes ``RUN/realism.npz``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from gan.composer import N_CANDIDATES
from gan.measures.ngrams import NoteNgrams, extract_ngrams
from gan.model import RERANKER_NAME
from gan.network.dims import NetworkSizes
from gan.ranking.reranker import GradientBoostedTrees, Reranker
from score.arrays import F64, I64
from score.roles import ROLES, Role
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

from ..data.corpus import load_corpus, read_styles
from ..evaluation.pieces import Piece
from ..finetune.rollouts import FinetuneConfig, RolloutPlanner, load_styles, sample_rollouts, to_pieces
from ..generator.training_run import TrainingConfig, TrainingRun
from . import ngram_classifier

N_FOLDS = 4

N_PLANS = 4
"""Plans of a batch; each has as many siblings as the service samples candidates."""

WEIGHTS = np.array([3.0, 1.0])
"""Weights of the trees and of the n-gram classifiers: single figures sound real more easily than whole pieces."""


def untrained_trees() -> Any:
    """Return the gradient-boosted trees before they are fitted."""
    return HistGradientBoostingClassifier(
        learning_rate=0.1, max_iter=120, max_leaf_nodes=8, l2_regularization=1.0, random_state=1
    )


def convert_trees(fitted: Any) -> GradientBoostedTrees:
    """Return scikit-learn's fitted trees as arrays."""
    trees = [one[0].nodes for one in fitted._predictors]  # there is no public access to its trees
    n_nodes = max(len(nodes) for nodes in trees)
    own = np.arange(n_nodes)

    def gather(name: str, fill: Any) -> npt.NDArray[Any]:
        return np.stack([np.concatenate([nodes[name], np.full(n_nodes - len(nodes), fill)]) for nodes in trees])

    is_leaf = gather("is_leaf", fill=1).astype(bool)
    left, right = (np.where(is_leaf, own, gather(name, 0)).astype(np.int64) for name in ("left", "right"))
    return GradientBoostedTrees(
        feature=np.where(is_leaf, 0, gather("feature_idx", 0)).astype(np.int64),
        threshold=gather("num_threshold", 0.0),
        is_nan_left=gather("missing_go_to_left", 0).astype(bool),
        left=left,
        right=right,
        log_odds=np.where(is_leaf, gather("value", 0.0), 0.0),
        base=float(np.ravel(fitted._baseline_prediction)[0]),
    )


@dataclass(frozen=True, slots=True)
class MeasuredPieces:
    """Pieces as the classifiers read them.

    Attributes
    ----------
    table : ndarray, shape (n_pieces, n_features), float64
    ngrams : sequence of mapping of Role to NoteNgrams
        Of each piece.
    """

    table: F64
    ngrams: Sequence[Mapping[Role, NoteNgrams]]

    def take(self, rows: I64) -> MeasuredPieces:
        """Select pieces by index."""
        return MeasuredPieces(self.table[rows], [self.ngrams[row] for row in rows])


def fit_reranker(
    feature_names: Sequence[str], real: MeasuredPieces, generated: MeasuredPieces, works: Sequence[int], n_siblings: int
) -> tuple[Reranker, dict[str, float]]:
    """Fit the reranker, and scale it so that the scores of siblings have a standard deviation of about 1.

    Parameters
    ----------
    feature_names : sequence of str
        Of the columns of tables.
    real, generated : MeasuredPieces
        Generated siblings are consecutive.
    works : sequence of int
        The work of each real piece; folds do not divide works.
    n_siblings : int
        Generated pieces of one plan.

    Returns
    -------
    tuple of Reranker and dict of str to float
        And the accuracy, by cross-validation, of the ``trees`` and of the n-gram classifiers (``ngrams``).
    """
    random = np.random.default_rng(1)
    fold_of_real = random.integers(N_FOLDS, size=max(works) + 1)[np.array(works)]
    fold_of_generated = random.integers(N_FOLDS, size=len(generated.table) // n_siblings).repeat(n_siblings)
    real_scores, generated_scores = np.zeros((2, len(real.table))), np.zeros((2, len(generated.table)))
    for fold in range(N_FOLDS):
        reranker = _fit_unscaled(
            feature_names,
            real.take(np.flatnonzero(fold_of_real != fold)),
            generated.take(np.flatnonzero(fold_of_generated != fold)),
        )
        for side, folds, scores in (
            (real, fold_of_real, real_scores),
            (generated, fold_of_generated, generated_scores),
        ):
            rows = np.flatnonzero(folds == fold)
            own = side.take(rows)
            scores[:, rows] = reranker.score_table(own.table), reranker.score_extracted(own.ngrams)
    accuracy = 0.5 * ((real_scores > 0).mean(1) + (generated_scores < 0).mean(1))
    reranker = replace(_fit_unscaled(feature_names, real, generated), scale=_scale(generated_scores, n_siblings))
    return reranker, dict(zip(("trees", "ngrams"), accuracy.tolist(), strict=True))


def _scale(generated_scores: F64, n_siblings: int) -> tuple[float, float]:
    """Return the factors of both scores, (2, n_pieces): in the proportion of `WEIGHTS`, and of unit deviation."""
    deviations = generated_scores.reshape(2, -1, n_siblings).std(2).mean(1)
    weights = WEIGHTS / deviations
    combined = (weights @ generated_scores).reshape(-1, n_siblings)
    trees, ngrams = (weights / combined.std(1).mean()).tolist()
    return trees, ngrams


def _fit_unscaled(feature_names: Sequence[str], real: MeasuredPieces, generated: MeasuredPieces) -> Reranker:
    """Fit the classifiers.

    Raises
    ------
    RuntimeError
        If the arrays do not score like the trees: another version of scikit-learn may store them differently.
    """
    table = np.concatenate([real.table, generated.table])
    fitted = untrained_trees().fit(table, np.repeat([1, 0], [len(real.table), len(generated.table)]))
    trees = convert_trees(fitted)
    if not np.allclose(trees.score(table), fitted.decision_function(table)):
        raise RuntimeError("the arrays do not score like the trees: scikit-learn stores its trees differently now")
    classifiers = {
        role: ngram_classifier.fit(*([own[role] for own in side.ngrams if role in own] for side in (real, generated)))
        for role in ROLES
    }
    return Reranker(tuple(feature_names), trees, classifiers, (1.0, 1.0))


def sample_pieces(run: TrainingRun, planner: RolloutPlanner, batch_size: int) -> list[Piece]:
    """Sample about as many pieces as there are real ones.

    Parameters
    ----------
    run : TrainingRun
        Whose generator is sampled.
    planner : RolloutPlanner
        Plans the pieces, and has the real ones.
    batch_size : int
        Pieces that are sampled at a time.
    """
    pieces: list[Piece] = []
    for step in range(-(-len(planner.pieces) // batch_size)):
        plan = planner.plan(step)
        pieces += to_pieces(sample_rollouts(run, plan, step), plan)
        print(f"{len(pieces)} of {len(planner.pieces)} sampled", flush=True)
    return pieces


def main() -> None:
    """Parse the command line, sample, fit, and write the reranker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that training.data.prepare wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--pieces", type=int, default=3200, help="real pieces, and as many sampled ones")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = FinetuneConfig(
        seed=options.seed + 1000, n_real_pieces=options.pieces, n_plans=N_PLANS, n_siblings=N_CANDIDATES
    )
    sizes = NetworkSizes(len(read_styles(options.data)))
    run = TrainingRun(TrainingConfig(seed=config.seed), sizes, options.run, torch.device("cpu"))
    if not run.resume():
        parser.error(f"{options.run} holds no checkpoint.pt; training.generator.train writes one")
    run.generator.load_state_dict(run.average.state_dict())
    run.generator.eval()
    corpus = load_corpus(options.data, with_features=False)
    planner = RolloutPlanner(corpus, load_styles(options.data), config)
    sampled = sample_pieces(run, planner, config.n_plans * config.n_siblings)
    generated = MeasuredPieces(planner.tabulate(sampled).astype(np.float64), [extract_ngrams(one) for one in sampled])
    real = MeasuredPieces(planner.real_table.astype(np.float64), planner.real_ngrams)
    works = [piece.group for piece in planner.pieces]
    reranker, accuracy = fit_reranker(planner.feature_names, real, generated, works, config.n_siblings)
    reranker.save(options.run / RERANKER_NAME)
    print(f"cross-validated accuracy: {accuracy}, scale {reranker.scale}")


if __name__ == "__main__":
    main()
