"""The key of a score by key profiles, and transposition, so that both pieces of a pair share a key signature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from score.key_profiles import AARDEN, ALBRECHT_SHANAHAN, KRUMHANSL_KESSLER, correlate
from score.keys import semitones_between_signatures, signature_of_key
from score.model import Score

from ..data.heldout import pitch_class_histogram, transpose_score

_PROFILES = np.stack([KRUMHANSL_KESSLER, ALBRECHT_SHANAHAN, AARDEN])


class EstimatedKey(NamedTuple):
    """A key: tonic, 0 to 11, and mode."""

    tonic: int
    is_minor: bool

    @property
    def fifths(self) -> int:
        """The key signature: sharps are positive, flats negative."""
        return signature_of_key(self.tonic, is_minor=self.is_minor)


def estimate_key(score: Score) -> EstimatedKey:
    """Return the key that correlates best with the durations of the pitch classes, in the mean of three profiles."""
    correlations = correlate(pitch_class_histogram(score), _PROFILES).mean(axis=0)
    mode, tonic = np.unravel_index(int(correlations.argmax()), correlations.shape)
    return EstimatedKey(int(tonic), bool(mode))


def transpose_to_signature(score: Score, key: EstimatedKey, target: EstimatedKey) -> tuple[Score, EstimatedKey]:
    """Transpose a score to the key signature of another key, the shorter way.

    Parameters
    ----------
    score : Score
    key : EstimatedKey
        Its key.
    target : EstimatedKey
        A key with the signature that is wanted.

    Returns
    -------
    Score
    EstimatedKey
        Its new key, of the same mode as before.
    """
    semitones = semitones_between_signatures(key.fifths, target.fifths)
    return transpose_score(score, semitones), key._replace(tonic=(key.tonic + semitones) % 12)
