"""Teaches the trees and readers of `gan.ranking.reranker` to tell music learnt from from what a generator draws.

    python -m training.ranking.train_reranker --data DIR --run DIR

in `services/gan`, after the last training of the run. Draws sixteen-bar pieces of the run's generator as the
service does, planned like pieces that were learnt from, and writes ``RUN/realism.npz``.
"""

from __future__ import annotations

import argparse
import json
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

from ..evaluation import reference_sets as music_of
from ..evaluation.pieces import Piece
from ..finetune import policy_gradient
from ..finetune.rollouts import Plan, Stage, table_of_styles
from ..generator import training_run
from . import ngram_classifier as readers_of

FOLDS = 4

SHARES = np.array([3.0, 1.0])
"""What trees and readers weigh: readers know each figure, and made figures sound right sooner than whole pieces."""


def classifier() -> Any:
    """Make the trees, not taught yet."""
    return HistGradientBoostingClassifier(
        learning_rate=0.1, max_iter=120, max_leaf_nodes=8, l2_regularization=1.0, random_state=1
    )


def to_trees(taught: Any) -> GradientBoostedTrees:
    """Write taught trees as arrays."""
    grown = [one[0].nodes for one in taught._predictors]  # there is no public way to its trees
    most = max(len(nodes) for nodes in grown)
    own = np.arange(most)

    def gather(name: str, fill: Any) -> npt.NDArray[Any]:
        return np.stack([np.concatenate([nodes[name], np.full(most - len(nodes), fill)]) for nodes in grown])

    is_leaf = gather("is_leaf", fill=1).astype(bool)
    left, right = (np.where(is_leaf, own, gather(name, 0)).astype(np.int64) for name in ("left", "right"))
    return GradientBoostedTrees(
        feature=np.where(is_leaf, 0, gather("feature_idx", 0)).astype(np.int64),
        threshold=gather("num_threshold", 0.0),
        is_nan_left=gather("missing_go_to_left", 0).astype(bool),
        left=left,
        right=right,
        log_odds=np.where(is_leaf, gather("value", 0.0), 0.0),
        base=float(np.ravel(taught._baseline_prediction)[0]),
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """Pieces, as trees and as readers meet them: (pieces, measurements), and texts by role."""

    table: F64
    texts: Sequence[Mapping[Role, NoteNgrams]]

    def take(self, rows: I64) -> Heard:
        """Keep some."""
        return Heard(self.table[rows], [self.texts[row] for row in rows])


def teach(
    names: Sequence[str], real: Heard, made: Heard, works: Sequence[int], siblings: int
) -> tuple[Reranker, dict[str, float]]:
    """Teach trees and readers.

    Parameters
    ----------
    names : sequence of str
        Of the table's columns.
    real, made : Heard
        Of what is made, siblings stand together.
    works : sequence of int
        Of which work each real one is.
    siblings : int

    Returns
    -------
    tuple of Reranker and dict of str to float
        And the shares that such ``trees`` and ``readers`` name rightly of works that they were not taught by.
    """
    random = np.random.default_rng(1)
    fold_of_real = random.integers(FOLDS, size=max(works) + 1)[np.array(works)]
    fold_of_made = random.integers(FOLDS, size=len(made.table) // siblings).repeat(siblings)
    said_of_real, said_of_made = np.zeros((2, len(real.table))), np.zeros((2, len(made.table)))
    for fold in range(FOLDS):
        learnt = _taught(
            names, real.take(np.flatnonzero(fold_of_real != fold)), made.take(np.flatnonzero(fold_of_made != fold))
        )
        for heard, folds, said in ((real, fold_of_real, said_of_real), (made, fold_of_made, said_of_made)):
            rows = np.flatnonzero(folds == fold)
            asked = heard.take(rows)
            said[:, rows] = learnt.score_table(asked.table), learnt.score_extracted(asked.texts)
    right = 0.5 * ((said_of_real > 0).mean(1) + (said_of_made < 0).mean(1))
    spread = said_of_made.reshape(2, -1, siblings).std(2).mean(1)
    weights = SHARES / spread
    first, second = (weights / (weights @ said_of_made).reshape(-1, siblings).std(1).mean()).tolist()
    taught = replace(_taught(names, real, made), scale=(first, second))
    return taught, dict(zip(("trees", "readers"), right.tolist(), strict=True))


def _taught(names: Sequence[str], real: Heard, made: Heard) -> Reranker:
    """Teach, not to scale.

    Raises
    ------
    RuntimeError
        If the arrays do not say what the trees do, as another version of scikit-learn may bring about.
    """
    table, truth = np.concatenate([real.table, made.table]), np.repeat([1, 0], [len(real.table), len(made.table)])
    taught = classifier().fit(table, truth)
    trees = to_trees(taught)
    if not np.allclose(trees.score(table), taught.decision_function(table)):
        raise RuntimeError("The trees were not read rightly; scikit-learn keeps them otherwise now.")
    sides = [[[one[role] for one in side.texts if role in one] for side in (real, made)] for role in ROLES]
    readers = {role: readers_of.teach(*texts) for role, texts in zip(ROLES, sides, strict=True)}
    return Reranker(tuple(names), trees, readers, (1.0, 1.0))


def main() -> None:
    """Parse the command line, draw and teach."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument("--run", type=Path, required=True, help="folder of the run")
    parser.add_argument("--pieces", type=int, default=3200, help="real ones, and as many that are drawn")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    plan = Plan(seed=options.seed + 1000, real=options.pieces, plans=4, siblings=N_CANDIDATES)
    shape = NetworkSizes(len(json.loads((options.data / "styles.json").read_text())))
    run = training_run.Run(training_run.Plan(seed=plan.seed), shape, options.run, torch.device("cpu"))
    if not run.resume():
        parser.error(f"{options.run} holds no checkpoint.pt; training.generator.train writes one")
    run.generator.load_state_dict(run.average.state_dict())
    run.generator.eval()
    stage = Stage(music_of.load(options.data), table_of_styles(options.data), plan)
    made: list[Piece] = []
    for step in range(-(-len(stage.pieces) // (plan.plans * plan.siblings))):
        plans = stage.plans(step)
        made += policy_gradient.pieces_of(policy_gradient.draw(run, plans, step), plans)
        print(f"{len(made)} of {len(stage.pieces)} drawn", flush=True)
    heard = Heard(stage.table(made).astype(np.float64), [extract_ngrams(piece) for piece in made])
    real = Heard(stage.real.astype(np.float64), stage.texts)
    realism, right = teach(stage.names, real, heard, [piece.group for piece in stage.pieces], plan.siblings)
    realism.save(options.run / RERANKER_NAME)
    print(f"told of works that they were not taught by: {right}, scale {realism.scale}")


if __name__ == "__main__":
    main()
