"""Those who judge what a generator draws, by features of whole pieces and by words; both learn all the while."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from gan.measures.ngrams import NoteNgrams, extract_ngrams
from gan.network.dims import N_ROLES
from gan.ranking.reranker import NgramClassifier
from score.arrays import F32, I64
from score.roles import ROLES, Role
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from ..evaluation.pieces import Piece
from ..ranking.ngram_classifier import teach, unread
from .rollouts import Plan, Stage


class Judge:
    """Tells real from made by some features; higher is more real.

    Parameters
    ----------
    columns : ndarray of int
        Of the table of features.
    """

    MOST = 4.0

    def __init__(self, columns: I64) -> None:
        self.columns = columns
        self._mean = self._spread = np.zeros(len(columns))
        self._trees = HistGradientBoostingClassifier(
            learning_rate=0.1, max_iter=60, max_leaf_nodes=8, max_bins=64, l2_regularization=1.0, random_state=1
        )
        self._line = LogisticRegression(C=0.05, max_iter=200)

    def learn(self, real: F32, made: F32) -> None:
        """Learn anew from tables of both."""
        told = np.concatenate([real, made])[:, self.columns]
        truth = np.repeat([1, 0], [len(real), len(made)])
        self._mean, self._spread = np.nanmean(told, axis=0), np.maximum(np.nanstd(told, axis=0), 1e-3)
        self._trees.fit(told, truth)
        self._line.fit(self._scaled(told), truth)

    def score(self, made: F32) -> F32:
        """Say how real pieces are: log odds, the mean of both ways: (pieces,)."""
        own = made[:, self.columns]
        both = self._trees.decision_function(own), self._line.decision_function(self._scaled(own))
        return np.asarray(np.mean([np.clip(one, -self.MOST, self.MOST) for one in both], axis=0), np.float32)

    def _scaled(self, values: F32) -> F32:
        return np.clip(np.nan_to_num((values - self._mean) / self._spread), -4, 4)


def judges_of(names: Sequence[str]) -> list[Judge]:
    """Make a judge of each role, by its own features and those it has with others, and one of the band, by all."""
    subjects = [name.split(".")[0].split("-") for name in names]
    by_role = [[role.value in subject for subject in subjects] for role in ROLES]
    return [Judge(np.flatnonzero(known)) for known in [*by_role, [True] * len(names)]]


def read(
    readers: Mapping[Role, NgramClassifier], made: Sequence[dict[Role, NoteNgrams]], steps: int, sight: float
) -> F32:
    """Say what each step's choices do for how real the notes sound that follow: (pieces, steps, N_ROLES).

    Of about unit spread. A note is compared with the others of its line, so that neither more nor fewer of them are
    better, and counts less the farther it lies ahead.
    """
    found = np.zeros((len(made), steps, N_ROLES), np.float32)
    for index, role in enumerate(ROLES):
        lines = [at for at, texts in enumerate(made) if role in texts and len(texts[role].onsets)]
        for at in lines:
            credit = readers[role].attribute(made[at][role])
            np.add.at(found[at, :, index], made[at][role].onsets, credit - credit.mean())
        for step in reversed(range(steps - 1)):
            found[:, step, index] += sight * found[:, step + 1, index]
        if lines:
            found[..., index] /= max(float(np.sqrt((found[lines, :, index] ** 2).mean())), 1e-3)
    return found


class Ears:
    """Those who judge what is drawn: of the features of each role and of the band, and of the words of each role.

    Parameters
    ----------
    stage : Stage
        With the real pieces.
    plan : Plan
    """

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self._stage, self._plan = stage, plan
        self.judges, self.readers = judges_of(stage.names), {role: unread() for role in ROLES}
        self._tables: deque[F32] = deque(maxlen=plan.lately)
        self._texts: deque[dict[Role, NoteNgrams]] = deque(maxlen=plan.reread)

    @property
    def have_heard_enough(self) -> bool:
        """Whether they know enough of what is drawn to learn from it."""
        return len(self._tables) >= self._plan.first

    def hear(self, made: Sequence[Piece], *, learn: bool) -> tuple[F32, F32, dict[str, float]]:
        """Judge pieces, after learning anew from those before, where they are to.

        Returns
        -------
        tuple of ndarray, ndarray, dict
            Scores of pieces, (pieces, judges); of steps as `read` says them; and what is worth a line in the log.
        """
        table, texts = self._stage.table(made), [extract_ngrams(piece) for piece in made]
        self._tables.extend(table)
        if learn and self.have_heard_enough:
            for judge in self.judges:
                judge.learn(self._stage.real, np.stack(self._tables))
            for role in ROLES:
                sides = ([one[role] for one in side if role in one] for side in (self._stage.texts, self._texts))
                self.readers[role] = teach(*sides)
        self._texts.extend(texts)
        if not self.have_heard_enough:
            return np.zeros((len(made), 0), np.float32), np.zeros(0, np.float32), {}
        scores = np.stack([judge.score(table) for judge in self.judges], axis=1)
        names = [*(role.value for role in ROLES), "band"]
        facts = {f"real_{name}": float(score) for name, score in zip(names, scores.mean(0), strict=True)}
        for role, reader in self.readers.items():
            said = [reader.score(one[role]) for one in texts if role in one]
            facts[f"read_{role.value}"] = float(np.mean(said)) if said else 0.0
        return scores, read(self.readers, texts, made[0].n_steps, self._plan.sight), facts
