"""An n-gram language model of tokens: how surprising a window is to someone who knows the training music.

The measure of MusicVAE's figure 3 (Roberts et al., ICML 2018): music decoded half-way between two windows should cost a
language model no more than the windows themselves. Smoothing is Witten and Bell's (IEEE Transactions on Information
Theory 37(4), 1991), interpolated down to the uniform distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ORDER = 5


@dataclass(frozen=True)
class _Counts:
    """How often each key was seen; keys sorted."""

    keys: Integers
    counts: Integers

    @classmethod
    def of(cls, seen: Integers, times: Integers | None = None) -> _Counts:
        keys, inverse = np.unique(seen, return_inverse=True)
        return cls(keys, np.bincount(inverse, times, minlength=len(keys)).astype(np.int64))

    def __getitem__(self, wanted: Integers) -> Floats:
        """Return the counts of keys, 0 for those never seen."""
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, self.counts[at], 0).astype(np.float64)


class LanguageModel:
    """Probabilities of tokens given the few before them.

    Parameters
    ----------
    sequences : ndarray, shape (n, length), integers
        Of the training music; tokens from 0 to `classes` - 1.
    classes : int
        At most 4,000: five tokens have to fit into 64 bits.
    order : int
        How many tokens an n-gram has.
    """

    def __init__(self, sequences: npt.NDArray[np.integer], classes: int, order: int = ORDER) -> None:
        self.classes, self.order = classes, order
        self._grams: list[_Counts] = []
        self._totals: list[_Counts] = []
        self._kinds: list[_Counts] = []
        for grams in self._ending_at(sequences):
            found = _Counts.of(grams.ravel())
            contexts = self._contexts(found.keys, len(self._grams))
            self._grams.append(found)
            self._totals.append(_Counts.of(contexts, found.counts))
            self._kinds.append(_Counts.of(contexts))

    def probabilities(self, sequences: npt.NDArray[np.integer]) -> Floats:
        """Return the probability of every token given those before it in its sequence, of the sequences' shape."""
        chance = np.full(sequences.shape, 1.0 / self.classes)
        for index, grams in enumerate(self._ending_at(sequences)):
            contexts = self._contexts(grams, index)
            total, kinds = self._totals[index][contexts], self._kinds[index][contexts]
            known = total > 0
            blended = (self._grams[index][grams] + kinds * chance) / np.where(known, total + kinds, 1.0)
            chance = np.where(known, blended, chance)
        return chance

    def cost(self, sequences: npt.NDArray[np.integer]) -> Floats:
        """Return the mean cost of a token of each sequence, in nats: shape (n,)."""
        return np.asarray(-np.log(self.probabilities(sequences)).mean(axis=1))

    def _ending_at(self, sequences: npt.NDArray[np.integer]) -> list[Integers]:
        """Return, for each length from 1 to `order`, the n-gram that ends at each place, as one number.

        The last token is the lowest digit; before the first token of a sequence stands a sign of its own.
        """
        base = self.classes + 1
        begun = np.pad(sequences.astype(np.int64), ((0, 0), (self.order - 1, 0)), constant_values=self.classes)
        length, packed, found = sequences.shape[1], np.zeros(sequences.shape, np.int64), []
        for back in range(self.order):
            first = self.order - 1 - back
            packed = packed + begun[:, first : first + length] * base**back
            found.append(packed)
        return found

    def _contexts(self, grams: Integers, index: int) -> Integers:
        """Return the n-grams without their last token; the empty context of single tokens is 0."""
        return grams // (self.classes + 1) if index else np.zeros_like(grams)


def sequences(windows: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Line up the tokens of windows: shape (n, steps * voices), the voices of a step after one another."""
    return windows.reshape(len(windows), -1)
