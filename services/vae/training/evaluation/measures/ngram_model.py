"""An n-gram language model of tokens: how surprising a window is, given the training music.

This is the measure of figure 3 of MusicVAE (Roberts et al., ICML 2018): music decoded half-way between two windows
should cost a language model no more than the windows themselves.

References
----------
Witten and Bell, *The zero-frequency problem*, IEEE Transactions on Information Theory 37(4), 1991: the smoothing, here
interpolated down to the uniform distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from score.arrays import F64, I64
from vae.models.specs import MAX_STEPS

from ...data.dataset import WindowDataset

ORDER = 5


@dataclass(frozen=True)
class _Counts:
    """The number of occurrences of each key; keys are sorted."""

    keys: I64
    counts: I64

    @classmethod
    def of(cls, occurrences: I64, weights: I64 | None = None) -> _Counts:
        """Count occurrences, each as often as its weight if there are weights."""
        keys, inverse = np.unique(occurrences, return_inverse=True)
        return cls(keys, np.bincount(inverse, weights, minlength=len(keys)).astype(np.int64))

    def __getitem__(self, wanted: I64) -> F64:
        """Return the counts of keys, 0 for unknown ones."""
        index = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[index] == wanted, self.counts[index], 0).astype(np.float64)


class NgramModel:
    """Probabilities of tokens given the few before them.

    Parameters
    ----------
    sequences : ndarray, shape (n, length), integers
        Training music; tokens from 0 to `n_classes` - 1.
    n_classes : int
        At most 4,000: an n-gram of five tokens has to fit into 64 bits.
    order : int
        Tokens in the longest n-gram.
    """

    def __init__(self, sequences: npt.NDArray[np.integer], n_classes: int, order: int = ORDER) -> None:
        self.n_classes, self.order = n_classes, order
        # For every length: occurrences of n-grams and of their contexts, and distinct tokens after each context.
        self._ngram_counts: list[_Counts] = []
        self._context_counts: list[_Counts] = []
        self._n_continuations: list[_Counts] = []
        for ngrams in self._ngrams_by_length(sequences):
            counted = _Counts.of(ngrams.ravel())
            contexts = self._contexts(counted.keys, len(self._ngram_counts))
            self._ngram_counts.append(counted)
            self._context_counts.append(_Counts.of(contexts, counted.counts))
            self._n_continuations.append(_Counts.of(contexts))

    def probabilities(self, sequences: npt.NDArray[np.integer]) -> F64:
        """Return the probability of every token given those before it in its sequence, shape of the sequences."""
        probability = np.full(sequences.shape, 1.0 / self.n_classes)
        for index, ngrams in enumerate(self._ngrams_by_length(sequences)):
            contexts = self._contexts(ngrams, index)
            total, n_continuations = self._context_counts[index][contexts], self._n_continuations[index][contexts]
            is_known = total > 0
            # Witten-Bell: the shorter context's probability weighs as much as there are distinct continuations.
            smoothed = self._ngram_counts[index][ngrams] + n_continuations * probability
            smoothed = smoothed / np.where(is_known, total + n_continuations, 1.0)
            probability = np.where(is_known, smoothed, probability)
        return probability

    def cost_nats(self, sequences: npt.NDArray[np.integer]) -> F64:
        """Return the mean cost of a token of each sequence, in nats: shape (n,)."""
        return np.asarray(-np.log(self.probabilities(sequences)).mean(axis=1))

    def _ngrams_by_length(self, sequences: npt.NDArray[np.integer]) -> list[I64]:
        """Return, for each length from 1 to `order`, the n-gram that ends at each position, packed into one integer.

        The last token is the lowest digit. A symbol of its own stands before the first token of a sequence.
        """
        base = self.n_classes + 1
        padded = np.pad(sequences.astype(np.int64), ((0, 0), (self.order - 1, 0)), constant_values=self.n_classes)
        length, packed, by_length = sequences.shape[1], np.zeros(sequences.shape, np.int64), []
        for n_back in range(self.order):
            first = self.order - 1 - n_back
            packed = packed + padded[:, first : first + length] * base**n_back
            by_length.append(packed)
        return by_length

    def _contexts(self, ngrams: I64, index: int) -> I64:
        """Return the n-grams without their last token; the empty context of single tokens is 0."""
        return ngrams // (self.n_classes + 1) if index else np.zeros_like(ngrams)


def flatten_windows(windows: npt.NDArray[np.integer]) -> npt.NDArray[np.integer]:
    """Return windows as sequences, shape (n, n_steps * n_voices): the voices of a step one after the other."""
    return windows.reshape(len(windows), -1)


def fit_ngram_model(training: WindowDataset, limit: int, seed: int) -> NgramModel:
    """Fit a model to training windows of 4/4.

    Parameters
    ----------
    training : WindowDataset
    limit : int
        Maximum number of windows, sampled at random.
    seed : int
    """
    candidates = np.flatnonzero(training.n_steps == MAX_STEPS)
    chosen = np.random.default_rng(seed).permutation(candidates)[:limit]
    return NgramModel(flatten_windows(training.tokens[chosen]), training.spec.n_classes)
