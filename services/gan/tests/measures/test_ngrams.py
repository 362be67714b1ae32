"""N-grams: equal where the music is, different where it differs, and informative to a classifier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gan.measures.grid_piece import GridPiece
from gan.measures.ngrams import N_BUCKETS, extract_ngrams
from gan_training.ranking import ngram_classifier  # type: ignore[import-not-found]
from score.arrays import Bool
from score.roles import Role

TUNE = (60, 64, 67, 65, 62, 59, 60, 64)


def lead(pitches: Sequence[int], every: int = 4, bars: int = 4) -> GridPiece:
    events = np.zeros(16 * bars, np.int16)
    events[0] = 1
    for index, pitch in enumerate(pitches):
        events[index * every] = pitch - 19
    return GridPiece(is_minor=False, meter="4/4", events={Role.LEAD: events})


def same(one: GridPiece, other: GridPiece) -> Bool:
    """Return which n-grams of which notes are equal: (notes, spellings)."""
    return np.equal(extract_ngrams(one)[Role.LEAD].ids, extract_ngrams(other)[Role.LEAD].ids)


def test_a_changed_note_changes_only_the_ngrams_that_contain_it() -> None:
    changed = list(TUNE)
    changed[3] += 1
    is_same = same(lead(TUNE), lead(changed))
    assert is_same[:3].all()
    assert not is_same[3].all()
    assert not is_same[5].all()
    # The interval after it is changed too, and is part of the n-grams of the next three notes.
    assert is_same[7:].all()


def test_transposition_keeps_intervals_and_rhythm_and_changes_degrees() -> None:
    is_same = same(lead(TUNE), lead([pitch + 2 for pitch in TUNE]))
    assert 0.5 < is_same.mean() < 0.9
    assert (is_same.all(0) | ~is_same.any(0)).all()


def test_a_repeated_bar_has_other_ngrams_than_a_new_one() -> None:
    bar = TUNE[:4]
    is_same = same(lead([*bar, *bar]), lead([*(pitch - 12 for pitch in bar), *bar]))
    assert not is_same[7].all()
    ids = extract_ngrams(lead(TUNE))[Role.LEAD].ids
    assert 0 <= ids.min() <= ids.max() < N_BUCKETS


def test_silence_has_no_ngrams() -> None:
    assert len(extract_ngrams(lead(()))[Role.LEAD].onsets) == 0


def test_a_classifier_attributes_low_scores_to_the_wrong_notes() -> None:
    random = np.random.default_rng(1)
    steps = np.array((-2, -1, 1, 2, 3))

    def walk(leap_index: int | None) -> GridPiece:
        pitches = 60 + np.cumsum(random.choice(steps, 16))
        if leap_index is not None:
            pitches[leap_index:] += 11
        return lead(pitches.tolist())

    real = [extract_ngrams(walk(None))[Role.LEAD] for _ in range(200)]
    generated = [extract_ngrams(walk(int(random.integers(2, 14))))[Role.LEAD] for _ in range(200)]
    classifier = ngram_classifier.fit(real, generated)
    unseen = [extract_ngrams(walk(8))[Role.LEAD] for _ in range(20)]
    worst = [int(classifier.attribute(ngrams).argmin()) for ngrams in unseen]
    assert np.mean([8 <= at <= 10 for at in worst]) > 0.8
    assert np.mean([classifier.score(ngrams) < 0 for ngrams in unseen]) > 0.8
    assert np.mean([classifier.score(extract_ngrams(walk(None))[Role.LEAD]) > 0 for _ in range(20)]) > 0.8
